#!/usr/bin/env python3
"""Start one of the product's processes and watch it: docker/watch.py NAME.

A process that shows no sign of life for SILENCE_SECONDS is ended, and we end with it, so that the
container starts anew: Docker restarts what ends, never what hangs. The web processes show that they
live by answering; the others touch the file SIGN_OF_LIFE.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

START = Path(__file__).resolve().parent / "start"
WEB = ("web-http", "web-ws")
OTHERS = (
    "worker",
    "provider-worker",
    "message-worker",
    "clock-worker",
    "face-worker",
    "beat",
    "relay",
)
SILENCE_SECONDS = float(os.environ.get("SILENCE_SECONDS", "60"))
# Until the first sign: all modules are loaded, on a small machine by every process at once.
START_SECONDS = 180.0
LOOK_SECONDS = SILENCE_SECONDS / 12
HUNG = 70
PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name not in {*WEB, *OTHERS}:
        os.execv(START, [str(START), *arguments])  # noqa: S606 - ends by itself, or is unknown
    file = Path(os.environ.setdefault("SIGN_OF_LIFE", f"/tmp/{name}.alive"))  # noqa: S108 - the container's own
    file.unlink(missing_ok=True)
    child = subprocess.Popen(  # noqa: S603 - a program of the image
        [str(START), *arguments],
        start_new_session=True,
        preexec_fn=_not_without(os.getpid()),
    )
    asked: list[int] = []

    def pass_on(signum: int, _frame: object) -> None:
        asked.append(signum)
        child.send_signal(signum)

    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, pass_on)
    last: object = None
    silent, looked_at = 0.0, time.monotonic()
    while True:
        try:
            code = child.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            code = None
        if code is not None:
            return code if code >= 0 else 128 - code
        seen = _answer() if name in WEB else _touched(file)
        # Each look counts for so long at most: a machine that slept, or a container that was
        # paused, hung nowhere.
        now = time.monotonic()
        silent += min(now - looked_at, 2 * LOOK_SECONDS)
        looked_at = now
        if asked or (seen is not None and seen != last):
            # Who was asked to end gets the time that it needs, or that Docker gives it.
            silent, last = 0.0, seen if seen is not None else last
            continue
        if silent >= (START_SECONDS if last is None else SILENCE_SECONDS):
            print(f"{name} has shown no sign of life for {silent:.0f} s", file=sys.stderr)
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return HUNG


def _not_without(watcher: int) -> Callable[[], None] | None:
    """Has the kernel end the child with its watcher, however that ends. Linux alone can."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != watcher:
            os._exit(HUNG)

    return tie


def _touched(file: Path) -> object | None:
    """When; None where it isn't there."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _answer() -> object | None:
    """Another object for each answer; None where there was none."""
    port = int(os.environ.get("PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LOOK_SECONDS)
    try:
        connection.request("GET", "/health/live")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return object()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
