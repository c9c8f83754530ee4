import asyncio
from typing import Any

import pytest

from clinic.accounts.principals import Principal
from realtime import connection, consumers
from realtime.connection import Connection
from realtime.frames import Frame


class Socket:
    """An ASGI server's side of a socket, whose reader can stop reading."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.is_broken = False

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        if self.is_broken:
            raise OSError("gone")
        self.written.append(message["text"])


def board(revision: int) -> Frame:
    return Frame("board", f"board {revision}", revision)


def visit(number: int, text: str) -> Frame:
    return Frame(f"visit.{number}", text, 1)


async def test_a_fast_reader_has_the_frame_when_write_returns() -> None:
    socket = Socket()
    tasks = len(asyncio.all_tasks())

    Connection(socket.send, group="board", credential="device.1", principal=Principal()).write(
        board(1)
    )

    assert socket.written == ["board 1"]
    assert len(asyncio.all_tasks()) == tasks


async def test_a_server_that_writes_at_once_gets_the_frame_as_it_goes_over_the_wire() -> None:
    socket, taken = Socket(), list[bytes]()
    is_behind = False

    def write_now(wire: bytes) -> bool:
        if not is_behind:
            taken.append(wire)
        return not is_behind

    screen = Connection(
        socket.send,
        write_now=write_now,
        group="board",
        credential="device.1",
        principal=Principal(),
    )

    screen.write(board(1))
    is_behind = True
    socket.reads.clear()
    screen.write(board(2))
    screen.write(board(3))
    await asyncio.sleep(0)
    socket.reads.set()
    await asyncio.sleep(0.01)
    is_behind = False
    screen.write(board(4))

    assert taken == [b"\x81\x07board 1", b"\x81\x07board 4"]
    assert socket.written == ["board 3"]


async def test_a_slow_reader_gets_the_newest_of_each_thing_and_no_more() -> None:
    socket = Socket()
    slow = Connection(socket.send, group="me", credential="session.1", principal=Principal())
    socket.reads.clear()

    for revision in range(1, 500):
        slow.write(board(revision))
        slow.write(visit(1, f"first {revision}"))
    slow.write(visit(2, "second"))
    await asyncio.sleep(0)
    assert socket.written == []
    socket.reads.set()
    await asyncio.sleep(0.01)

    assert socket.written[-3:] == ["board 499", "first 499", "second"]
    assert len(socket.written) <= 4


async def test_frames_after_the_reader_caught_up_are_inline_again() -> None:
    socket = Socket()
    slow = Connection(socket.send, group="board", credential="device.1", principal=Principal())
    socket.reads.clear()
    slow.write(board(1))
    socket.reads.set()
    await asyncio.sleep(0.01)

    slow.write(board(2))

    assert socket.written == ["board 1", "board 2"]


async def test_many_different_things_leave_out_the_oldest() -> None:
    socket = Socket()
    slow = Connection(socket.send, group="kiosk", credential="device.1", principal=Principal())
    socket.reads.clear()
    for number in range(1000):
        slow.write(visit(number, str(number)))
    socket.reads.set()
    await asyncio.sleep(0.01)

    expected = [str(number) for number in range(1000 - connection.PENDING_MAX, 1000)]
    assert socket.written == expected


async def test_a_socket_that_is_gone_asks_for_its_end_and_raises_nothing() -> None:
    socket = Socket()
    socket.is_broken = True
    gone = Connection(socket.send, group="board", credential="device.1", principal=Principal())

    gone.write(board(1))

    assert gone.closing.result() is None


async def test_a_reader_that_never_comes_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "STALL_SECONDS", 0.05)
    socket = Socket()
    dead = Connection(socket.send, group="board", credential="device.1", principal=Principal())
    socket.reads.clear()
    dead.write(board(1))

    assert await asyncio.wait_for(dead.closing, 1) is None


async def test_closing_while_the_reader_is_slow_drops_what_was_waiting() -> None:
    socket = Socket()
    slow = Connection(socket.send, group="board", credential="device.1", principal=Principal())
    socket.reads.clear()
    slow.write(board(1))
    await asyncio.sleep(0)

    await slow.close()
    socket.reads.set()
    await asyncio.sleep(0.01)

    assert socket.written == []


async def test_what_is_closed_writes_no_more_also_where_writing_takes_long_to_end() -> None:
    # Given a server that has a last word when its writing is cancelled
    socket = Socket()

    async def send(_message: dict[str, Any]) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            socket.written.append("last word")

    slow = Connection(send, group="board", credential="device.1", principal=Principal())
    slow.write(board(1))
    await asyncio.sleep(0)

    # When the socket is closed, then that was heard
    await slow.close()
    assert socket.written == ["last word"]


async def test_a_client_that_leaves_as_it_is_sent_away_is_no_error() -> None:
    faults: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: faults.append(context))
    opened = Connection(Socket().send, group="me", credential="session.1", principal=Principal())
    left = loop.create_future()
    waiting = asyncio.create_task(consumers.wait_for_the_end(opened, lambda: left))
    await asyncio.sleep(0)

    left.set_result({"type": "websocket.disconnect"})
    opened.end(1012)

    assert await waiting is None
    await asyncio.sleep(0)
    assert faults == []
