from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.invoicing.models import DocumentType, Invoice, KeptInvoiceDetails
from billing.payments.serializers import Text, tax_id


class DetailsToKeep(serializers.Serializer[Any]):
    """What the patient wants to see again at the next payment."""

    tax_id = Text(max_length=20, help_text="NIF; required")
    name = Text(max_length=120)
    address = Text(max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["tax_id"] = tax_id(attrs["tax_id"])
        return attrs


class KeptDetailsBody(serializers.Serializer[KeptInvoiceDetails]):
    """Every text is empty if nothing is kept."""

    tax_id = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    kept_at = serializers.DateTimeField(allow_null=True, help_text="Null if nothing is kept")


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
        help_text="Until when the law makes us keep it, even if its patient's account is erased"
    )

    @extend_schema_field(serializers.CharField())
    def get_pdf_url(self, invoice: Invoice) -> str:
        return reverse("invoice-pdf", args=[invoice.pk])
