"""What the demo refuses, what it starts and starts again, and what it leaves."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from django.conf import settings

from clinic.demo.stack import DemoFailedError, Stack, Watched, reset
from clinic.launcher.embedded import Valkey, free_port
from clinic.launcher.processes import Program, wait_until
from tests.disk import full_after
from tests.docker import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clinic.launcher.stopping import StopSwitch

ROOT = Path(__file__).resolve().parent.parent.parent
SLEEP = [sys.executable, "-c", "import time; time.sleep(300)"]


def silent(line: str, began: float | None = None) -> None:
    """Shows nothing."""


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
        stack = Stack(tmp_path / "var", port=port, switch=cast("StopSwitch", switch), say=say)
        made.append(stack)
        return stack

    yield new
    for stack in made:
        stack.stop()


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


def test_production_serves_websockets_with_the_demos_limits(tmp_path: Path) -> None:
    stack = Stack(tmp_path, port=8000, switch=cast("StopSwitch", Switch()), say=silent)
    (demo_web,) = [program for program in stack.programs() if program.name == "web"]
    limits = [
        "--http",
        "--ws",
        "--ws-per-message-deflate",
        "--ws-max-size",
        "--ws-ping-interval",
        "--ws-ping-timeout",
        "--backlog",
    ]

    demo, production = demo_web.argv, check.command_of("web-ws")

    for name in limits:
        assert demo[demo.index(name) + 1] == production[production.index(name) + 1]


@pytest.mark.parametrize("name", settings.WORKERS)
def test_each_worker_starts_as_in_production(tmp_path: Path, name: str) -> None:
    stack = Stack(tmp_path, port=8000, switch=cast("StopSwitch", Switch()), say=silent)

    (demo,) = [program for program in stack.programs() if program.name == name]

    assert demo.argv[-2:] == [check.DOCKER / "start", name]
