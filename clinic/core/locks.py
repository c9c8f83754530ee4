"""Locks by name, in PostgreSQL: whoever wants the same waits, whatever process they are.

All names stand here, so that no two things share one. Where one transaction takes several, they
come in the order of this table.
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
"""Of a patient: one kiosk lets them in."""
MONEY = KeyOf[UUID]("billing")
"""Of an appointment: all its payments."""
MOVES = Key("booking:move")
"""No appointment is moved in the calendar while another is."""
TREATMENTS = Key("booking:treat")
"""Nobody is called or treated while another is being called or started."""
ADDRESSEE = KeyOf[str]("addressee")
"""Of a channel and an address: its messages are counted."""
CLIP = KeyOf[str]("clip")
"""Of a spoken announcement, by its file: it is made once."""
OUTBOX = KeyOf[UUID]("outbox")
"""Of a message: its calls are being made."""


def take(key: Key) -> None:
    """Wait until nobody else has it, and keep it until the caller's transaction ends.

    Raises RuntimeError outside a transaction, where it would be lost at once.
    """
    if connection.get_autocommit():
        raise RuntimeError(f"{key.name} is locked inside the transaction that it protects")
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [key.name])


@contextmanager
def in_one_hand(key: Key) -> Iterator[bool]:
    """Whether nobody else has it; if so nobody else gets it until the block ends. The database
    connection holds it, not a transaction: it goes with the process, however that ends."""
    with connection.cursor() as cursor:
        cursor.execute(TRY, [key.name])
        (is_mine,) = cursor.fetchone()
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute(LET_GO, [key.name])


def held(keys: Collection[Key]) -> set[Key]:
    """Those that somebody has at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [[key.name for key in keys]])
        return {Key(name) for (name,) in cursor.fetchall()}
