"""The ASGI application: the whole product in one process, or the websockets of a larger one."""

import asyncio
import os
from concurrent.futures import Future, ThreadPoolExecutor

import django
from asgiref.sync import ThreadSensitiveContext
from channels.routing import ProtocolTypeRouter
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.config.settings")
django.setup(set_prefix=False)

# Models must be loaded first.
from realtime.farewell import lifespan  # noqa: E402 - as said
from realtime.routing import websocket_application  # noqa: E402 - as said

REQUESTS_AT_ONCE = 16
"""Each takes a thread and a database connection, and 100 MB while it hashes a password."""


class QueueingHandler(ASGIHandler):
    """Django's handler with a queue in front of the views; by itself it would start every request
    at once.

    A request waits here with its body read, so a slow sender keeps nobody else waiting. Threads and
    their database connections are kept: on a busy machine, opening a connection takes longer than
    most views use it.
    """

    def __init__(self) -> None:
        super().__init__()
        # The last one used is the next one taken: a few connections are kept busy, not all of them.
        self._idle: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        for _ in range(REQUESTS_AT_ONCE):
            self._idle.put_nowait(ThreadPoolExecutor(max_workers=1))

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        thread = await self._idle.get()
        try:
            async with ThreadSensitiveContext(executor=thread):
                return await super().get_response_async(request)
        finally:
            self._keep(thread)

    def _keep(self, thread: ThreadPoolExecutor) -> None:
        """Take a thread back once it is done; that may be later if the visitor has left."""
        loop = asyncio.get_running_loop()

        def idle(_: Future[None]) -> None:
            loop.call_soon_threadsafe(self._idle.put_nowait, thread)

        thread.submit(close_old_connections).add_done_callback(idle)


application = ProtocolTypeRouter(
    {"http": QueueingHandler(), "websocket": websocket_application, "lifespan": lifespan}
)
