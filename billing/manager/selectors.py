"""Reading the ledger for the manager. Sums are exact, and take a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    DecimalField,
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce, TruncDate

from billing.invoicing.models import DocumentType, Invoice
from billing.payments import providers
from billing.payments.models import (
    IssueKind,
    Payment,
    PaymentIssue,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from clinic.accounts import selectors as accounts
from clinic.core import clock

MONEY: Any = DecimalField(max_digits=12, decimal_places=2)
NOTHING = Decimal("0.00")

ANSWERED_BY_NOW = timedelta(minutes=1)
"""A refund that was sent longer ago than any call takes got no answer."""


@dataclass
class Tally:
    """A number of payments or refunds, and their sum."""

    count: int = 0
    sum: Decimal = NOTHING

    def add(self, other: "Tally") -> None:
        self.count += other.count
        self.sum += other.sum


@dataclass
class Takings:
    """What was paid, given back and left open in a period; the parts are of what was paid."""

    paid: Tally = field(default_factory=Tally)
    pending: Tally = field(default_factory=Tally)
    refunded: Tally = field(default_factory=Tally)
    by_method: dict[str, Tally] = field(default_factory=dict)
    by_specialty: dict[tuple[str, str, str], Tally] = field(default_factory=dict)
    by_day: dict[date, dict[str, Tally]] = field(default_factory=dict)


def takings(first: date, last: date) -> Takings:
    """The civil days first to last, both included; each of them is in `by_day`.

    A payment counts on the day on which it was paid, a refund on the day on which the money left,
    and what is pending on the day on which it was begun. What a payer's bank took back counts as
    paid while that is open, and as given back from the day on which the manager accepts the loss.
    """
    found = Takings(
        by_day={
            first + timedelta(days=offset): {"paid": Tally(), "refunded": Tally()}
            for offset in range((last - first).days + 1)
        }
    )
    paid = Payment.objects.filter(_within("paid_at", first, last))
    specialty = "appointment__specialty"
    parts = ("method", specialty, f"{specialty}__name_pt", f"{specialty}__name_en")
    for row in _daily(paid, "paid_at", *parts):
        tally = Tally(row["number"], row["total"])
        key = (row[parts[1]], row[parts[2]], row[parts[3]])
        found.paid.add(tally)
        found.by_method.setdefault(row["method"], Tally()).add(tally)
        found.by_specialty.setdefault(key, Tally()).add(tally)
        found.by_day[row["day"]]["paid"].add(tally)
    done = Refund.objects.filter(_within("settled_at", first, last), status=RefundStatus.DONE)
    for row in _daily(done, "settled_at"):
        tally = Tally(row["number"], row["total"])
        found.refunded.add(tally)
        found.by_day[row["day"]]["refunded"].add(tally)
    pending = Payment.objects.filter(
        _within("created_at", first, last), status=PaymentStatus.PENDING
    )
    for row in _daily(pending, "created_at"):
        found.pending.add(Tally(row["number"], row["total"]))
    return found


def _within(name: str, first: date, last: date) -> Q:
    begin, end = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
    return Q(**{f"{name}__gte": begin, f"{name}__lt": end})


def _daily(rows: QuerySet[Any], moment: str, *parts: str) -> QuerySet[Any, dict[str, Any]]:
    days: Any = rows.annotate(day=TruncDate(moment, tzinfo=clock.zone())).values("day", *parts)
    found: QuerySet[Any, dict[str, Any]] = days.annotate(number=Count("pk"), total=Sum("amount"))
    return found.order_by("day", *parts)


def payments(
    *,
    status: str | None = None,
    text: str = "",
    first: date | None = None,
    last: date | None = None,
) -> QuerySet[Payment]:
    """Payments begun in those days, newest first, with `returned`, `disputed` and their
    `invoice_number`.

    `text` is looked for in the patient's name, word by word, and in the documents' numbers.
    """
    found = _told().order_by("-created_at", "pk")
    if status:
        found = found.filter(status=status)
    if first:
        found = found.filter(created_at__gte=clock.day_bounds(first)[0])
    if last:
        found = found.filter(created_at__lt=clock.day_bounds(last)[1])
    if text:
        named = Q()
        for word in text.split():
            named &= Q(patient__full_name__icontains=word)
        numbered = Invoice.objects.filter(payment=OuterRef("pk"), number__icontains=text)
        found = found.filter(named | Q(Exists(numbered)))
    return found


def payments_with_refunds() -> QuerySet[Payment]:
    """Like `payments`, each with its refunds, newest first, and their credit notes."""
    newest = Refund.objects.select_related("credit_note").order_by("-requested_at")
    return _told().prefetch_related(Prefetch("refunds", newest))


def _told() -> QuerySet[Payment]:
    given = (
        Refund.objects.filter(payment=OuterRef("pk"))
        .exclude(status=RefundStatus.FAILED)
        .order_by()
        .values("payment")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    receipts = Invoice.objects.filter(
        payment=OuterRef("pk"), document_type=DocumentType.INVOICE_RECEIPT
    )
    return Payment.objects.select_related("patient", "appointment__specialty").annotate(
        returned=Coalesce(Subquery(given, output_field=MONEY), NOTHING, output_field=MONEY),
        disputed=_is_disputed("pk"),
        invoice_number=Subquery(receipts.values("number")[:1]),
    )


def _is_disputed(payment: str) -> Exists:
    """Whether the payer's bank has taken the payment of this name, and nobody has dealt with it."""
    taken_back = PaymentIssue.objects.filter(kind=IssueKind.CHARGEBACK, resolved_at=None)
    return Exists(taken_back.filter(payment=OuterRef(payment)))


def issues(*, settled: bool) -> QuerySet[PaymentIssue]:
    """What a person has to look at, oldest first; or what is settled, newest first."""
    given = Refund.objects.filter(payment=OuterRef("payment"))
    sent = given.filter(status=RefundStatus.SENT)
    unanswered = sent.filter(sent_at__lte=clock.now() - ANSWERED_BY_NOW)
    asked = given.filter(status=RefundStatus.REQUESTED)
    found = (
        PaymentIssue.objects.filter(resolved_at__isnull=not settled)
        .select_related("payment__patient", "payment__appointment")
        .annotate(
            is_asked_for=Exists(asked),
            is_sent=Exists(sent),
            is_unanswered=Exists(unanswered),
            is_disputed=_is_disputed("payment"),
        )
    )
    if settled:
        return found.order_by("-resolved_at", "pk")
    return found.order_by("created_at", "pk")


def with_settlers(found: Sequence[PaymentIssue]) -> Sequence[PaymentIssue]:
    """These issues; each that is settled with `settled_how` and `settled_by`, as the audit log
    has them."""
    settled = {str(issue.pk): issue for issue in found if issue.resolved_at is not None}
    for entry, name in accounts.newest_changes(PaymentIssue._meta.label_lower, settled):
        issue: Any = settled[entry.subject_id]
        by_itself = "issue" if issue.kind == IssueKind.NOT_ISSUED else "refund"
        issue.settled_how = "person" if entry.actor_kind == "user" else by_itself
        issue.settled_by = name or None
    return found


def suggestion(issue: Any) -> str:
    """What to do about one of `issues`: wait, ask what became of a refund, refund, contact the
    patient, see to a document at its issuer, or just settle it. For a chargeback: contest it,
    accept it, or prove that the money had already gone back.

    While the payer's bank has a payment, refunds of it are put on hold. If the provider can't send
    money back, the patient has to be asked where to send it. A refund that got no answer may have
    arrived, and another one could pay twice: ask the provider or the patient.
    """
    if issue.kind in {IssueKind.NOT_ISSUED, IssueKind.INVOICE_MISMATCH}:
        return "issue" if issue.kind == IssueKind.NOT_ISSUED else "correct"
    if issue.kind in {IssueKind.ORPHAN, IssueKind.WRONG_TIME} or issue.payment is None:
        return "settle"
    if issue.is_unanswered or (issue.kind == IssueKind.REFUND_FAILED and issue.is_sent):
        return "ask"
    if issue.kind == IssueKind.CHARGEBACK:
        return _about_a_chargeback(issue)
    if issue.is_disputed:
        return "hold"
    if issue.is_asked_for or issue.is_sent:
        return "wait"
    if issue.kind in {IssueKind.AMOUNT_MISMATCH, IssueKind.UNRECONCILED}:
        return _contact(issue.payment)
    if issue.payment.status == PaymentStatus.REFUNDED:
        return "settle"
    if issue.payment.status == PaymentStatus.PAID and goes_back(issue.payment):
        return "refund"
    return _contact(issue.payment)


def _about_a_chargeback(issue: Any) -> str:
    """If the patient was treated there is proof: the invoice, and the record of the visit."""
    payment: Payment = issue.payment
    if issue.is_asked_for or issue.is_sent or payment.status == PaymentStatus.REFUNDED:
        return "prove_refund"
    if payment.status != PaymentStatus.PAID:
        return "settle"
    return "contest" if payment.appointment.started_at else "accept"


def _contact(payment: Payment) -> str:
    """A patient whose account was erased can't be contacted; they may come to the desk."""
    return "contact" if payment.patient.erased_at is None else "unreachable"


def goes_back(payment: Payment) -> bool:
    """Whether the payment's provider can refund it, and is still configured."""
    provider = providers.known().get(payment.provider)
    return provider is not None and payment.method in provider.capabilities.refunds
