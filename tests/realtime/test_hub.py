import asyncio
import dataclasses
import gc
import json
import operator
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings
from django.db import OperationalError

from clinic.accounts.models import Device
from clinic.accounts.principals import Principal
from clinic.accounts.websockets import Devices
from clinic.launcher.embedded import Valkey
from realtime import frames, groups, subscriptions
from realtime.conf import Timing
from realtime.connection import Connection
from realtime.frames import Frame
from realtime.hub import REVOKED, TOO_MANY, TOO_OLD, Hub, Refused, State, Unavailable, current
from realtime.hub import running as running_hub

QUICK = Timing(heartbeat=0.2, watch=0.1, access=0.3, snapshot=0.05, read=0.3, personal=0.2)
CALM = Timing(heartbeat=60, watch=60, access=60, snapshot=60)


class Queue:
    """Where the hub reads: a queue whose revision the test raises."""

    def __init__(self) -> None:
        self.now = 1
        self.reads: list[str] = []
        self.is_down = False
        self.log_is_down = False
        self.looks: list[object] = []
        self.over: set[str] = set()
        self.paired: dict[str, Device] = {}
        self.rosters = 0
        self.gate = threading.Event()
        self.gate.set()

    def revision(self) -> int:
        self.gate.wait(5)
        if self.is_down:
            raise OperationalError
        return self.now

    def state(self, group: str) -> State:
        revision = self.revision()
        self.reads.append(group)
        return State(revision, (board(revision),))

    def devices(self) -> Devices:
        self.rosters += 1
        self.gate.wait(5)
        if self.is_down:
            raise OperationalError
        return dict(self.paired)

    def ended(self, principals: Mapping[str, Principal]) -> set[str]:
        return self.over & principals.keys()

    def note_look(self, principal: Principal) -> None:
        if self.log_is_down:
            raise OperationalError
        self.looks.append(principal)


class Screen:
    """A socket whose reader keeps what it got."""

    def __init__(self, name: str = "device.1", **kwargs: Any) -> None:
        self.got: list[dict[str, Any]] = []
        kwargs = {"group": groups.BOARD, "credential": name, "principal": name, **kwargs}
        self.connection = Connection(self._send, **kwargs)

    async def _send(self, message: dict[str, Any]) -> None:
        self.got.append(json.loads(message["text"]))

    @property
    def revisions(self) -> list[int]:
        return [frame["revision"] for frame in self.got if frame["type"] == "board"]

    @property
    def heartbeats(self) -> list[dict[str, Any]]:
        return [frame for frame in self.got if frame["type"] == "heartbeat"]


def board(revision: int) -> Frame:
    return frames.of({"type": "board", "revision": revision})


def message(frame: Frame, group: str = groups.BOARD) -> dict[str, Any]:
    return {
        "type": "frame",
        "group": group,
        "slot": frame.slot,
        "revision": frame.revision,
        "text": frame.text,
    }


async def until(happened: Callable[[], object], seconds: float = 3) -> None:
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 - many causes, no event
            await asyncio.sleep(0.01)


def layer_at(url: str, prefix: str | None = None) -> Any:
    return RedisPubSubChannelLayer(hosts=[url], prefix=prefix or uuid.uuid4().hex)


@asynccontextmanager
async def running(queue: Queue, layer: Any, timing: Timing = CALM) -> AsyncIterator[Hub]:
    hub = Hub(layer, queue, timing)
    try:
        yield hub
    finally:
        await hub.close()


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def layer() -> Any:
    return layer_at(settings.REDIS_URL)


async def enter(hub: Hub, screen: Screen) -> Screen:
    hub.admit(screen.connection)
    await hub.join(screen.connection)
    return screen


async def test_a_new_socket_has_the_whole_state_at_once(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        screen = await enter(hub, Screen())

        assert screen.revisions == [1]


async def test_a_thousand_devices_that_come_back_at_once_cost_one_reading(
    queue: Queue, layer: Any
) -> None:
    queue.paired = {str(number): Device(name=str(number)) for number in range(1000)}
    async with running(queue, layer) as hub:
        found = await asyncio.gather(
            *(hub.device(operator.methodcaller("get", key)) for key in queue.paired)
        )

    assert [device.name for device in found if device] == list(queue.paired)
    assert queue.rosters == 1


async def test_a_device_that_was_paired_a_moment_ago_is_known(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        assert await hub.device(lambda devices: devices.get("new")) is None
        queue.paired["new"] = Device(name="new")

        found = await hub.device(lambda devices: devices.get("new"))

    assert found is not None
    assert found.name == "new"


async def test_devices_that_cannot_be_read_are_not_taken_for_strangers(
    queue: Queue, layer: Any
) -> None:
    queue.is_down = True
    async with running(queue, layer) as hub:
        with pytest.raises(OperationalError):
            await hub.device(lambda devices: devices.get("any"))


async def test_a_message_of_the_layer_reaches_every_socket_of_its_group(
    queue: Queue, layer: Any
) -> None:
    async with running(queue, layer) as hub:
        screens = [await enter(hub, Screen()) for _ in range(5)]
        other = await enter(hub, Screen(group=groups.STAFF))

        await layer.group_send(groups.BOARD, message(board(2)))
        await until(lambda: screens[-1].revisions == [1, 2])

        assert [screen.revisions for screen in screens] == [[1, 2]] * 5
        assert other.revisions == [1]


async def test_two_hubs_both_hear_one_message(queue: Queue) -> None:
    prefix = uuid.uuid4().hex
    first_layer, second_layer = (layer_at(settings.REDIS_URL, prefix) for _ in range(2))
    async with running(queue, first_layer) as first, running(queue, second_layer) as second:
        here, there = await enter(first, Screen()), await enter(second, Screen())

        await first_layer.group_send(groups.BOARD, message(board(2)))
        await until(lambda: here.revisions == there.revisions == [1, 2])


async def test_revisions_never_run_backwards(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        screen = await enter(hub, Screen())

        for revision in (3, 2, 3, 5, 4, 6):
            hub.deliver(groups.BOARD, board(revision))

        assert screen.revisions == [1, 3, 5, 6]


async def test_a_thousand_sockets_at_once_cost_one_reading(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        screens = await asyncio.gather(*(enter(hub, Screen()) for _ in range(1000)))

        assert all(screen.revisions == [1] for screen in screens)
        assert queue.reads == [groups.BOARD]


async def test_no_frame_falls_between_the_state_and_what_follows(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        await enter(hub, Screen())
        queue.gate.clear()
        late = Screen()
        hub.admit(late.connection)
        hub._groups[groups.BOARD].read_at = float("-inf")
        joining = asyncio.create_task(hub.join(late.connection))
        await asyncio.sleep(0.05)

        hub.deliver(groups.BOARD, board(7))
        queue.gate.set()
        await joining

        assert late.revisions == [7]
        assert hub.revision == 7


async def test_what_the_state_no_longer_has_is_shown_to_no_newcomer(
    queue: Queue, layer: Any
) -> None:
    async with running(queue, layer) as hub:
        await enter(hub, Screen())
        hub.deliver(groups.BOARD, dataclasses.replace(board(2), slot="another"))
        assert (await enter(hub, Screen())).revisions == [1, 2]
        queue.now = 3
        hub._groups[groups.BOARD].read_at = float("-inf")

        assert (await enter(hub, Screen())).revisions == [3]


async def test_who_has_left_is_written_to_no_more(queue: Queue, layer: Any) -> None:
    class Slow(Screen):
        ready = asyncio.Event()

        async def _send(self, message: dict[str, Any]) -> None:
            await self.ready.wait()
            await super()._send(message)

    async with running(queue, layer) as hub:
        screen = await enter(hub, Slow())
        await hub.leave(screen.connection)
        Slow.ready.set()
        await asyncio.sleep(0.05)

        assert screen.got == []


async def test_a_layer_that_brings_our_own_message_back_is_live(layer: Any) -> None:
    heard = subscriptions.Subscriptions(layer, print)

    assert await heard.check()
    await heard.close()


async def test_a_group_that_is_not_wanted_any_more_is_left(layer: Any) -> None:
    heard: list[dict[str, Any]] = []
    place = subscriptions.Subscriptions(layer, heard.append)
    await place.add("one")
    await place.add("two")

    place.discard("one")
    await place.settle()
    await layer.group_send("one", {"type": "frame"})
    await layer.group_send("two", {"type": "frame"})
    await until(lambda: heard)
    await asyncio.sleep(0.05)

    assert heard == [{"type": "frame"}]
    await place.close()


async def test_a_hub_that_has_read_nothing_says_so(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        assert hub.revision == 0


async def test_who_is_greeted_hears_the_revision_of_what_they_are_shown(
    queue: Queue, layer: Any
) -> None:
    queue.now = 9
    async with running(queue, layer) as hub:
        screen = await enter(hub, Screen(greet=True))

    assert [frame["type"] for frame in screen.got] == ["board", "heartbeat"]
    assert [frame["revision"] for frame in screen.got] == [9, 9]


async def test_all_sockets_of_a_loop_have_the_same_hub(queue: Queue, layer: Any) -> None:
    assert running_hub() is None

    first = current(lambda: Hub(layer, queue, CALM))

    assert isinstance(first, Hub)
    assert current(lambda: Hub(layer, queue, CALM)) is running_hub() is first


async def test_a_group_whose_state_could_not_be_read_is_forgotten(queue: Queue, layer: Any) -> None:
    queue.is_down = True
    async with running(queue, layer) as hub:
        with pytest.raises(Unavailable):
            await enter(hub, Screen())

        assert hub._groups == {}
        await until(lambda: hub._subscriptions._subscribed == {groups.CONTROL})


async def test_a_closed_hub_has_nothing_left_to_do(queue: Queue, layer: Any) -> None:
    before = asyncio.all_tasks()
    hub = Hub(layer, queue, CALM)
    await enter(hub, Screen())
    assert len(asyncio.all_tasks() - before) >= 4

    await hub.close()

    assert asyncio.all_tasks() == before


async def test_closing_waits_for_nobody_who_does_not_answer(queue: Queue, layer: Any) -> None:
    # Given a reading that hangs for two seconds
    hub = Hub(layer, queue, CALM)
    queue.gate.clear()
    reading = asyncio.create_task(hub.device(operator.methodcaller("get", "1")))
    await asyncio.sleep(0.05)
    release = threading.Timer(2, queue.gate.set)
    release.start()

    # When the hub is closed
    began = time.monotonic()
    await hub.close()

    # Then it is at once
    assert time.monotonic() - began < 1
    reading.cancel()
    queue.gate.set()
    release.cancel()


async def test_a_group_that_nobody_is_in_is_forgotten(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        screen = await enter(hub, Screen())
        await hub.leave(screen.connection)
        await hub.leave(screen.connection)
        queue.now = 4

        again = await enter(hub, Screen())
        await layer.group_send(groups.BOARD, message(board(5)))
        await until(lambda: again.revisions == [4, 5])

        assert screen.revisions == [1]


async def test_heartbeats_carry_the_newest_revision(queue: Queue, layer: Any) -> None:
    async with running(queue, layer, QUICK) as hub:
        queue.now = 9
        screen = await enter(hub, Screen())
        await until(lambda: len(screen.heartbeats) >= 3)

        assert {beat["revision"] for beat in screen.heartbeats} == {9}
        assert {beat["stale"] for beat in screen.heartbeats} == {False}


async def test_while_nothing_changes_nothing_is_read(queue: Queue, layer: Any) -> None:
    async with running(queue, layer, QUICK) as hub:
        screen = await enter(hub, Screen())
        await until(lambda: hub._subscriptions.live and not hub._missed and screen.heartbeats)
        read, beats = len(queue.reads), len(screen.heartbeats)

        await until(lambda: len(screen.heartbeats) >= beats + 2)

        hub.deliver(groups.BOARD, board(2))
        queue.now, beats = 2, len(screen.heartbeats)
        await until(lambda: len(screen.heartbeats) >= beats + 2)

        assert screen.revisions == [1, 2]
        assert len(queue.reads) == read


async def test_what_the_layer_lost_is_read_from_the_database(queue: Queue, layer: Any) -> None:
    async with running(queue, layer, QUICK) as hub:
        screen = await enter(hub, Screen())

        queue.now = 2
        await until(lambda: screen.revisions == [1, 2])


async def test_a_revoked_credential_loses_its_sockets_and_no_others(
    queue: Queue, layer: Any
) -> None:
    async with running(queue, layer) as hub:
        lost, kept = await enter(hub, Screen("session.1")), await enter(hub, Screen("session.2"))
        await until(lambda: groups.CONTROL in hub._subscriptions._subscribed)

        await layer.group_send(groups.CONTROL, {"type": "revoked", "credential": "session.1"})

        assert await asyncio.wait_for(lost.connection.closing, 2) == REVOKED
        assert not kept.connection.closing.done()
        with pytest.raises(Refused) as refused:
            hub.admit(Screen("session.1").connection)
        assert refused.value.code == REVOKED


async def test_a_lost_revocation_is_found_by_looking_again(queue: Queue, layer: Any) -> None:
    async with running(queue, layer, QUICK) as hub:
        lost, kept = await enter(hub, Screen("session.1")), await enter(hub, Screen("session.2"))

        queue.over.add("session.1")

        assert await asyncio.wait_for(lost.connection.closing, 2) == REVOKED
        assert not kept.connection.closing.done()


async def test_a_socket_that_lived_long_enough_is_closed(queue: Queue, layer: Any) -> None:
    async with running(queue, layer, QUICK) as hub:
        screen = await enter(hub, Screen(expires_at=asyncio.get_running_loop().time()))

        assert await asyncio.wait_for(screen.connection.closing, 2) == TOO_OLD == 4408


async def test_an_account_has_ten_sockets_and_a_display_has_no_limit(
    queue: Queue, layer: Any
) -> None:
    account = uuid.uuid4()
    async with running(queue, layer) as hub:
        mine = [await enter(hub, Screen("session.1", account=account)) for _ in range(10)]
        with pytest.raises(Refused) as refused:
            hub.admit(Screen("session.1", account=account).connection)
        assert refused.value.code == TOO_MANY == 4429

        await hub.leave(mine[0].connection)
        await enter(hub, Screen("session.1", account=account))
        for _ in range(20):
            await enter(hub, Screen("device.1"))


async def test_messages_that_no_hub_understands_change_nothing(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        screen = await enter(hub, Screen())

        for odd in (
            {"type": "websocket.disconnect"},
            {"type": "frame", "group": 1},
            {},
            {"type": "revoked"},
        ):
            hub.receive(odd)

        assert screen.revisions == [1]
        assert not screen.connection.closing.done()


async def test_without_a_database_the_last_known_state_is_shown_or_none(
    queue: Queue, layer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(queue, layer, QUICK) as hub:
        queue.is_down = True
        nothing_known = Screen()
        hub.admit(nothing_known.connection)
        with pytest.raises(Unavailable):
            await hub.join(nothing_known.connection)

        queue.is_down = False
        first = await enter(hub, Screen())
        queue.is_down = True
        await asyncio.sleep(QUICK.snapshot)
        second = await enter(hub, Screen())

        assert second.revisions == [1]
        await until(lambda: first.heartbeats and first.heartbeats[-1]["stale"])
        queue.is_down = False
        await until(lambda: not first.heartbeats[-1]["stale"])
        assert [each.getMessage() for each in caplog.records if each.name == "realtime.hub"] == [
            "the screens are told that their data may be old: OperationalError"
        ]


async def test_a_database_that_doesnt_answer_is_told_to_who_is_here_and_to_who_comes(
    queue: Queue, layer: Any
) -> None:
    async with running(queue, layer, QUICK) as hub:
        screen = await enter(hub, Screen())
        queue.gate.clear()
        await until(lambda: screen.heartbeats and screen.heartbeats[-1]["stale"])

        newcomer = await enter(hub, Screen())

        assert [frame.get("stale") for frame in newcomer.got[-2:]] == [None, True]
        queue.now = 2
        queue.gate.set()
        await until(lambda: screen.revisions == newcomer.revisions == [1, 2])
        await until(lambda: not newcomer.heartbeats[-1]["stale"])


@pytest.mark.chaos
async def test_redis_stops_and_returns_and_the_screens_are_right(
    queue: Queue, tmp_path: Path
) -> None:
    valkey = Valkey(tmp_path / "valkey", durable=False)
    valkey.start()
    try:
        layer = layer_at(valkey.url)
        async with running(queue, layer, QUICK) as hub:
            screen = await enter(hub, Screen())
            await until(lambda: hub._subscriptions._subscribed)

            valkey.kill()
            await until(lambda: screen.heartbeats and screen.heartbeats[-1]["stale"], 5)
            queue.now = 2
            await until(lambda: screen.revisions == [1, 2], 5)
            newcomer = await enter(hub, Screen())
            assert newcomer.revisions == [2]

            await asyncio.to_thread(valkey.start)
            await until(lambda: not screen.heartbeats[-1]["stale"], 5)
            await layer.group_send(groups.BOARD, message(board(3)))
            await until(lambda: screen.revisions[-1] == newcomer.revisions[-1] == 3, 1)
            assert not screen.connection.closing.done()
    finally:
        valkey.remove()


@pytest.mark.chaos
async def test_a_hub_that_starts_without_redis_hears_once_it_is_there(
    queue: Queue, tmp_path: Path
) -> None:
    valkey = Valkey(tmp_path / "valkey", durable=False)
    valkey.start()
    layer = layer_at(valkey.url)
    valkey.kill()
    try:
        async with running(queue, layer, QUICK) as hub:
            screen = await enter(hub, Screen())
            assert screen.revisions == [1]
            await until(lambda: screen.heartbeats and screen.heartbeats[-1]["stale"], 5)

            await asyncio.to_thread(valkey.start)
            await until(lambda: not screen.heartbeats[-1]["stale"], 5)
            await layer.group_send(groups.BOARD, message(board(2)))
            await until(lambda: screen.revisions == [1, 2], 1)
    finally:
        valkey.remove()


class Wire:
    """A connection to Redis that can be cut without a word, as by a dead router."""

    def __init__(self, target: Valkey) -> None:
        self._target = target
        self._tasks: list[asyncio.Task[None]] = []
        self._is_cut = False
        self.server: asyncio.Server | None = None

    async def __aenter__(self) -> "Wire":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.server is not None
        self.server.close()
        self.cut()

    @property
    def url(self) -> str:
        """Where Redis is reached through it."""
        assert self.server is not None
        port: int = self.server.sockets[0].getsockname()[1]
        return self._target.url.replace(str(self._target.port), str(port))

    def cut(self) -> None:
        """Nothing passes any more on what is connected now, and nothing new is answered."""
        self._is_cut = True
        for task in self._tasks:
            task.cancel()

    def mend(self) -> None:
        """New connections work; the old ones stay silent."""
        self._is_cut = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            return
        back, forth = await asyncio.open_connection("127.0.0.1", self._target.port)
        for source, target in ((reader, forth), (back, writer)):
            self._tasks.append(asyncio.create_task(self._pass_on(source, target)))

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while chunk := await source.read(65536):
            target.write(chunk)


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    """To a Redis of the test's own."""
    valkey = Valkey(tmp_path / "valkey", durable=False)
    valkey.start()
    try:
        async with Wire(valkey) as wire:
            yield wire
    finally:
        valkey.remove()


@pytest.mark.chaos
async def test_a_silent_wire_is_replaced(
    queue: Queue, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "ANSWER_SECONDS", 0.3)
    layer = layer_at(wire.url)
    async with running(queue, layer, QUICK) as hub:
        screen = await enter(hub, Screen())
        wire.cut()
        await until(lambda: screen.heartbeats and screen.heartbeats[-1]["stale"], 5)
        queue.now = 2
        await until(lambda: screen.revisions == [1, 2], 5)

        wire.mend()
        await until(lambda: not screen.heartbeats[-1]["stale"], 5)
        await layer.group_send(groups.BOARD, message(board(3)))
        await until(lambda: screen.revisions[-1] == 3, 1)


@pytest.mark.chaos
async def test_a_silent_redis_is_told_before_a_silent_database_is_waited_for(
    queue: Queue, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "ANSWER_SECONDS", 0.3)
    timing = dataclasses.replace(QUICK, read=60)
    layer = layer_at(wire.url)
    async with running(queue, layer, timing) as hub:
        screen = await enter(hub, Screen())
        await until(lambda: hub._subscriptions._subscribed)
        wire.cut()
        queue.gate.clear()

        await until(lambda: screen.heartbeats and screen.heartbeats[-1]["stale"], 2)
        queue.gate.set()


class Stubborn:
    """A layer whose sending goes on when it is cancelled, as Redis's client does now and then."""

    async def new_channel(self, prefix: str = "") -> str:
        return prefix

    async def receive(self, _channel: str) -> dict[str, Any]:
        return await asyncio.Future()

    async def send(self, _channel: str, _message: dict[str, Any]) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        await asyncio.sleep(1)

    async def group_add(self, group: str, channel: str) -> None: ...
    async def group_discard(self, group: str, channel: str) -> None: ...
    async def flush(self) -> None: ...


async def test_a_layer_that_cannot_be_cancelled_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriptions, "ANSWER_SECONDS", 0.1)
    heard = subscriptions.Subscriptions(Stubborn(), print)

    async with asyncio.timeout(0.5):
        assert not await heard.check()
    await heard.close()


class Broken(Stubborn):
    """A layer that is away."""

    async def send(self, _channel: str, _message: dict[str, Any]) -> None:
        raise ConnectionError


class Moody(Stubborn):
    """A layer that is away now and then; our own messages come back."""

    def __init__(self) -> None:
        self.is_away = False
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(self, _channel: str, message: dict[str, Any]) -> None:
        if self.is_away:
            raise ConnectionError
        self._sent.put_nowait(message)

    async def receive(self, _channel: str) -> dict[str, Any]:
        return await self._sent.get()


async def look(hub: Hub) -> None:
    """What the hub does every second."""
    await hub._listen()
    await hub._watch()


async def test_after_redis_was_away_everything_is_looked_at_once_more(queue: Queue) -> None:
    layer = Moody()
    async with running(queue, layer) as hub:
        lost, kept = await enter(hub, Screen("session.1")), await enter(hub, Screen("session.2"))
        await look(hub)
        read = len(queue.reads)

        # Given a Redis that was away when the hub last looked
        layer.is_away = True
        await look(hub)
        assert (hub.stale, len(queue.reads)) == (True, read + 1)

        # When it is back, then what nobody could tell meanwhile is found
        queue.over.add("session.1")
        layer.is_away = False
        await look(hub)
        assert (hub.stale, len(queue.reads)) == (False, read + 2)
        assert lost.connection.closing.result() == REVOKED
        assert not kept.connection.closing.done()

        # And from then on only what has changed is read
        await look(hub)
        assert len(queue.reads) == read + 2


async def test_what_a_writer_could_not_send_is_read(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        await enter(hub, Screen())
        await look(hub)
        read = len(queue.reads)

        hub.receive({"type": "missed"})
        await look(hub)
        await look(hub)

        assert len(queue.reads) == read + 1


class Sulking(Stubborn):
    """A layer that fails when it is no longer waited for."""

    async def send(self, _channel: str, _message: dict[str, Any]) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1)
        raise ConnectionError


class Obedient(Stubborn):
    """A layer that is silent, and ends when it is told to."""

    async def send(self, _channel: str, _message: dict[str, Any]) -> None:
        await asyncio.sleep(1)


@pytest.mark.parametrize("layer", [Sulking, Obedient])
async def test_what_becomes_of_a_question_given_up_is_no_error(
    monkeypatch: pytest.MonkeyPatch, layer: type[Stubborn]
) -> None:
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    monkeypatch.setattr(subscriptions, "ANSWER_SECONDS", 0.05)
    heard = subscriptions.Subscriptions(layer(), print)

    assert not await heard.check()
    await heard.close()
    gc.collect()
    await asyncio.sleep(0)

    assert faults == []


async def test_a_layer_that_is_away_is_known_to_be_at_once() -> None:
    heard = subscriptions.Subscriptions(Broken(), print)

    async with asyncio.timeout(subscriptions.ANSWER_SECONDS / 2):
        assert not await heard.check()
    await heard.close()


@pytest.mark.parametrize(
    ("pause", "longest", "fastest", "slowest"), [(0.05, 60, 0.15, 1), (60, 0.15, 0.15, 1)]
)
async def test_who_is_sent_away_goes_one_after_the_other_and_not_too_slowly(
    queue: Queue, layer: Any, pause: float, longest: float, fastest: float, slowest: float
) -> None:
    async with running(queue, layer) as hub:
        screens = [await enter(hub, Screen()) for _ in range(3)]
        began = asyncio.get_running_loop().time()

        await hub.dismiss(1012, pause=pause, longest=longest)

        assert fastest <= asyncio.get_running_loop().time() - began < slowest
        assert [screen.connection.closing.result() for screen in screens] == [1012] * 3
        with pytest.raises(Refused) as refused:
            hub.admit(Screen().connection)
        assert refused.value.code == 1012


@pytest.mark.chaos
async def test_the_screens_are_right_while_redis_keeps_the_hub_waiting(
    queue: Queue, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a Redis that answers no more, and a hub that would wait long for it
    monkeypatch.setattr(subscriptions, "ANSWER_SECONDS", 30)
    layer = layer_at(wire.url)
    async with running(queue, layer, QUICK) as hub:
        screen = await enter(hub, Screen())
        await until(lambda: hub._subscriptions._subscribed)
        wire.cut()
        await asyncio.sleep(2 * QUICK.watch)

        # When the queue moves on
        queue.now = 2

        # Then it is shown as soon as ever
        await until(lambda: screen.revisions == [1, 2], 1)


async def test_only_a_socket_that_is_a_look_is_written_down(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        await enter(hub, Screen("session.rita", is_look=True))
        await enter(hub, Screen("device.1"))

        assert queue.looks == ["session.rita"]


async def test_who_cannot_be_written_down_is_shown_nothing(queue: Queue, layer: Any) -> None:
    async with running(queue, layer) as hub:
        await enter(hub, Screen("device.1"))
        queue.log_is_down = True
        screen = Screen("session.rita", is_look=True)

        with pytest.raises(Unavailable):
            await enter(hub, screen)

        assert screen.got == []
