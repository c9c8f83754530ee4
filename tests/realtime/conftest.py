"""Real sockets: uvicorn in a process of its own on the test's database, and a client for it."""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker, Settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from clinic.accounts.models import User
from clinic.accounts.services import sessions
from clinic.launcher.embedded import Valkey, free_port
from clinic.launcher.processes import Program, wait_until
from tests.realtime import protocol

REPOSITORY = Path(__file__).resolve().parents[2]
HEARTBEAT_SECONDS = 0.5
PATIENCE = 5.0
Headers = dict[str, str]


@dataclass(frozen=True)
class Server:
    """One web process and how to reach it."""

    program: Program
    origin: str

    def address(self, path: str) -> str:
        return self.origin.replace("http", "ws", 1) + path

    @property
    def log(self) -> str:
        return self.program.log.read_text() if self.program.log else ""


class Client:
    """The other end of one socket. Unless told otherwise it checks each frame against the
    published protocol."""

    def __init__(self, path: str, socket: ClientConnection, *, is_checking: bool = True) -> None:
        self.path = path
        self.is_checking = is_checking
        self.socket = socket
        self.got: list[dict[str, Any]] = []

    def next(self, kind: str | None = None, *, seconds: float = PATIENCE) -> dict[str, Any]:
        """The next frame, or the next of that type."""
        deadline = time.monotonic() + seconds
        while True:
            frame = self._receive(deadline)
            if kind in (None, frame["type"]):
                return frame

    def until(
        self, wanted: Callable[[dict[str, Any]], bool], *, seconds: float = PATIENCE
    ) -> dict[str, Any]:
        """The next frame for which `wanted` holds."""
        deadline = time.monotonic() + seconds
        while True:
            frame = self.next(seconds=deadline - time.monotonic())
            if wanted(frame):
                return frame

    def closed_with(self, *, seconds: float = PATIENCE) -> int | None:
        """The code with which the server closes the socket."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                self._receive(deadline)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None

    def _receive(self, deadline: float) -> dict[str, Any]:
        text = self.socket.recv(timeout=max(0.0, deadline - time.monotonic()))
        frame: dict[str, Any] = json.loads(text)
        if self.is_checking:
            protocol.check(self.path, frame)
        self.got.append(frame)
        return frame


def start_server(port: int, log: Path, redis_url: str, **environment: str) -> Server:
    """A web process on the test's database; the caller stops its program."""
    database = connection.settings_dict
    address = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    origin = f"http://127.0.0.1:{port}"
    program = Program(
        name="web",
        argv=[
            *(sys.executable, "-m", "uvicorn", "clinic.config.asgi:application"),
            *("--port", str(port), "--http", "realtime.protocol:HttpProtocol"),
            *("--ws", "realtime.protocol:WebSocketProtocol"),
            *("--ws-per-message-deflate", "false", "--ws-max-size", "65536"),
        ],
        log=log,
        cwd=REPOSITORY,
        env={
            **os.environ,
            "DATABASE_URL": f"postgresql://{address}/{database['NAME']}",
            "REDIS_URL": redis_url,
            "CHANNEL_PREFIX": settings.CHANNEL_PREFIX,
            "CLINIC_ENV": "test",
            "CLINIC_TIME_ZONE": settings.TIME_ZONE,
            "PORT": str(port),
            "PUBLIC_ORIGIN": origin,
            "WS_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
            **environment,
        },
    )
    program.start()
    server = Server(program, origin)
    if not wait_until(
        lambda: _answers(origin), seconds=30, give_up=lambda: not program.is_running()
    ):
        program.stop()
        pytest.fail(f"the web process didn't start:\n{server.log}")
    return server


def _answers(origin: str) -> bool:
    try:
        with urllib.request.urlopen(f"{origin}/health/live", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Redis of the module's own: published messages know no database numbers, so on a shared
    one the frames of other tests would be heard."""
    own = Valkey(tmp_path_factory.mktemp("valkey"), durable=False)
    own.start()
    yield own
    own.remove()


@pytest.fixture(scope="module")
def server(
    midday: None,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
    valkey: Valkey,
) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("web") / "web.log"
    with django_db_blocker.unblock():
        running = start_server(free_port(), log, valkey.url)
    yield running
    running.program.stop()
    assert "Traceback" not in running.log


@pytest.fixture
def same_redis(valkey: Valkey, settings: Settings) -> None:
    """This process publishes where the module's server listens."""
    settings.REDIS_URL = valkey.url


@pytest.fixture
def listen(server: Server, same_redis: None) -> Iterator[Callable[..., Client]]:
    """Opens a socket of the server, or of another one."""
    with ExitStack() as opened:

        def listen(
            path: str, headers: Headers, *, at: Server | None = None, is_checking: bool = True
        ) -> Client:
            headers = dict(headers)
            origin = headers.pop("Origin", None)
            socket = connect(
                (at or server).address(path),
                additional_headers=headers,
                origin=Origin(origin) if origin else None,
                compression=None,
                max_size=2**22,
            )
            return Client(path, opened.enter_context(socket), is_checking=is_checking)

        yield listen


@pytest.fixture
def browser_of(server: Server) -> Callable[[User], Headers]:
    """The headers of a browser in which that person is logged in, on a page of ours."""

    def browser_of(user: User) -> Headers:
        access = sessions.open_session(user).pair.access
        return {"Cookie": f"{settings.ACCESS_COOKIE}={access}", "Origin": server.origin}

    return browser_of


def token(raw: str) -> Headers:
    """The headers of a device that is no browser."""
    return {"Authorization": f"Device {raw}"}
