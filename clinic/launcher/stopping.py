"""Knows when to stop: from signals, and from the `make` above us, which keeps some signals to
itself."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic.launcher.processes import ask_for_signal_at_parents_death

if TYPE_CHECKING:
    from types import FrameType

_KEPT_BY_MAKE: Final = (signal.SIGINT, signal.SIGHUP)


class StopRequested(Exception):  # noqa: N818 - a wish of the user, not an error
    """Somebody asked the demo to stop."""


class StopSwitch:
    """Counts requests to stop; the second one means at once. Lives in the main thread.

    A handler only counts, so no request can fall between starting a process and noting it down.
    """

    def __init__(self, *, under_make: bool) -> None:
        self._requests = 0
        self._make = os.getppid() if under_make else None
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # nohup means that we go on when the terminal closes. A shell's background job ignores
            # Ctrl-C, but whoever sends the signal explicitly means it.
            if signum == signal.SIGHUP and signal.getsignal(signum) == signal.SIG_IGN:
                continue
            signal.signal(signum, self._on_signal)
        self._caught_by_make = _caught(self._make)
        if under_make:
            ask_for_signal_at_parents_death(signal.SIGTERM)

    @property
    def pressed(self) -> bool:
        return self._requests > 0 or self._make_was_interrupted()

    @property
    def pressed_twice(self) -> bool:
        return self._requests > 1

    def check(self) -> None:
        """Raise StopRequested if somebody asked to stop."""
        if self.pressed:
            raise StopRequested

    def pause(self, seconds: float) -> None:
        """Sleep, but raise StopRequested soon after somebody asks to stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, 0.1))
        self.check()

    def _on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        self._requests += 1

    def _make_was_interrupted(self) -> bool:
        """GNU make passes SIGTERM on, but if it alone gets a SIGINT it silently waits for us.

        The only sign of that is that it no longer catches the signal.
        """
        return bool(self._caught_by_make & ~_caught(self._make))


def _caught(pid: int | None) -> int:
    """The signals for which the process has a handler, among those that make keeps, as a bit
    mask."""
    if pid is None:
        return 0
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("SigCgt:"):
            mask = int(line.split()[1], 16)
            return mask & sum(1 << (signum - 1) for signum in _KEPT_BY_MAKE)
    return 0
