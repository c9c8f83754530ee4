"""The clinic's real processes on the test's database, with a broker of their own to pull away."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from clinic.accounts.models import User
from clinic.accounts.services import sessions
from clinic.launcher.embedded import Valkey, free_port
from clinic.launcher.processes import Program, wait_until
from tests.midday import at_midday

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@dataclass
class Stack:
    """Web, workers, relay and broker as separate processes; each can be killed and come back.

    `messages` sends texts and mails, `worker` does all else.
    """

    origin: str
    valkey: Valkey
    web: Program
    worker: Program
    messages: Program
    relay: Program

    @property
    def programs(self) -> tuple[Program, ...]:
        return self.web, self.relay, self.worker, self.messages

    def is_live(self) -> bool:
        """Whether the web process answers."""
        try:
            return httpx.get(f"{self.origin}/health/live", timeout=1).status_code == 200
        except httpx.TransportError:
            return False

    def browser_of(self, user: User) -> httpx.Client:
        """An HTTP client in which that person is logged in."""
        pair = sessions.open_session(user).pair
        client = self.anonymous()
        client.cookies.set(settings.ACCESS_COOKIE, pair.access, domain="127.0.0.1")
        client.cookies.set(settings.REFRESH_COOKIE, pair.refresh, domain="127.0.0.1")
        return client

    def anonymous(self) -> httpx.Client:
        client = httpx.Client(base_url=self.origin, timeout=20)
        token = client.get("/api/auth/csrf").json()["csrf_token"]
        client.headers["X-CSRFToken"] = token
        return client


@pytest.fixture(scope="package")
def midday() -> Iterator[None]:
    """The clinic lives where today doesn't end while its processes are killed."""
    with at_midday():
        yield


@pytest.fixture(scope="package")
def running(
    midday: None,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """The processes, up; what a test kills it starts again."""
    with django_db_blocker.unblock():
        database = connection.settings_dict
    account = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    address = f"postgresql://{account}/{database['NAME']}"
    with processes(tmp_path_factory.mktemp("stack"), address) as stack:
        yield stack


def queues_but(worker: str) -> str:
    others = [queues for name, queues in settings.WORKERS.items() if name != worker]
    return ",".join(chain.from_iterable(others))


@contextmanager
def processes(folder: Path, database: str) -> Iterator[Stack]:
    """A broker and the programs on the database at that address, until the block ends."""
    valkey = Valkey(folder / "valkey", durable=False)
    valkey.start()
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": valkey.url,
        "CLINIC_ENV": "test",
        "CLINIC_TIME_ZONE": settings.TIME_ZONE,
        "CLINIC_VAR": str(settings.VAR_DIR),
        "PORT": str(port),
        "PUBLIC_ORIGIN": origin,
        "INTERNAL_ORIGIN": origin,
        "OUTBOX_RETRY_SECONDS": "1",
    }

    def program(name: str, *argv: str) -> Program:
        return Program(
            name=name,
            argv=[sys.executable, *argv],
            log=folder / f"{name}.log",
            cwd=REPOSITORY,
            env=environment,
            grace_seconds=5,
        )

    stack = Stack(
        origin=origin,
        valkey=valkey,
        web=program("web", "-m", "uvicorn", "clinic.config.asgi:application", "--port", str(port)),
        worker=program(
            "worker",
            *("-m", "celery", "-A", "clinic.config.celery", "worker"),
            *("-Q", queues_but("message-worker"), "-c", "2", "-l", "warning", "--without-gossip"),
            "--without-mingle",
        ),
        messages=program(
            "messages",
            *("-m", "celery", "-A", "clinic.config.celery", "worker", "-n", "messages@%h"),
            *("-Q", ",".join(settings.WORKERS["message-worker"]), "-P", "threads", "-c", "4"),
            *("-l", "warning", "--without-gossip", "--without-mingle"),
        ),
        relay=program("relay", "manage.py", "relay"),
    )
    for each in stack.programs:
        each.start()
    if not wait_until(
        stack.is_live, seconds=START_SECONDS, give_up=lambda: not stack.web.is_running()
    ):
        raise RuntimeError(f"the web process didn't start:\n{stack.web.last_lines()}")
    try:
        yield stack
    finally:
        for each in stack.programs:
            each.request_stop()
        for each in stack.programs:
            each.stop()
        valkey.remove()


@pytest.fixture
def stack(transactional_db: None, running: Stack) -> Stack:
    assert running.valkey.is_running()
    assert all(each.is_running() for each in running.programs)
    return running
