"""One open socket, as the hub sees it: something to write frames to."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from clinic.accounts.principals import Principal
from realtime.frames import Frame

# A reader that takes nothing for this long is given up, and the screen connects anew.
STALL_SECONDS = 30.0
# More than this many different things waiting for one reader: the oldest are left out.
PENDING_MAX = 32

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
WriteNow = Callable[[bytes], bool]


class Connection:
    """Writes frames inline as long as the socket takes them. Once it doesn't, one task waits for
    it, and of each thing only the newest frame is kept: a slow reader delays nobody and holds no
    more memory than one state of what it shows."""

    __slots__ = (
        "_loop",
        "_pending",
        "_send",
        "_write_now",
        "_writer",
        "account",
        "closing",
        "credential",
        "expires_at",
        "greet",
        "group",
        "is_look",
        "principal",
    )

    def __init__(
        self,
        send: Send,
        *,
        write_now: WriteNow | None = None,
        group: str,
        credential: str,
        principal: Principal,
        account: UUID | None = None,
        expires_at: float = float("inf"),
        greet: bool = False,
        is_look: bool = False,
    ) -> None:
        """`write_now` is the server's way to write at once, where it has one.

        `principal` opened the socket by the session or device that `credential` names; `account` is
        its user. `greet` asks for a heartbeat after the first state, which may be empty. `is_look`
        says that who opens it is to be written down.
        """
        self._send = send
        self._write_now = write_now
        self._loop = asyncio.get_running_loop()
        self._pending: dict[str, Frame] = {}
        self._writer: asyncio.Task[None] | None = None
        self.credential = credential
        self.principal = principal
        self.account = account
        self.group = group
        self.greet = greet
        self.is_look = is_look
        self.expires_at = expires_at
        self.closing: asyncio.Future[int | None] = self._loop.create_future()

    def write(self, frame: Frame) -> None:
        """Put a frame on the socket now, or keep it until the reader has caught up."""
        if self._writer is not None:
            self._keep(frame)
            return
        if self._write_now is not None and self._write_now(frame.wire):
            return
        # An ASGI server's send runs to its end without suspending while the socket takes data, so
        # its first step is the whole write: neither a task nor a turn of the loop is needed.
        step = self._send(frame.event)
        try:
            step.send(None)
        except StopIteration:
            return
        except Exception:
            self.end(None)
            return
        step.close()
        self._wait_for(frame)

    def end(self, code: int | None) -> None:
        """Ask for the socket to be closed with this code; None when it is already gone."""
        if not self.closing.done():
            self.closing.set_result(code)

    async def close(self) -> None:
        """Stop writing. What was still waiting for a slow reader is dropped."""
        self._pending.clear()
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.wait({self._writer})

    def _keep(self, frame: Frame) -> None:
        self._pending.pop(frame.slot, None)
        self._pending[frame.slot] = frame
        if len(self._pending) > PENDING_MAX:
            del self._pending[next(iter(self._pending))]

    def _wait_for(self, frame: Frame) -> None:
        self._keep(frame)
        self._writer = self._loop.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        try:
            while self._pending:
                frame = self._pending.pop(next(iter(self._pending)))
                async with asyncio.timeout(STALL_SECONDS):
                    await self._send(frame.event)
        except Exception:
            self.end(None)
        finally:
            self._writer = None
