"""Puts messages on the channel layer from ordinary, blocking code.

Channels offers writers only `async_to_sync(layer.group_send)`, which outside an event loop builds
a loop and a connection for every message: 3.8 ms against 0.12 ms over a kept connection. The bytes
are the layer's own, so any of its subscribers hears them.

Who publishes is a request that somebody waits for. So the first silence of Redis costs a process
ANSWER_SECONDS, and nothing until it answers again: messages are dropped meanwhile, and the hubs are
told that they missed some. A queue and a thread instead would take every frame's way through two
threads, lose what is queued when the process ends, and deliver after a pause what is no longer so.
"""

import functools
import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from realtime import groups

logger = logging.getLogger(__name__)

Message = dict[str, Any]
T = TypeVar("T")
ANSWER_SECONDS = 0.25
PROBE_SECONDS = 0.2


def publish(messages: Iterable[tuple[str, Message]]) -> bool:
    """Send each message to its group, in order. Never raises for a Redis that is down: the hubs
    find out from the database. Returns whether Redis took them all."""
    return _line(settings.REDIS_URL).ask(_sending(messages), otherwise=False)


def heard(names: Iterable[str]) -> set[str]:
    """Those of the groups that some process hears at this moment: for the others nothing need be
    built. Who subscribes later reads the state itself. Redis being down, nobody hears anything."""
    channels = {channel_of(name): name for name in names}

    def count(client: redis.Redis) -> set[str]:
        counts = client.pubsub_numsub(*channels)
        return {channels[_text(channel)] for channel, count in counts if count}

    return _line(settings.REDIS_URL).ask(count, otherwise=set())


def channel_of(group: str) -> str:
    """The Redis channel by which the layer knows a group."""
    layer: dict[str, Any] = settings.CHANNEL_LAYERS["default"]
    return f"{layer['CONFIG']['prefix']}__group__{group}"


def _sending(messages: Iterable[tuple[str, Message]]) -> Callable[[redis.Redis], bool]:
    layer = get_channel_layer()
    texts = [(channel_of(group), layer.serialize(message)) for group, message in messages]

    def send(client: redis.Redis) -> bool:
        pipeline = client.pipeline(transaction=False)
        for channel, text in texts:
            pipeline.publish(channel, text)
        pipeline.execute()
        return True

    return send


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode()


class _Line:
    """This process's connections to Redis, left alone while it doesn't answer."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            # One more try at once: the kept connection may date from before a restart of Redis. A
            # silent one isn't asked twice.
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        self._lock = threading.Lock()
        self._is_lost = False

    def ask(self, question: Callable[[redis.Redis], T], *, otherwise: T) -> T:
        """What Redis answers, or `otherwise` where it doesn't: at once, if that is known."""
        if self._is_lost:
            return otherwise
        try:
            return question(self._client)
        except (redis.RedisError, OSError) as error:
            self._lose(error)
            return otherwise

    def _lose(self, error: Exception) -> None:
        with self._lock:
            if self._is_lost:
                return
            self._is_lost = True
        logger.warning("live updates can't be published: %s", type(error).__name__)
        threading.Thread(target=self._win_back, name="redis-probe", daemon=True).start()

    def _win_back(self) -> None:
        while not self._answers():
            time.sleep(PROBE_SECONDS)
        self._is_lost = False
        # Only now: whatever was dropped came before this message.
        self.ask(_sending([(groups.CONTROL, {"type": "missed"})]), otherwise=False)

    def _answers(self) -> bool:
        try:
            return bool(self._client.ping())
        except (redis.RedisError, OSError):
            return False


_line = functools.cache(_Line)
