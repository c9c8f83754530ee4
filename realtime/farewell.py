"""A server that stops takes leave of its sockets one after the other.

The web server itself would close them all in the same instant, and all their screens would be back
in the same half second. So its signal waits until the hub has let them go; with few sockets that
is at once. A second signal doesn't wait.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from realtime import hub
from realtime.consumers import RESTART, Receive, Scope

SIGNALS = (signal.SIGTERM, signal.SIGINT)
SECONDS_PER_SOCKET = 0.003
LONGEST_SECONDS = 3.0


async def lifespan(
    _scope: Scope, receive: Receive, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """The ASGI application of the process's own start and end."""
    await receive()
    _Leave(asyncio.get_running_loop()).be_asked_by_signals()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


class _Leave:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._servers = {number: signal.getsignal(number) for number in SIGNALS}
        self._taking: asyncio.Task[None] | None = None

    def be_asked_by_signals(self) -> None:
        for number in SIGNALS:
            self._loop.add_signal_handler(number, self._on_signal, number)

    def _on_signal(self, number: signal.Signals) -> None:
        centre = hub.running()
        if centre is None or self._taking is not None:
            self._stop_server(number)
            return
        self._taking = self._loop.create_task(
            centre.dismiss(RESTART, pause=SECONDS_PER_SOCKET, longest=LONGEST_SECONDS)
        )
        self._taking.add_done_callback(lambda _: self._stop_server(number))

    def _stop_server(self, number: signal.Signals) -> None:
        handler = self._servers[number]
        if callable(handler):
            handler(number, None)
        else:
            signal.signal(number, handler)
            signal.raise_signal(number)
