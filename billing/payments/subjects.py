"""Says what billing's work is about, to a person who reads that it has stopped."""

from uuid import UUID

from billing.payments.models import Payment, Refund, WebhookDelivery
from booking import selectors as booking
from clinic.core.outbox import Subject


def of_payment(payment_id: str) -> Subject:
    payment = Payment.objects.select_related("patient", "appointment").get(pk=payment_id)
    return Subject(
        patient_id=payment.patient_id,
        name=payment.patient.full_name,
        amount=payment.amount,
        visit_at=payment.appointment.start,
    )


def of_refund(refund_id: str) -> Subject:
    refund = Refund.objects.select_related("payment__patient", "payment__appointment").get(
        pk=refund_id
    )
    return Subject(
        patient_id=refund.payment.patient_id,
        name=refund.payment.patient.full_name,
        amount=refund.amount,
        visit_at=refund.payment.appointment.start,
    )


def of_appointment(appointment_id: str, **_: object) -> Subject:
    appointment = booking.get_appointment(UUID(appointment_id))
    return Subject(
        patient_id=appointment.patient_id,
        name=appointment.patient.full_name,
        amount=appointment.price,
        visit_at=appointment.start,
    )


def of_notice(delivery_id: str) -> Subject:
    return Subject(name=WebhookDelivery.objects.get(pk=delivery_id).provider)
