"""One appointment as an iCalendar file (RFC 5545), the same for everybody."""

from datetime import UTC
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event

from booking.choices import AppointmentStatus
from booking.models import Appointment
from clinic.core import clock
from clinic.directory import selectors as directory

_SHOWN = ("start", "end", "practitioner_id")
_STATUS = {
    AppointmentStatus.PENDING: "TENTATIVE",
    AppointmentStatus.CANCELLED: "CANCELLED",
    AppointmentStatus.EXPIRED: "CANCELLED",
    AppointmentStatus.NO_SHOW: "CANCELLED",
}


def render(appointment: Appointment, language: str) -> bytes:
    """The file since the last change of the appointment that calendars show.

    A calendar that already has the event recognises its UID and takes the higher SEQUENCE.
    """
    clinic = directory.organization()
    changed_at = appointment.calendar_changed_at or appointment.created_at
    event = Event()
    event.add("uid", f"{appointment.pk}@{urlsplit(settings.PUBLIC_ORIGIN).hostname}")
    event.add("sequence", appointment.calendar_sequence)
    event.add("dtstamp", changed_at)
    event.add("created", appointment.created_at)
    event.add("last-modified", changed_at)
    event.add("dtstart", appointment.start.astimezone(UTC))
    event.add("dtend", appointment.end.astimezone(UTC))
    event.add("summary", f"{appointment.specialty.name_in(language)} ({clinic.name})")
    event.add("description", appointment.practitioner.name)
    event.add(
        "location",
        f"{clinic.name}, {clinic.address_line}, {clinic.postal_code} {clinic.city}",
    )
    event.add("status", _status(appointment.status))
    file = Calendar()
    file.add("version", "2.0")
    file.add("prodid", "-//Vez//Appointments//EN")
    file.add("method", "PUBLISH")
    file.add_component(event)
    text: bytes = file.to_ical()
    return text


def renewal(appointment: Appointment, **changes: Any) -> dict[str, Any]:
    """The columns that change together with these; none if calendars don't show the change.

    The caller holds the row.
    """
    is_shown = _status(changes.get("status", appointment.status)) != _status(
        appointment.status
    ) or any(
        changes.get(name, getattr(appointment, name)) != getattr(appointment, name)
        for name in _SHOWN
    )
    if not is_shown:
        return {}
    return {
        "calendar_sequence": appointment.calendar_sequence + 1,
        "calendar_changed_at": clock.now(),
    }


def _status(status: str) -> str:
    return _STATUS.get(AppointmentStatus(status), "CONFIRMED")
