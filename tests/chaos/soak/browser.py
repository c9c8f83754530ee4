"""One of the displays is the real page, in a real Chromium. Looked at in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.chromium import Page

if TYPE_CHECKING:
    from tests.chaos.soak.screens import Content

LOOK_SECONDS = 0.4
READ = """(() => {
  const text = (element, selector) => element?.querySelector(selector)?.textContent ?? "";
  const ticket = (element, kind) => text(element, `.${kind}-ticket`) || text(element, `.${kind}-label`);
  const call = document.querySelector(".call");
  return {
    board: !!document.querySelector(".calls .call, .calls .silence:not([role])"),
    now: call ? ticket(call, "call") : "",
    label: call ? text(call, ".call-label") : "",
    room: call ? text(call, ".call-room-name, .call-room-words") : "",
    next: [...document.querySelectorAll(".next li")].map((line) => ticket(line, "next")),
    says: !!document.querySelector(".mark-lost, .untrusted"),
  };
})()"""  # noqa: E501 - JavaScript


@dataclass(frozen=True)
class Look:
    """What was on the page at one instant; None where it shows no board."""

    at: float
    called: tuple[str, str, str] | None
    waiting: frozenset[str]
    says_old: bool

    def agrees_with(self, content: Content) -> bool:
        """Whether this is that board: the newest call stands large, everybody who waits is in the
        list."""
        called = [entry for entry in content if entry[4] == "called"]
        newest = max(called, key=lambda entry: str(entry[6]), default=None)
        waiting = {entry[1] for entry in content if entry[4] == "waiting"}
        return self.called == (newest[1:4] if newest else None) and self.waiting == waiting


class BrowserDisplay(threading.Thread):
    def __init__(self, origin: str, cookies: dict[str, str]) -> None:
        super().__init__(name="browser")
        self._origin = origin
        self._cookies = cookies
        self._end = threading.Event()
        self.looks: deque[Look] = deque()

    def run(self) -> None:
        with Page() as page:
            page.open(f"{self._origin}/display", self._cookies)
            while not self._end.wait(LOOK_SECONDS):
                seen = page.evaluate(READ)
                at = time.monotonic()
                called = (seen["now"], seen["label"], seen["room"]) if seen["now"] else None
                says_old = seen["says"] or not seen["board"]
                self.looks.append(Look(at, called, frozenset(seen["next"]), says_old))

    def stop(self) -> None:
        self._end.set()
        self.join()
