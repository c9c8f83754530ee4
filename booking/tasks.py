from decimal import Decimal
from uuid import UUID

from celery import shared_task

from booking.models import Appointment
from booking.services import day_end, holds, learning, messages, screens
from clinic.core import outbox


def _about(*, appointment_id: str, **told: str) -> outbox.Subject:
    appointment = Appointment.objects.select_related("patient").get(pk=appointment_id)
    return outbox.Subject(
        patient_id=appointment.patient_id,
        name=appointment.patient.full_name,
        visit_at=appointment.start,
        amount=Decimal(told["amount"]) if "amount" in told else None,
    )


@outbox.handler(
    "booking.tell_patient",
    until_done=True,
    pt="Utente por avisar de uma consulta desmarcada ou mudada",
    en="Patient to be told of a visit that was called off or moved",
    about=_about,
)
def tell_patient(appointment_id: str) -> None:
    messages.tell_in_time(UUID(appointment_id))


@outbox.handler(
    "booking.tell_of_money",
    until_done=True,
    pt="Utente por avisar de dinheiro que volta para si",
    en="Patient to be told of money that goes back to them",
    about=_about,
)
def tell_of_money(appointment_id: str, template: str, amount: str, about: str) -> None:
    messages.tell_of_money_in_time(
        UUID(appointment_id), template, Decimal(amount), about=UUID(about)
    )


@shared_task(name="booking.expire_holds")
def expire_holds() -> None:
    holds.expire_due()


@shared_task(name="booking.refresh_waits")
def refresh_waits() -> None:
    screens.refresh_waits()


@shared_task(name="booking.close_past_days")
def close_past_days() -> None:
    day_end.close_past_days()


@shared_task(name="booking.learn_times")
def learn_times() -> None:
    learning.learn()
