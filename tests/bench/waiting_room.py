"""A full waiting room in the database, for measuring: forty patients, one paired display."""

import secrets
from datetime import timedelta

from booking.choices import AppointmentStatus, Source
from booking.models import Appointment
from clinic.accounts.choices import DeviceKind
from clinic.accounts.models import Device, User
from clinic.accounts.selectors import token_digest
from clinic.accounts.services import people
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.directory.models import Organization, Patient, Practitioner, Room, Specialty
from clinic.directory.services import install_catalogue

SETUP = Actor.system("bench")
PRACTITIONERS = 8
EACH = 5


def fill(practitioners: int = PRACTITIONERS, each: int = EACH) -> list[Appointment]:
    """Practitioners with patients who have all arrived, in the order in which to call them."""
    install_catalogue()
    Organization.objects.update_or_create(
        id=1,
        defaults={
            "name": "Clínica Vez",
            "legal_name": "Vez Fisioterapia, Lda.",
            "tax_id": "510123457",
            "address_line": "Rua das Flores 12",
            "postal_code": "1200-195",
            "city": "Lisboa",
            "phone": "+351211234567",
            "email": "geral@vez.example",
        },
    )
    specialty = Specialty.objects.get(pk="massage")
    rows = [_row(number, each, specialty) for number in range(practitioners)]
    return [appointment for turn in zip(*rows, strict=True) for appointment in turn]


def _row(number: int, each: int, specialty: Specialty) -> list[Appointment]:
    room = Room.objects.create(name=f"B{number}")
    practitioner = Practitioner.objects.create(name=f"Practitioner {number}", room=room)
    now = clock.now()
    opens, _ = clock.day_bounds(clock.today())
    row = []
    for place in range(each):
        serial = number * each + place + 1
        user = people.create_user(actor=SETUP, full_name=f"Given Name{serial} Last")
        start = opens + timedelta(hours=place)
        row.append(
            Appointment.objects.create(
                patient=Patient.objects.get(pk=user.pk),
                specialty=specialty,
                practitioner=practitioner,
                room=room,
                start=start,
                end=start + timedelta(minutes=specialty.duration_minutes),
                status=AppointmentStatus.ARRIVED,
                source=Source.DESK,
                price=specialty.price,
                vat_rate=specialty.vat_rate,
                vat_exemption=specialty.vat_exemption,
                check_in_code=f"B{serial:05d}",
                ticket=f"B{serial:03d}",
                ticket_on=clock.today(),
                created_at=now,
                booked_at=now,
                arrived_at=now,
            )
        )
    return row


def display_tokens(count: int) -> list[str]:
    """The tokens of so many new displays, each paired just now."""
    return _tokens(DeviceKind.DISPLAY, count)


def kiosk_tokens(count: int) -> list[str]:
    """The tokens of so many new kiosks, each paired just now."""
    return _tokens(DeviceKind.KIOSK, count)


def _tokens(kind: DeviceKind, count: int) -> list[str]:
    now = clock.now()
    tokens = [secrets.token_urlsafe(32) for _ in range(count)]
    Device.objects.bulk_create(
        Device(
            kind=kind,
            name=f"Bench {number}",
            token_hash=token_digest(token),
            paired_at=now,
            last_seen_at=now,
        )
        for number, token in enumerate(tokens)
    )
    return tokens


def receptionist() -> User:
    """Somebody at the desk."""
    return people.create_user(actor=SETUP, full_name="Rita Campos", role="reception")
