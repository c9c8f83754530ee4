"""A storm of requests waits its turn instead of taking every database connection; those that are
taken are kept for the next."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from clinic.config.asgi import REQUESTS_AT_ONCE, QueueingHandler

STORM = 3 * REQUESTS_AT_ONCE


class Counter:
    """Notes how many views were at work together at most. Each goes on until there were as many as
    there may be, however slow the machine is; what comes beyond them has a moment to show."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._changed = threading.Condition()

    def work(self) -> None:
        with self._changed:
            self._now += 1
            self.most = max(self.most, self._now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= REQUESTS_AT_ONCE, timeout=10)
        time.sleep(0.03)
        with self._changed:
            self._now -= 1

    def wait_until_full(self) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.most >= REQUESTS_AT_ONCE, timeout=10)


counter = Counter()
left = Counter()
may_end = threading.Event()


def work(_request: HttpRequest) -> HttpResponse:
    counter.work()
    return HttpResponse("done")


def stay(_request: HttpRequest) -> HttpResponse:
    left.work()
    may_end.wait(30)
    return HttpResponse("done")


def which_connection(_request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return HttpResponse(str(cursor.fetchone()[0]))


def hang_up(_request: HttpRequest) -> HttpResponse:
    connection.close()
    return HttpResponse("closed")


urlpatterns = [
    path("work", work),
    path("stay", stay),
    path("which", which_connection),
    path("hang-up", hang_up),
]


def client(handler: QueueingHandler | None = None) -> httpx.AsyncClient:
    app: Any = handler or QueueingHandler()
    transport = httpx.ASGITransport(app)
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


@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
async def test_a_request_finds_the_connection_of_the_one_before_unless_it_broke() -> None:
    async with client() as visitor:
        first, second = [(await visitor.get("/which")).text for _ in range(2)]
        _end_the_connection(int(second))
        third = await visitor.get("/which")
        await visitor.get("/hang-up")

    assert first == second
    assert (third.status_code, third.text != second) == (200, True)


def _end_the_connection(pid: int) -> None:
    database = settings.DATABASES["default"]
    with psycopg.connect(
        host=database["HOST"],
        port=database["PORT"],
        user=database["USER"],
        password=database["PASSWORD"],
        dbname=database["NAME"],
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


@pytest.mark.urls(__name__)
async def test_a_thread_whose_visitor_has_gone_is_nobodys_until_it_is_done() -> None:
    counter.most = left.most = 0
    may_end.clear()
    handler = QueueingHandler()
    # given: every thread is at work for somebody who has gone
    go = asyncio.Event()
    leaving = [asyncio.create_task(_visit_and_leave(handler, go)) for _ in range(REQUESTS_AT_ONCE)]
    assert await asyncio.to_thread(left.wait_until_full)
    go.set()

    # when: many others come
    async with client(handler) as visitor:
        storm = [asyncio.create_task(visitor.get("/work")) for _ in range(STORM)]
        await asyncio.sleep(0.1)
        # then: nobody's turn has come before that work is done
        assert counter.most == 0
        may_end.set()
        answers = await asyncio.wait_for(asyncio.gather(*storm), 20)
    await asyncio.gather(*leaving)

    # and: afterwards all threads are there again
    assert [answer.status_code for answer in answers] == [200] * STORM
    assert counter.most == REQUESTS_AT_ONCE


async def _visit_and_leave(handler: QueueingHandler, go: asyncio.Event) -> None:
    """Ask for the work, and be gone before it is done."""
    scope = {
        **{"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http"},
        **{"path": "/stay", "query_string": b"", "headers": [(b"host", b"testserver")]},
    }
    visit = ApplicationCommunicator(handler, scope)
    await visit.send_input({"type": "http.request", "body": b""})
    await go.wait()
    await visit.send_input({"type": "http.disconnect"})
    await visit.wait(timeout=30)
