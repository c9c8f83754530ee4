"""The programs that a measurement needs: databases, web process, displays, a bare server."""

import contextlib
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, ParamSpec, Self, TypeVar

import psutil

from clinic.launcher.embedded import Postgres, Valkey, free_port
from clinic.launcher.processes import wait_until
from tests.midday import zone_at_midday

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
ANSWER_SECONDS = 60.0
P = ParamSpec("P")
T = TypeVar("T")


@contextlib.contextmanager
def databases() -> Iterator[None]:
    """PostgreSQL and Redis of this run alone."""
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vez-bench-")))
        for name, kind in (("DATABASE_URL", Postgres), ("REDIS_URL", Valkey)):
            server = kind(home / name.lower())
            server.start()
            stack.callback(server.remove)
            os.environ[name] = server.url
        yield


@contextlib.contextmanager
def clinic(*, own: bool = True) -> Iterator[None]:
    """Databases with an empty clinic in them, and Django set up to use them in this process. They
    are the run's own, or those that the environment names, which have their tables."""
    # Programs that are started find their bytecode, as in production's image.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with databases() if own else contextlib.nullcontext():
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        os.environ.update(
            CLINIC_ENV="test",
            CLINIC_TIME_ZONE=zone_at_midday(datetime.now(UTC)),
            DJANGO_SETTINGS_MODULE="clinic.config.settings",
        )
        if own:
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
                cwd=REPOSITORY,
                check=True,
            )
        import django

        django.setup()
        yield


class _Kept(contextlib.ExitStack):
    """Programs that go on running for whoever asks next."""

    def __init__(self) -> None:
        super().__init__()
        self.programs: dict[tuple[object, ...], Any] = {}


_kept: _Kept | None = None


@contextlib.contextmanager
def each_started_once() -> Iterator[None]:
    """Whoever asks for a program that runs already is given that one, until the block ends: for a
    run that measures nothing and needs no fresh one."""
    global _kept
    with _Kept() as _kept:
        yield
    _kept = None


def _once(
    start: Callable[P, contextlib.AbstractContextManager[T]],
) -> Callable[P, contextlib.AbstractContextManager[T]]:
    @contextlib.contextmanager
    @functools.wraps(start)
    def given(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        if _kept is None:
            with start(*args, **kwargs) as program:
                yield program
            return
        # Programs keep their files in a folder that a measurement may have for itself.
        key = (start, args, tuple(kwargs.items()), os.environ.get("CLINIC_VAR"))
        if key not in _kept.programs:
            _kept.programs[key] = _kept.enter_context(start(*args, **kwargs))
        yield _kept.programs[key]

    return given


class Child:
    """A program that talks in lines over its input and output."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def read(self) -> bytes:
        """The next line; RuntimeError where the program has ended."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r} has ended")
        return bytes(line.rstrip(b"\n"))

    def write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    @property
    def pid(self) -> int:
        return self.process.pid


class Displays(Child):
    """The program of displays.py, all of its displays with a first frame."""

    def __init__(self, url: str, count: int, tokens: Sequence[str], stopping: int) -> None:
        super().__init__(str(HERE / "displays.py"), url, str(count), str(stopping))
        self.write(json.dumps(list(tokens)).encode())
        ready, seconds = self.read().split()
        assert ready == b"ready"
        self.connected_seconds = float(seconds)


def displays(url: str, count: int, tokens: Sequence[str] = (), *, stopping: int = 0) -> Displays:
    """So many display clients, connected. `stopping` of them stop reading when they are told so;
    the others are counted."""
    return Displays(url, count, tokens, stopping)


@contextlib.contextmanager
def bare_server() -> Iterator[tuple[Child, str]]:
    port = free_port()
    with Child(str(HERE / "bare_server.py"), str(port)) as server:
        assert server.read() == b"ready"
        yield server, f"ws://127.0.0.1:{port}/"


@_once
@contextlib.contextmanager
def web_process(
    application: str = "clinic.config.asgi:application",
) -> Iterator[tuple[int, str]]:
    """One process of the product's web server, as `make run` starts it, or of another program."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    command = [
        *("uvicorn", application, "--port", str(port)),
        *("--http", "realtime.protocol:HttpProtocol"),
        *("--ws", "realtime.protocol:WebSocketProtocol"),
        *("--ws-per-message-deflate", "false", "--ws-max-size", "65536"),
        *("--ws-ping-interval", "20", "--ws-ping-timeout", "20", "--backlog", "4096"),
        *("--no-access-log", "--no-server-header", "--no-proxy-headers"),
        *("--log-level", "warning"),
    ]
    with _serving(command, origin) as pid:
        yield pid, origin.replace("http", "ws", 1)


@contextlib.contextmanager
def daphne_process(application: str) -> Iterator[tuple[int, str]]:
    """A program served by Channels' own server; its process and address."""
    port = free_port()
    endpoint = f"tcp:port={port}:interface=127.0.0.1:backlog=4096"
    command = ["daphne", "--verbosity", "0", "--endpoint", endpoint, application]
    with _serving(command, f"http://127.0.0.1:{port}") as pid:
        yield pid, f"ws://127.0.0.1:{port}"


@_once
@contextlib.contextmanager
def api_process() -> Iterator[str]:
    """One process that serves the HTTP API alone, as in production; its address."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    command = [
        *("gunicorn", "clinic.config.wsgi:application", "--bind", f"127.0.0.1:{port}"),
        *("--workers", "1", "--threads", "1", "--log-level", "warning"),
    ]
    with _serving(command, origin):
        yield origin


@_once
@contextlib.contextmanager
def relay() -> Iterator[int]:
    """The process that hands what is due to the workers."""
    with _running([sys.executable, "manage.py", "relay"]) as relay:
        yield relay.pid


@_once
@contextlib.contextmanager
def face_worker(processes: int) -> Iterator[tuple[int, float]]:
    """The worker of the faces as production starts it, models loaded: its process, and the seconds
    from its start until each of its processes could look at a picture."""
    command = [
        *(sys.executable, "-m", "celery", "-A", "clinic.config.celery", "worker"),
        *("--queues", "recognition", "--concurrency", str(processes)),
        *("--hostname", f"bench-{free_port()}@localhost"),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    ]
    began = time.monotonic()
    with tempfile.TemporaryFile() as log, _running(command, log, LOG_LEVEL="INFO") as worker:
        ready = functools.partial(_lines_with, log, b"face_engine_ready")
        if not wait_until(lambda: ready() >= processes, seconds=ANSWER_SECONDS, every=0.01):
            raise RuntimeError("the worker of the faces didn't start")
        yield worker.pid, time.monotonic() - began


def _lines_with(log: IO[bytes], words: bytes) -> int:
    return os.pread(log.fileno(), 1_000_000, 0).count(words)


@contextlib.contextmanager
def _running(
    command: list[str], output: IO[bytes] | None = None, **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env={**os.environ, **settings},
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        _end(process)


@contextlib.contextmanager
def _serving(command: list[str], origin: str) -> Iterator[int]:
    port = origin.rpartition(":")[2]
    settings = {"PORT": port, "PUBLIC_ORIGIN": origin, "LOG_LEVEL": "WARNING"}
    with _running([sys.executable, "-m", *command], None, **settings) as server:
        if not wait_until(lambda: _answers(f"{origin}/health/live"), seconds=ANSWER_SECONDS):
            raise RuntimeError("the web process didn't start")
        yield server.pid


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def transactions() -> int:
    """How many transactions the database has committed, as far as its processes have told."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def memory_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss / 1e6)


def write_raw(name: str, result: dict[str, Any]) -> Path:
    """Keep every single measurement for whoever doubts the summary."""
    target = REPOSITORY / "var" / "bench" / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1))
    return target


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
