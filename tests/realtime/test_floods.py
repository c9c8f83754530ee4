"""Crowds and floods on real sockets: a server that stops, 1,000 sockets, ten thousand frames.

Beside each of them stands a bystander, who must notice nothing.
"""

import asyncio
import collections
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from booking.services import desk, visit
from clinic.accounts.models import User
from clinic.core.audit import Actor
from clinic.directory.models import Patient
from clinic.launcher.embedded import Valkey, free_port
from tests.conftest import Clinic, Screen
from tests.realtime.conftest import Client, Headers, Server, start_server, token

pytestmark = pytest.mark.django_db(transaction=True)

DESK = Actor.system("tests")
SOCKETS = 200
CROWD = 1000
Listen = Callable[..., Client]
BrowserOf = Callable[[User], Headers]
ScreenOf = Callable[[str], Screen]


@pytest.fixture
def bystander(
    listen: Listen, screen: ScreenOf, clinic: Clinic, ana: Patient
) -> Iterator[Callable[[], None]]:
    """A display that hears every change. Called again and again while others misbehave, it makes a
    change and waits for it; at the end none may be missing."""
    appointment = desk.walk_in(
        patient_id=ana.pk, specialty_code="massage", practitioner_id=None, actor=DESK
    )
    display = listen("/ws/display", token(screen("display").token))
    first = display.next("board")["revision"]
    changes = 0

    def hears() -> None:
        nonlocal changes
        seen = first + changes
        (visit.put_back if changes % 2 else visit.call)(appointment.pk, actor=DESK)
        changes += 1
        display.until(lambda frame: frame["type"] == "board" and frame["revision"] > seen)

    yield hears
    boards = [frame["revision"] for frame in display.got if frame["type"] == "board"]
    assert changes > 0
    assert boards == list(range(first, first + changes + 1))
    assert not any(frame.get("stale") for frame in display.got)


class TestFloods:
    @pytest.mark.parametrize(
        ("frame", "code"),
        [
            ('{"type":"websocket.close"}', 1008),
            ('{"type":"frame","group":"board","slot":"board","revision":999999,"text":"x"}', 1008),
            ('{"type":"revoked","credential":"device.1"}', 1008),
            (b"\x00" * 60_000, 1008),
        ],
    )
    def test_ten_thousand_frames_cost_their_sender_the_socket_and_nobody_a_frame(
        self,
        listen: Listen,
        screen: ScreenOf,
        bystander: Callable[[], None],
        frame: str | bytes,
        code: int,
    ) -> None:
        offender = listen("/ws/display", token(screen("display").token))
        offender.next("board")

        bystander()
        with pytest.raises(ConnectionClosed):
            collections.deque(map(offender.socket.send, itertools.repeat(frame, 10_000)), maxlen=0)
        bystander()

        assert offender.closed_with() == code

    def test_of_a_crowd_of_sockets_of_an_account_ten_are_open(
        self,
        bystander: Callable[[], None],
        browser_of: BrowserOf,
        server: Server,
        rita: User,
    ) -> None:
        headers = browser_of(rita)
        origin = headers.pop("Origin")

        async def one() -> int | None:
            """The socket's status: 101, or how it was refused."""
            try:
                socket = await connect_async(
                    server.address("/ws/staff"),
                    additional_headers=headers,
                    origin=Origin(origin),
                    compression=None,
                    open_timeout=60,
                    close_timeout=1,
                )
            except InvalidStatus as refused:
                return refused.response.status_code
            opened.append(socket)
            return 101

        async def crowd() -> list[int | None]:
            gate = asyncio.Semaphore(50)

            async def in_turn() -> int | None:
                async with gate:
                    return await one()

            answers = await asyncio.gather(*(in_turn() for _ in range(CROWD)))
            await asyncio.gather(*(socket.close() for socket in opened))
            return answers

        opened: list[Any] = []
        with ThreadPoolExecutor(1) as apart:
            storm = apart.submit(lambda: asyncio.run(crowd()))
            while not storm.done():
                bystander()
            statuses = storm.result()

        assert statuses.count(101) == 10
        assert statuses.count(403) == CROWD - 10


class TestForgedNames:
    @pytest.mark.parametrize(
        "path",
        [
            "/ws/staff/board",
            "/ws/display?group=staff",
            "/ws/display?path=/ws/staff&group=me.00000000000000000000000000000001",
            "/ws/me.00000000000000000000000000000001",
            "/ws/display/../staff",
            "/ws/display%00",
            "/ws//display",
        ],
    )
    def test_a_group_cannot_be_named_by_a_client(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, path: str
    ) -> None:
        headers = token(screen("display").token)
        if "?" not in path:
            with pytest.raises(InvalidStatus) as refused:
                listen(path, headers)
            assert refused.value.response.status_code == 403
            return

        display = listen(path, headers, is_checking=False)

        assert display.next()["type"] == "board"
        assert display.next()["type"] == "heartbeat"


class TestTheServersEnd:
    def test_its_sockets_are_closed_one_after_the_other(
        self,
        screen: ScreenOf,
        clinic: Clinic,
        ana: Patient,
        valkey: Valkey,
        same_redis: None,
        tmp_path: Any,
    ) -> None:
        server = start_server(free_port(), tmp_path / "web.log", valkey.url)
        headers = token(screen("display").token)
        address = server.address("/ws/display")

        async def watch() -> tuple[list[tuple[float, int | None, bool]], int]:
            sockets = [
                await connect_async(
                    address, additional_headers=headers, compression=None, close_timeout=1
                )
                for _ in range(SOCKETS)
            ]

            async def until_closed(socket: Any) -> tuple[float, int | None, bool]:
                heard = False
                try:
                    while True:
                        frame = json.loads(await socket.recv())
                        heard = heard or bool(frame.get("entries"))
                except ConnectionClosed as closed:
                    return time.monotonic(), closed.rcvd.code if closed.rcvd else None, heard

            endings = [asyncio.create_task(until_closed(socket)) for socket in sockets]
            all_are_here.set()
            await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
            first_is_gone.set()
            with pytest.raises((InvalidStatus, OSError)):
                await connect_async(address, additional_headers=headers)
            return await asyncio.gather(*endings), len(sockets)

        all_are_here, first_is_gone = threading.Event(), threading.Event()
        try:
            with ThreadPoolExecutor(1) as apart:
                watching = apart.submit(lambda: asyncio.run(watch()))
                all_are_here.wait(60)
                asked = time.monotonic()
                server.program.request_stop()
                first_is_gone.wait(60)
                desk.walk_in(
                    patient_id=ana.pk, specialty_code="massage", practitioner_id=None, actor=DESK
                )
                endings, count = watching.result()
            assert server.program.wait(10)
        finally:
            server.program.stop()

        times = sorted(at for at, _, _ in endings)
        assert count == len(times) == SOCKETS
        assert {code for _, code, _ in endings} == {1012}
        # Three milliseconds each, from the signal on: a busy machine makes it longer only.
        assert times[-1] - asked > SOCKETS * 0.003 * 0.8
        assert times[SOCKETS // 2] - asked > SOCKETS * 0.003 * 0.3
        assert times[0] - asked < times[-1] - times[0], "they all went at once, only later"
        assert any(heard for _, _, heard in endings), "those who were left heard nothing more"
        assert "Traceback" not in server.log
