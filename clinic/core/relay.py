"""The relay: hands due outbox rows to Celery, woken by NOTIFY and, at the latest, each second."""

import threading
import time
import uuid
from collections.abc import Callable

import psycopg
import structlog
from django.db import Error as DatabaseError
from django.db import connection
from kombu.exceptions import OperationalError as BrokerError

from clinic.core import life, logs, outbox

log = structlog.get_logger(__name__)

Send = Callable[[uuid.UUID, str], None]
# The message that has waited longest in a queue, if there is one.
Oldest = Callable[[str], uuid.UUID | None]
BROKER_PAUSE_SECONDS = 1.0


def _none_waits(_queue: str) -> None:
    """A broker whose messages are all taken at once."""


def relay_once(send: Send, oldest: Oldest = _none_waits) -> int:
    """Send every message that is due now and no longer waits in its queue, and return how many.

    Raises BrokerError if the broker can't be reached. Nothing is lost: the unsent rows are due
    again a second later.
    """
    found = {queue: oldest(queue) for queue in outbox.queues_to_look_into()}
    waiting = outbox.waiting_since({queue: one for queue, one in found.items() if one is not None})
    sent = 0
    while batch := outbox.claim_due(waiting):
        for position, (message_id, task) in enumerate(batch):
            try:
                send(message_id, task)
            except (BrokerError, OSError) as error:
                unsent = [message_id for message_id, _ in batch[position:]]
                outbox.release(unsent, seconds=BROKER_PAUSE_SECONDS)
                raise BrokerError(str(error)) from error
            sent += 1
    return sent


def run(send: Send, oldest: Oldest = _none_waits, *, stop: threading.Event) -> None:
    """Relay until `stop` is set. Survives restarts of the broker and of the database."""
    while not stop.is_set():
        life.show()
        try:
            _listen(send, oldest, stop)
        except BrokerError:
            log.warning("relay_broker_down")
            stop.wait(BROKER_PAUSE_SECONDS)
        except (DatabaseError, psycopg.Error) as error:
            log.warning("relay_database_down", error=logs.describe(error))
            connection.close()
            stop.wait(BROKER_PAUSE_SECONDS)


def _listen(send: Send, oldest: Oldest, stop: threading.Event) -> None:
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {outbox.CHANNEL}")
    raw = connection.connection
    # Checked every second, since this connection stays open for days; checking also sets the clock.
    while not stop.is_set() and connection.is_usable():
        life.show()
        relay_once(send, oldest)
        deadline = time.monotonic() + 1.0
        next(raw.notifies(timeout=max(deadline - time.monotonic(), 0)), None)
