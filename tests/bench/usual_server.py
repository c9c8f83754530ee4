"""The usual way, to measure against: a consumer of Channels for each socket, in a group of the core
Redis layer. Two of them:

- `/` as Channels' own documentation has it: the event carries data, each consumer makes JSON of it.
- `/text` at its best: the event carries the text that is sent.
"""

import json
import os
from typing import Any, Final

from django.conf import settings

settings.configure(
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                "hosts": [
                    {
                        "address": os.environ["REDIS_URL"],
                        "max_connections": 10_000,
                        # The layer waits five seconds for a message, as long as redis-py reads.
                        "socket_timeout": 60,
                    }
                ],
                "prefix": "usual",
            },
        }
    }
)

from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402  (reads them)

GROUP: Final = "board"
GREETING: Final = {"type": "heartbeat", "revision": 0}


class Display(AsyncJsonWebsocketConsumer):
    @classmethod
    async def encode_json(cls, content: Any) -> str:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        await self.send_json(GREETING)

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def board(self, event: dict[str, Any]) -> None:
        await self.send_json(event["board"])


class DisplayOfText(Display):
    async def board(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["board"])


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        consumer = DisplayOfText if scope["path"] == "/text" else Display
        await consumer.as_asgi()(scope, receive, send)
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
