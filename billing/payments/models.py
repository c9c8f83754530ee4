"""The ledger: payments and what providers said about them, refunds, issues.

Money is exact decimals. Payment events are only ever inserted; a trigger in the database sees to
it.
"""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from clinic.core.columns import LineColumn, in_our_years, plain

CURRENCY = "EUR"
GROSS_DIGITS = 10
PROVIDER_MAX_LENGTH = 32
ORDER_ID_LENGTH = 15
ORDER_ID_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
ORDER_IDS = f"[{ORDER_ID_LETTERS}]{{{ORDER_ID_LENGTH}}}"


def new_order_id() -> str:
    """A name for a payment that nobody can guess (64 bits), short enough for every provider.

    Letters only, so that nobody reads it as a number, and no vowels, so that it makes no words.
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
"""Money wins: what was refused, expired or failed may still turn out paid; paid never goes back. A
Multibanco reference that was given up waits again if the patient chooses it again."""


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

    A reference can be paid again and again: each further sum has its own row, which `repeats` the
    first.
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
                & ~Q(status=PaymentStatus.PENDING),
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
    """A provider's notice as it arrived, kept once per content."""

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


OF_NO_USE = (IssueKind.LATE, IssueKind.DUPLICATE)
"""The kinds of issues about money that pays for no visit."""


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
