"""The ASGI application: the whole product in one process, or the websockets of a larger one."""

import asyncio
import os

import django
from channels.routing import ProtocolTypeRouter
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.config.settings")
django.setup(set_prefix=False)

# Models must be loaded first.
from realtime.farewell import lifespan  # noqa: E402
from realtime.routing import websocket_application  # noqa: E402

REQUESTS_AT_ONCE = 16
"""Each takes a thread and a database connection, and while it hashes a password 100 MB."""


class QueueingHandler(ASGIHandler):
    """Django's handler, which would start every request at once, with a queue before the views.

    A request waits here with its body read, so a slow sender keeps nobody else waiting.
    """

    def __init__(self) -> None:
        super().__init__()
        self._places = asyncio.Semaphore(REQUESTS_AT_ONCE)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        async with self._places:
            return await super().get_response_async(request)


application = ProtocolTypeRouter(
    {"http": QueueingHandler(), "websocket": websocket_application, "lifespan": lifespan}
)
