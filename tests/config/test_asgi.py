"""A storm of requests waits its turn instead of taking every database connection."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from clinic.config.asgi import REQUESTS_AT_ONCE, QueueingHandler

STORM = 3 * REQUESTS_AT_ONCE


class Counter:
    """Notes how many views were at work together at most."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()

    def work(self) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.03)
        with self._lock:
            self._now -= 1


counter = Counter()


def work(_request: HttpRequest) -> HttpResponse:
    counter.work()
    return HttpResponse("done")


urlpatterns = [path("work", work)]


def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(QueueingHandler())
    return httpx.AsyncClient(transport=transport, base_url="http://testserver", timeout=30)


@pytest.mark.urls(__name__)
async def test_of_many_requests_at_once_all_are_answered_and_few_are_at_work() -> None:
    counter.most = 0
    async with client() as visitor:
        answers = await asyncio.gather(*(visitor.get("/work") for _ in range(STORM)))

    assert [answer.status_code for answer in answers] == [200] * STORM
    assert counter.most == REQUESTS_AT_ONCE


@pytest.mark.urls(__name__)
async def test_bodies_that_never_end_keep_nobody_else_waiting() -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async with client() as visitor:
        slow = [asyncio.create_task(visitor.post("/work", content=endless())) for _ in range(STORM)]
        await asyncio.sleep(0.1)

        answer = await asyncio.wait_for(visitor.get("/work"), 5)

        for sender in slow:
            sender.cancel()
        await asyncio.wait(slow)
    assert answer.status_code == 200
