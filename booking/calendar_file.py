"""One appointment as an iCalendar file (RFC 5545)."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings

from booking.models import Appointment, AppointmentStatus
from clinic.core import clock
from clinic.directory import selectors as directory

LINE_OCTETS = 75
_STATUS = {
    AppointmentStatus.PENDING: "TENTATIVE",
    AppointmentStatus.CANCELLED: "CANCELLED",
    AppointmentStatus.EXPIRED: "CANCELLED",
    AppointmentStatus.NO_SHOW: "CANCELLED",
}


def render(appointment: Appointment, language: str) -> str:
    """The file's text: CRLF line ends, lines folded, values escaped. Moving keeps the UID."""
    clinic = directory.organization()
    specialty = appointment.specialty.name_in(language)
    place = f"{clinic.name}, {clinic.address_line}, {clinic.postal_code} {clinic.city}"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Vez//Appointments//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{appointment.pk}@{urlsplit(settings.PUBLIC_ORIGIN).hostname}",
        f"DTSTAMP:{_instant(clock.now())}",
        f"DTSTART:{_instant(appointment.start)}",
        f"DTEND:{_instant(appointment.end)}",
        f"SUMMARY:{_text(f'{specialty} ({clinic.name})')}",
        f"DESCRIPTION:{_text(appointment.practitioner.name)}",
        f"LOCATION:{_text(place)}",
        f"STATUS:{_STATUS.get(AppointmentStatus(appointment.status), 'CONFIRMED')}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> str:
    """No line longer than 75 octets, and no character cut in two."""
    folded, length = "", 0
    for sign in line:
        size = len(sign.encode())
        if length + size > LINE_OCTETS:
            folded, length = f"{folded}\r\n ", 1
        folded, length = folded + sign, length + size
    return folded
