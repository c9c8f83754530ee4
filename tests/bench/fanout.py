"""From the commit of a call to the last of 1,000 displays, beside a server that only broadcasts.

Everything is real: PostgreSQL, Redis, one uvicorn process, a transaction that calls a patient, and
1,000 sockets in one client process. The clock starts when the commit has returned and stops when
the last display holds the frame. The bare server gets the same bytes for the same client; its
clock starts when the frame is handed to it. It is measured before and after ours, since other work
on the machine moves both.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

from tests.bench import servers

DISPLAYS = 1000
CALLS = 31
PAUSE_SECONDS = 0.1


def main() -> None:
    servers.raise_open_files()
    with servers.databases():
        os.environ.update(CLINIC_ENV="test", DJANGO_SETTINGS_MODULE="clinic.config.settings")
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=servers.REPOSITORY,
            check=True,
        )
        import django

        django.setup()
        sample = _board_text()
        before = measure_bare(sample)
        ours = measure_ours()
        after = measure_bare(sample)
    result = summary(before, ours, after)
    path = servers.write_raw("fanout", result)
    _print(result)
    print(f"every measurement: {path.relative_to(servers.REPOSITORY)}")


def _board_text() -> str:
    """A board of the size that will be sent, with a place for the revision."""
    from realtime import frames, snapshots
    from tests.bench import waiting_room

    waiting_room.fill()
    return frames.board(snapshots.board()).text


def measure_ours() -> dict[str, Any]:
    """Call one patient after the other and wait for the last display each time."""
    from django.db import transaction

    from booking import selectors
    from booking.models import Appointment
    from booking.services import visit
    from tests.bench import waiting_room

    token = waiting_room.display_token()
    order = list(Appointment.objects.order_by("start", "pk").values_list("pk", flat=True))
    committed = 0.0

    def stamp() -> None:
        nonlocal committed
        committed = time.monotonic()

    def call(number: int) -> tuple[float, int]:
        with transaction.atomic():
            transaction.on_commit(stamp)
            visit.call(order[number], actor=waiting_room.SETUP)
        return committed, selectors.revision()

    with ExitStack() as stack:
        pid, address = stack.enter_context(servers.web_process())
        began = time.monotonic()
        clients = stack.enter_context(servers.displays(f"{address}/ws/display", DISPLAYS, token))
        connected = time.monotonic() - began
        return {"connected_seconds": connected, **_measure(call, clients, pid)}


def measure_bare(text: str) -> dict[str, Any]:
    """Hand the same bytes to the bare server."""
    head, _, tail = text.partition('"revision":')
    tail = tail.partition(",")[2]
    with ExitStack() as stack:
        server, address = stack.enter_context(servers.bare_server())
        clients = stack.enter_context(servers.displays(address, DISPLAYS))

        def send(number: int) -> tuple[float, int]:
            revision = number + 1
            frame = f'{head}"revision":{revision},{tail}'.encode()
            began = time.monotonic()
            server.write(frame)
            return began, revision

        return _measure(send, clients, server.pid)


def _measure(send: Any, clients: servers.Child, pid: int) -> dict[str, Any]:
    rounds: list[dict[str, Any]] = []
    for number in range(CALLS):
        began, revision = send(number)
        while True:
            arrived = json.loads(clients.read())
            if arrived["revision"] >= revision:
                break
        rounds.append(
            {
                "first_ms": (arrived["first"] - began) * 1000,
                "last_ms": (arrived["last"] - began) * 1000,
                "bytes": arrived["bytes"],
                "client_cpu_ms": arrived["cpu"] * 1000,
                "server_cpu_ms": servers.cpu_seconds(pid) * 1000,
            }
        )
        time.sleep(PAUSE_SECONDS)
    first, *measured = rounds
    return {
        "rounds": measured,
        "memory_mb": servers.memory_mb(pid),
        "median_ms": statistics.median(one["last_ms"] for one in measured),
        "p99_ms": statistics.quantiles((one["last_ms"] for one in measured), n=100)[98],
        "first_display_ms": statistics.median(one["first_ms"] for one in measured),
        "client_cpu_ms": _per_round(first, measured, "client_cpu_ms"),
        "server_cpu_ms": _per_round(first, measured, "server_cpu_ms"),
    }


def _per_round(first: dict[str, Any], measured: list[dict[str, Any]], key: str) -> float:
    return float((measured[-1][key] - first[key]) / len(measured))


def summary(before: dict[str, Any], ours: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    bare = statistics.mean([before["median_ms"], after["median_ms"]])
    return {
        "displays": DISPLAYS,
        "bytes": ours["rounds"][-1]["bytes"],
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "ours": ours,
        "bare_before": before,
        "bare_after": after,
        "ratio": ours["median_ms"] / bare,
    }


def _print(result: dict[str, Any]) -> None:
    print(
        f"\nOne board of {result['bytes']} bytes to {result['displays']} displays,"
        f" {result['cores']} cores, load {result['load'][0]:.1f}"
    )
    print(f"{'ms':24}{'median':>9}{'p99':>9}{'first':>9}{'server CPU':>12}{'client CPU':>12}")
    for name, title in (
        ("bare_before", "bare broadcast, before"),
        ("ours", "commit to last display"),
        ("bare_after", "bare broadcast, after"),
    ):
        one = result[name]
        print(
            f"{title:24}{one['median_ms']:9.1f}{one['p99_ms']:9.1f}{one['first_display_ms']:9.1f}"
            f"{one['server_cpu_ms']:12.1f}{one['client_cpu_ms']:12.1f}"
        )
    ours = result["ours"]
    print(
        f"ratio {result['ratio']:.2f}; all displays had their board"
        f" {ours['connected_seconds']:.1f} s after the first connected;"
        f" web process {ours['memory_mb']:.0f} MB"
    )


if __name__ == "__main__":
    main()
