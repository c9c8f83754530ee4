"""The websocket protocol of the web server: uvicorn's own, with a way to write at once.

A server never masks what it sends, so a frame for a thousand sockets is the same bytes on each.
ASGI knows no such thing: through it the server encodes and frames the text anew for every socket,
in a coroutine of its own, at about twice the cost of handing the bytes to the kernel. So each
socket's scope carries the extension `vez.write`: `{"write": (bytes) -> bool}`, see `write_now`.
Under another server there is no extension, and frames go the ordinary way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent
    from websockets.http11 import Request

    # Read before Django is set up: uvicorn imports its protocol first.
    from realtime.connection import WriteNow

EXTENSION = "vez.write"


def write_now_of(scope: dict[str, Any]) -> WriteNow | None:
    """The socket's `write_now`, where the server has it and no extension changes its frames."""
    extension = scope.get("extensions", {}).get(EXTENSION)
    write: WriteNow | None = extension["write"] if extension else None
    return write


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Given to uvicorn as `--ws realtime.protocol:WebSocketProtocol`."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101 and not self.conn.extensions:
            self.scope["extensions"][EXTENSION] = {"write": self.write_now}

    async def send(self, message: ASGISendEvent) -> None:
        """uvicorn's own; and once a socket is open it forgets the handshake, a fifth of what it
        would hold for hours."""
        await super().send(message)
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
