"""Locks by name, in PostgreSQL: whoever wants the same one waits, in whatever process.

All names are here, so that no two things share one. A transaction that takes several takes them in
the order of this table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from django.db import connection

Subject = TypeVar("Subject", UUID, str)

TAKE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
HOLD = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
TRY = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
LET_GO = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"
HELD = """
    SELECT name FROM unnest(%s::text[]) AS name
    JOIN pg_locks ON locktype = 'advisory' AND granted AND objsubid = 1
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
     AND (classid::bigint << 32 | objid::bigint) = hashtextextended(name, 0)
"""


@dataclass(frozen=True, slots=True)
class Key:
    name: str


@dataclass(frozen=True)
class KeyOf(Generic[Subject]):
    """One key for each of many."""

    kind: str

    def __call__(self, subject: Subject) -> Key:
        return Key(f"{self.kind}:{subject}")


DEMO_SEED = Key("demo-seed")
CHECK_IN = KeyOf[UUID]("check-in")
"""For a patient: only one kiosk at a time lets them in."""
MONEY = KeyOf[UUID]("billing")
"""For an appointment: all its payments."""
MOVES = Key("booking:move")
"""One appointment at a time is moved in the calendar."""
TREATMENTS = Key("booking:treat")
"""One patient at a time is called or started."""
ADDRESSEE = KeyOf[str]("addressee")
"""For a channel and an address: its messages are being counted."""
CLIP = KeyOf[str]("clip")
"""For a spoken announcement, by its file: it is made once."""
OUTBOX = KeyOf[UUID]("outbox")
"""For a message: its calls are being made."""


def take(key: Key) -> None:
    """Wait until nobody else holds the lock, and hold it until the caller's transaction ends.

    Raises RuntimeError outside a transaction, where the lock would be lost at once.
    """
    if connection.get_autocommit():
        raise RuntimeError(f"{key.name} is locked inside the transaction that it protects")
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [key.name])


@contextmanager
def in_one_hand(key: Key) -> Iterator[bool]:
    """True if nobody else holds the lock; then nobody else gets it until the block ends. The
    database connection holds it, not a transaction: it is released when the process ends, however
    it ends."""
    with connection.cursor() as cursor:
        cursor.execute(TRY, [key.name])
        (is_mine,) = cursor.fetchone()
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute(LET_GO, [key.name])


def held(keys: Collection[Key]) -> set[Key]:
    """Which of these locks somebody holds at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [[key.name for key in keys]])
        return {Key(name) for (name,) in cursor.fetchall()}
