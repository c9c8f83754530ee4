"""What can happen to an appointment before its day: it is moved, cancelled or named differently."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from booking.availability import Calendar, Place, Treatment
from booking.choices import CLOSED, AppointmentStatus
from booking.errors import Code
from booking.events import AppointmentCancelled
from booking.models import Appointment
from booking.services import messages, placing
from booking.transitions import Change, change
from clinic.core import clock, events
from clinic.core.errors import DomainError
from clinic.directory import selectors as directory
from clinic.directory import services as people

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.core.audit import Actor

OPEN = frozenset({AppointmentStatus.PENDING, AppointmentStatus.BOOKED})


def cancel(appointment_id: UUID, *, actor: Actor, by_clinic: bool = False) -> Appointment:
    """Call an appointment off; cancelling again changes nothing.

    If the clinic cancels, paid money always goes back and the patient is told. If the patient
    cancels, it goes back until the clinic's free hours before the start; after the start, the
    reception decides. Raises DomainError `not_found`, `invalid_transition` or `too_late`.
    """
    with change(actor) as unit:
        appointment = unit.lock(appointment_id)
        if appointment.status == AppointmentStatus.CANCELLED:
            return appointment
        if appointment.status not in OPEN:
            raise DomainError(Code.INVALID_TRANSITION)
        now = clock.now()
        if not by_clinic and appointment.start <= now:
            raise DomainError(Code.TOO_LATE)
        refundable = by_clinic or (appointment.is_refundable and _is_early(appointment, now))
        unit.move(
            appointment,
            AppointmentStatus.CANCELLED,
            closed_at=now,
            is_refundable=refundable,
        )
        if by_clinic:
            messages.cancelled(appointment)
        events.announce(AppointmentCancelled(appointment.pk, refundable))
    return appointment


def reschedule(
    appointment_id: UUID, *, start: datetime, practitioner_id: UUID | None, actor: Actor
) -> Appointment:
    """Move an appointment to another slot of its specialty; what was paid stays paid.

    It stays as long as when it was booked, and can move even if its specialty is no longer offered.

    Without a practitioner the current one is kept if possible, else the one with the fewest
    appointments treats. A move later than the clinic's free hours is allowed, but forfeits the
    refund. Raises DomainError `not_found`, `invalid_transition`, `too_late`, `in_the_past`,
    `slot_unavailable`, `slot_taken` or `patient_busy`.
    """
    with change(actor) as unit:
        unit.wait_for_other_moves()
        owner_id = _owner_of(unit, appointment_id)
        people.lock_patient(owner_id)
        appointment = unit.lock(appointment_id)
        if appointment.status not in OPEN:
            raise DomainError(Code.INVALID_TRANSITION)
        now = clock.now()
        if appointment.start <= now:
            raise DomainError(Code.TOO_LATE)
        if start == appointment.start and practitioner_id in {None, appointment.practitioner_id}:
            return appointment
        treatment = Treatment.as_booked(appointment)
        end = start + treatment.length
        places = placing.places(
            treatment, practitioner_id, start, rule=Calendar.offers, without=appointment.pk
        )
        places.sort(key=lambda place: place.practitioner_id != appointment.practitioner_id)
        placing.refuse_busy_patient(owner_id, start, end, without=appointment.pk)
        placing.sweep(unit, start, end)
        keeps_refund = appointment.is_refundable and _is_early(appointment, now)

        def put(place: Place) -> None:
            moved = {"start": start, "end": end, "is_refundable": keeps_refund}
            unit.edit(appointment, "rescheduled", **moved, **place._asdict())

        if not placing.rewrite(appointment, places, start, end, put):
            raise DomainError(Code.SLOT_TAKEN, pointer="/start")
        if appointment.status == AppointmentStatus.BOOKED:
            messages.rescheduled(appointment)
    return appointment


def choose_label(appointment_id: UUID, *, choice: str, actor: Actor) -> Appointment:
    """How the patient is named on the screens at this visit; empty is the account's own choice.

    Raises DomainError `not_found`, and `invalid_transition` when the visit is over.
    """
    with change(actor) as unit:
        appointment = unit.lock(appointment_id)
        if appointment.status in CLOSED:
            raise DomainError(Code.INVALID_TRANSITION)
        if appointment.label_choice != choice:
            unit.edit(appointment, "label_chosen", label_choice=choice)
    return appointment


def can_cancel(appointment: Appointment, now: datetime) -> bool:
    """Whether its patient may still call it off."""
    return appointment.status in OPEN and appointment.start > now


can_reschedule = can_cancel


def _owner_of(unit: Change, appointment_id: UUID) -> UUID:
    """Patient before appointment is the lock order, so the owner is read without a lock first."""
    owner_id = (
        Appointment.objects.filter(pk=appointment_id).values_list("patient_id", flat=True).first()
    )
    return owner_id if owner_id is not None else unit.lock(appointment_id).patient_id


def _is_early(appointment: Appointment, now: datetime) -> bool:
    free = timedelta(hours=directory.organization().cancel_free_hours)
    return now <= appointment.start - free
