"""The usual way, to measure against: a consumer of Channels for each socket, in a group of the core
Redis layer. Served like ours: `uvicorn tests.bench.usual_server:application`.
"""

import os
from typing import Any, Final

from django.conf import settings

settings.configure(
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                "hosts": [{"address": os.environ["REDIS_URL"], "max_connections": 10_000}],
                "prefix": "usual",
            },
        }
    }
)

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402  (reads the settings)

GROUP: Final = "board"
GREETING: Final = '{"type":"heartbeat","revision":0}'


class Display(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        await self.send(text_data=GREETING)

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def board(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await Display.as_asgi()(scope, receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
