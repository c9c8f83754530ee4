"""The process's place at the channel layer: which groups it hears, and whether it still does."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

Message = dict[str, Any]
LAYER_DOWN = (RedisError, OSError, TimeoutError)
ANSWER_SECONDS = 2.0
_ECHO = "echo"


class Layer(Protocol):
    """What is needed of a channel layer."""

    async def new_channel(self, prefix: str = ...) -> str: ...
    async def receive(self, channel: str) -> Message: ...
    async def send(self, channel: str, message: Message) -> None: ...
    async def group_add(self, group: str, channel: str) -> None: ...
    async def group_discard(self, group: str, channel: str) -> None: ...
    async def flush(self) -> None: ...


class Subscriptions:
    """Hears each wanted group once and hands every message to `deliver`.

    `live` is what the last check found: a message sent to ourselves came back. While it is False
    nothing can be heard; what is wanted is remembered and subscribed when Redis is there again.
    """

    def __init__(self, layer: Layer, deliver: Callable[[Message], None]) -> None:
        self._layer = layer
        self._deliver = deliver
        self._channel: str | None = None
        self._receiver: asyncio.Task[None] | None = None
        self._wanted: set[str] = set()
        self._subscribed: set[str] = set()
        self._settling = asyncio.Lock()
        self._echo = asyncio.Event()
        self.live = True

    async def add(self, group: str) -> None:
        """Hear a group from now on. Where Redis is down the next check makes up for it."""
        self._wanted.add(group)
        if group not in self._subscribed:
            await self.settle()

    def discard(self, group: str) -> None:
        """Stop wanting a group; it is left when the subscriptions settle."""
        self._wanted.discard(group)

    async def settle(self) -> None:
        """Bring what is subscribed in line with what is wanted."""
        if self.live:
            try:
                await _answer(self._settle())
            except LAYER_DOWN as error:
                self._lost(error)

    async def check(self) -> bool:
        """Subscribe whatever is missing and send ourselves a message through Redis.

        After a failure this begins with new connections: the old ones may wait out a pause of
        their own, and one that was cut without a word would stay silent for ever.
        """
        if not self.live:
            await self._start_over()
        try:
            await _answer(self._call_ourselves())
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._echo.wait()
        except LAYER_DOWN as error:
            self._lost(error)
        else:
            if not self.live:
                logger.warning("live updates are back")
            self.live = True
        return self.live

    async def close(self) -> None:
        """Leave the layer."""
        await self._start_over()

    async def _call_ourselves(self) -> None:
        await self._settle()
        self._echo.clear()
        await self._layer.send(await self._open(), {"type": _ECHO})

    async def _settle(self) -> None:
        async with self._settling:
            channel = await self._open()
            for group in self._wanted - self._subscribed:
                await self._layer.group_add(group, channel)
                self._subscribed.add(group)
            for group in self._subscribed - self._wanted:
                self._subscribed.discard(group)
                await self._layer.group_discard(group, channel)

    async def _open(self) -> str:
        if self._channel is None:
            self._channel = await self._layer.new_channel("hub.")
            self._receiver = asyncio.create_task(self._receive(self._channel))
        return self._channel

    async def _receive(self, channel: str) -> None:
        while True:
            message = await self._layer.receive(channel)
            if message.get("type") == _ECHO:
                self._echo.set()
                continue
            try:
                self._deliver(message)
            except Exception:
                logger.exception("a message of the channel layer could not be delivered")

    async def _start_over(self) -> None:
        if self._receiver is not None:
            self._receiver.cancel()
            await asyncio.wait({self._receiver}, timeout=ANSWER_SECONDS)
        try:
            await _answer(self._layer.flush())
        except LAYER_DOWN as error:
            self._lost(error)
        self._channel = self._receiver = None
        self._subscribed.clear()

    def _lost(self, error: BaseException) -> None:
        if self.live:
            logger.warning("live updates are lost: %s", type(error).__name__)
        self.live = False


async def _answer(question: Coroutine[Any, Any, None]) -> None:
    """Raises TimeoutError after ANSWER_SECONDS, also where the question goes on regardless: the
    layer and its client swallow a cancellation now and then, and `asyncio.timeout` trusts in it."""
    asked = asyncio.create_task(question)
    asked.add_done_callback(_hear_of_it)
    try:
        await asyncio.wait({asked}, timeout=ANSWER_SECONDS)
    finally:
        asked.cancel()
    if not asked.done() or asked.cancelled():
        raise TimeoutError
    asked.result()


def _hear_of_it(asked: "asyncio.Task[None]") -> None:
    """Whoever asked may wait no longer; asyncio complains of errors that nobody takes note of."""
    if not asked.cancelled():
        asked.exception()
