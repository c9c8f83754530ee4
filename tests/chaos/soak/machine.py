"""How long the machine itself stood still. It excuses nothing, but tells its pauses from ours."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TICK_SECONDS = 0.05
BLOCK = bytes(8192)


class Machine(threading.Thread):
    """Sleeps for a moment and puts a block on the disk, again and again, while it is watched."""

    def __init__(self, home: Path) -> None:
        super().__init__(name="machine")
        self._file = home / "block"
        self._end = threading.Event()
        self._longest = 0.0

    def run(self) -> None:
        with self._file.open("wb", buffering=0) as file:
            began = time.monotonic()
            while not self._end.wait(TICK_SECONDS):
                file.seek(0)
                file.write(BLOCK)
                os.fsync(file.fileno())
                ended = time.monotonic()
                self._longest = max(self._longest, ended - began - TICK_SECONDS)
                began = ended

    def longest_pause(self) -> float:
        """The longest that sleep and disk together took too long, in seconds, since the last
        question."""
        longest, self._longest = self._longest, 0.0
        return longest

    def stop(self) -> None:
        self._end.set()
        self.join()
