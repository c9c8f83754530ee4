"""Closes what yesterday left open: nobody presses a button for a patient who never came."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from booking.choices import ON_PREMISES, AppointmentStatus
from booking.models import Appointment
from booking.transitions import change
from clinic.core import clock
from clinic.core.audit import Actor

if TYPE_CHECKING:
    from uuid import UUID

OPEN = (AppointmentStatus.BOOKED, *ON_PREMISES)
# A treatment booked for shortly before midnight may run past its plan.
GRACE = timedelta(hours=2)
BATCH = 500
DAY_END = Actor.system("day_end")


def close_past_days() -> int:
    """Close every open visit of an earlier day, each in its own transaction. Returns how many.

    A patient who never came, or came and was never treated, is a no-show. A treatment that nobody
    finished ends at its planned time; its `closed_at` is later than its `ended_at`, unlike one
    whose end somebody saw.
    """
    midnight, _ = clock.day_bounds(clock.today())
    past = Appointment.objects.filter(
        status__in=OPEN, start__lt=midnight, end__lt=clock.now() - GRACE
    )
    ids = list(past.order_by("start").values_list("pk", flat=True)[:BATCH])
    return sum(_close(appointment_id) for appointment_id in ids)


def _close(appointment_id: UUID) -> bool:
    """False if somebody else was faster. Past visits aren't moved, only closed."""
    with change(DAY_END) as unit:
        appointment = unit.lock(appointment_id)
        if appointment.status not in OPEN:
            return False
        status, stamps = _end(appointment)
        unit.move(appointment, status, **stamps)
        return True


def _end(appointment: Appointment) -> tuple[AppointmentStatus, dict[str, Any]]:
    now = clock.now()
    if appointment.status != AppointmentStatus.IN_PROGRESS or appointment.started_at is None:
        return AppointmentStatus.NO_SHOW, {"closed_at": now}
    planned = appointment.started_at + (appointment.end - appointment.start)
    return AppointmentStatus.FULFILLED, {"ended_at": min(planned, now), "closed_at": now}
