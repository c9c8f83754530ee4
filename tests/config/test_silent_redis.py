"""A Valkey that is there and answers nobody costs presses little and reads nothing."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from statistics import median

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from clinic.accounts.models import User
from clinic.core import clock
from clinic.directory.models import Patient
from clinic.launcher.embedded import Valkey
from tests.config.conftest import WebServer, web_server
from tests.conftest import Clinic

PROCESSES = 2
MORE_SECONDS = 0.3
Ask = Callable[[], httpx.Response]


@pytest.fixture(scope="module")
def web(
    midday: None,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WebServer]:
    with (
        django_db_blocker.unblock(),
        web_server(tmp_path_factory.mktemp("web"), processes=PROCESSES) as server,
    ):
        yield server


@contextmanager
def silent(valkey: Valkey) -> Iterator[None]:
    """In the block it keeps its connections and takes new ones, but answers nobody."""
    assert valkey.program is not None
    assert valkey.program.pid is not None
    os.kill(valkey.program.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(valkey.program.pid, signal.SIGCONT)


def seconds(ask: Ask, status: int = 200) -> float:
    """How long the answer takes."""
    began = time.monotonic()
    answer = ask()
    taken = time.monotonic() - began
    assert answer.status_code == status
    return taken


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_a_silent_redis_delays_a_press_a_little_and_no_read(
    web: WebServer, clinic: Clinic, ana: Patient, rita: User
) -> None:
    patient, reception = web.browser_of(ana), web.browser_of(rita)
    tomorrow = clock.day_bounds(clock.today())[1]
    numbers = iter(range(100))

    def press() -> httpx.Response:
        start = tomorrow + timedelta(hours=next(numbers))
        made = {"patient": str(ana.pk), "specialty": "massage", "start": start.isoformat()}
        return reception.post("/api/staff/appointments", json=made)

    def read() -> httpx.Response:
        return patient.get("/api/appointments")

    def live() -> httpx.Response:
        return httpx.get(f"{web.origin}/health/live", timeout=20)

    def measure() -> dict[str, list[float]]:
        # Presses one after the other, as the desk does; beside them pages are read all the time.
        with ThreadPoolExecutor(2) as others:
            reads = others.submit(lambda: [seconds(read) for _ in range(3 * PROCESSES)])
            lives = others.submit(lambda: [seconds(live) for _ in range(3 * PROCESSES)])
            presses = [seconds(press, 201) for _ in range(2 * PROCESSES)]
            return {"press": presses, "read": reads.result(), "live": lives.result()}

    usual = measure()
    with silent(web.valkey):
        slow = measure()
        ready = seconds(lambda: httpx.get(f"{web.origin}/health/ready", timeout=20), 503)

    assert max(slow["press"]) < max(usual["press"]) + MORE_SECONDS
    assert median(slow["read"]) < max(usual["read"])
    assert median(slow["live"]) < max(usual["live"])
    assert max(slow["live"]) < 1
    assert ready < 3
