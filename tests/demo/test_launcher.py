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

from clinic.demo.embedded import Valkey, free_port
from clinic.demo.processes import Program, stop_all, wait_until
from clinic.demo.stack import DemoFailedError, Stack, Watched, reset
from tests.disk import full_after

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

    pressed_twice = False
    is_pressed: Callable[[], bool] = staticmethod(lambda: False)

    @property
    def pressed(self) -> bool:
        return self.is_pressed()

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


def heed_signals() -> None:
    """A shell's background job and nohup, which may be running these tests, hand down signals that
    are ignored; make would ignore them too, and so would the launcher."""
    for signum in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)


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
        preexec_fn=heed_signals,
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
        [*ignoring_interrupts, sys.executable, "-c", WAITER, report],
        cwd=ROOT,
        preexec_fn=heed_signals,
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


STUBBORN = [
    *(sys.executable, "-c"),
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('deaf', flush=True); time.sleep(300)",
]
OBEDIENT = [
    *(sys.executable, "-c"),
    "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye')));"
    "print('here', flush=True); time.sleep(300)",
]


def test_programs_that_hang_are_ended_side_by_side(tmp_path: Path) -> None:
    programs = [
        Program(name, STUBBORN, log=tmp_path / name, grace_seconds=0.6) for name in ("a", "b", "c")
    ]
    for program in programs:
        program.start()
    for program in programs:
        assert wait_until(lambda log=program: "deaf" in log.last_lines(), seconds=30)
    began = time.monotonic()

    stop_all(programs)

    assert time.monotonic() - began < 1.2
    assert [program.pid for program in programs] == [None, None, None]


def test_a_halted_program_goes_on_to_its_end(tmp_path: Path) -> None:
    program = Program("halted", OBEDIENT, log=tmp_path / "log")
    program.start()
    assert wait_until(lambda: "here" in program.last_lines(), seconds=30)
    assert program.pid is not None
    os.kill(program.pid, signal.SIGSTOP)

    program.stop()

    assert program.last_lines().splitlines() == ["here", "bye"]


def test_who_works_with_a_server_that_had_to_move_learns_its_address(
    new_stack: Callable[[], Stack], said: list[str], tmp_path: Path
) -> None:
    stack = new_stack()
    stack.check()
    valkey = Valkey(stack.var / "valkey")
    stack.start_server("REDIS_URL", valkey)
    stack.choose_settings()
    report = tmp_path / "address"
    tells = f"import os, time; open({str(report)!r}, 'w').write(os.environ['REDIS_URL'])"
    stack.watch_over(
        Program(
            "worker",
            [sys.executable, "-c", f"{tells}; time.sleep(300)"],
            log=tmp_path / "worker.log",
            env=stack.environment,
        )
    )
    former = valkey.url
    assert wait_until(lambda: report.exists() and report.read_text() == former, seconds=30)
    port = valkey.port
    assert valkey.pid is not None
    os.kill(valkey.pid, signal.SIGKILL)
    assert wait_until(lambda: not valkey.is_running(), seconds=5)
    with socket.socket() as somebody_else:
        somebody_else.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody_else.bind(("127.0.0.1", port))
        somebody_else.listen()

        assert stack.revive()

    assert valkey.url != former
    assert wait_until(lambda: report.read_text() == valkey.url, seconds=30)
    assert said[-1] == "Valkey has another port now: what works with it starts anew"


def test_a_disk_that_takes_nothing_ends_no_clinic_that_runs(
    new_stack: Callable[[], Stack], said: list[str], switch: Switch, tmp_path: Path
) -> None:
    stack = new_stack()
    stack.check()
    worker = Program("worker", SLEEP, log=tmp_path / "worker.log")
    stack.watch_over(worker)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert wait_until(lambda: not worker.is_running(), seconds=5)
    switch.is_pressed = lambda: len(said) == 2

    with full_after(8):
        stack.watch()

    assert worker.is_running()
    assert said[1].startswith(f"{stack.var / 'demo.json'} is not up to date: ")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"CLINIC_VAR": "/dev/null/var"}, "The demo can't go on: Not a directory: /dev/null"),
        ({"CLINIC_VAR": "/dev/null"}, "The demo can't go on: File exists: /dev/null"),
        ({"PORT": "99999"}, "PORT must be a number from 1 to 65535, not '99999'."),
        ({"PORT": "²"}, "PORT must be a number from 1 to 65535, not '²'."),
        ({"CLINIC_BIND": "203.0.113.1"}, "The demo can't listen on 203.0.113.1, port "),
        ({"CLINIC_BIND": "no.such.invalid"}, "The demo can't listen on no.such.invalid, port "),
    ],
)
def test_what_the_machine_refuses_is_one_sentence(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "clinic.demo"],
        cwd=ROOT,
        env={**os.environ, "CLINIC_VAR": str(tmp_path), "PORT": str(free_port()), **settings},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 1
    assert told.stderr.strip().startswith(sentence)
    assert told.stderr.strip().count("\n") == 0


def test_a_garbled_state_of_the_running_demo_is_no_trouble(new_stack: Callable[[], Stack]) -> None:
    first = new_stack()
    first.check()
    for left in (b"", b"{", b"[]", b"{}", b"\xff"):
        (first.var / "demo.json").write_bytes(left)

        with pytest.raises(DemoFailedError, match="already runs"):
            new_stack().check()


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


def test_what_shows_no_sign_of_life_for_a_minute_hangs() -> None:
    watched = Watched(Program("relay", SLEEP))
    began = watched.looked_at

    def look(after: float, sign: object) -> bool:
        watched.note(sign, now=began + after)
        return watched.hangs

    # A first sign may take three minutes, the next ones a minute.
    assert [look(second, None) for second in range(5, 185, 5)] == [False] * 36
    assert not look(180, "first")
    assert [look(second, "first") for second in range(185, 245, 5)] == [False] * 12
    assert look(245, "first")
    # Another sign, and a night in which the machine slept.
    assert not look(246, "second")
    assert not look(246 + 8 * 3600, "second")
