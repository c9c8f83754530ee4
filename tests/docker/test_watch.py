"""What hangs is ended, so that its container starts anew; what only waits is left alone."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import psutil
import pytest
import redis

from clinic.config.celery import app
from clinic.launcher.embedded import Valkey, free_port
from clinic.launcher.processes import Program, wait_until
from tests.docker import check

SILENCE = 6.0
BOOT = 90
Start = Callable[..., Program]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "valkey", durable=False)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def start(tmp_path: Path, valkey: Valkey) -> Iterator[Start]:
    started: list[Program] = []

    def start(name: str, **settings: str) -> Program:
        program = Program(
            name,
            [check.DOCKER / "watch.py", name],
            log=tmp_path / f"{name}.log",
            cwd=check.ROOT,
            env={
                **os.environ,
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
                "REDIS_URL": valkey.url,
                "CLINIC_ENV": "test",
                "CLINIC_VAR": str(tmp_path),
                "SIGN_OF_LIFE": str(tmp_path / f"{name}.alive"),
                "SILENCE_SECONDS": str(SILENCE),
                **settings,
            },
        )
        program.start()
        started.append(program)
        return program

    yield start
    for program in started:
        for child in children(program):
            child.send_signal(signal.SIGCONT)
        program.stop()


def children(program: Program) -> list[psutil.Process]:
    if not program.is_running():
        return []
    return list(psutil.Process(program.pid).children(recursive=True))


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def are_gone(*families: list[psutil.Process]) -> bool:
    """A killed process may take a moment to be so."""
    return not any(lives(process) for family in families for process in family)


def shows_life(folder: Path, name: str) -> bool:
    return (folder / f"{name}.alive").exists()


def signs(folder: Path, name: str) -> int:
    return (folder / f"{name}.alive").stat().st_mtime_ns


def start_all(start: Start, folder: Path, *names: str) -> list[Program]:
    """Programs that are up, each seen to live."""
    programs = [start(name) for name in names]
    for program in programs:
        alive = wait_until(partial(shows_life, folder, program.name), seconds=BOOT)
        assert alive, program.last_lines()
    return programs


def takes_work(valkey: Valkey, client: redis.Redis) -> bool:
    """Whether a worker takes what it is sent, and is done with it."""
    with app.connection_for_write(valkey.url) as broker:
        app.send_task("core.heartbeat", args=["worker"], queue="default", connection=broker)
    return wait_until(
        lambda: not client.llen("celery:default") and not client.hlen("celery:unacked"), seconds=20
    )


@pytest.mark.chaos
def test_a_frozen_process_is_ended_and_its_container_with_it(start: Start, tmp_path: Path) -> None:
    programs = start_all(start, tmp_path, "worker", "message-worker", "beat", "relay")
    families = [children(program) for program in programs]

    for family in families:
        for process in family:
            process.send_signal(signal.SIGSTOP)

    for program, family in zip(programs, families, strict=True):
        assert program.wait(SILENCE * 5), program.last_lines()
        assert program.exit_code() == 70
        assert f"{program.name} has shown no sign of life" in program.last_lines()
        # A killed process may take a moment to be gone.
        assert wait_until(partial(are_gone, family), seconds=SILENCE)


@pytest.mark.chaos
def test_a_broker_that_goes_is_no_hang(start: Start, tmp_path: Path, valkey: Valkey) -> None:
    programs = start_all(start, tmp_path, "worker", "beat", "relay")
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        assert takes_work(valkey, client)
        # Remote control would listen here, in a read without a limit.
        assert client.client_list(_type="pubsub") == []

        # when: the server drops connections and stays up
        client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

        # then: work is taken, and done with
        assert takes_work(valkey, client)

    # when: it is gone for longer than a silence
    valkey.kill()

    # then: nobody is ended, and all still live when it is back
    assert [program.name for program in programs if program.wait(SILENCE * 1.5 / 3)] == []
    valkey.start()
    before = [signs(tmp_path, program.name) for program in programs]
    assert wait_until(
        lambda: all(
            signs(tmp_path, program.name) > one
            for program, one in zip(programs, before, strict=True)
        ),
        seconds=SILENCE,
    )


@pytest.mark.chaos
def test_a_web_process_that_answers_nobody_is_ended(start: Start) -> None:
    port = free_port()
    web = start("web-http", PORT=str(port), WEB_CONCURRENCY="1")

    def answers() -> bool:
        try:
            with closing(socket.create_connection(("127.0.0.1", port), timeout=1)) as visit:
                visit.sendall(b"GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return visit.recv(12).startswith(b"HTTP/")
        except OSError:
            return False

    assert wait_until(answers, seconds=BOOT), web.last_lines()
    time.sleep(SILENCE / 6)  # It has been seen to answer.

    for process in children(web):
        process.send_signal(signal.SIGSTOP)

    assert web.wait(30), web.last_lines()
    assert web.exit_code() == 70


def test_what_is_asked_to_end_gets_its_time(start: Start, tmp_path: Path) -> None:
    silence = 2.0
    relay = start("relay", SILENCE_SECONDS=str(silence))
    assert wait_until(lambda: shows_life(tmp_path, "relay"), seconds=BOOT), relay.last_lines()

    # when: it is asked, and is busy for longer than a silence
    (process,) = children(relay)
    process.send_signal(signal.SIGSTOP)
    relay.request_stop()

    # then: it is left alone, and ends in order
    assert not relay.wait(silence * 2)
    process.send_signal(signal.SIGCONT)
    assert relay.wait(15)
    assert relay.exit_code() == 0


@pytest.mark.chaos
def test_nothing_lives_on_without_its_watcher(start: Start, tmp_path: Path) -> None:
    programs = start_all(start, tmp_path, "worker", "relay")
    families = [children(program) for program in programs]
    assert [len(family) for family in families] == [3, 1]

    for program in programs:
        os.kill(program.pid or 0, signal.SIGKILL)

    assert wait_until(partial(are_gone, *families), seconds=10)


def test_what_is_no_process_of_its_own_is_only_started(start: Start) -> None:
    unknown = start("everything")

    assert unknown.wait(15)
    assert unknown.exit_code() == 64
