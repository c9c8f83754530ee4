"""Programs that the demo and the tests start: each in its own process group, and none outlives
us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

# Time for a program to finish what it has begun. Work that is cut off is done again, so Ctrl-C
# doesn't wait for it.
GRACE_SECONDS: Final = 4.0
# A killed process is gone at once, unless its disk or network folder hangs.
_DYING_SECONDS: Final = 5.0
_HANDED_DOWN: Final = (
    *(signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM),
)
_END_OF_A_LOG: Final = 16_384
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def ask_for_signal_at_parents_death(signum: int) -> None:
    """Have the kernel send this process `signum` when its parent dies; a no-op off Linux."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)


def _tied_to_this_process(signum: int) -> Callable[[], None]:
    """What the child does before it becomes its program. It reacts to every signal, even if a
    shell's background job or nohup made us ignore some."""
    parent = os.getpid()

    def in_child() -> None:
        for each in _HANDED_DOWN:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        ask_for_signal_at_parents_death(signum)
        if os.getppid() != parent:
            os._exit(1)

    return in_child


@dataclass(frozen=True)
class Account:
    """A system account to run a program as."""

    uid: int
    gid: int


@dataclass
class Program:
    """One child process with its log; start and stop it as often as needed, from the main thread.

    The child leads its own session, so a Ctrl-C in the terminal reaches only us, and we decide the
    order of stopping. If we are killed outright, the kernel sends it `orphan_signal`.
    """

    name: str
    argv: Sequence[str | Path]
    log: Path | None = None
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    grace_seconds: float = GRACE_SECONDS
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the child. Its output is appended to the log, or shown like ours if there is none.

        Raises OSError if the program can't start.
        """
        with ExitStack() as open_files:
            output = None
            if self.log is not None:
                self.log.parent.mkdir(parents=True, exist_ok=True)
                output = open_files.enter_context(self.log.open("ab"))
            self.process = subprocess.Popen(
                [str(part) for part in self.argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                cwd=self.cwd,
                env=None if self.env is None else dict(self.env),
                start_new_session=True,
                preexec_fn=_tied_to_this_process(self.orphan_signal),
                user=None if self.account is None else self.account.uid,
                group=None if self.account is None else self.account.gid,
                extra_groups=None if self.account is None else [],
            )

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def exit_code(self) -> int | None:
        return None if self.process is None else self.process.poll()

    def request_stop(self) -> None:
        """Ask the program to stop, without waiting; a suspended one is resumed for that."""
        if self.is_running():
            self._send(self.stop_signal)
            self._send(signal.SIGCONT)

    def stop(self, *, at_once: Callable[[], bool] = lambda: False) -> None:
        """Stop the program, kill what is left of its group, and forget it.

        Once `at_once()` is true, it gets no more time to end by itself.
        """
        stop_all([self], at_once=at_once)

    def wait(self, seconds: float) -> bool:
        """Whether the program ended within `seconds`."""
        if self.process is None:
            return True
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """Kill the program and its whole group at once, and forget it."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # the group is already empty
        except PermissionError:
            self._send(signal.SIGKILL)
        self.wait(_DYING_SECONDS)
        self.process = None

    def last_lines(self, count: int = 15) -> str:
        """The end of the program's log, for an error message; without empty lines after it."""
        if self.log is None or not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _END_OF_A_LOG))
            return "\n".join(file.read().decode(errors="replace").rstrip().splitlines()[-count:])

    def _send(self, signum: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(signum)


def stop_all(programs: Iterable[Program], *, at_once: Callable[[], bool] = lambda: False) -> None:
    """Stop programs in parallel: together they take no longer than the slowest."""
    left = list(programs)
    for program in left:
        program.request_stop()
    began = time.monotonic()
    while left:
        past = time.monotonic() - began
        for program in list(left):
            if not program.is_running() or past >= program.grace_seconds or at_once():
                program.kill()
                left.remove(program)
        if left:
            time.sleep(0.02)


def wait_until(
    ready: Callable[[], bool],
    *,
    seconds: float,
    every: float = 0.05,
    give_up: Callable[[], bool] = lambda: False,
) -> bool:
    """Whether `ready()` became true within `seconds`; stops early once `give_up()` is true."""
    deadline = time.monotonic() + seconds
    while True:
        if ready():
            return True
        if give_up() or time.monotonic() >= deadline:
            return False
        time.sleep(every)
