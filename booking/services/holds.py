"""Keeping a time for a patient until it is paid."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from booking.availability import Calendar, occupying
from booking.errors import Code
from booking.events import AppointmentBooked, AppointmentHeld
from booking.models import Appointment, AppointmentStatus, Source
from booking.services import messages, placing
from booking.transitions import change
from clinic.core import clock, events
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.directory import selectors as directory
from clinic.directory import services as people

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.accounts.models import User

MAX_HOLDS = 10
BATCH = 200
EXPIRY = Actor.system("expiry")


def hold(
    *,
    patient: User,
    specialty_code: str,
    practitioner_id: UUID | None,
    start: datetime,
    actor: Actor,
) -> Appointment:
    """Keep a slot for a patient and send the payment link; without a practitioner the least loaded.

    Raises DomainError `unknown_specialty`, `unknown_practitioner`, `in_the_past`,
    `slot_unavailable`, `slot_taken`, `patient_busy` or `too_many_holds`.
    """
    specialty = directory.specialty(specialty_code)
    with change(actor) as unit:
        owner = people.lock_patient(patient.pk)
        possible, calendar = placing.candidates(
            specialty, practitioner_id, start, rule=Calendar.offers
        )
        now = clock.now()
        draft = placing.Draft(
            patient_id=owner.pk,
            specialty=specialty,
            start=start,
            status=AppointmentStatus.PENDING,
            source=Source.ONLINE,
            made_at=now,
            hold_expires_at=now + timedelta(minutes=settings.HOLD_MINUTES),
        )
        placing.refuse_busy_patient(owner.pk, draft.start, draft.end)
        _refuse_hoarding(owner.pk, now)
        placing.sweep(unit, draft.start, draft.end)
        appointment = placing.place(unit, draft, possible, calendar)
        messages.payment_link(appointment)
        events.announce(AppointmentHeld(appointment.pk))
    return appointment


def confirm(appointment_id: UUID, actor: Actor) -> bool:
    """The money is there: a pending appointment is booked and the patient is told.

    True when the appointment stands, also when it was booked before; False when the time is no
    longer the patient's, because the hold expired or was cancelled. Raises DomainError `not_found`.
    """
    with change(actor) as unit:
        appointment = unit.lock(appointment_id)
        if appointment.status == AppointmentStatus.PENDING:
            unit.move(appointment, AppointmentStatus.BOOKED, booked_at=clock.now())
            messages.booked(appointment)
            events.announce(AppointmentBooked(appointment.pk))
            return True
    return appointment.status not in {AppointmentStatus.EXPIRED, AppointmentStatus.CANCELLED}


def expire_due() -> int:
    """Free the time of every hold that ran out, each in a transaction of its own; how many."""
    due = Appointment.objects.filter(
        status=AppointmentStatus.PENDING, hold_expires_at__lte=clock.now()
    )
    ids = list(due.order_by("hold_expires_at").values_list("pk", flat=True)[:BATCH])
    return sum(_expire(appointment_id) for appointment_id in ids)


def _expire(appointment_id: UUID) -> bool:
    with change(EXPIRY) as unit:
        appointment = (
            Appointment.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
            .filter(
                pk=appointment_id,
                status=AppointmentStatus.PENDING,
                hold_expires_at__lte=clock.now(),
            )
            .first()
        )
        if appointment is None:
            return False
        placing.expire(unit, appointment)
    return True


def _refuse_hoarding(patient_id: UUID, now: datetime) -> None:
    pending = occupying(now).filter(patient=patient_id, status=AppointmentStatus.PENDING)
    if pending.count() >= MAX_HOLDS:
        raise DomainError(Code.TOO_MANY_HOLDS)
