"""Outbox work that has stopped: how a person is told of it, how it is tried again, and how a
message is marked as told in another way."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Least

from clinic.core import audit, clock, ground, outbox
from clinic.core.audit import Actor
from clinic.core.errors import PROBLEMS, Code, DomainError
from clinic.core.models import OutboxMessage

PATIENCE = timedelta(minutes=5)
"""How long work may be overdue before a person is told."""

MANY_FAILURES = 5
"""So many failures take little more than a minute."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why work came to a halt, as a person reads it."""

    pt: str
    en: str
    is_to_tell: bool = False
    """The work is a message, which a person at the clinic tells in another way."""


NOT_TAKEN = "not_taken"
CAUSES: dict[str, Cause] = {
    NOT_TAKEN: Cause(
        "Ainda nenhum processo chegou ao fim disto. Se continuar, avise quem instalou o programa.",
        "No process has finished this yet. If it stays like this, tell whoever installed the"
        " program.",
    ),
    ground.NO_ANSWER: Cause(
        "Quem tem de responder do outro lado não responde. Continuamos a tentar.",
        "The service outside isn't answering. We keep trying.",
    ),
    ground.NO_SPACE: Cause(
        "Não há espaço para guardar ficheiros. Avise quem instalou o programa.",
        "There is no space left for files. Tell whoever installed the program.",
    ),
    ground.NO_FILES: Cause(
        "Não chegamos aos ficheiros guardados. Continuamos a tentar. Se continuar, avise quem"
        " instalou o programa.",
        "The stored files can't be reached. We keep trying. If it stays like this, tell whoever "
        "installed the program.",
    ),
    "fault": Cause(
        "Algo falhou do nosso lado. Se continuar, avise quem instalou o programa.",
        "Something failed on our side. If it stays like this, tell whoever installed the program.",
    ),
}
"""Those that are no error code of an app's."""


def register(causes: Mapping[Any, Cause]) -> None:
    """Add an app's causes. One that is registered twice is a programming error."""
    for code, cause in causes.items():
        if CAUSES.setdefault(str(code), cause) != cause:
            raise ValueError(f"cause {str(code)!r} is registered twice")


@dataclass(frozen=True, slots=True)
class Halted:
    """One piece of work that should be done and isn't."""

    id: uuid.UUID
    what: str
    subject: outbox.Subject
    since: datetime
    code: str
    why: str
    is_set_aside: bool
    is_to_tell: bool
    """It is done as soon as somebody says `told_otherwise`."""
    failures: int
    next_at: datetime | None
    """None if it is set aside."""


def found() -> QuerySet[OutboxMessage]:
    """Work that is set aside, keeps failing or is long overdue; oldest first."""
    undone = OutboxMessage.objects.filter(done_at__isnull=True)
    return undone.filter(
        Q(failed_at__isnull=False)
        | Q(failures__gte=MANY_FAILURES)
        | Q(due_at__lte=clock.now() - PATIENCE)
    ).order_by("due_at", "pk")


def told(message: OutboxMessage, language: str) -> Halted:
    """A message of `found`, in words."""
    task = outbox.TASKS.get(message.task)
    english = language.startswith("en")
    code = message.why or ("fault" if message.failures else NOT_TAKEN)
    return Halted(
        id=message.id,
        what=message.task if task is None else task.en if english else task.pt,
        subject=_subject(message, task),
        since=message.due_at,
        code=code,
        why=_sentence(code, english=english),
        is_set_aside=message.failed_at is not None,
        is_to_tell=_is_to_tell(message),
        failures=message.failures,
        next_at=message.next_at if message.failed_at is None else None,
    )


@transaction.atomic
def try_again(message_id: uuid.UUID, *, actor: Actor) -> None:
    """Have a message tried at once, even one that was set aside. Does nothing if it is done, due
    anyway or being worked on. Raises DomainError `not_found`.

    One failure stays counted, for `outbox.has_failed`.
    """
    message = OutboxMessage.objects.filter(id=message_id).first()
    if message is None:
        raise DomainError(Code.NOT_FOUND)
    moment = clock.now()
    waiting = OutboxMessage.objects.filter(id=message_id, done_at__isnull=True).filter(
        Q(failed_at__isnull=False) | Q(next_at__gt=moment)
    )
    if not waiting.select_for_update(skip_locked=True).exists():
        return
    OutboxMessage.objects.filter(id=message_id).update(
        failed_at=None,
        failures=Least("failures", 1),
        attempts=0,
        handed_at=None,
        next_at=moment,
    )
    outbox.call_relay()
    _record("work.tried_again", message, actor)


@transaction.atomic
def told_otherwise(message_id: uuid.UUID, *, actor: Actor) -> None:
    """Note that the person was told in another way, by phone or face to face: the message is done.
    Does nothing if it already is. Raises DomainError `not_found`, and `conflict` if it isn't, or no
    longer is, a message that a person has to pass on."""
    message = OutboxMessage.objects.select_for_update().filter(id=message_id).first()
    if message is None:
        raise DomainError(Code.NOT_FOUND)
    if message.done_at is not None:
        return
    if not _is_to_tell(message):
        raise DomainError(Code.CONFLICT)
    message.done_at = clock.now()
    message.save(update_fields=["done_at"])
    _record("work.told_otherwise", message, actor)


def _is_to_tell(message: OutboxMessage) -> bool:
    cause = CAUSES.get(message.why)
    return message.failed_at is not None and cause is not None and cause.is_to_tell


def _record(action: str, message: OutboxMessage, actor: Actor) -> None:
    audit.record(
        action,
        actor=actor,
        subject=message,
        patient_id=_subject(message, outbox.TASKS.get(message.task)).patient_id,
        task=message.task,
    )


def _subject(message: OutboxMessage, task: outbox.Task | None) -> outbox.Subject:
    if task is None or task.about is None:
        return outbox.Subject()
    return task.about(**message.args)


def _sentence(code: str, *, english: bool) -> str:
    found = CAUSES.get(code) or PROBLEMS.get(code) or CAUSES["fault"]
    return found.en if english else found.pt
