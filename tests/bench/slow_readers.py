"""200 displays, of which 20 stop reading while the board changes ten times a second for a minute.

The other 180 are measured before, with everybody reading, and during. Each change is a transaction
of the clinic's own, as in `fanout`.
"""

import json
import statistics
import time
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from booking.models import Appointment
from booking.services import visit
from tests.bench import servers, waiting_room

DISPLAYS = 200
STOPPING = 20
EVERY_SECONDS = 0.1
BEFORE = 200
DURING = 600
LATENCY_LIMIT = 2.0
MEMORY_LIMIT_MB = 50.0


def main() -> None:
    result = measure()
    path = servers.write_raw("slow_readers", result)
    print(
        f"\n{STOPPING} of {DISPLAYS} displays stop reading while the board changes {DURING} times:"
        f" the others have it after {result['during_ms']:.1f} ms, before that after"
        f" {result['before_ms']:.1f} ms: {result['slowdown']:.2f} × (limit {LATENCY_LIMIT:.0f});"
        f" p99 {result['during_p99_ms']:.1f} and {result['before_p99_ms']:.1f} ms; memory grew by"
        f" {result['grown_mb']:.1f} MB (limit {MEMORY_LIMIT_MB:.0f});"
        f" {result['backwards']} revisions ran backwards;"
        f" a slow reader got at most {result['boards_of_a_slow_reader']} boards in that time"
    )
    print(f"every measurement: {path.relative_to(servers.REPOSITORY)}")


def measure() -> dict[str, Any]:
    """One web process, first with 200 readers, then with 180."""

    patient = Appointment.objects.filter(status="arrived").order_by("start", "pk")[0]
    tokens = waiting_room.display_tokens(DISPLAYS)
    with ExitStack() as stack:
        pid, address = stack.enter_context(servers.web_process())
        clients = stack.enter_context(
            servers.displays(f"{address}/ws/display", DISPLAYS, tokens, stopping=STOPPING)
        )
        before, _ = _change(patient.pk, clients, BEFORE)
        memory = servers.memory_mb(pid)
        clients.write(b"stop")
        during, backwards = _change(patient.pk, clients, DURING)
        grown = servers.memory_mb(pid) - memory
        clients.write(b"go")
        boards = int(clients.read())
    return {
        "before": before,
        "during": during,
        "before_ms": statistics.median(before),
        "during_ms": statistics.median(during),
        "before_p99_ms": statistics.quantiles(before, n=100)[98],
        "during_p99_ms": statistics.quantiles(during, n=100)[98],
        "slowdown": statistics.median(during) / statistics.median(before),
        "grown_mb": grown,
        "boards_of_a_slow_reader": boards,
        "backwards": backwards,
    }


def _change(appointment_id: UUID, clients: servers.Child, times: int) -> tuple[list[float], int]:
    """Call a patient and put them back; after each the milliseconds to the last counted display,
    and how often a revision ran backwards."""

    delays = []
    arrived: dict[str, Any] = {"backwards": 0}
    due = time.monotonic()
    for number in range(times):
        due += EVERY_SECONDS
        press = visit.put_back if number % 2 else visit.call
        time.sleep(max(0.0, due - time.monotonic()))
        began = time.monotonic()
        press(appointment_id, actor=waiting_room.SETUP)
        arrived = json.loads(clients.read())
        delays.append((arrived["last"] - began) * 1000)
    return delays, arrived["backwards"]
