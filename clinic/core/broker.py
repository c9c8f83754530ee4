"""Celery's broker: handing it the outbox's messages, and seeing which of them, or of the
scheduler's calls, still wait."""

import json
import uuid
from functools import cache

import redis
from django.conf import settings
from kombu.exceptions import OperationalError as BrokerError
from kombu.transport.redis import Channel

from clinic.core import outbox
from clinic.core.tasks import run_outbox

HEADER = "outbox"


def send(message_id: uuid.UUID, task: str) -> None:
    """Hand a message to the workers of its task. Raises BrokerError if the broker can't be
    reached."""
    run_outbox.apply_async(
        args=(str(message_id),),
        headers={HEADER: str(message_id)},
        queue=outbox.queue_of(task),
        priority=settings.OUTBOX_PRIORITY,
        retry=False,
    )


def oldest(queue: str) -> uuid.UUID | None:
    """The message that has waited longest in a queue; None if the queue is empty. Raises
    BrokerError."""
    try:
        found = _client().lindex(_list_of(queue, settings.OUTBOX_PRIORITY), -1)
    except redis.RedisError as error:
        raise BrokerError(str(error)) from error
    if not found:
        return None
    return uuid.UUID(json.loads(found)["headers"][HEADER])


def is_waiting(task: str, queue: str) -> bool:
    """Whether the scheduler's last call still waits for a worker. Raises BrokerError."""
    try:
        found = _client().lrange(_list_of(queue, 0), 0, -1)
    except redis.RedisError as error:
        raise BrokerError(str(error)) from error
    return any(json.loads(message)["headers"]["task"] == task for message in found)


@cache
def _client() -> redis.Redis:
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    return redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=options["socket_timeout"],
        socket_connect_timeout=options["socket_connect_timeout"],
    )


def _list_of(queue: str, priority: int) -> str:
    """Kombu keeps one list for each priority, filled on the left and emptied on the right."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    return f"{prefix}{queue}{Channel.sep}{priority}" if priority else f"{prefix}{queue}"
