"""Reading the ledger."""

from uuid import UUID

from django.db.models import Exists, OuterRef

from billing.payments.models import OF_NO_USE, SETTLED, Payment, PaymentIssue, PaymentStatus


def payment(payment_id: UUID) -> Payment:
    """Raises Payment.DoesNotExist."""
    return Payment.objects.get(pk=payment_id)


def payment_of(appointment_id: UUID, payment_id: UUID) -> Payment | None:
    """That payment, if it is for this appointment."""
    return Payment.objects.filter(appointment_id=appointment_id, pk=payment_id).first()


def telling_payment(appointment_id: UUID) -> Payment | None:
    """The payment that shows the state of an appointment's money.

    A paid or refunded one, else the waiting one, else the latest; used money comes before money
    that was of no use.
    """
    unusable = PaymentIssue.objects.filter(payment=OuterRef("pk"), kind__in=OF_NO_USE)
    payments = list(
        Payment.objects.filter(appointment_id=appointment_id).order_by(
            Exists(unusable), "-created_at"
        )
    )
    for statuses in (
        SETTLED,
        (PaymentStatus.PENDING,),
        tuple(PaymentStatus),
    ):
        for candidate in payments:
            if candidate.status in statuses:
                return candidate
    return None
