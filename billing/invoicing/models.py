"""Documents for money that came in or went back, and what numbers and signs them.

Invoices and their lines are only ever inserted; triggers in the database ensure it.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from billing.payments.models import GROSS_DIGITS, CustomerKind, Method, Payment, Refund
from clinic.core import clock
from clinic.core.columns import LineColumn, in_our_years, plain
from clinic.core.single import SingleRow, only_one

YEARS_KEPT = 10
OWN_ISSUER = "own"
PRINTED = (
    *("number", "atcud", "reason", "producer_name", "producer_tax_id"),
    *("seller_name", "seller_legal_name", "seller_tax_id", "seller_address", "seller_postal_code"),
    *("seller_city", "seller_phone", "seller_email"),
    *("customer_name", "customer_tax_id", "customer_country", "customer_address"),
)
PRINTED_OF_A_LINE = ("code", "description", "exemption_reason")
"""The text of a document and of its line, which has to stay readable as long as it is kept."""

TRAINING_TEXT = "Documento emitido para fins de Formação"


class KeptInvoiceDetails(models.Model):
    """To whom a patient has their invoices made out, kept because they asked for it, for as long as
    they want. Erased with the patient."""

    patient = models.OneToOneField(
        "directory.Patient", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    tax_id = models.CharField(max_length=9)
    name = LineColumn(max_length=120, blank=True)
    address = LineColumn(max_length=200, blank=True)
    kept_at = models.DateTimeField(help_text="when the patient last asked for it")

    class Meta:
        verbose_name_plural = "kept invoice details"
        constraints = [plain("kept_details_are_plain", "name", "address")]

    def __str__(self) -> str:
        return str(self.pk)


class DocumentType(models.TextChoices):
    INVOICE_RECEIPT = "FR", "Fatura-recibo"
    CREDIT_NOTE = "NC", "Nota de crédito"


class PaymentMechanism(models.TextChoices):
    """The codes of the tax authority's table of ways to pay that ours can be."""

    MULTIBANCO = "MB", "MB: reference of Multibanco"
    TRANSFER = "TB", "TB: bank transfer"
    OTHER = "OU", "OU: other"


class InvoicingRules(SingleRow):
    """How this clinic invoices; one row. Without a certificate all documents are for training."""

    certificate_number = models.CharField(
        max_length=4,
        blank=True,
        validators=[RegexValidator(r"^[1-9]\d{0,3}$")],
        help_text="what the tax authority gave the program; empty: training",
    )
    producer_name = LineColumn(max_length=200, blank=True, help_text="who made the program")
    producer_tax_id = models.CharField(max_length=9, blank=True)
    mb_way_mechanism = models.CharField(
        max_length=2,
        choices=PaymentMechanism.choices,
        default=PaymentMechanism.OTHER,
        help_text="MB WAY has no code of its own",
    )

    class Meta:
        verbose_name_plural = "invoicing rules"
        constraints = [
            only_one("one_set_of_invoicing_rules"),
            plain("invoicing_rules_are_plain", "producer_name"),
        ]

    def __str__(self) -> str:
        return self.certificate_number or "training"


class SigningKey(models.Model):
    """A public key with which documents were signed, by the version that they name."""

    version = models.PositiveSmallIntegerField(primary_key=True)
    public_key = models.TextField(unique=True)
    known_since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.version)


class InvoiceSeries(models.Model):
    """The numbers of one document type and year; locked while a number is taken, so none is
    missing."""

    document_type = models.CharField(max_length=2, choices=DocumentType.choices)
    name = models.CharField(max_length=20, validators=[RegexValidator(r"^[A-Z0-9]+$")])
    year = models.PositiveSmallIntegerField()
    validation_code = models.CharField(
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^[A-Z0-9]{8,20}$")],
        help_text="given by the tax authority; empty in training",
    )
    training = models.BooleanField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "invoice series"
        constraints = [
            models.UniqueConstraint(fields=["document_type", "name"], name="one_series_per_name"),
            models.UniqueConstraint(
                fields=["document_type", "year", "training"], name="one_series_per_year"
            ),
            models.CheckConstraint(
                condition=Q(training=True, validation_code="")
                | Q(training=False) & ~Q(validation_code=""),
                name="real_series_are_known_to_the_authority",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_type} {self.name}"


class Invoice(models.Model):
    """An issued document: an invoice-receipt, or a credit note for one. Everything on it is copied
    when it is issued, and never changes.

    A third party's document is in none of our series, and has no certificate, hash or QR code of
    ours.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="documents")
    credits = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="credit_notes"
    )
    refund = models.OneToOneField(
        Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="credit_note"
    )
    reason = models.CharField(max_length=200, blank=True, help_text="why a credit note was issued")
    patient = models.ForeignKey("directory.Patient", on_delete=models.PROTECT, related_name="+")
    issuer = models.CharField(max_length=20, default=OWN_ISSUER, db_default=OWN_ISSUER)
    external_id = models.CharField(
        max_length=40, blank=True, default="", db_default="", help_text="the issuer's own id"
    )
    series = models.ForeignKey(
        InvoiceSeries, on_delete=models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    sequence = models.PositiveIntegerField(null=True, blank=True)
    number = models.CharField(max_length=60, unique=True)
    document_type = models.CharField(max_length=2, choices=DocumentType.choices)
    training = models.BooleanField()
    certificate = models.CharField(
        max_length=4, blank=True, default="0", help_text="0: not certified; empty: a third party's"
    )
    producer_name = models.CharField(max_length=200, blank=True)
    producer_tax_id = models.CharField(max_length=9, blank=True)
    atcud = models.CharField(max_length=70, blank=True)
    hash = models.CharField(max_length=200, blank=True)
    hash_control = models.CharField(max_length=10, blank=True)
    issued_on = models.DateField()
    issued_at = models.DateTimeField()
    service_on = models.DateField()
    language = models.CharField(max_length=2)
    seller_name = models.CharField(max_length=120)
    seller_legal_name = models.CharField(max_length=200)
    seller_tax_id = models.CharField(max_length=9)
    seller_address = models.CharField(max_length=200)
    seller_postal_code = models.CharField(max_length=8)
    seller_city = models.CharField(max_length=80)
    seller_phone = models.CharField(max_length=20, blank=True)
    seller_email = models.EmailField(blank=True)
    customer_kind = models.CharField(max_length=16, choices=CustomerKind.choices)
    customer_name = models.CharField(max_length=120)
    customer_tax_id = models.CharField(max_length=30)
    customer_country = models.CharField(max_length=2, default="PT")
    customer_address = models.CharField(max_length=200, blank=True)
    payment_method = models.CharField(max_length=16, choices=Method.choices)
    paid_at = models.DateTimeField()
    net_total = models.DecimalField(max_digits=GROSS_DIGITS, decimal_places=2)
    vat_total = models.DecimalField(max_digits=GROSS_DIGITS, decimal_places=2)
    gross_total = models.DecimalField(max_digits=GROSS_DIGITS, decimal_places=2)
    qr = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["series", "sequence"], name="one_invoice_per_series_number"
            ),
            models.UniqueConstraint(
                fields=["issuer", "external_id"],
                condition=~Q(external_id=""),
                name="one_invoice_per_document_of_an_issuer",
            ),
            models.CheckConstraint(
                condition=Q(
                    issuer=OWN_ISSUER, external_id="", series__isnull=False, sequence__isnull=False
                )
                | ~Q(issuer=OWN_ISSUER) & ~Q(external_id="") & Q(series=None, sequence=None),
                name="own_documents_are_in_a_series",
            ),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(document_type="FR"), name="one_invoice_per_payment"
            ),
            models.CheckConstraint(
                condition=Q(document_type="FR", credits=None, refund=None, reason="")
                | Q(document_type="NC", credits__isnull=False, refund__isnull=False)
                & ~Q(reason=""),
                name="credit_notes_say_what_they_credit",
            ),
            models.CheckConstraint(
                condition=Q(gross_total=F("net_total") + F("vat_total")),
                name="invoice_totals_agree",
            ),
            models.CheckConstraint(
                condition=Q(net_total__gte=0, vat_total__gte=0, gross_total__gt=0),
                name="invoice_totals_are_positive",
            ),
            models.CheckConstraint(condition=Q(sequence__gte=1), name="invoice_numbers_from_one"),
            in_our_years("invoice_dates_can_be", "issued_on", "issued_at", "service_on", "paid_at"),
            plain("invoice_text_is_plain", *PRINTED),
        ]
        indexes = [models.Index(fields=["patient", "-issued_at"], name="invoice_patient")]

    def __str__(self) -> str:
        return self.number

    @property
    def kept_until(self) -> date:
        """The end of the period for which the law requires keeping it (CIVA art. 52, CIRC art.
        123)."""
        return date(self.issued_on.year + YEARS_KEPT, 12, 31)


class InvoiceLine(models.Model):
    """One service on an invoice. Net keeps six decimals, so that totals are exact."""

    id = models.BigAutoField(primary_key=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=60)
    description = models.CharField(max_length=200)
    quantity = models.PositiveSmallIntegerField(default=1)
    unit_net = models.DecimalField(max_digits=16, decimal_places=6)
    net = models.DecimalField(max_digits=16, decimal_places=6)
    gross = models.DecimalField(max_digits=GROSS_DIGITS, decimal_places=2)
    vat_rate = models.DecimalField(max_digits=5, decimal_places=2)
    exemption_code = models.CharField(max_length=3, blank=True)
    exemption_reason = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="one_line_per_position"),
            models.CheckConstraint(
                condition=Q(vat_rate__gt=0, exemption_code="")
                | Q(vat_rate=0) & ~Q(exemption_code=""),
                name="no_vat_needs_a_reason",
            ),
            plain("invoice_line_text_is_plain", *PRINTED_OF_A_LINE),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.description}"


class DocumentRequest(models.Model):
    """A request to a third party for a document, from before the first call until it is issued.

    Its id is the document's, and our reference at the third party.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+")
    refund = models.OneToOneField(
        Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issuer = models.CharField(max_length=20)
    draft: models.JSONField[list[dict[str, Any]]] = models.JSONField(
        help_text="the document and its line as they are asked for; emptied at issue"
    )
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, help_text="when it was last asked for")
    next_at = models.DateTimeField(help_text="when it is asked about, unless it is issued by then")
    refusal = models.CharField(max_length=200, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(refund=None),
                name="one_invoice_asked_for_per_payment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(issued_at=None),
                name="document_request_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.created_at:%Y-%m-%d}"


class InvoiceDocument(models.Model):
    """The PDF of an invoice, made once by its issuer and kept."""

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="document")
    storage_key = models.CharField(max_length=200, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    standards = models.CharField(
        max_length=40, blank=True, help_text="what it conformed to before it was sealed"
    )
    sealed_by = models.CharField(
        max_length=100, blank=True, default="", db_default="", help_text="empty: not sealed"
    )
    rendered_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.storage_key
