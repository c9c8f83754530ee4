"""Keeping a time for a patient until it is paid."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from booking.availability import Calendar, Place, Treatment, occupying
from booking.choices import AppointmentStatus, Source
from booking.errors import Code
from booking.models import Appointment
from booking.services import messages, placing
from booking.transitions import Change, change
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.directory import selectors as directory
from clinic.directory import services as people

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.accounts.models import User

MAX_HOLDS = 10
LONGEST_HOLD = timedelta(minutes=30)
"""Counted from when a hold is made: it can be extended, but nobody keeps a time for long without
paying."""

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
    """Keep a slot for a patient and send the payment link. Without a practitioner, the one with the
    fewest appointments is taken.

    Raises DomainError `unknown_specialty`, `unknown_practitioner`, `in_the_past`,
    `slot_unavailable`, `slot_taken`, `patient_busy`, `too_many_holds` or `phone_unverified`.
    """
    specialty = directory.specialty(specialty_code)
    with change(actor) as unit:
        owner = people.lock_patient(patient.pk)
        if not owner.phone_verified:
            raise DomainError(Code.PHONE_UNVERIFIED)
        treatment = Treatment.on_offer(specialty)
        places = placing.places(treatment, practitioner_id, start, rule=Calendar.offers)
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
        appointment = placing.place(unit, draft, places)
        messages.payment_link(appointment)
    return appointment


def confirm(appointment_id: UUID, actor: Actor) -> bool:
    """The money is there: the appointment is booked and the patient is told.

    A hold that ran out is still booked if its time is ahead and free. True if the appointment
    stands, even if it was booked before; False if it was cancelled, its time is taken, or its
    patient is gone. Raises DomainError `not_found`.
    """
    with change(actor) as unit:
        unit.wait_for_other_moves()
        appointment = unit.lock(appointment_id)
        if appointment.status == AppointmentStatus.PENDING:
            unit.move(appointment, AppointmentStatus.BOOKED, booked_at=clock.now())
        elif appointment.status == AppointmentStatus.EXPIRED:
            if not _book_again(unit, appointment):
                return False
        else:
            return appointment.status != AppointmentStatus.CANCELLED
        messages.booked(appointment)
    return True


def keep_until(appointment_id: UUID, until: datetime, *, actor: Actor) -> bool:
    """Make a hold last at least until then, so that a payment that has begun can finish.

    False when the hold is over, or would become longer than `LONGEST_HOLD`. Raises DomainError
    `not_found`.
    """
    with change(actor) as unit:
        appointment = unit.lock(appointment_id)
        ends = appointment.hold_expires_at
        if appointment.status != AppointmentStatus.PENDING or ends is None or ends <= clock.now():
            return False
        if ends >= until:
            return True
        if until > appointment.created_at + LONGEST_HOLD:
            return False
        unit.edit(appointment, "hold_extended", hold_expires_at=until)
    return True


def expire_due() -> int:
    """Free the time of every hold that ran out, each in its own transaction. Returns how many."""
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


def _book_again(unit: Change, appointment: Appointment) -> bool:
    """Give an expired hold its time back, in its own room or another; the constraints decide."""
    now, start, end = clock.now(), appointment.start, appointment.end
    treats = directory.is_present(appointment.practitioner_id, start, end)
    if start <= now or not treats or not directory.is_patient(appointment.patient_id):
        return False
    placing.sweep(unit, start, end)
    practitioner_id = appointment.practitioner_id
    treatment = Treatment.as_booked(appointment)
    calendar = Calendar(treatment, [practitioner_id], start, end, now=now)

    def book(place: Place) -> None:
        unit.move(
            appointment,
            AppointmentStatus.BOOKED,
            booked_at=now,
            closed_at=None,
            **place._asdict(),
        )

    places = calendar.places(practitioner_id, start, room_id=appointment.room_id)
    return placing.rewrite(appointment, places, start, end, book)


def _refuse_hoarding(patient_id: UUID, now: datetime) -> None:
    pending = occupying(now).filter(patient=patient_id, status=AppointmentStatus.PENDING)
    if pending.count() >= MAX_HOLDS:
        raise DomainError(Code.TOO_MANY_HOLDS)
