"""The product's own log, and its web server as in production."""

import io
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection
from structlog.stdlib import ProcessorFormatter

from clinic.accounts.models import User
from clinic.accounts.services import sessions
from clinic.launcher.embedded import Valkey, free_port
from clinic.launcher.processes import Program, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the product's own handler writes from now on.

    Its stream isn't flushed: a test that set the logs up anew may have left one that is closed.
    """
    (handler,) = [
        one for one in logging.getLogger().handlers if isinstance(one.formatter, ProcessorFormatter)
    ]
    assert isinstance(handler, logging.StreamHandler)
    written = io.StringIO()
    former, handler.stream = handler.stream, written
    yield written
    handler.stream = former


@dataclass(frozen=True)
class WebServer:
    """gunicorn as `docker/start web-http` runs it, on the test's database, with its own Valkey."""

    origin: str
    program: Program
    valkey: Valkey

    def is_live(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(f"{self.origin}/health/live", timeout=1).status_code == 200
        except httpx.TransportError:
            return False

    def anonymous(self) -> httpx.Client:
        """A browser in which nobody is logged in."""
        client = httpx.Client(base_url=self.origin, timeout=20)
        client.headers["X-CSRFToken"] = client.get("/api/auth/csrf").json()["csrf_token"]
        return client

    def browser_of(self, user: User) -> httpx.Client:
        """A browser in which that person is logged in."""
        client = self.anonymous()
        access = sessions.open_session(user).pair.access
        client.cookies.set(settings.ACCESS_COOKIE, access, domain="127.0.0.1")
        return client


@contextmanager
def web_server(
    folder: Path, *, processes: int, environment: Mapping[str, str] | None = None
) -> Iterator[WebServer]:
    """The server up, with that many processes, until the block ends."""
    database = connection.settings_dict
    account = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    valkey = Valkey(folder / "valkey", durable=False)
    valkey.start()
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    program = Program(
        name="web-http",
        argv=[REPOSITORY / "docker" / "start", "web-http"],
        log=folder / "web-http.log",
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}",
            "CLINIC_ENV": "test",
            "CLINIC_TIME_ZONE": settings.TIME_ZONE,
            "DATABASE_URL": f"postgresql://{account}/{database['NAME']}",
            "PORT": str(port),
            "PUBLIC_ORIGIN": origin,
            "REDIS_URL": valkey.url,
            "WEB_CONCURRENCY": str(processes),
            **(environment or {}),
        },
    )
    program.start()
    server = WebServer(origin, program, valkey)
    try:
        if not wait_until(server.is_live, seconds=90, give_up=lambda: not program.is_running()):
            pytest.fail(f"the web server didn't start:\n{program.last_lines()}")
        yield server
    finally:
        program.stop()
        valkey.remove()
