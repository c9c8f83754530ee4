"""Shows the day to somebody; the look is audited for every patient on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from booking import selectors
from clinic.core import audit, clock

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from clinic.core.audit import Actor

DAY_READ = "day.read"


def was_shown(patient_ids: Collection[UUID], *, actor: Actor) -> None:
    """Record that somebody is shown a day with these patients on it."""
    audit.record_reads(DAY_READ, actor=actor, patient_ids=patient_ids)


def watch_today(actor: Actor) -> None:
    """Record that somebody is about to be shown today and its changes."""
    was_shown(selectors.patients_on(clock.today()), actor=actor)
