"""What goes wrong around the sockets: readers that stop, Redis that stops, processes that end."""

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels_redis.pubsub import RedisPubSubChannelLayer
from pytest_django import DjangoDbBlocker, Settings

from booking.screens import board
from booking.services import desk, visit
from clinic.accounts.models import User
from clinic.accounts.services import sessions
from clinic.core.audit import Actor
from clinic.directory.models import Patient
from clinic.launcher.embedded import Valkey, free_port
from clinic.launcher.processes import wait_until
from realtime import frames, groups
from realtime.publisher import channel_of, publish
from tests.conftest import Clinic, Screen
from tests.realtime.conftest import Client, Headers, Server, start_server, token

pytestmark = pytest.mark.django_db(transaction=True)

DESK = Actor.system("tests")
Listen = Callable[..., Client]
BrowserOf = Callable[[User], Headers]
ScreenOf = Callable[[str], Screen]


def states(frame: dict[str, Any]) -> list[str]:
    return [entry["state"] for entry in frame.get("entries", ())]


def showing(*wanted: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] == "board" and states(frame) == list(wanted)


def arrived(patient: Patient) -> Any:
    return desk.walk_in(
        patient_id=patient.pk, specialty_code="massage", practitioner_id=None, actor=DESK
    ).pk


@pytest.fixture(scope="module")
def other(
    server: Server,
    valkey: Valkey,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Server]:
    """A second web process beside the first."""
    with django_db_blocker.unblock():
        second = start_server(free_port(), tmp_path_factory.mktemp("o") / "web.log", valkey.url)
    yield second
    second.program.stop()


def test_two_web_processes_show_the_same(
    listen: Listen, screen: ScreenOf, clinic: Clinic, ana: Patient, other: Server
) -> None:
    headers = token(screen("display").token)
    here, there = listen("/ws/display", headers), listen("/ws/display", headers, at=other)
    appointment = arrived(ana)
    visit.call(appointment, actor=DESK)

    shown = [display.until(showing("called"), seconds=2) for display in (here, there)]

    assert shown[0] == shown[1]


class Stuck:
    """A display that opens its socket and never reads again."""

    def __init__(self, server: Server, raw_token: str) -> None:
        address = urlsplit(server.origin)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect((address.hostname, address.port))
        self.socket.sendall(
            b"GET /ws/display HTTP/1.1\r\n"
            + f"Host: {address.netloc}\r\nAuthorization: Device {raw_token}\r\n".encode()
            + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert self.socket.recv(12) == b"HTTP/1.1 101"

    def __enter__(self) -> "Stuck":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def large_board(revision: int) -> frames.Frame:
    """A board of some 60 KB, so that a reader who doesn't read is soon full."""
    entry = {
        "id": "0f0b1a52-6d3c-4a55-9e0e-0b4f9f2f9a10",
        "ticket": "A013",
        "label": "A013",
        "room": "1",
        "state": "waiting",
        "call_number": 0,
        "called_at": None,
        "wait": {"low_minutes": 10, "high_minutes": 20, "estimate_minutes": 13},
    }
    body = {"server_time": "2026-11-23T10:42:07+00:00", "clinic": "Vez", "entries": [entry] * 300}
    return frames.of({"type": "board", "revision": revision, **body})


def test_readers_that_stop_reading_delay_nobody_and_hold_no_memory(
    listen: Listen, screen: ScreenOf, clinic: Clinic, other: Server
) -> None:
    raw = screen("display").token
    process = psutil.Process(other.program.pid)
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(Stuck(other, raw))
        good = [listen("/ws/display", token(raw), at=other, is_checking=False) for _ in range(5)]
        for display in good:
            display.next("board")
        before = process.memory_info().rss
        delays = []
        for revision in range(1, 301):
            frame = large_board(revision)
            message = {"type": "frame", "group": groups.BOARD, "slot": frame.slot}
            began = time.monotonic()
            publish([(groups.BOARD, {**message, "revision": revision, "text": frame.text})])
            for display in good:
                display.until(lambda frame: frame["revision"] == revision)  # noqa: B023 - called at once
            delays.append(time.monotonic() - began)
        grown = process.memory_info().rss - before

        for display in good:
            seen = [frame["revision"] for frame in display.got if frame["type"] == "board"]
            assert seen == sorted(set(seen))
            assert seen[-1] == 300
    # 20 readers × 300 boards of 60 KB would be 360 MB, were they kept.
    assert grown < 50_000_000
    assert max(delays) < 2


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    own = Valkey(tmp_path_factory.mktemp("redis"), durable=False)
    own.start()
    yield own
    own.remove()


@pytest.fixture(scope="module")
def web(
    own: Valkey,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    with django_db_blocker.unblock():
        running = start_server(free_port(), tmp_path_factory.mktemp("w") / "log", own.url)
    yield running
    running.program.stop()


@pytest.mark.chaos
class TestRedisStops:
    @pytest.fixture
    def redis(self, own: Valkey, same_redis: None, settings: Settings) -> Valkey:
        own.start()
        settings.REDIS_URL = own.url
        return own

    def test_sockets_stay_say_so_and_are_right_again(
        self,
        listen: Listen,
        screen: ScreenOf,
        clinic: Clinic,
        ana: Patient,
        redis: Valkey,
        web: Server,
    ) -> None:
        display = listen("/ws/display", token(screen("display").token), at=web)
        display.next("board")

        redis.kill()
        appointment = arrived(ana)
        display.until(showing("waiting"), seconds=5)
        visit.call(appointment, actor=DESK)
        display.until(showing("called"), seconds=5)
        display.until(lambda frame: frame.get("stale") is True, seconds=5)
        newcomer = listen("/ws/display", token(screen("display").token), at=web)
        assert states(newcomer.next("board")) == ["called"]

        redis.start()
        for one in (display, newcomer):
            one.until(lambda frame: frame.get("stale") is False, seconds=5)
        assert wait_until(lambda: publish([]), seconds=1)
        began = time.monotonic()
        visit.start(appointment, actor=DESK)
        for one in (display, newcomer):
            one.until(showing("in_room"), seconds=1)
        assert time.monotonic() - began < 1
        revisions = [frame["revision"] for frame in display.got if frame["type"] == "board"]
        assert revisions == sorted(set(revisions))

    def test_the_writer_neither_fails_nor_waits(
        self, clinic: Clinic, ana: Patient, redis: Valkey
    ) -> None:
        redis.kill()
        began = time.monotonic()

        appointment = arrived(ana)
        visit.call(appointment, actor=DESK)

        assert time.monotonic() - began < 2
        assert board.body()["entries"][0]["state"] == "called"

    def test_a_logout_meanwhile_closes_the_socket_without_redis(
        self,
        listen: Listen,
        browser_of: BrowserOf,
        clinic: Clinic,
        rita: User,
        redis: Valkey,
        web: Server,
    ) -> None:
        staff = listen("/ws/staff", {**browser_of(rita), "Origin": web.origin}, at=web)
        staff.next("day")

        redis.kill()
        sessions.revoke_sessions(rita.pk, actor=DESK, reason="tests")

        assert staff.closed_with(seconds=6) == 4401

    def test_a_server_that_stops_says_so(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, redis: Valkey, web: Server
    ) -> None:
        display = listen("/ws/display", token(screen("display").token), at=web)
        display.next("board")

        web.program.request_stop()

        assert display.closed_with() == 1012


def test_a_publisher_speaks_as_the_layer_does(valkey: Valkey, settings: Settings) -> None:
    settings.REDIS_URL = valkey.url
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]

    async def hear() -> Any:
        layer = RedisPubSubChannelLayer(hosts=[valkey.url], prefix=prefix)
        channel = await layer.new_channel()
        await layer.group_add("g", channel)
        assert await sync_to_async(publish)([("g", {"type": "frame", "text": "olá"})])
        heard = await layer.receive(channel)
        await layer.flush()
        return heard

    assert async_to_sync(hear)() == {"type": "frame", "text": "olá"}
    assert channel_of("g") == f"{prefix}__group__g"


@pytest.fixture(scope="module")
def rarely(
    own: Valkey,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A web process that looks after a patient's page by itself every 15 s."""
    log = tmp_path_factory.mktemp("r") / "log"
    with django_db_blocker.unblock():
        running = start_server(free_port(), log, own.url)
    yield running
    running.program.stop()


@pytest.mark.chaos
def test_what_is_done_while_redis_is_silent_costs_little_and_is_shown_once_it_speaks(
    own: Valkey,
    rarely: Server,
    clinic: Clinic,
    ana: Patient,
    same_redis: None,
    settings: Settings,
    listen: Listen,
    browser_of: BrowserOf,
) -> None:
    settings.REDIS_URL = own.url
    page = listen("/ws/me", {**browser_of(ana), "Origin": rarely.origin}, at=rarely)
    page.next("heartbeat")
    appointment = arrived(ana)
    page.next("visit")
    assert own.program is not None
    assert own.program.pid is not None

    # when: it keeps its connections and answers none, but not for so long that a hub would notice
    os.kill(own.program.pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        visit.call(appointment, actor=DESK)
        first = time.monotonic() - began
        visit.start(appointment, actor=DESK)
        both = time.monotonic() - began
    finally:
        os.kill(own.program.pid, signal.SIGCONT)

    # then: only the first to notice has waited, and the page shows what was never published
    page.until(lambda frame: frame.get("status") == "in_progress", seconds=3)
    assert not any(frame.get("stale") for frame in page.got)
    assert first < 0.25 + 0.3
    assert both - first < 0.3
