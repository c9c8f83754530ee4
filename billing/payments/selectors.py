"""Reading the ledger."""

from typing import Any
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
    """The payment that tells how an appointment's money stands.

    A paid or refunded one, else the one that waits, else the latest; money that was of use before
    any that wasn't.
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


def body_of(payment: Payment) -> dict[str, Any]:
    """A payment as clients see it, in answers and in frames: JSON types only."""
    return {
        "id": str(payment.id),
        "method": payment.method,
        "status": payment.status,
        "reason": payment.reason,
        "amount": f"{payment.amount:.2f}",
        "currency": payment.currency,
        "entity": payment.entity or None,
        "reference": payment.reference or None,
        "phone": payment.phone or None,
        "expires_at": payment.expires_at.isoformat(),
        "created_at": payment.created_at.isoformat(),
        "paid_at": payment.paid_at.isoformat() if payment.paid_at else None,
    }


def payment_body(payment_id: UUID) -> dict[str, Any]:
    """`body_of` by id. Raises Payment.DoesNotExist."""
    return body_of(payment(payment_id))
