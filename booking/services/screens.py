"""Keeps the screens right when only the time or a name has changed."""

import hashlib
from uuid import UUID

from django.db import transaction

from booking import revision, selectors, standings
from booking.choices import LIVE
from booking.events import VisitChanged, WaitsChanged
from booking.models import Appointment
from clinic.core import clock, events


@transaction.atomic
def refresh_waits() -> bool:
    """Announce the day again if, since the last call, the passing of time has changed a range or a
    place, has made somebody miss their visit, or has begun another day."""
    ranges = standings.ranges()
    for appointment_id, _, low, high in ranges:
        waiting = Appointment.objects.filter(pk=appointment_id)
        waiting.exclude(shown_low_minutes=low, shown_high_minutes=high).update(
            shown_low_minutes=low, shown_high_minutes=high
        )
    shown = (clock.today(), ranges, selectors.missed_today())
    digest = hashlib.sha256(repr(shown).encode()).hexdigest()
    number = revision.bump_if_changed(digest)
    if number is not None:
        events.announce(WaitsChanged(number))
    return number is not None


@transaction.atomic
def rename(patient_id: UUID) -> None:
    """A patient's name, or the choice of how to be named, has changed: show it today at once."""
    opens, closes = clock.day_bounds(clock.today())
    shown = Appointment.objects.filter(
        patient=patient_id, status__in=LIVE, start__gte=opens, start__lt=closes
    )
    visits = list(shown.values_list("pk", "practitioner_id"))
    for appointment_id, practitioner_id in visits:
        events.announce(VisitChanged(appointment_id, patient_id, practitioner_id))
    if visits:
        revision.bump()
