"""The outbox: what must happen after a commit, written in the same transaction as the change.

A writer calls `enqueue`; the relay (`relay.py`) hands due rows to Celery; the worker runs the
handler with the row locked and marks it done in the handler's own transaction. So a broker that
loses everything costs time, never data, and a handler's database effect happens once. The price:
the row's transaction stays open while the handler runs, so handlers must be short.

Work that waits for somebody outside is a `caller` instead: it makes its calls with no transaction
open, and the function that it returns runs in the transaction that marks the row done.
"""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from clinic.core import clock, ground, locks, logs
from clinic.core.errors import DomainError
from clinic.core.models import OutboxMessage

log = structlog.get_logger(__name__)

CHANNEL = "outbox"
MAX_FAILURES = 12
# The counts are in a smallint column, and a message that can't be done may be tried for years.
MOST_COUNTED = 32767
LONGEST_PAUSE_SECONDS = 900
SHORTEST_PAUSE = timedelta(seconds=1)

Handler = Callable[..., None]
Caller = Callable[..., Callable[[], None] | None]
Work = TypeVar("Work", Handler, Caller)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a piece of work is about, for a person who reads that it has stopped."""

    patient_id: uuid.UUID | None = None
    name: str = ""
    """The patient's, else whatever identifies the work: an address, a provider, a file."""
    document: str = ""
    amount: Decimal | None = None
    visit_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """How one kind of work is done, for how long it is tried, and how a person is told of it."""

    function: Callable[..., Any]
    calls: bool
    until_done: bool
    queue: str | None
    pt: str
    en: str
    about: Callable[..., Subject] | None


TASKS: dict[str, Task] = {}


class Permanent(Exception):  # noqa: N818  (read as outbox.Permanent)
    """Raised by a handler when another try can't help. The message is set aside with the reason,
    which is our own word or code and quotes nobody."""


def handler(
    task: str,
    *,
    until_done: bool,
    pt: str,
    en: str,
    about: Callable[..., Subject] | None = None,
    queue: str | None = None,
) -> Callable[[Handler], Handler]:
    """Register the function that does the work of `task`. It gets the message's args as keywords.

    It runs inside a transaction and may run more than once, though its database effects are kept
    only once. What the clinic owes somebody, by law or for money, is tried `until_done`: such a
    message is set aside only as Permanent, never for the number of its failures. If it stops all
    the same, a person reads `pt` or `en`, and `about` tells from the args what it is about. `queue`
    names the queue on which it is done, if that isn't the default one.
    """
    return _registrar(
        task, calls=False, until_done=until_done, pt=pt, en=en, about=about, queue=queue
    )


def caller(
    task: str,
    *,
    until_done: bool,
    pt: str,
    en: str,
    about: Callable[..., Subject] | None = None,
    queue: str | None = None,
) -> Callable[[Caller], Caller]:
    """Register the function that makes the outside calls of `task`. It returns a function that
    writes the result, or None if there is nothing to write. It gets the message's args as keywords.

    It runs outside any transaction and may run more than once, as when it is killed after its
    calls: those must be safe to repeat. The returned function completes at most once, and has to
    check whether the reason for the calls still holds. The rest is as for a handler.
    """
    return _registrar(
        task, calls=True, until_done=until_done, pt=pt, en=en, about=about, queue=queue
    )


def _registrar(task: str, **how: Any) -> Callable[[Work], Work]:
    def register(function: Work) -> Work:
        known = TASKS.setdefault(task, Task(function=function, **how))
        if known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"two handlers for outbox task {task!r}")
        return function

    return register


def enqueue(task: str, *, key: str, delay_seconds: float = 0, **args: Any) -> None:
    """Write one message in the caller's transaction. A key that was used before changes nothing.

    `args` must be JSON and hold ids, never personal data. Raises RuntimeError outside a
    transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("the outbox is written inside the transaction of the change")
    moment = clock.now()
    OutboxMessage.objects.bulk_create(
        [
            OutboxMessage(
                id=uuid.uuid4(),
                key=key,
                task=task,
                args=args,
                created_at=moment,
                due_at=moment + timedelta(seconds=delay_seconds),
                next_at=moment + timedelta(seconds=delay_seconds),
            )
        ],
        ignore_conflicts=True,
    )
    call_relay()


def call_relay() -> None:
    """Have the relay look for due messages as soon as the caller's transaction is committed."""
    if _wake_relay not in (hook for _, hook, *_ in connection.run_on_commit):
        transaction.on_commit(_wake_relay, robust=True)


def _wake_relay() -> None:
    """Only after the commit: a NOTIFY inside the transaction would make all writers' commits wait
    for each other's disk. A lost one costs a second, until the relay looks by itself."""
    with connection.cursor() as cursor:
        cursor.execute(f"NOTIFY {CHANNEL}")


def queue_of(task: str) -> str:
    """The Celery queue on which a task is done: the one it was registered with, else the default
    one."""
    known = TASKS.get(task)
    return known.queue if known and known.queue else settings.CELERY_TASK_DEFAULT_QUEUE


def retry_delay(attempts: int) -> timedelta:
    """Time until the next try: doubles from the base, at most 15 minutes."""
    doubled = settings.OUTBOX_RETRY_SECONDS * 2 ** min(attempts, 20)
    return timedelta(seconds=min(doubled, LONGEST_PAUSE_SECONDS))


def queues_to_look_into() -> set[str]:
    """Queues in which a message that is due now may still be waiting."""
    due = _due().filter(handed_at__isnull=False)
    return {queue_of(task) for task in due.values_list("task", flat=True).distinct()}


def waiting_since(oldest: Mapping[str, uuid.UUID]) -> dict[str, datetime]:
    """For each queue, the time since which whatever was handed to it still waits, given the message
    that has waited longest: queues are first in, first out."""
    rows = OutboxMessage.objects.filter(id__in=oldest.values())
    handed = dict(rows.values_list("id", "handed_at"))
    found = {queue: handed.get(message) for queue, message in oldest.items()}
    return {queue: moment for queue, moment in found.items() if moment is not None}


def claim_due(
    waiting: Mapping[str, datetime] | None = None, limit: int = 50
) -> list[tuple[uuid.UUID, str]]:
    """Take due messages for sending. Counts the attempt and sets the time of the next one, so that
    no two relays ever send the same row together.

    A message that still waits in its queue (`waiting`, by `waiting_since`) or is being worked on
    isn't sent again, however long that takes: it is looked at again a little later.
    """
    while True:
        moment = clock.now()
        with transaction.atomic():
            due = list(_due().select_for_update(skip_locked=True).order_by("next_at")[:limit])
            in_hand = _in_somebodys_hands([message.id for message in due if message.handed_at])
            claimed = []
            for message in due:
                since = (waiting or {}).get(queue_of(message.task))
                waits = message.handed_at and since and message.handed_at >= since
                if waits or message.id in in_hand:
                    message.next_at = moment + max(retry_delay(0), SHORTEST_PAUSE)
                    continue
                message.next_at = moment + retry_delay(message.attempts)
                message.handed_at = moment
                message.attempts = min(message.attempts + 1, MOST_COUNTED)
                claimed.append((message.id, message.task))
            OutboxMessage.objects.bulk_update(due, ["next_at", "handed_at", "attempts"])
        if claimed or not due:
            return claimed


def release(message_ids: list[uuid.UUID], *, seconds: float) -> None:
    """Give back messages that couldn't be handed over (broker down); the attempt doesn't count."""
    with transaction.atomic():
        messages = list(
            OutboxMessage.objects.select_for_update()
            .filter(id__in=message_ids, done_at__isnull=True)
            .order_by("pk")
        )
        for message in messages:
            message.attempts = max(message.attempts - 1, 0)
            message.next_at = clock.now() + timedelta(seconds=seconds)
            message.handed_at = None
        OutboxMessage.objects.bulk_update(messages, ["next_at", "handed_at", "attempts"])


def _due() -> QuerySet[OutboxMessage]:
    return _undone_all().filter(next_at__lte=clock.now())


def _in_somebodys_hands(message_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """The messages whose calls are being made at this moment."""
    if not message_ids:
        return set()
    by_key = {locks.OUTBOX(message_id): message_id for message_id in message_ids}
    return {by_key[key] for key in locks.held(by_key)}


def run(message_id: uuid.UUID) -> bool:
    """Do one message. False if there was nothing to do: it is done, given up, or another worker has
    it.

    A failing handler or caller leaves nothing in the database but the recorded error; the relay
    tries again at most LONGEST_PAUSE_SECONDS later. After MAX_FAILURES failures the message is set
    aside for a person, unless its task is tried until it is done. Messages that no worker took,
    because all are down, wait as long as it takes. `stuck` tells a person of all of these.
    """
    try:
        message = _undone(message_id).first()
        if message is None:
            return False
        task = TASKS[message.task]
        if task.calls:
            return _call(message, task.function)
        return _handle(message.id, task.function)
    except Exception as error:
        _record_failure(message_id, error)
        return False


def _handle(message_id: uuid.UUID, handle: Handler) -> bool:
    with transaction.atomic():
        message = _undone(message_id).select_for_update(skip_locked=True).first()
        if message is None:
            return False
        handle(**message.args)
        return _mark_done(message_id)


def _call(message: OutboxMessage, call: Caller) -> bool:
    with locks.in_one_hand(locks.OUTBOX(message.id)) as is_mine:
        if not is_mine:
            return False
        finish = call(**message.args)
        with transaction.atomic():
            # First, because it locks the row. Whoever holds it now is only reading: the calls won't
            # be wasted.
            if not _mark_done(message.id):
                return False
            if finish is not None:
                finish()
    return True


def _undone(message_id: uuid.UUID) -> QuerySet[OutboxMessage]:
    return _undone_all().filter(id=message_id)


def _undone_all() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(done_at__isnull=True, failed_at__isnull=True)


def _mark_done(message_id: uuid.UUID) -> bool:
    return bool(_undone(message_id).update(done_at=clock.now()))


def unfinished(keys: Collection[str]) -> bool:
    """Whether any of these messages is still to be done, including those set aside."""
    return OutboxMessage.objects.filter(key__in=keys, done_at__isnull=True).exists()


def has_failed(key: str) -> bool:
    """Whether a try of this message has failed, as far as is known."""
    return OutboxMessage.objects.filter(key=key, failures__gt=0).exists()


def overdue(task: str) -> int:
    """How many messages of a task are due and not done, including those set aside."""
    undone = OutboxMessage.objects.filter(task=task, done_at__isnull=True)
    return undone.filter(
        Q(attempts__gt=0) | Q(failures__gt=0) | Q(next_at__lte=clock.now())
    ).count()


def wake(*tasks: str) -> None:
    """What these kinds of work waited for is there: make their next try due at once, in the
    caller's transaction. Messages that are set aside or being worked on are left alone."""
    waiting = _undone_all().filter(task__in=tasks, next_at__gt=clock.now())
    with transaction.atomic():
        free = waiting.select_for_update(skip_locked=True).order_by("pk")
        woken = OutboxMessage.objects.filter(pk__in=list(free.values_list("pk", flat=True)))
        if woken.update(next_at=clock.now(), handed_at=None, attempts=0):
            call_relay()


def _record_failure(message_id: uuid.UUID, error: Exception) -> None:
    reason = f"Permanent: {error}" if isinstance(error, Permanent) else logs.describe(error)
    with transaction.atomic():
        message = OutboxMessage.objects.select_for_update().get(id=message_id)
        message.last_error = reason
        message.why = _cause(error)[:40]
        message.failures = min(message.failures + 1, MOST_COUNTED)
        # A task unknown to this release is left for another release to decide.
        task = TASKS.get(message.task)
        is_hopeless = message.failures >= MAX_FAILURES and task and not task.until_done
        if isinstance(error, Permanent) or is_hopeless:
            message.failed_at = clock.now()
        message.save(update_fields=["last_error", "why", "failures", "failed_at"])
    log.warning(
        "outbox_failed",
        message=str(message_id),
        task=message.task,
        failures=message.failures,
        error=reason,
        given_up=message.failed_at is not None,
        exc_info=not isinstance(error, Permanent),
    )


def _cause(error: Exception) -> str:
    """A code for what a person is told of a failure."""
    if isinstance(error, Permanent):
        return str(error)
    if isinstance(error, DomainError):
        return error.code
    return ground.cause(error) or "fault"
