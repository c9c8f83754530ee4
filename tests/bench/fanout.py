"""From the commit of a call to the last of 1,000 displays, beside a server that only broadcasts.

Everything is real: PostgreSQL, Redis, one uvicorn process, a transaction that calls a patient, and
the sockets in one client process. The clock starts when the commit has returned and stops when the
last display holds the frame. The bare server gets the same bytes for the same client; its clock
starts when the frame is handed to it. It is measured before and after ours, since other work on the
machine moves both.

The usual way is a consumer of Channels for each socket on the core Redis layer, as Channels'
documentation has it: its own server daphne, and the same bytes made by each consumer. Beside it,
the same at its best: served by our server, the text made once. Their clocks start before the
`group_send`.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.db import transaction

from booking import selectors
from booking.models import Appointment
from booking.screens import board
from booking.services import visit
from realtime import frames
from tests.bench import servers, waiting_room

CROWDS = {1000: 26, 5000: 11}
USUAL = "tests.bench.usual_server:application"
USUAL_CALLS = 4
PAUSE_SECONDS = 0.1
# PostgreSQL's processes tell how much they did after ten idle seconds at the latest.
STATISTICS_SECONDS = 11.0


def main() -> None:
    sample = _board_text()
    results = [measure(sample, displays, calls) for displays, calls in CROWDS.items()]
    path = servers.write_raw("fanout", {"crowds": results})
    for result in results:
        _print(result)
    print(f"every measurement: {path.relative_to(servers.REPOSITORY)}")


def measure(sample: str, displays: int, calls: int) -> dict[str, Any]:
    """Ours between two measurements of the bare server, then the usual ones."""
    frame = _numbered(sample)
    before = measure_bare(sample, displays, calls)
    ours = measure_ours(displays, calls)
    after = measure_bare(sample, displays, calls)
    with servers.daphne_process(USUAL) as (pid, address):
        usual = measure_usual(lambda one: json.loads(frame(one)), pid, f"{address}/", displays)
    with servers.web_process(USUAL) as (pid, address):
        best = measure_usual(frame, pid, f"{address}/text", displays)
    return summary(
        displays,
        {
            "ours": ours,
            "bare_before": before,
            "bare_after": after,
            "usual": usual,
            "usual_at_best": best,
        },
    )


def _board_text() -> str:
    """A board of the size that will be sent, with a place for the revision."""
    return frames.of(board.body()).text


def measure_ours(displays: int, calls: int) -> dict[str, Any]:
    """Call one patient after the other and wait for the last display each time."""
    tokens = waiting_room.display_tokens(displays)
    waiting = Appointment.objects.filter(status="arrived")
    order = list(waiting.order_by("start", "pk").values_list("pk", flat=True))
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
        memory = servers.memory_mb(pid)
        read = servers.transactions()
        clients = stack.enter_context(servers.displays(f"{address}/ws/display", displays, tokens))
        time.sleep(STATISTICS_SECONDS)
        return {
            "connected_seconds": clients.connected_seconds,
            "queries_of_the_storm": servers.transactions() - read,
            "memory_before_mb": memory,
            **_measure(call, clients, pid, calls),
        }


def measure_bare(text: str, displays: int, calls: int) -> dict[str, Any]:
    """Hand the same bytes to the bare server."""
    frame = _numbered(text)
    with ExitStack() as stack:
        server, address = stack.enter_context(servers.bare_server())
        clients = stack.enter_context(servers.displays(address, displays))

        def send(number: int) -> tuple[float, int]:
            began = time.monotonic()
            server.write(frame(number + 1).encode())
            return began, number + 1

        return _measure(send, clients, server.pid, calls)


def measure_usual(
    board: Callable[[int], Any], pid: int, address: str, displays: int
) -> dict[str, Any]:
    """Send a group of consumers what `board` makes of a revision."""
    from asgiref.sync import async_to_sync
    from channels_redis.core import RedisChannelLayer

    with servers.displays(address, displays) as clients:

        def send(number: int) -> tuple[float, int]:
            layer = RedisChannelLayer(hosts=[os.environ["REDIS_URL"]], prefix="usual")
            message = {"type": "board", "board": board(number + 1)}
            began = time.monotonic()
            async_to_sync(layer.group_send)("board", message)
            return began, number + 1

        return _measure(send, clients, pid, USUAL_CALLS)


def _numbered(text: str) -> Callable[[int], str]:
    """The same board with another revision."""
    head, _, tail = text.partition('"revision":')
    tail = tail.partition(",")[2]
    return lambda revision: f'{head}"revision":{revision},{tail}'


def _measure(send: Any, clients: servers.Child, pid: int, calls: int) -> dict[str, Any]:
    rounds: list[dict[str, Any]] = []
    for number in range(calls):
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


def summary(displays: int, measured: dict[str, Any]) -> dict[str, Any]:
    ours = measured["ours"]
    bare = statistics.mean(measured[name]["median_ms"] for name in ("bare_before", "bare_after"))
    return {
        "displays": displays,
        "bytes": ours["rounds"][-1]["bytes"],
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        **measured,
        "over_bare": ours["median_ms"] / bare,
        "usual_over_ours": measured["usual"]["median_ms"] / ours["median_ms"],
        "usual_at_best_over_ours": measured["usual_at_best"]["median_ms"] / ours["median_ms"],
        "cpu_us_per_delivery": 1000 * ours["server_cpu_ms"] / displays,
        "kb_per_connection": 1000 * (ours["memory_mb"] - ours["memory_before_mb"]) / displays,
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
        ("usual", "usual consumers"),
        ("usual_at_best", "the same at their best"),
    ):
        one = result[name]
        print(
            f"{title:24}{one['median_ms']:9.1f}{one['p99_ms']:9.1f}{one['first_display_ms']:9.1f}"
            f"{one['server_cpu_ms']:12.1f}{one['client_cpu_ms']:12.1f}"
        )
    print(
        f"{result['over_bare']:.2f} × bare;"
        f" the usual way takes {result['usual_over_ours']:.1f} × ours,"
        f" {result['usual_at_best_over_ours']:.1f} × at its best;"
        f" {result['cpu_us_per_delivery']:.1f} µs of CPU a delivery,"
        f" {result['kb_per_connection']:.1f} kB a connection; all displays had their board"
        f" {result['ours']['connected_seconds']:.1f} s after the first connected, with"
        f" {result['ours']['queries_of_the_storm']} queries in that time and the"
        f" {STATISTICS_SECONDS:.0f} s that followed"
    )
