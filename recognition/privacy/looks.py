"""Shows the manager for whom somebody may have been guessing, and where. Each look is audited."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TypedDict

from clinic.accounts import selectors as accounts
from clinic.core import audit, clock
from clinic.core.audit import Actor
from clinic.directory import selectors as directory
from recognition.services import factor, wrong_codes

SHOWN_FOR = timedelta(days=90)
SHOWN = 100
READ = "spent_tries.read"
KINDS = {factor.SPENT: "factor", wrong_codes.SPENT: "code"}


class Guessed(TypedDict):
    """The patient for whom tries were made."""

    id: uuid.UUID
    full_name: str


class SpentTries(TypedDict):
    """A limit of tries that was used up: a person's second factor in a day, or a kiosk's wrong
    codes in an hour, which belong to nobody."""

    at: datetime
    kind: str
    kiosk: str
    patient: Guessed | None


def read_spent_tries(*, actor: Actor) -> list[SpentTries]:
    """Those of the last 90 days, newest first, at most a hundred."""
    entries = audit.entries_of("recognition").filter(
        action__in=KINDS, at__gt=clock.now() - SHOWN_FOR
    )
    newest = list(entries.order_by("-at", "-id")[:SHOWN])
    ids = {entry.patient_id for entry in newest if entry.patient_id is not None}
    audit.record_reads(READ, actor=actor, patient_ids=ids)
    names = directory.patient_names(ids)
    kiosks = _kiosk_names({uuid.UUID(entry.actor_id) for entry in newest})
    return [
        SpentTries(
            at=entry.at,
            kind=KINDS[entry.action],
            kiosk=kiosks.get(entry.actor_id, ""),
            patient=_guessed(entry.patient_id, names),
        )
        for entry in newest
    ]


def _kiosk_names(ids: set[uuid.UUID]) -> dict[str, str]:
    named = accounts.devices().filter(pk__in=ids).values_list("pk", "name")
    return {str(pk): name for pk, name in named}


def _guessed(patient_id: uuid.UUID | None, names: Mapping[uuid.UUID, str]) -> Guessed | None:
    if patient_id is None or patient_id not in names:
        return None
    return Guessed(id=patient_id, full_name=names[patient_id])
