"""What the patient is told, by SMS or e-mail.

An SMS says time and code, never the treatment; the link it carries shows the place.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

from booking import links
from booking.models import Appointment
from clinic.core import clock
from clinic.notifications import services as notifications


def payment_link(appointment: Appointment) -> None:
    _send(
        appointment,
        "hold_payment_link",
        "held",
        amount=appointment.price,
        hold_expires_at=appointment.hold_expires_at,
        url=links.checkout_url(appointment),
    )


def booked(appointment: Appointment) -> None:
    _send(
        appointment,
        "appointment_booked",
        "booked",
        check_in_code=appointment.check_in_code,
        url=links.visit_url(appointment),
    )


def rescheduled(appointment: Appointment) -> None:
    _send(
        appointment,
        "appointment_rescheduled",
        f"rescheduled:{clock.now().isoformat()}",
        check_in_code=appointment.check_in_code,
        url=links.visit_url(appointment),
    )


def cancelled(appointment: Appointment) -> None:
    _send(appointment, "appointment_cancelled", "cancelled")


def money_returned(appointment: Appointment, amount: Decimal, *, about: UUID) -> None:
    """The time is no longer theirs but was paid for; `about` is the payment."""
    _send(appointment, "money_returned", f"money_returned:{about}", amount=amount)


def _send(appointment: Appointment, template: str, about: str, **context: Any) -> None:
    """Queue it in the caller's transaction; a patient without phone and address gets none."""
    patient = appointment.patient
    context["start"] = appointment.start
    key = f"appointment:{appointment.pk}:{about}"
    context["specialty"] = appointment.specialty.name_in(patient.language)
    context["practitioner"] = appointment.practitioner.name
    notifications.tell(
        template=template,
        phone=patient.phone,
        email=patient.email,
        language=patient.language,
        context=context,
        key=key,
    )
