"""Clients that never finish what they began are sent away: the server's protocols on real sockets,
with less patience than in the clinic."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from clinic.launcher.processes import wait_until
from realtime.protocol import HANDSHAKE_SECONDS, HttpProtocol, WebSocketProtocol

PATIENCE = 0.4
LONGEST = 3.0
HANDSHAKE = (
    b"GET %s HTTP/1.1\r\nHost: clinic\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


class Hasty(HttpProtocol):
    patience = PATIENCE


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Reads requests whole and answers; accepts sockets, but for those of /never."""
    if scope["type"] == "websocket":
        await receive()
        if scope["path"] == "/never":
            await asyncio.sleep(60)
        await send({"type": "websocket.accept"})
        await receive()
        return
    length = 0
    while (event := await receive())["type"] == "http.request":
        length += len(event["body"])
        if not event.get("more_body"):
            break
    else:
        return
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            port=0,
            http=Hasty,
            ws=WebSocketProtocol,
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    assert wait_until(lambda: server.started, seconds=10)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=LONGEST) as client:
        yield client


def answer_to(client: socket.socket) -> bytes:
    """All that comes until the server closes; TimeoutError where it never does."""
    said = b""
    try:
        while piece := client.recv(65536):
            said += piece
    except ConnectionResetError:
        pass  # it closed while we were still speaking
    return said


def status(said: bytes) -> str:
    return said.partition(b"\r\n")[0].decode()


def test_the_clinic_s_patience_is_ten_seconds() -> None:
    assert HttpProtocol.patience == HANDSHAKE_SECONDS == 10


# Sockets


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        (b"Cookie: " + b"x" * 8_193 + b"\r\n", "431"),
        (b"X: y\r\n" * 200, "431"),
        (b"Content-Length: 5\r\n", "400"),
        (b"Na{me: x\r\n", "400"),
    ],
    ids=["a long line", "many lines", "a body", "no header's name"],
)
def test_what_can_t_become_a_socket_is_answered_and_closed(
    port: int, headers: bytes, answer: str
) -> None:
    with connected(port) as client:
        client.sendall(HANDSHAKE % b"/" + headers + b"\r\n")

        said = answer_to(client)

    assert status(said).startswith(f"HTTP/1.1 {answer} ")


def test_many_bad_handshakes_leave_nothing_open(port: int) -> None:
    clients = [socket.create_connection(("127.0.0.1", port), timeout=LONGEST) for _ in range(100)]
    for client in clients:
        client.sendall(HANDSHAKE % b"/" + b"X: " + b"y" * 9_000 + b"\r\n\r\n")
    try:
        answers = [status(answer_to(client)) for client in clients]
    finally:
        for client in clients:
            client.close()

    assert {answer.split()[1] for answer in answers} == {"431"}


def test_a_handshake_that_the_application_never_answers_ends(port: int) -> None:
    began = time.monotonic()
    with connected(port) as client:
        client.sendall(HANDSHAKE % b"/never" + b"\r\n")

        said = answer_to(client)

    assert status(said) == "HTTP/1.1 503 Service Unavailable"
    assert PATIENCE <= time.monotonic() - began < LONGEST


def test_a_socket_that_is_open_stays_open(port: int) -> None:
    with connected(port) as client:
        client.sendall(HANDSHAKE % b"/" + b"\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 101 ")
        client.settimeout(2 * PATIENCE)

        with pytest.raises(TimeoutError):
            client.recv(1)


# Requests


def test_a_connection_that_says_nothing_is_closed(port: int) -> None:
    with connected(port) as client:
        assert answer_to(client) == b""


def drip_head(client: socket.socket) -> None:
    client.sendall(b"GET / HTTP/1.1\r\nHost: clinic\r\n")
    _drip(client, b"X: y\r\n")


def drip_handshake(client: socket.socket) -> None:
    client.sendall(HANDSHAKE % b"/")
    _drip(client, b"a")


def no_body(client: socket.socket) -> None:
    client.sendall(b"POST / HTTP/1.1\r\nHost: clinic\r\nContent-Length: 9\r\n\r\n")


def half_a_body(client: socket.socket) -> None:
    no_body(client)
    client.sendall(b"half")


def next_head(client: socket.socket) -> None:
    client.sendall(b"GET / HTTP/1.1\r\nHost: clinic\r\n\r\n")
    assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    client.sendall(b"GET / HTTP/1.1\r\n")


def _drip(client: socket.socket, drop: bytes) -> None:
    """Send it again and again, as slowly as gets nobody sent away for silence."""
    ends = time.monotonic() + LONGEST
    try:
        while time.monotonic() < ends:
            client.sendall(drop)
            time.sleep(PATIENCE / 8)
    except OSError:
        return


@pytest.mark.parametrize("begin", [drip_head, drip_handshake, no_body, half_a_body, next_head])
def test_a_request_that_never_ends_does(port: int, begin: Callable[[socket.socket], None]) -> None:
    with connected(port) as client:
        began = time.monotonic()
        begin(client)

        said = answer_to(client)

    assert status(said) in {"HTTP/1.1 408 Request Timeout", ""}
    assert time.monotonic() - began < LONGEST


def test_a_head_without_an_end_is_too_large(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000)

        said = answer_to(client)

    assert status(said) == "HTTP/1.1 431 Request Header Fields Too Large"


def test_a_long_body_that_keeps_coming_is_taken(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: clinic\r\nContent-Length: 6\r\n\r\n")
        for _ in range(6):
            time.sleep(PATIENCE / 3)
            client.sendall(b"x")

        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
