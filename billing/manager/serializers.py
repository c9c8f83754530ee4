from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.invoicing.issuers.base import Refusal
from billing.invoicing.models import DocumentType, InvoiceSeries, InvoicingRules, PaymentMechanism
from billing.manager import books, selectors
from billing.payments.models import (
    IssueKind,
    Method,
    Payment,
    PaymentIssue,
    PaymentStatus,
    Reconciliation,
    Refund,
    RefundStatus,
)
from billing.payments.serializers import Text
from clinic.core import clock
from clinic.core.fields import Day
from clinic.directory import nif

LONGEST_PERIOD = timedelta(days=366)
SUGGESTIONS = [
    *("refund", "settle", "contact", "unreachable", "ask", "wait", "issue", "correct"),
    *("contest", "accept", "prove_refund", "hold"),
]
OF_THE_PATIENT = {"contact", "ask", "accept"}


class Money(serializers.DecimalField):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, **options)


class _Days(serializers.Serializer[Any]):
    """`from` is a word of Python's, so the fields are put in by name."""

    def get_fields(self) -> dict[str, Any]:
        return {
            "from": Day(required=False),
            "to": Day(required=False),
            **super().get_fields(),
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "from" in attrs and "to" in attrs and attrs["to"] < attrs["from"]:
            raise serializers.ValidationError({"to": "It ends before it begins."}, code="backwards")
        return attrs


class PeriodQuery(_Days):
    """The last thirty days, unless something else is given."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        last = attrs.setdefault("to", max(clock.today(), attrs.get("from", clock.today())))
        attrs.setdefault("from", last - timedelta(days=29))
        attrs = super().validate(attrs)
        if attrs["to"] - attrs["from"] >= LONGEST_PERIOD:
            raise serializers.ValidationError({"from": "At most 366 days."}, code="too_long")
        return attrs


class PaymentsQuery(_Days):
    status = serializers.ChoiceField(choices=PaymentStatus.choices, required=False)
    q = Text(max_length=80, help_text="Words of the patient's name, or part of a document's number")


class IssuesQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=["open", "settled"], default="open")


class TallyBody(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    sum = Money()


class MethodTally(TallyBody):
    method = serializers.ChoiceField(choices=Method.choices)


class SpecialtyTally(TallyBody):
    code = serializers.CharField()
    name_pt = serializers.CharField()
    name_en = serializers.CharField()


class DayTally(serializers.Serializer[Any]):
    date = serializers.DateField()
    paid = TallyBody()
    refunded = TallyBody()


class DayTakings(serializers.Serializer[Any]):
    paid = TallyBody(help_text="By the time of payment, also what has been given back since")
    pending = TallyBody(help_text="Begun then, and still waiting for the money")
    refunded = TallyBody(help_text="By the time at which the money left")


class PeriodTakings(DayTakings):
    by_method = MethodTally(many=True)
    by_specialty = SpecialtyTally(many=True)
    by_day = DayTally(many=True, help_text="Every day of the period")


class Summary(serializers.Serializer[Any]):
    today = DayTakings()
    period = PeriodTakings()
    open_issues = serializers.IntegerField()
    stuck_work = serializers.IntegerField(
        help_text="Work of the whole clinic that should be done and isn't"
    )


class MoneyPayment(serializers.Serializer[Payment]):
    """A payment as the manager sees it."""

    id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    paid_at = serializers.DateTimeField(allow_null=True)
    patient_name = serializers.CharField(source="patient.full_name")
    specialty_pt = serializers.CharField(source="appointment.specialty.name_pt")
    specialty_en = serializers.CharField(source="appointment.specialty.name_en")
    amount = Money()
    returned = Money(help_text="Refunded, or on its way back")
    refundable = serializers.SerializerMethodField(help_text="What can still be given back")
    provider_refunds = serializers.SerializerMethodField(
        help_text="The provider can send it back; otherwise a person has to"
    )
    disputed = serializers.BooleanField(
        help_text="The payer's bank took back money of it; until that is settled, none is refunded"
    )
    provider = serializers.CharField()
    method = serializers.ChoiceField(choices=Method.choices)
    status = serializers.ChoiceField(choices=PaymentStatus.choices)
    invoice_number = serializers.CharField(allow_null=True)

    @extend_schema_field(Money())
    def get_refundable(self, payment: Any) -> str:
        is_paid = payment.status == PaymentStatus.PAID
        return f"{payment.amount - payment.returned if is_paid else 0:.2f}"

    def get_provider_refunds(self, payment: Payment) -> bool:
        return selectors.goes_back(payment)


class RefundBody(serializers.Serializer[Refund]):
    id = serializers.UUIDField()
    amount = Money()
    status = serializers.ChoiceField(choices=RefundStatus.choices)
    reason = serializers.CharField()
    requested_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    credit_note = serializers.CharField(
        source="credit_note.number", default=None, allow_null=True, help_text="Its number"
    )


class MoneyPaymentDetail(MoneyPayment):
    refunds = RefundBody(many=True)


class Loss(serializers.Serializer[Any]):
    reason = Text(max_length=200, help_text="As the credit note prints it")

    def validate_reason(self, text: str) -> str:
        if not text:
            raise serializers.ValidationError("Say why.", code="required")
        return text


class RefundWish(Loss):
    amount = serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=Decimal("0.01"), required=False
    )


class IssueBody(serializers.Serializer[PaymentIssue]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=IssueKind.choices)
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()
    payment = serializers.UUIDField(source="payment_id", allow_null=True)
    patient_name = serializers.CharField(
        source="payment.patient.full_name", default=None, allow_null=True
    )
    patient_phone = serializers.SerializerMethodField(
        help_text="Only where the patient has to be asked"
    )
    amount = serializers.SerializerMethodField(help_text="What came in, or the payment's own")
    expected = Money(source="payment.amount", default=None, allow_null=True)
    reference = serializers.SerializerMethodField()
    action = serializers.SerializerMethodField(help_text="What to do next")
    refusal = serializers.ChoiceField(
        choices=[str(each) for each in Refusal],
        source="detail.refusal",
        default=None,
        allow_null=True,
        help_text="Why the issuer's document isn't there; null for other issues",
    )
    refusal_told = serializers.CharField(
        source="detail.refusal_told",
        default="",
        help_text="The rate in per cent, the sum or the HTTP status in question",
    )
    settled_how = serializers.ChoiceField(
        choices=["person", "refund", "issue"],
        default=None,
        allow_null=True,
        help_text="Null while it is open, and where the audit log doesn't say",
    )
    settled_by = serializers.CharField(
        default=None, allow_null=True, help_text="The name of the staff member who settled it"
    )

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_patient_phone(self, issue: PaymentIssue) -> str | None:
        if issue.payment is None or issue.resolved_at:
            return None
        if self.get_action(issue) not in OF_THE_PATIENT:
            return None
        return issue.payment.patient.phone or None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_amount(self, issue: PaymentIssue) -> str | None:
        told = issue.detail.get("amount")
        if told is None and issue.payment is not None:
            return f"{issue.payment.amount:.2f}"
        return None if told is None else str(told)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_reference(self, issue: PaymentIssue) -> str | None:
        return issue.detail.get("reference") or None

    @extend_schema_field(serializers.ChoiceField(choices=SUGGESTIONS))
    def get_action(self, issue: PaymentIssue) -> str:
        return selectors.suggestion(issue)


class Settlement(serializers.Serializer[Any]):
    note = Text(max_length=500, help_text="How it was dealt with")

    def validate_note(self, text: str) -> str:
        if not text:
            raise serializers.ValidationError("Say how.", code="required")
        return text


class DifferenceBody(serializers.Serializer[Any]):
    about = serializers.CharField(
        help_text="What differed: payment, movement or refund, and its id"
    )
    ours = serializers.CharField()
    theirs = serializers.CharField()
    outcome = serializers.CharField(help_text="What became of it")


class ReconciliationBody(serializers.Serializer[Reconciliation]):
    id = serializers.UUIDField()
    provider = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    asked = serializers.IntegerField(help_text="Payments that the provider was asked about")
    unanswered = serializers.IntegerField(help_text="Of them, without an answer")
    listed = serializers.IntegerField(
        allow_null=True, help_text="Movements in the provider's list; null where it gave none"
    )
    differences = DifferenceBody(many=True)


class StandingBody(serializers.Serializer[books.Standing]):
    provider = serializers.CharField()
    state = serializers.ChoiceField(
        choices=books.STATES,
        help_text=(
            "Late: there is none from last night. Incomplete: the provider didn't answer everything"
        ),
    )
    last_at = serializers.DateTimeField(allow_null=True)


class RulesBody(serializers.Serializer[InvoicingRules]):
    certificate_number = serializers.CharField()
    producer_name = serializers.CharField()
    producer_tax_id = serializers.CharField()
    mb_way_mechanism = serializers.ChoiceField(choices=PaymentMechanism.choices)


class InvoicingRulesState(RulesBody):
    can_sign = serializers.BooleanField(help_text="There is a key to sign documents with")
    issuer = serializers.CharField(
        help_text="Who issues new documents: `own`, or the key of a third party, whose rules and"
        " series are its own"
    )


class RulesChange(serializers.Serializer[Any]):
    certificate_number = Text(
        max_length=4,
        validators=[RegexValidator(r"^([1-9]\d{0,3})?$", code="invalid_certificate")],
        help_text="Empty: training",
    )
    producer_name = Text(max_length=200)
    producer_tax_id = Text(max_length=20)
    mb_way_mechanism = serializers.ChoiceField(choices=PaymentMechanism.choices)

    def validate_producer_tax_id(self, text: str) -> str:
        if not text:
            return text
        try:
            return nif.parse(text)
        except nif.InvalidTaxIdError:
            raise serializers.ValidationError(
                "This isn't a valid NIF.", code="invalid_tax_id"
            ) from None


class SeriesBody(serializers.Serializer[InvoiceSeries]):
    document_type = serializers.ChoiceField(choices=DocumentType.choices)
    name = serializers.CharField()
    year = serializers.IntegerField()
    validation_code = serializers.CharField()
    training = serializers.BooleanField()
    last_number = serializers.IntegerField()


class NewSeries(serializers.Serializer[Any]):
    document_type = serializers.ChoiceField(choices=DocumentType.choices)
    name = serializers.RegexField(r"^[A-Z0-9]+$", max_length=20)
    year = serializers.IntegerField(min_value=clock.YEARS[0], max_value=clock.YEARS[-1])
    validation_code = serializers.RegexField(r"^[A-Z0-9]{8,20}$", max_length=20)

    def validate_year(self, year: int) -> int:
        now = clock.today().year
        if not now <= year <= now + 1:
            raise serializers.ValidationError("This year or the next.", code="out_of_range")
        return year


class SaftQuery(serializers.Serializer[Any]):
    year = serializers.IntegerField(min_value=clock.YEARS[0], max_value=clock.YEARS[-1])
    month = serializers.IntegerField(min_value=1, max_value=12, required=False)
