"""What booking keeps of a patient whose account is erased: visits, without a word about the
person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from booking.choices import LIVE
from booking.errors import Code
from booking.models import Appointment
from booking.transitions import change
from clinic.core import clock, idempotency
from clinic.core.errors import DomainError
from clinic.notifications import services as notifications

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.core.audit import Actor


def refuse_visits_ahead(patient_id: UUID) -> None:
    """Booked visits have to be cancelled first, under the usual policy and with the refund.

    Raises DomainError `visits_ahead` while an appointment is open.
    """
    if Appointment.objects.filter(patient=patient_id, status__in=LIVE).exists():
        raise DomainError(Code.VISITS_AHEAD)


def forget(patient_id: UUID, *, actor: Actor) -> None:
    """Blank the notes, the names chosen for the screens, and what messages about the visits said.

    Times, therapist and treatment stay, for the durations that the clinic learns. The patient and
    the money of their appointments are locked, so no visit is opened again meanwhile. Raises
    DomainError `visits_ahead` as `refuse_visits_ahead` does.
    """
    opens, closes = clock.day_bounds(clock.today())
    with change(actor) as unit:
        refuse_visits_ahead(patient_id)
        theirs = Appointment.objects.filter(patient=patient_id).order_by("pk")
        # Today's too, so that the screens of the team show the day without the name.
        on_show = Q(start__gte=opens, start__lt=closes)
        for appointment_id in list(theirs.filter(on_show).values_list("pk", flat=True)):
            unit.edit(unit.lock(appointment_id), "erased", note="", label_choice="")
        told = theirs.exclude(on_show).exclude(note="", label_choice="")
        unit.edit_unseen(told, "erased", note="", label_choice="")
        ids = list(theirs.values_list("pk", flat=True))
        notifications.forget(*(f"appointment:{appointment_id}" for appointment_id in ids))
        idempotency.forget(ids)
