"""The launcher's parts: when it stops, what it refuses, what it starts again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clinic.demo.embedded import free_port
from clinic.demo.processes import Program, wait_until
from clinic.demo.stack import DemoFailedError, Stack, reset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
SLEEP = [sys.executable, "-c", "import time; time.sleep(300)"]
WAITER = """
import sys
from pathlib import Path
from clinic.demo.stopping import StopRequested, StopSwitch
switch = StopSwitch(under_make="--under-make" in sys.argv)
Path(sys.argv[1]).write_text("waiting")
try:
    switch.pause(60)
except StopRequested:
    Path(sys.argv[1]).write_text("stopped")
"""


class Switch:
    """A stop switch that the test presses."""

    pressed = False
    pressed_twice = False

    def check(self) -> None:
        """Nobody asks this one to stop during a start."""

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def new_stack(tmp_path: Path, said: list[str], switch: Switch) -> Iterator[Callable[[], Stack]]:
    made: list[Stack] = []
    port = free_port()

    def say(line: str, began: float | None = None) -> None:
        said.append(line)

    def new() -> Stack:
        stack = Stack(tmp_path / "var", port=port, switch=switch, say=say)
        made.append(stack)
        return stack

    yield new
    for stack in made:
        stack.stop()


def heed_interrupts() -> None:
    """A shell's background job, which may be running these tests, ignores Ctrl-C; so would make."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start_under_make(folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """`make` running a process that waits to be stopped, and the file where that one reports."""
    script, report = folder / "waiter.py", folder / "report"
    script.write_text(WAITER)
    (folder / "Makefile").write_text(f"run:\n\t@{sys.executable} {script} {report} --under-make\n")
    make = subprocess.Popen(
        ["make", "run"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    assert wait_until(report.exists, seconds=30)
    return make, report


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_that_only_make_gets_stops_the_launcher(
    tmp_path: Path, signum: signal.Signals
) -> None:
    make, report = start_under_make(tmp_path)
    try:
        make.send_signal(signum)

        assert wait_until(lambda: report.read_text() == "stopped", seconds=15)
    finally:
        os.killpg(make.pid, signal.SIGKILL)
        make.wait()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_launcher_also_as_a_background_job(
    tmp_path: Path, signum: signal.Signals
) -> None:
    report = tmp_path / "report"
    ignoring_interrupts = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    waiter = subprocess.Popen(
        [*ignoring_interrupts, sys.executable, "-c", WAITER, report], cwd=ROOT
    )
    try:
        assert wait_until(report.exists, seconds=30)

        waiter.send_signal(signum)

        assert waiter.wait(15) == 0
        assert report.read_text() == "stopped"
    finally:
        waiter.kill()
        waiter.wait()


def test_stopping_a_program_ends_its_whole_group(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = (
        "import subprocess, sys, time; from pathlib import Path\n"
        f"child = subprocess.Popen({SLEEP!r})\n"
        f"Path({str(pid_file)!r}).write_text(str(child.pid)); time.sleep(300)"
    )
    program = Program("family", [sys.executable, "-c", script], log=tmp_path / "log")
    program.start()
    assert wait_until(lambda: pid_file.exists() and bool(pid_file.read_text()), seconds=30)
    grandchild = Path("/proc") / pid_file.read_text()
    assert grandchild.exists()

    program.stop()

    assert wait_until(lambda: not grandchild.exists(), seconds=5)
    assert program.pid is None


def test_a_program_that_ignores_the_request_is_killed_after_its_grace(tmp_path: Path) -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('deaf', flush=True); time.sleep(300)"
    )
    log = tmp_path / "log"
    program = Program("stubborn", [sys.executable, "-c", stubborn], log=log, grace_seconds=0.3)
    program.start()
    assert wait_until(lambda: "deaf" in program.last_lines(), seconds=30)

    program.stop()

    assert not program.is_running()


def test_a_taken_port_is_one_clear_sentence(new_stack: Callable[[], Stack]) -> None:
    stack = new_stack()
    with socket.socket() as somebody_else:
        somebody_else.bind(("127.0.0.1", stack.port))
        somebody_else.listen()

        with pytest.raises(DemoFailedError, match=f"^Port {stack.port} is taken .*PORT="):
            stack.check()


def test_a_second_demo_of_the_same_checkout_is_refused(new_stack: Callable[[], Stack]) -> None:
    first = new_stack()
    first.check()
    first.write_state()

    with pytest.raises(DemoFailedError, match=f"already runs at .*process {os.getpid()}"):
        new_stack().check()

    assert (first.var / "demo.json").exists()


def test_a_running_demo_can_not_be_reset(new_stack: Callable[[], Stack]) -> None:
    stack = new_stack()
    stack.check()
    (stack.var / "demo.env").write_text("SECRET_KEY=kept\n")

    with pytest.raises(DemoFailedError, match="stop it before"):
        reset(stack.var)

    assert (stack.var / "demo.env").read_text() == "SECRET_KEY=kept\n"


def test_reset_forgets_data_secrets_and_logs_and_nothing_else(tmp_path: Path) -> None:
    var = tmp_path / "var"
    for name in ("storage/private/photo", "log/web.log", "postgres/port", "node/npm"):
        (var / name).parent.mkdir(parents=True, exist_ok=True)
        (var / name).write_text("x")
    for name in ("demo.env", "demo.json", "demo-accounts.json", "celerybeat-schedule"):
        (var / name).write_text("x")

    reset(var)

    left = {str(path.relative_to(var)) for path in var.rglob("*") if path.is_file()}
    assert left == {"demo.lock", "node/npm"}


def test_what_dies_is_started_again_and_published(
    new_stack: Callable[[], Stack], said: list[str], tmp_path: Path
) -> None:
    stack = new_stack()
    stack.check()
    worker = Program("worker", SLEEP, log=tmp_path / "worker.log")
    stack.watch_over(worker)
    first = worker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: not worker.is_running(), seconds=5)

    assert stack.revive()
    stack.write_state()

    assert worker.is_running()
    assert worker.pid != first
    assert f'"worker": {worker.pid}' in (stack.var / "demo.json").read_text()
    assert said == [f"worker stopped; starting it again (see {stack.var / 'log'})"]


def test_what_keeps_dying_is_started_ever_more_slowly(
    new_stack: Callable[[], Stack], tmp_path: Path
) -> None:
    stack = new_stack()
    stack.check()
    hopeless = Program("worker", [sys.executable, "-c", ""], log=tmp_path / "worker.log")
    stack.watch_over(hopeless)
    starts = 0
    until = time.monotonic() + 3
    while time.monotonic() < until:
        starts += stack.revive()
        time.sleep(0.02)

    # At once, then after 4 s: not a start for every turn of the loop.
    assert starts == 1


def test_stopping_removes_the_published_state_and_every_process(
    new_stack: Callable[[], Stack], tmp_path: Path
) -> None:
    stack = new_stack()
    stack.check()
    programs = [Program(name, SLEEP, log=tmp_path / f"{name}.log") for name in ("web", "relay")]
    stack.watch_over(*programs)
    stack.write_state()
    pids = [program.pid for program in programs]

    stack.stop()

    assert not (stack.var / "demo.json").exists()
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
