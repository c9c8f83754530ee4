"""`make soak`: everything that can stop is stopped, again and again, and the screens are watched.

python -m tests.chaos.soak [--cycles 100] [--kinds redis,postgres,…] [--away 2] [--no-browser]

Twenty displays (one of them the real page in Chromium) hang on one web process while the queue
changes without a pause. Each cycle takes one thing away for some seconds and gives it back. Then
everybody must hold the right board; and at every look at every screen its board is true, or not
true for a moment, or the screen says that it may be old. Every figure goes to var/soak.json; the
exit code tells whether all of it held.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinic.launcher.surroundings import settle_tests
from tests.browser import installed_chromium
from tests.chaos.soak.clinic import REPOSITORY, Clinic
from tests.chaos.soak.faults import FAULTS, deck
from tests.chaos.soak.machine import Machine
from tests.chaos.soak.screens import Display

if TYPE_CHECKING:
    from tests.chaos.soak.browser import BrowserDisplay
    from tests.chaos.soak.truth import Queue

SCREENS = 20
LOOK_SECONDS = 0.2
PRESS_SECONDS = 0.7
PATIENCE_SECONDS = 60.0
SETTLE_SECONDS = 0.5
# A board that has just changed is on its way for so long.
ON_ITS_WAY_SECONDS = 1.0
PAUSE_TOLD_SECONDS = 0.5


@dataclass
class Watched:
    """What the looks at one screen have found."""

    name: str
    looks: int = 0
    unsaid: float = 0.0
    """The longest that it was wrong without saying so, in the present cycle."""
    unknown_since: float | None = None
    right_after: float | None = None
    """How long what came about since the end of the present fault took to be shown."""


class Watch:
    """Looks at every screen, five times a second."""

    def __init__(
        self, displays: list[Display], browser: BrowserDisplay | None, queue: Queue
    ) -> None:
        self._displays = displays
        self._browser = browser
        self._queue = queue
        self.back_at: float | None = None
        self.screens = [Watched(f"display {number}") for number in range(len(displays))]
        if browser is not None:
            self.screens.append(Watched("browser"))
        self.lies: set[str] = set()
        self._known_until = 0.0
        """Everything that was true before is among the queue's facts."""

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            self._known_until = self._queue.looked_at
            for screen, display in zip(self.screens, self._displays, strict=False):
                self._note(
                    screen, now, self._queue.number_of(display.shown), says_old=display.says_old
                )
            if self._browser is not None:
                self._judge(self._browser)

    def _judge(self, browser: BrowserDisplay) -> None:
        """Each look at the page, once everything that was true at that time has been noted: a page
        tells less of a board than a frame, so two boards can look the same on it."""
        while browser.looks and browser.looks[0].at < self._known_until:
            look = browser.looks.popleft()
            number = self._queue.number_on(look)
            self._note(self.screens[-1], look.at, number, says_old=look.says_old)

    def begin(self) -> None:
        """A new cycle."""
        self.back_at = None
        for screen in self.screens:
            screen.unsaid = 0.0
            screen.right_after = None

    @property
    def all_are_right(self) -> bool:
        return all(screen.right_after is not None for screen in self.screens)

    def _note(self, screen: Watched, now: float, number: int | None, *, says_old: bool) -> None:
        screen.looks += 1
        if number is None:
            # It may be true already and not yet noted; once the queue was looked at it can't.
            screen.unknown_since = screen.unknown_since or now
            if self._known_until > screen.unknown_since and not says_old:
                self.lies.add(f"{screen.name} shows what never was")
            return
        screen.unknown_since = None
        wrong = self._queue.wrong_for(number, now)
        if not says_old:
            screen.unsaid = max(screen.unsaid, wrong)
        if self.back_at is None or screen.right_after is not None:
            return
        wanted = self._queue.first_since(self.back_at)
        if wanted is not None and number >= wanted and wrong < ON_ITS_WAY_SECONDS:
            screen.right_after = now - max(self.back_at, self._queue.facts[wanted].since)


class Soak:
    def __init__(
        self,
        clinic: Clinic,
        watch: Watch,
        machine: Machine,
        loop: asyncio.AbstractEventLoop,
        seed: int,
    ) -> None:
        self._clinic = clinic
        self._watch = watch
        self._machine = machine
        self._loop = loop
        self._random = random.Random(seed)

    def cycle(self, kind: str, away: float | None) -> dict[str, Any]:
        """Take one thing away, for so long or as the kind has it, give it back, and wait until
        every screen is right."""
        fault = FAULTS[kind]
        self._watch.begin()
        self._machine.longest_pause()
        began = time.monotonic()
        fault.take(self._clinic, self._call)
        time.sleep(self._random.uniform(*fault.away) if away is None else away)
        fault.give(self._clinic, self._call)
        back = time.monotonic()
        seconds = self.wait_for_everybody(back)
        time.sleep(SETTLE_SECONDS + fault.lingers)
        unsaid = {screen.name: screen.unsaid for screen in self._watch.screens}
        return {
            "kind": kind,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "away": back - began,
            "right_after": seconds,
            "unsaid": unsaid,
            "machine_paused": self._machine.longest_pause(),
        }

    def wait_for_everybody(self, back: float) -> list[float | None]:
        """After how many seconds each screen was right; None where it never was."""
        self._watch.back_at = back
        while not self._watch.all_are_right and time.monotonic() - back < PATIENCE_SECONDS:
            time.sleep(0.05)
        return [screen.right_after for screen in self._watch.screens]

    def _call(self, change: Any) -> None:
        """Change a wire in the thread that it lives in."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(change)
        self._loop.call_soon_threadsafe(done.set)
        done.wait()


def run(
    kinds: list[str], *, away: float | None, is_with_browser: bool, seed: int
) -> dict[str, Any]:
    """All cycles, one after the other; every figure of them."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="screens")
    thread.start()
    with ExitStack() as stack:
        stack.callback(thread.join)
        stack.callback(loop.call_soon_threadsafe, loop.stop)
        clinic = stack.enter_context(Clinic(loop))
        import django

        django.setup()
        from tests.bench import waiting_room
        from tests.chaos.soak.browser import BrowserDisplay
        from tests.chaos.soak.truth import Queue

        token = waiting_room.display_tokens(1)[0]
        queue = Queue(waiting_room.fill(5, 2), PRESS_SECONDS, seed)
        queue.start()
        stack.callback(queue.stop)
        browser = None
        if is_with_browser:
            from clinic.accounts.cookies import device_cookie

            browser = BrowserDisplay(clinic.origin, {device_cookie("display"): token})
            browser.start()
            stack.callback(browser.stop)
        displays = [Display(clinic.origin, token) for _ in range(SCREENS - is_with_browser)]
        watch = Watch(displays, browser, queue)
        coroutines = [*(display.run() for display in displays), watch.run()]
        tasks = [asyncio.run_coroutine_threadsafe(each, loop) for each in coroutines]
        stack.callback(lambda: [task.cancel() for task in tasks])
        machine = Machine(clinic.log.parent)
        machine.start()
        stack.callback(machine.stop)
        soak = Soak(clinic, watch, machine, loop, seed)
        cycles = []
        began = time.monotonic()
        soak.wait_for_everybody(began)
        for number, kind in enumerate(kinds, 1):
            if (
                not queue.is_alive()
                or any(task.done() for task in tasks)
                or (browser is not None and not browser.is_alive())
            ):
                raise RuntimeError("the queue, a display, the browser or the watch has ended")
            cycles.append(soak.cycle(kind, away))
            _print_cycle(number, cycles[-1])
        return {
            "seed": seed,
            "screens": [screen.name for screen in watch.screens],
            "seconds": time.monotonic() - began,
            "presses": queue.presses,
            "errors_of_the_writer": queue.errors,
            "looks": sum(screen.looks for screen in watch.screens),
            "lies": sorted(watch.lies),
            "load": os.getloadavg(),
            "cycles": cycles,
            "web_log": clinic.log.read_text(errors="replace")[-200_000:],
        }


def verdict(result: dict[str, Any]) -> list[str]:
    """Everything that didn't hold."""
    broken = [*result["lies"]]
    for number, cycle in enumerate(result["cycles"], 1):
        fault = FAULTS[cycle["kind"]]
        name = f"cycle {number} ({cycle['kind']})"
        slowest = max(
            float("inf") if seconds is None else seconds for seconds in cycle["right_after"]
        )
        if slowest > fault.right:
            broken.append(f"{name}: all were right only after {slowest:.1f} s")
        unsaid = max(cycle["unsaid"].values())
        if unsaid > fault.unsaid:
            broken.append(f"{name}: wrong for {unsaid:.1f} s without saying so")
    return broken


def _print_cycle(number: int, cycle: dict[str, Any]) -> None:
    right = [seconds for seconds in cycle["right_after"] if seconds is not None]
    never = len(cycle["right_after"]) - len(right)
    paused = cycle["machine_paused"]
    print(
        f"{number:4} {cycle['kind']:24} away {cycle['away']:5.1f} s"
        f"   all right after {max(right, default=float('nan')):5.1f} s"
        f"   wrong and silent at most {max(cycle['unsaid'].values()):4.1f} s"
        f"{f'   {never} NEVER RIGHT' if never else ''}"
        f"{f'   the machine paused for {paused:.1f} s' if paused > PAUSE_TOLD_SECONDS else ''}",
        flush=True,
    )


def _print(result: dict[str, Any]) -> None:
    cycles = result["cycles"]
    print(
        f"\n{len(cycles)} cycles in {result['seconds']:.0f} s, {len(result['screens'])} screens,"
        f" {result['presses']} changes of the queue, {result['looks']} looks"
    )
    print(
        f"{'':24}{'cycles':>8}{'right after: median':>22}{'most':>7}{'wrong and silent: most':>25}"
    )
    for kind, count in Counter(cycle["kind"] for cycle in cycles).items():
        own = [cycle for cycle in cycles if cycle["kind"] == kind]
        right = [float(s) if s is not None else float("inf") for c in own for s in c["right_after"]]
        unsaid = max(max(cycle["unsaid"].values()) for cycle in own)
        print(f"{kind:24}{count:8}{statistics.median(right):22.1f}{max(right):7.1f}{unsaid:25.1f}")


def main() -> int:
    settle_tests()
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.soak")
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--kinds", type=lambda text: text.split(","))
    parser.add_argument("--away", type=float, help="seconds, instead of each kind's own")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--out", type=Path, default=REPOSITORY / "var" / "soak.json")
    asked = parser.parse_args()
    if not asked.no_browser:
        installed_chromium()  # before anything else starts: getting one takes a while
    kinds = asked.kinds or deck(asked.cycles, asked.seed)
    result = run(kinds, away=asked.away, is_with_browser=not asked.no_browser, seed=asked.seed)
    result["broken"] = verdict(result)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result, indent=1))
    _print(result)
    for line in result["broken"]:
        print(f"  {line}")
    return 1 if result["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
