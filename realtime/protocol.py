"""The protocols of the web server: uvicorn's own, which wait for nobody for ever, and where sockets
can be written to at once.

A request must be there whole within HANDSHAKE_SECONDS, and a socket open; only a long body has more
time, as long as it comes. What can't become a socket is answered and closed.

A server never masks what it sends, so a frame for a thousand sockets is the same bytes on each.
ASGI knows no such thing: through it the server encodes and frames the text anew for every socket,
in a coroutine of its own, at about twice the cost of handing the bytes to the kernel. So each
socket's scope carries the extension `vez.write`: `{"write": (bytes) -> bool}`, see `write_now`.
Under another server there is no extension, and frames go the ordinary way.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

if TYPE_CHECKING:
    from asyncio import BaseTransport, TimerHandle, Transport

    from uvicorn._types import ASGISendEvent
    from websockets.http11 import Request

    # Read before Django is set up: uvicorn imports its protocol first.
    from realtime.connection import WriteNow

EXTENSION = "vez.write"
HANDSHAKE_SECONDS = 10.0
BODY_SECONDS = 120.0
HEAD_BYTES = 64 * 1024


def write_now_of(scope: dict[str, Any]) -> WriteNow | None:
    """The socket's `write_now`, where the server has it and no extension changes its frames."""
    extension = scope.get("extensions", {}).get(EXTENSION)
    write: WriteNow | None = extension["write"] if extension else None
    return write


def _refusal(status: HTTPStatus) -> bytes:
    """A whole answer, after which the connection is closed."""
    body = f"{status.phrase}\n"
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "content-type: text/plain; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}"
    ).encode()


class HttpProtocol(HttpToolsProtocol):
    """Given to uvicorn as `--http realtime.protocol:HttpProtocol`."""

    patience = HANDSHAKE_SECONDS
    """For a whole head, and for the next piece of a body."""
    give_up_at = 0.0
    """When what is being received must be complete, on the loop's clock."""
    _waiting: TimerHandle | None = None
    _is_in_head = False
    _received = 0
    """Bytes of the head so far."""

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(cast("Transport", transport))
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_in_head and not self.transport.is_closing():
            self._received += len(data)
            if self._received > HEAD_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # The first request's time runs since its connection was made.
        if not self._is_in_head:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()
        began = self.loop.time()
        self._wait_until(began + self.patience)
        self._body_ends_at = began + BODY_SECONDS

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._wait_until(min(self.loop.time() + self.patience, self._body_ends_at))

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._stop_waiting()
        super().handle_websocket_upgrade()

    def _expect_head(self) -> None:
        self._is_in_head = True
        self._received = 0
        self.give_up_at = self.loop.time() + self.patience
        self._wait_until(self.give_up_at)

    def _wait_until(self, moment: float) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_at(moment, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        if self._is_in_head and not self._received:
            self.transport.close()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        if self._is_in_head or not self.cycle.response_started:
            self.transport.write(_refusal(status))
        self.transport.close()


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Given to uvicorn as `--ws realtime.protocol:WebSocketProtocol`."""

    _waiting: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        # Its time runs since the first byte of its request, which the other protocol has read.
        former = cast("Transport", transport).get_protocol()
        if isinstance(former, HttpProtocol):
            self._waiting = self.loop.call_at(former.give_up_at, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # The parser's own answer, where it has one: the header that is too long, and the like.
            said = b"".join(self.conn.data_to_send())
            self._refuse(said or _refusal(HTTPStatus.BAD_REQUEST))

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101 and not self.conn.extensions:
            self.scope["extensions"][EXTENSION] = {"write": self.write_now}

    async def send(self, message: ASGISendEvent) -> None:
        """uvicorn's own; and once a socket is open it forgets the handshake, a fifth of what it
        would hold for hours."""
        await super().send(message)
        if self.handshake_complete:
            self._stop_waiting()
        if message["type"] == "websocket.accept":
            self.request.headers.clear()  # the parser holds on to the request itself
            del self.request, self.response
            self.scope["headers"] = []

    def write_now(self, wire: bytes) -> bool:
        """Write a whole frame; False, with nothing written, while the reader is behind or the
        socket isn't open, which the ordinary `send` then waits for or reports."""
        if self.conn.state is not OPEN or self.disconnected or not self.writable.is_set():
            return False
        self.transport.write(wire)
        return True

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        self._refuse(_refusal(HTTPStatus.SERVICE_UNAVAILABLE))

    def _refuse(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.handshake_complete = self.close_sent = True
            self.transport.write(answer)
            self.transport.close()
