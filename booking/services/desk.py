"""Booking at the reception: for later, or for somebody who has just walked in."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from booking.availability import Calendar, Place, Treatment, on_minute
from booking.choices import AppointmentStatus, Source
from booking.errors import Code
from booking.services import messages, placing, visit
from booking.transitions import change
from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.directory import selectors as directory
from clinic.directory import services as people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from booking.models import Appointment
    from clinic.core.audit import Actor
    from clinic.directory.models import Practitioner, Specialty

TRIES = 5


@transaction.atomic
def make_appointment(
    *,
    patient: UUID | Mapping[str, str],
    specialty_code: str,
    practitioner_id: UUID | None,
    start: datetime | None,
    actor: Actor,
) -> Appointment:
    """`book` for a known patient or a new one; without a start it is a `walk_in`.

    A new patient comes as the arguments of `people.register_patient`, and stays only if the
    appointment does. Raises DomainError as those two do.
    """
    if isinstance(patient, UUID):
        patient_id = patient
    else:
        patient_id = people.register_patient(**patient, actor=actor).pk
    if start is None:
        return walk_in(
            patient_id=patient_id,
            specialty_code=specialty_code,
            practitioner_id=practitioner_id,
            actor=actor,
        )
    return book(
        patient_id=patient_id,
        specialty_code=specialty_code,
        practitioner_id=practitioner_id,
        start=start,
        actor=actor,
    )


def book(
    *,
    patient_id: UUID,
    specialty_code: str,
    practitioner_id: UUID | None,
    start: datetime,
    actor: Actor,
) -> Appointment:
    """Book a time within working hours, on the grid or off it; payment is taken at the desk.

    Raises DomainError `unknown_patient`, `unknown_specialty`, `unknown_practitioner`,
    `in_the_past`, `slot_unavailable`, `slot_taken` or `patient_busy`.
    """
    specialty = directory.specialty(specialty_code)
    with change(actor) as unit:
        owner = people.lock_patient(patient_id)
        treatment = Treatment.on_offer(specialty)
        places = placing.places(treatment, practitioner_id, start, rule=Calendar.works)
        draft = _draft(owner.pk, specialty, start, Source.DESK)
        placing.refuse_busy_patient(owner.pk, draft.start, draft.end)
        placing.sweep(unit, draft.start, draft.end)
        appointment = placing.place(unit, draft, places)
        messages.booked(appointment)
    return appointment


def walk_in(
    *,
    patient_id: UUID,
    specialty_code: str,
    practitioner_id: UUID | None,
    actor: Actor,
) -> Appointment:
    """Take somebody in now: today's first gap that is long enough, arrived, with a ticket.

    Raises DomainError `unknown_patient`, `unknown_specialty`, `unknown_practitioner`,
    `patient_busy`, and `no_free_time` when the rest of the day has no such gap.
    """
    specialty = directory.specialty(specialty_code)
    with change(actor) as unit:
        owner = people.lock_patient(patient_id)
        treatment = Treatment.on_offer(specialty)
        offering = treatment.practitioners(practitioner_id)
        for _ in range(TRIES):
            start, places = _first_gap(treatment, offering)
            draft = _draft(owner.pk, specialty, start, Source.WALK_IN)
            placing.refuse_busy_patient(owner.pk, draft.start, draft.end)
            placing.sweep(unit, draft.start, draft.end)
            try:
                appointment = placing.place(unit, draft, places)
            except DomainError as error:
                if error.code != Code.SLOT_TAKEN:
                    raise
                continue
            visit.check_in(unit, appointment)
            return appointment
        raise DomainError(Code.NO_FREE_TIME)


def _first_gap(treatment: Treatment, offering: list[Practitioner]) -> tuple[datetime, list[Place]]:
    """The earliest start anybody has today, and where that is."""
    now = clock.now()
    _, midnight = clock.day_bounds(clock.today())
    calendar = Calendar(treatment, [person.pk for person in offering], now, midnight, now=now)
    gaps = {
        person: gap
        for person in offering
        if (gap := calendar.first_gap(person.pk, on_minute(now))) is not None and gap < midnight
    }
    if not gaps:
        raise DomainError(Code.NO_FREE_TIME)
    start = min(gaps.values())
    earliest = [person for person, gap in gaps.items() if gap == start]
    return start, placing.places_of(placing.by_load(earliest, start, now), calendar, start)


def _draft(
    patient_id: UUID, specialty: Specialty, start: datetime, source: Source
) -> placing.Draft:
    return placing.Draft(
        patient_id=patient_id,
        specialty=specialty,
        start=start,
        status=AppointmentStatus.BOOKED,
        source=source,
        made_at=clock.now(),
    )
