"""Showing the day to somebody, who is written down with every patient on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from booking import selectors
from clinic.core import audit, clock

if TYPE_CHECKING:
    from datetime import date

    from clinic.core.audit import Actor

DAY_READ = "day.read"


def read_day(on: date, practitioner_id: UUID | None = None, *, actor: Actor) -> dict[str, Any]:
    """`selectors.day`, for somebody who looks at it."""
    body = selectors.day(on, practitioner_id)
    patients = {
        UUID(appointment["patient"]["id"])
        for practitioner in body["practitioners"]
        for appointment in practitioner["appointments"]
    }
    audit.record_reads(DAY_READ, actor=actor, patient_ids=patients)
    return body


def watch_today(actor: Actor) -> None:
    """Somebody is about to be shown today and what changes in it."""
    patients = selectors.patients_on(clock.today())
    audit.record_reads(DAY_READ, actor=actor, patient_ids=patients)
