"""What clients see of a payment: each body next to the serializer that describes it."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from billing.payments import selectors
from billing.payments.models import Method, Payment, PaymentStatus, Reason


class PaymentBody(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    method = serializers.ChoiceField(choices=Method.choices)
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    reason = serializers.ChoiceField(
        choices=Reason.choices, allow_blank=True, help_text="Why it didn't come about"
    )
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    currency = serializers.CharField()
    entity = serializers.CharField(allow_null=True)
    reference = serializers.CharField(allow_null=True, help_text="Nine digits")
    phone = serializers.CharField(allow_null=True, help_text="E.164")
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)


class PaymentFrame(serializers.Serializer[Any]):
    """One of the patient's payments, after each change."""

    type = serializers.ChoiceField(choices=["payment"])
    appointment = serializers.UUIDField()
    payment = PaymentBody()


def body(payment: Payment) -> dict[str, Any]:
    """A payment in answers and in frames: JSON types only."""
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


def frame(payment_id: UUID) -> dict[str, Any]:
    """A payment with the appointment that it pays. Raises Payment.DoesNotExist."""
    payment = selectors.payment(payment_id)
    return {
        "type": "payment",
        "appointment": str(payment.appointment_id),
        "payment": body(payment),
    }
