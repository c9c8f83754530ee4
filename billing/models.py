"""The ledger: payments and what providers said about them, refunds, issues, invoices.

Money is exact decimals. Payment events, invoices and their lines are only ever inserted; triggers
in the database see to it.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import date
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from clinic.core import clock
from clinic.core.columns import LineColumn, in_our_years, plain

CURRENCY = "EUR"
GROSS_DIGITS = 10
PROVIDER_MAX_LENGTH = 32
YEARS_KEPT = 10
OWN_ISSUER = "own"
ORDER_ID_LENGTH = 15
ORDER_ID_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
ORDER_IDS = f"[{ORDER_ID_LETTERS}]{{{ORDER_ID_LENGTH}}}"
PRINTED = (
    *("number", "atcud", "reason", "producer_name", "producer_tax_id"),
    *("seller_name", "seller_legal_name", "seller_tax_id", "seller_address", "seller_postal_code"),
    *("seller_city", "seller_phone", "seller_email"),
    *("customer_name", "customer_tax_id", "customer_country", "customer_address"),
)
PRINTED_OF_A_LINE = ("code", "description", "exemption_reason")
"""The text of a document and of its line, which has to be readable for as long as it is kept."""

TRAINING_TEXT = "Documento emitido para fins de Formação"


def new_order_id() -> str:
    """A name for a payment that nobody guesses (64 bits), as long as every provider takes one.

    Letters alone, which nobody reads as a number, and no vowels, which would make words.
    """
    return "".join(secrets.choice(ORDER_ID_LETTERS) for _ in range(ORDER_ID_LENGTH))


class Method(models.TextChoices):
    MULTIBANCO = "multibanco", "Multibanco"
    MB_WAY = "mb_way", "MB WAY"


class PaymentStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    PAID = "paid", "Paid"
    REFUSED = "refused", "Refused"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"
    REFUNDED = "refunded", "Refunded"


_S = PaymentStatus

SETTLED = (_S.PAID, _S.REFUNDED)
UNSETTLED = (_S.PENDING, _S.REFUSED, _S.EXPIRED, _S.FAILED)

TRANSITIONS: dict[str, frozenset[str]] = {
    PaymentStatus.PENDING: frozenset(
        {PaymentStatus.PAID, PaymentStatus.REFUSED, PaymentStatus.EXPIRED, PaymentStatus.FAILED}
    ),
    PaymentStatus.REFUSED: frozenset({PaymentStatus.PAID}),
    PaymentStatus.EXPIRED: frozenset({PaymentStatus.PAID, PaymentStatus.PENDING}),
    PaymentStatus.FAILED: frozenset({PaymentStatus.PAID}),
    PaymentStatus.PAID: frozenset({PaymentStatus.REFUNDED}),
    PaymentStatus.REFUNDED: frozenset(),
}
"""Money wins: what was refused, expired or failed may still turn out paid; paid never goes back.
A Multibanco reference that was let go waits again when the patient chooses it again."""


class Reason(models.TextChoices):
    """Why a payment did not come about; empty while there is nothing to explain."""

    NONE = "", "–"
    REPLACED = "replaced", "Another payment took its place"
    HOLD_ENDED = "hold_ended", "The slot was released"
    NOT_ENROLLED = "not_enrolled", "The number has no MB WAY"
    REFUSED = "refused", "Refused in the app"
    TIMED_OUT = "timed_out", "Not answered in time"
    DECLINED = "declined", "Declined by the bank"
    UNAVAILABLE = "provider_unavailable", "The provider could not take the request"


class RequestState(models.TextChoices):
    """How far the call that starts a payment at its provider has come."""

    OFFLINE = "offline", "No call is needed"
    WAITING = "waiting", "To be sent"
    UNKNOWN = "unknown", "Sent or about to be; no answer known"
    ACCEPTED = "accepted", "Accepted by the provider"
    REJECTED = "rejected", "Rejected by the provider"


class CustomerKind(models.TextChoices):
    FINAL_CONSUMER = "final_consumer", "Final consumer"
    TAXPAYER = "taxpayer", "Taxpayer"


class Payment(models.Model):
    """One attempt of a patient to pay one appointment by one method.

    A reference can be paid again and again: each further money has a row of its own, which
    `repeats` the first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    appointment = models.ForeignKey(
        "booking.Appointment", on_delete=models.PROTECT, related_name="+"
    )
    patient = models.ForeignKey("directory.Patient", on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=16, choices=Method.choices)
    status = models.CharField(
        max_length=16, choices=PaymentStatus.choices, default=PaymentStatus.PENDING
    )
    reason = models.CharField(
        max_length=24, choices=Reason.choices, blank=True, default=Reason.NONE
    )
    amount = models.DecimalField(max_digits=GROSS_DIGITS, decimal_places=2)
    currency = models.CharField(max_length=3, default=CURRENCY)
    provider = models.CharField(max_length=PROVIDER_MAX_LENGTH)
    request_state = models.CharField(max_length=16, choices=RequestState.choices)
    order_id = models.CharField(
        max_length=ORDER_ID_LENGTH,
        blank=True,
        default=new_order_id,
        db_default="",
        help_text="our name of the payment where the provider's are short",
    )
    request_id = models.CharField(max_length=100, blank=True, help_text="the provider's own id")
    transaction_id = models.CharField(
        max_length=100, blank=True, help_text="the provider's name of the money that came"
    )
    entity = models.CharField(max_length=5, blank=True)
    reference = models.CharField(max_length=9, blank=True)
    reference_held = models.BooleanField(
        default=False, help_text="nobody else may get the same entity, reference and amount"
    )
    repeats = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="the payment whose reference was paid once more",
    )
    phone = models.CharField(
        max_length=16, blank=True, help_text="E.164; erased with the patient's account"
    )
    expires_at = models.DateTimeField()
    customer_kind = models.CharField(max_length=16, choices=CustomerKind.choices)
    customer_tax_id = models.CharField(max_length=9, blank=True)
    customer_name = LineColumn(max_length=120, blank=True)
    customer_address = LineColumn(max_length=200, blank=True)
    customer_email = models.EmailField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="when the call to the provider was let go"
    )
    looked_at = models.DateTimeField(
        null=True, blank=True, help_text="when the provider was last asked about the reference"
    )
    looks = models.PositiveSmallIntegerField(default=0, db_default=0)
    paid_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["appointment", "method"],
                condition=Q(status=PaymentStatus.PENDING),
                name="one_live_payment_per_method",
            ),
            models.UniqueConstraint(
                fields=["entity", "reference", "amount"],
                condition=Q(reference_held=True),
                name="one_holder_of_a_reference",
            ),
            models.UniqueConstraint(
                fields=["provider", "request_id"],
                condition=~Q(request_id=""),
                name="one_payment_per_provider_request",
            ),
            models.UniqueConstraint(
                fields=["order_id"], condition=~Q(order_id=""), name="one_payment_per_order_id"
            ),
            models.UniqueConstraint(
                fields=["repeats", "transaction_id"],
                condition=Q(repeats__isnull=False),
                name="one_row_per_repeated_money",
            ),
            models.CheckConstraint(
                condition=Q(repeats=None)
                | Q(method="multibanco", order_id="", reference_held=False)
                & ~Q(transaction_id="")
                & ~Q(status="pending"),
                name="only_a_reference_is_paid_again",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_of_something"),
            in_our_years("payment_moments_can_be", "paid_at", "expires_at"),
            plain("payment_text_is_plain", "customer_name", "customer_address", "customer_email"),
            models.CheckConstraint(condition=Q(currency=CURRENCY), name="payment_in_euro"),
            models.CheckConstraint(
                condition=Q(status__in=SETTLED, paid_at__isnull=False)
                | Q(status__in=UNSETTLED, paid_at__isnull=True),
                name="paid_payments_say_when",
            ),
            models.CheckConstraint(
                condition=Q(method="multibanco", phone="") & ~Q(entity="") & ~Q(reference="")
                | Q(method="multibanco", phone="", entity="", reference="")
                & Q(request_state__in=["waiting", "unknown", "rejected"])
                & ~Q(status__in=SETTLED)
                | Q(method="mb_way", entity="", reference="")
                & (~Q(phone="") | ~Q(status=PaymentStatus.PENDING)),
                name="payment_has_what_its_method_needs",
            ),
        ]
        indexes = [models.Index(fields=["appointment", "-created_at"], name="payment_appointment")]

    def __str__(self) -> str:
        return f"{self.method} {self.amount} {self.status}"


class KeptInvoiceDetails(models.Model):
    """To whom a patient has their invoices made out, kept because they asked for it and no longer
    than they want. Erased with the patient."""

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


class ReferencePool(models.Model):
    """Where the next Multibanco order number comes from, per sub-entity."""

    entity = models.CharField(max_length=5)
    subentity = models.CharField(max_length=3)
    last_order = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "subentity"], name="one_pool_per_subentity")
        ]

    def __str__(self) -> str:
        return f"{self.entity}/{self.subentity}"


class WebhookDelivery(models.Model):
    """A provider's notice as it came in, kept once per content."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=PROVIDER_MAX_LENGTH)
    sha256 = models.CharField(max_length=64)
    verified = models.BooleanField()
    body: models.JSONField[dict[str, Any]] = models.JSONField()
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "sha256"], name="one_row_per_delivery")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.sha256[:8]} {self.outcome}"


class PaymentEvent(models.Model):
    """What a provider said about a payment, in the order we learned it. Never changed."""

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="events")
    provider = models.CharField(max_length=PROVIDER_MAX_LENGTH)
    event_id = models.CharField(max_length=100)
    type = models.CharField(max_length=16)
    amount = models.DecimalField(max_digits=GROSS_DIGITS, decimal_places=2)
    from_status = models.CharField(max_length=16, choices=PaymentStatus.choices)
    to_status = models.CharField(max_length=16, choices=PaymentStatus.choices)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="one_row_per_event"),
            in_our_years("event_moments_can_be", "occurred_at"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"


class IssueKind(models.TextChoices):
    LATE = "late", "Paid after the slot was released"
    AMOUNT_MISMATCH = "amount_mismatch", "Paid with another amount or currency"
    DUPLICATE = "duplicate", "Paid twice"
    ORPHAN = "orphan", "Paid for something we don't know"
    REFUND_FAILED = "refund_failed", "The refund was not made, or got no answer"
    UNRECONCILED = "unreconciled", "The provider's books and ours differ"
    NOT_ISSUED = "not_issued", "The issuer of invoices refused a document, or doesn't answer"
    INVOICE_MISMATCH = "invoice_mismatch", "The issuer's document comes to another amount"
    CHARGEBACK = "chargeback", "The payer's bank took the money back"
    WRONG_TIME = "wrong_time", "Told with a moment that can't be"


class PaymentIssue(models.Model):
    """Money that a person has to look at until it is settled, by them or by a refund."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=24, choices=IssueKind.choices)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="issues"
    )
    delivery = models.ForeignKey(
        WebhookDelivery, on_delete=models.PROTECT, null=True, blank=True, related_name="issues"
    )
    detail: models.JSONField[dict[str, Any]] = models.JSONField(
        default=dict, encoder=DjangoJSONEncoder
    )
    about = models.CharField(
        max_length=160, blank=True, help_text="what is told of again and again stays one issue"
    )
    created_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    note = LineColumn(max_length=500, blank=True, help_text="how a person settled it")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "kind"], name="one_issue_per_delivery_and_kind"
            ),
            models.UniqueConstraint(
                fields=["kind", "about"], condition=~Q(about=""), name="one_issue_about_a_thing"
            ),
            plain("issue_note_is_plain", "note"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d}"


class Reconciliation(models.Model):
    """One comparison of a provider's books with ours, and where they differed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=PROVIDER_MAX_LENGTH)
    since = models.DateTimeField()
    until = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    asked = models.PositiveIntegerField(help_text="payments that the provider was asked about")
    unanswered = models.PositiveIntegerField(help_text="of them, without an answer")
    listed = models.PositiveIntegerField(
        null=True, help_text="movements in the provider's list; none where it gives no list"
    )
    differences: models.JSONField[list[dict[str, str]]] = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="reconciliation_newest")]

    def __str__(self) -> str:
        return f"{self.provider} {self.started_at:%Y-%m-%d}"


class RefundStatus(models.TextChoices):
    REQUESTED = "requested", "Requested"
    SENT = "sent", "Sent; no answer known"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Refund(models.Model):
    """Money going back. Its id is the provider's key, so that asking twice pays once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=GROSS_DIGITS, decimal_places=2)
    status = models.CharField(
        max_length=16, choices=RefundStatus.choices, default=RefundStatus.REQUESTED
    )
    request_id = models.CharField(max_length=100, blank=True)
    reason = LineColumn(max_length=200, blank=True, help_text="as the credit note prints it")
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_of_something"),
            plain("refund_reason_is_plain", "reason"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.status}"


class DocumentType(models.TextChoices):
    INVOICE_RECEIPT = "FR", "Fatura-recibo"
    CREDIT_NOTE = "NC", "Nota de crédito"


class PaymentMechanism(models.TextChoices):
    """The tax authority's table of ways to pay, as far as ours can be one of them."""

    MULTIBANCO = "MB", "MB: reference of Multibanco"
    TRANSFER = "TB", "TB: bank transfer"
    OTHER = "OU", "OU: other"


class InvoicingRules(models.Model):
    """How this clinic invoices; one row. Without a certificate everything is for training."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
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
            models.CheckConstraint(condition=Q(id=1), name="one_set_of_invoicing_rules"),
            plain("invoicing_rules_are_plain", "producer_name"),
        ]

    def __str__(self) -> str:
        return self.certificate_number or "training"


class SigningKey(models.Model):
    """A public key that documents were signed with, by the version that they name."""

    version = models.PositiveSmallIntegerField(primary_key=True)
    public_key = models.TextField(unique=True)
    known_since = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.version)


class InvoiceSeries(models.Model):
    """Numbers of one document type and year; locked while a number is taken, so none is missing."""

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
    """An issued document: an invoice-receipt, or a credit note for one. Everything on it is a copy
    taken at issue; it is never changed.

    A third party's is in none of our series, and neither certificate, hash nor QR code are ours.
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
        """The end of the years for which the law has it kept (CIVA art. 52, CIRC art. 123)."""
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
    """A document that a third party is asked for, from before the first call until it is issued.

    Its id is the document's, and our reference over there.
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
