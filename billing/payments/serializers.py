from typing import Any

from rest_framework import serializers
from rest_framework.fields import empty

from billing.payments import phones
from billing.payments.models import CustomerKind, Method
from billing.payments.providers.base import EventType
from billing.payments.screens import PaymentBody
from billing.payments.services.checkout import Customer, Order
from booking.fields import InstantField
from booking.screens.parts import PersonRef, TimedSpecialtyRef
from clinic.core.fields import Email, Line
from clinic.directory import nif


class _EmptyWhenNull(serializers.CharField):
    """Optional text: null says the same as leaving it out."""

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation("" if data is None else data)


class Text(_EmptyWhenNull, Line):
    """One line, or none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_blank=True, default="", **options)


class OptionalEmail(_EmptyWhenNull, Email):
    """An address, or none."""


class InvoiceDetails(serializers.Serializer[Customer]):
    """To whom the invoice is made out."""

    kind = serializers.ChoiceField(choices=CustomerKind.choices)
    tax_id = Text(max_length=20, help_text="NIF; required for a taxpayer")
    name = Text(max_length=120, help_text="The patient's own name when left out")
    address = Text(max_length=200)
    email = OptionalEmail(
        required=False,
        allow_blank=True,
        help_text="Where the invoice goes; the patient's own address when left out",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] == CustomerKind.TAXPAYER:
            attrs["tax_id"] = tax_id(attrs["tax_id"])
        elif attrs["tax_id"]:
            raise serializers.ValidationError(
                {"tax_id": "A final consumer gives no tax number."}, code="unexpected"
            )
        return attrs


class PaymentOrder(serializers.Serializer[Order]):
    method = serializers.ChoiceField(choices=Method.choices)
    phone = Text(
        max_length=40,
        help_text="Portuguese mobile number; required for MB WAY, of no use to Multibanco",
    )
    invoice = InvoiceDetails()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["phone"] = _mobile(attrs["phone"]) if attrs["method"] == Method.MB_WAY else ""
        return attrs

    def order(self) -> Order:
        """What was asked for, once it has been validated."""
        data = self.validated_data
        return Order(
            method=Method(data["method"]),
            phone=data["phone"],
            customer=Customer(**{**data["invoice"], "kind": CustomerKind(data["invoice"]["kind"])}),
        )


class CheckoutAppointment(serializers.Serializer[Any]):
    specialty = TimedSpecialtyRef()
    start = InstantField()
    end = InstantField()
    practitioner = PersonRef()


class CheckoutBody(serializers.Serializer[Any]):
    """What somebody with a payment link sees. It doesn't name the patient."""

    appointment = CheckoutAppointment()
    amount = serializers.DecimalField(max_digits=10, decimal_places=2)
    currency = serializers.CharField()
    status = serializers.CharField(help_text="The appointment's status: pending while unpaid")
    hold_expires_at = InstantField(allow_null=True)
    payment = PaymentBody(allow_null=True)


class WebhookAccepted(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["accepted"])


class WebhookNotice(serializers.Serializer[Any]):
    """A notice of the sandbox bank. The header X-Signature signs its exact bytes.

    Other providers use their own formats: eupago its webhooks 2.0, ifthenpay a GET.
    """

    event_id = serializers.CharField(max_length=100)
    type = serializers.ChoiceField(
        choices=[EventType.PAID, EventType.REFUSED, EventType.EXPIRED, EventType.FAILED]
    )
    payment_id = serializers.UUIDField(
        allow_null=True, help_text="null where the provider never learned it (offline references)"
    )
    method = serializers.ChoiceField(choices=Method.choices)
    entity = serializers.CharField(required=False, allow_blank=True, max_length=5)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=9)
    request_id = serializers.CharField(required=False, allow_blank=True, max_length=100)
    amount = serializers.CharField(max_length=12)
    currency = serializers.CharField(max_length=3)
    occurred_at = serializers.DateTimeField()
    transaction_id = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=100,
        help_text="the bank's name of the money that moved",
    )


def tax_id(text: str) -> str:
    """The digits of a NIF as somebody typed it. Raises ValidationError for what is none."""
    try:
        return nif.parse(text)
    except nif.InvalidTaxIdError:
        raise serializers.ValidationError(
            {"tax_id": "This isn't a valid NIF."}, code="invalid_tax_id"
        ) from None


def _mobile(text: str) -> str:
    try:
        return phones.parse_mobile(text)
    except phones.InvalidMobileError:
        raise serializers.ValidationError(
            {"phone": "This isn't a Portuguese mobile number."}, code="invalid_phone"
        ) from None
