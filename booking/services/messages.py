"""What the patient is told.

An SMS says time and code, never the treatment; the link it carries shows the place.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

from booking import links
from booking.choices import AppointmentStatus
from booking.models import Appointment
from clinic.core import clock, outbox
from clinic.notifications import services as notifications
from clinic.notifications.causes import NotTold

CANCELLED = "appointment_cancelled"
RESCHEDULED = "appointment_rescheduled"


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
    if not notifications.reaches(appointment.patient, RESCHEDULED):
        _leave_to_the_desk(appointment, "rescheduled")
        return
    _send(
        appointment,
        RESCHEDULED,
        f"rescheduled:{clock.now().isoformat()}",
        check_in_code=appointment.check_in_code,
        url=links.visit_url(appointment),
    )


def cancelled(appointment: Appointment) -> None:
    if not notifications.reaches(appointment.patient, CANCELLED):
        _leave_to_the_desk(appointment, "cancelled")
        return
    _send(appointment, CANCELLED, "cancelled")


def tell_in_time(appointment_id: UUID) -> None:
    """Tell a patient what became of the visit, once a channel reaches them that didn't before.

    Raises Permanent while the desk has to do that; after the visit nobody has to.
    """
    appointment = Appointment.objects.select_related("patient").get(pk=appointment_id)
    if appointment.start <= clock.now():
        return
    if not notifications.reaches(appointment.patient, CANCELLED, RESCHEDULED):
        raise outbox.Permanent(NotTold.UNREACHABLE)
    if appointment.status == AppointmentStatus.CANCELLED:
        cancelled(appointment)
    elif appointment.status == AppointmentStatus.BOOKED:
        rescheduled(appointment)


def _is_for_the_desk(appointment: Appointment, template: str) -> bool:
    """A patient whose account is erased isn't told anything any more."""
    patient = appointment.patient
    return not notifications.reaches(patient, template) and patient.erased_at is None


def _leave_to_the_desk(appointment: Appointment, what: str) -> None:
    outbox.enqueue(
        "booking.tell_patient",
        key=f"tell:{appointment.pk}:{what}:{clock.now().isoformat()}",
        appointment_id=str(appointment.pk),
    )


def money_returned(appointment: Appointment, amount: Decimal, *, about: UUID) -> None:
    """They paid, but the time is no longer theirs; `about` is the payment."""
    _tell_of_money(appointment, "money_returned", amount, about=about)


def paid_twice(appointment: Appointment, amount: Decimal, *, about: UUID) -> None:
    """The visit was paid for twice; `about` is the second payment."""
    _tell_of_money(appointment, "paid_twice", amount, about=about)


def _tell_of_money(
    appointment: Appointment, template: str, amount: Decimal, *, about: UUID
) -> None:
    if _is_for_the_desk(appointment, template):
        outbox.enqueue(
            "booking.tell_of_money",
            key=f"tell:{template}:{about}",
            appointment_id=str(appointment.pk),
            template=template,
            amount=str(amount),
            about=str(about),
        )
        return
    _send(appointment, template, f"{template}:{about}", amount=amount)


def tell_of_money_in_time(
    appointment_id: UUID, template: str, amount: Decimal, *, about: UUID
) -> None:
    """Tell a patient about their money, once a channel reaches them that didn't before. Raises
    Permanent while the desk has to do that."""
    appointment = Appointment.objects.select_related("patient").get(pk=appointment_id)
    if _is_for_the_desk(appointment, template):
        raise outbox.Permanent(NotTold.UNREACHABLE)
    _send(appointment, template, f"{template}:{about}", amount=amount)


def _send(appointment: Appointment, template: str, about: str, **context: Any) -> None:
    """Queue it in the caller's transaction; a patient whom no channel reaches gets none."""
    patient = appointment.patient
    notifications.tell(
        patient,
        template,
        key=f"appointment:{appointment.pk}:{about}",
        context={
            "specialty": appointment.specialty.name_in(patient.language),
            "practitioner": appointment.practitioner.name,
            "start": appointment.start,
            **context,
        },
    )
