"""How programs end: by a signal, with their whole group, side by side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from clinic.launcher.processes import Program, stop_all, wait_until

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(300)"]
WAITER = """
import sys
from pathlib import Path
from clinic.launcher.stopping import StopRequested, StopSwitch
switch = StopSwitch(under_make="--under-make" in sys.argv)
Path(sys.argv[1]).write_text("waiting")
try:
    switch.pause(60)
except StopRequested:
    Path(sys.argv[1]).write_text("stopped")
"""


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


def is_deaf(program: Program) -> bool:
    return "deaf" in program.last_lines()


def test_programs_that_hang_are_ended_side_by_side(tmp_path: Path) -> None:
    programs = [
        Program(name, STUBBORN, log=tmp_path / name, grace_seconds=0.6) for name in ("a", "b", "c")
    ]
    for program in programs:
        program.start()
    for program in programs:
        assert wait_until(partial(is_deaf, program), seconds=30)
    began = time.monotonic()

    stop_all(programs)

    assert time.monotonic() - began < 1.2
    assert [program.pid for program in programs] == [None, None, None]


def test_the_last_line_of_a_log_has_words(tmp_path: Path) -> None:
    talk = "print('before'); print('the cause'); print(); print()"
    program = Program("talking", [sys.executable, "-c", talk], log=tmp_path / "log")
    program.start()
    assert program.wait(30)

    assert program.last_lines(1) == "the cause"


def test_a_halted_program_goes_on_to_its_end(tmp_path: Path) -> None:
    program = Program("halted", OBEDIENT, log=tmp_path / "log")
    program.start()
    assert wait_until(lambda: "here" in program.last_lines(), seconds=30)
    assert program.pid is not None
    os.kill(program.pid, signal.SIGSTOP)

    program.stop()

    assert program.last_lines().splitlines() == ["here", "bye"]
