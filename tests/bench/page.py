"""Ten thousand boards on the real display page: what it keeps, and when it stands still.

The frames go the product's own way, through Redis and the hub to Chromium. After each thousand the
browser collects its garbage and says what is left: JavaScript heap, nodes, listeners. A task of the
page that took 50 ms or more is a moment in which the screen stood still.
"""

import gzip
import os
import re
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from clinic.launcher.frontend import FRONTEND
from tests.bench import servers
from tests.chromium import Page

CHANGES = 10_000
# Called at this pace, the page has ever more to announce, until it leaves out what is a minute old.
WARM_UP_SECONDS = 75.0
AT_ONCE = 20
SAMPLE_EVERY = 1000
WAITING = 12
IN_ROOMS = 3
ARRIVAL_SECONDS = 20.0
NEXT = "document.querySelector('.next li') && document.querySelector('.next').textContent"
WATCH = """(() => {
  window.long = [];
  new PerformanceObserver((list) => window.long.push(...list.getEntries().map((e) => e.duration)))
    .observe({ entryTypes: ["longtask"] });
})()"""


def main() -> None:
    """Needs the clinic's databases, and the front end built."""
    result = {"gzip_kb": bundle_kb(), **measure()}
    path = servers.write_raw("page", result)
    _print(result)
    print(f"every measurement: {path.relative_to(servers.REPOSITORY)}")


def measure() -> dict[str, Any]:
    from clinic.accounts.cookies import device_cookie
    from realtime import groups
    from realtime.publisher import channel_of, publish
    from tests.bench import waiting_room

    token = waiting_room.display_tokens(1)[0]
    redis = Redis.from_url(os.environ["REDIS_URL"])
    with servers.web_process() as (_, address), Page() as page:
        page.send("Performance.enable")
        page.open(f"{address.replace('ws', 'http', 1)}/display", {device_cookie("display"): token})
        # Somebody hears the board, and shows one.
        while not redis.pubsub_numsub(channel_of(groups.BOARD))[0][1]:
            time.sleep(0.1)
        _until_next_names(page, "")
        page.evaluate(WATCH)
        samples: list[dict[str, Any]] = []
        before: dict[str, float] = {}
        warm = time.monotonic() + WARM_UP_SECONDS
        first = 0
        for sent, (first_of_waiting, message) in enumerate(boards(), 1):
            publish([(groups.BOARD, message)])
            if sent % AT_ONCE:
                continue
            # No faster than it shows them: each board is drawn.
            _until_next_names(page, first_of_waiting)
            if not samples and time.monotonic() > warm:
                first, before, began = sent, metrics(page), time.monotonic()
                page.evaluate("window.long.length = 0")
                samples.append({"changes": 0, **left(page)})
            elif samples and (sent - first) % SAMPLE_EVERY == 0:
                samples.append({"changes": sent - first, **left(page)})
                if sent - first == CHANGES:
                    break
        after = metrics(page)
        return {
            "changes": CHANGES,
            "seconds": time.monotonic() - began,
            "load": os.getloadavg(),
            "samples": samples,
            "heap_bytes_per_change": slope(samples),
            "long_tasks_ms": page.evaluate("window.long"),
            "ms_per_change": {
                name: 1000 * (after[name] - before[name]) / CHANGES
                for name in ("TaskDuration", "ScriptDuration", "LayoutDuration")
            },
        }


def boards() -> Iterator[tuple[str, dict[str, Any]]]:
    """A day without end: somebody is called, goes in, leaves, and another one arrives. With each
    board comes the ticket of the first who waits."""
    from realtime import frames, groups

    number, revision = 0, 10**6

    def arrive() -> dict[str, Any]:
        nonlocal number
        number += 1
        return {
            "id": f"00000000-0000-4000-8000-{number:012}",
            "ticket": f"A{number % 1000:03}",
            "label": f"Given{number} L.",
            "room": str(number % 4 + 1),
            "state": "waiting",
            "call_number": 0,
            "called_at": None,
            "wait": {"low_minutes": 5, "high_minutes": 20, "estimate_minutes": 10},
        }

    waiting = deque(arrive() for _ in range(WAITING))
    inside: deque[dict[str, Any]] = deque()
    while True:
        now = datetime.now(UTC).isoformat()
        called = {**waiting.popleft(), "state": "called", "call_number": 1, "called_at": now}
        for here in (
            [called, *inside, *waiting],
            [{**called, "state": "in_room"}, *inside, *waiting],
            None,
        ):
            if here is None:
                inside.appendleft({**called, "state": "in_room"})
                while len(inside) > IN_ROOMS:
                    inside.pop()
                waiting.append(arrive())
                here = [*inside, *waiting]
            revision += 1
            body = {"type": "board", "revision": revision, "server_time": now, "clinic": "Vez"}
            frame = frames.of({**body, "entries": here})
            yield (
                waiting[0]["ticket"],
                {
                    "type": "frame",
                    "group": groups.BOARD,
                    "slot": frame.slot,
                    "revision": revision,
                    "text": frame.text,
                },
            )


def left(page: Page) -> dict[str, int]:
    """What the page still holds when its garbage is gone."""
    for _ in range(2):
        page.send("HeapProfiler.collectGarbage")
    counters = page.send("Memory.getDOMCounters")
    return {
        "heap_bytes": int(page.send("Runtime.getHeapUsage")["usedSize"]),
        "nodes": counters["nodes"],
        "listeners": counters["jsEventListeners"],
    }


def metrics(page: Page) -> dict[str, float]:
    return {one["name"]: one["value"] for one in page.send("Performance.getMetrics")["metrics"]}


def slope(samples: list[dict[str, Any]]) -> float:
    """By how many bytes the heap grows with each change: the line of least squares."""
    xs = [sample["changes"] for sample in samples]
    ys = [sample["heap_bytes"] for sample in samples]
    middle, level = sum(xs) / len(xs), sum(ys) / len(ys)
    across = sum((x - middle) * (y - level) for x, y in zip(xs, ys, strict=True))
    return float(across / sum((x - middle) ** 2 for x in xs))


def bundle_kb() -> float:
    """What a display loads at first, as it goes over the wire."""
    dist = FRONTEND / "dist"
    files = re.findall(r'(?:src|href)="/([^"]+\.(?:js|css))"', (dist / "display.html").read_text())
    return sum(len(gzip.compress((dist / file).read_bytes())) for file in files) / 1000


def _until_next_names(page: Page, ticket: str) -> None:
    """Wait until somebody with this ticket is in the list of those who are next. The page is always
    asked the same: it keeps the text of every new question, which would count as its own memory."""
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while (shown := page.evaluate(NEXT)) is None or ticket not in shown:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the page never showed {ticket or 'anybody'}")
        time.sleep(0.005)


def _print(result: dict[str, Any]) -> None:
    first, last = result["samples"][0], result["samples"][-1]
    print(
        f"\n{result['changes']} boards on the display page in {result['seconds']:.0f} s,"
        f" load {result['load'][0]:.1f}, bundle {result['gzip_kb']:.1f} kB gzip"
    )
    for name in ("heap_bytes", "nodes", "listeners"):
        print(f"{name:24}{first[name]:12} before{last[name]:12} after")
    long = result["long_tasks_ms"]
    print(
        f"heap: {result['heap_bytes_per_change']:.1f} bytes a change;"
        f" tasks of 50 ms and more: {len(long)}, the longest {max(long, default=0):.0f} ms;"
        f" {result['ms_per_change']['TaskDuration']:.2f} ms of work a change"
    )
