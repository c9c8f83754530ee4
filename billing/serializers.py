from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from billing import phones
from billing.models import (
    CustomerKind,
    DocumentType,
    Invoice,
    KeptInvoiceDetails,
    Method,
    PaymentStatus,
    Reason,
)
from billing.providers.base import EventType
from billing.services.checkout import Customer, Order
from booking.fields import InstantField
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
            attrs["tax_id"] = _tax_id(attrs["tax_id"])
        elif attrs["tax_id"]:
            raise serializers.ValidationError(
                {"tax_id": "A final consumer gives no tax number."}, code="unexpected"
            )
        return attrs


class DetailsToKeep(serializers.Serializer[Any]):
    """What the patient wants to find again at the next payment."""

    tax_id = Text(max_length=20, help_text="NIF; required")
    name = Text(max_length=120)
    address = Text(max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["tax_id"] = _tax_id(attrs["tax_id"])
        return attrs


class KeptDetailsBody(serializers.Serializer[KeptInvoiceDetails]):
    """Every text is empty where nothing is kept."""

    tax_id = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    kept_at = serializers.DateTimeField(allow_null=True, help_text="Null where nothing is kept")


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


class CheckoutSpecialty(serializers.Serializer[Any]):
    code = serializers.CharField()
    name_pt = serializers.CharField()
    name_en = serializers.CharField()
    duration_minutes = serializers.IntegerField()


class CheckoutPractitioner(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class CheckoutAppointment(serializers.Serializer[Any]):
    specialty = CheckoutSpecialty()
    start = InstantField()
    end = InstantField()
    practitioner = CheckoutPractitioner()


class CheckoutBody(serializers.Serializer[Any]):
    """What the holder of a payment link sees. It names no patient."""

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

    Other providers write in their own forms: eupago as its webhooks 2.0 do, ifthenpay as a GET.
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


class InvoiceBody(serializers.Serializer[Invoice]):
    id = serializers.UUIDField()
    number = serializers.CharField(help_text="The legal number")
    atcud = serializers.CharField()
    issued_on = serializers.DateField()
    appointment = serializers.UUIDField(source="payment.appointment_id")
    net_total = serializers.DecimalField(max_digits=10, decimal_places=2)
    vat_total = serializers.DecimalField(max_digits=10, decimal_places=2)
    gross_total = serializers.DecimalField(max_digits=10, decimal_places=2)
    customer_name = serializers.CharField()
    customer_tax_id = serializers.CharField()
    pdf_url = serializers.SerializerMethodField()
    document_type = serializers.ChoiceField(choices=DocumentType.choices)
    credits = serializers.CharField(
        source="credits.number",
        default=None,
        allow_null=True,
        help_text="The number of the invoice that a credit note credits",
    )
    training = serializers.BooleanField(help_text="Issued for training: not a valid invoice")
    kept_until = serializers.DateField(
        help_text="Until when the law has us keep it, also when its patient's account is erased"
    )

    @extend_schema_field(serializers.CharField())
    def get_pdf_url(self, invoice: Invoice) -> str:
        return reverse("invoice-pdf", args=[invoice.pk])


def _tax_id(text: str) -> str:
    try:
        return nif.parse(text)
    except nif.InvalidTaxIdError:
        raise serializers.ValidationError(
            {"tax_id": "This is no valid NIF."}, code="invalid_tax_id"
        ) from None


def _mobile(text: str) -> str:
    try:
        return phones.parse_mobile(text)
    except phones.InvalidMobileError:
        raise serializers.ValidationError(
            {"phone": "This is no Portuguese mobile number."}, code="invalid_phone"
        ) from None
