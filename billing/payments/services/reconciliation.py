"""Compares the provider's books with ours, both ways. A difference is settled as a notice would
settle it, or left to a person. Running it again changes nothing, and what a person has settled no
longer counts as a difference."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from billing.payments import providers
from billing.payments.models import (
    SETTLED,
    IssueKind,
    Payment,
    PaymentIssue,
    PaymentStatus,
    Reconciliation,
    Refund,
    RefundStatus,
    RequestState,
)
from billing.payments.providers.base import Event, EventType, PaymentProvider, UnknownOutcomeError
from billing.payments.services import issues, ledger, refunds, requests, settlement
from billing.payments.services.verdicts import Outcome
from clinic.core import audit, clock
from clinic.core.audit import Actor

log = structlog.get_logger(__name__)

PERIOD = timedelta(days=7)
ON_ITS_WAY = timedelta(minutes=15)
"""What moved this recently may be in one book and not yet in the other."""

PAID_LATELY = timedelta(days=2)
"""How far back we ask about paid payments, if the provider lists no movements."""

PATIENCE_SECONDS = 45.0
"""How long one run may keep asking; the rest waits for the next run."""

ACTOR = Actor.system("reconciliation")


@dataclass
class _Findings:
    asked: int = 0
    unanswered: int = 0
    listed: int | None = None
    differences: list[dict[str, str]] = field(default_factory=list)

    def differ(self, about: str, ours: str, theirs: str, outcome: str) -> None:
        self.differences.append(
            {"about": about, "ours": ours, "theirs": theirs, "outcome": outcome}
        )


def reconcile_all() -> list[Reconciliation]:
    """Compare with every provider that we know."""
    return [reconcile(provider) for provider in providers.known().values()]


def reconcile(provider: PaymentProvider) -> Reconciliation:
    """Compare the last days with one provider and keep what was found.

    Asks about payments that are undecided or came to nothing, and goes through the provider's list
    of movements. If it has no list, asks about newly paid payments too.
    """
    started_at = clock.now()
    until = started_at - ON_ITS_WAY
    since = until - PERIOD
    found = _Findings()
    _ask_about(_doubtful(provider, since, until), found)
    if provider.capabilities.movements:
        _go_through_movements(provider, since, until, found)
    _look_for_unanswered_refunds(provider, until, found)
    return _keep(provider, since, until, started_at, found)


def _doubtful(provider: PaymentProvider, since: datetime, until: datetime) -> QuerySet[Payment]:
    """Payments whose request was sent, and whose state at the provider may differ from ours."""
    undecided = Q(status=PaymentStatus.PENDING, expires_at__lte=clock.now()) | Q(
        request_state=RequestState.UNKNOWN
    )
    doubtful = undecided | Q(
        status__in=[PaymentStatus.EXPIRED, PaymentStatus.FAILED, PaymentStatus.REFUSED]
    )
    if not provider.capabilities.movements:
        doubtful |= Q(status=PaymentStatus.PAID, paid_at__gte=until - PAID_LATELY)
    return Payment.objects.filter(
        doubtful,
        provider=provider.key,
        request_state__in=[RequestState.UNKNOWN, RequestState.ACCEPTED],
        created_at__gte=since,
        created_at__lt=until,
    ).order_by(F("paid_at").asc(nulls_first=True), "created_at")


def _ask_about(doubtful: QuerySet[Payment], found: _Findings) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    ids = list(doubtful.values_list("pk", flat=True))
    found.asked = len(ids)
    for done, payment_id in enumerate(ids):
        if time.monotonic() > deadline:
            found.unanswered += len(ids) - done
            log.warning("payments_not_reconciled", left=len(ids) - done)
            break
        payment = Payment.objects.get(pk=payment_id)
        ours = payment.status
        try:
            theirs = requests.ask(payment)
        except UnknownOutcomeError as error:
            log.warning("payment_not_reconciled", payment=str(payment.id), error=str(error))
            found.unanswered += 1
            continue
        payment.refresh_from_db()
        if ours in SETTLED and theirs not in SETTLED:
            if _leave_to_a_person(payment, theirs):
                found.differ(f"payment:{payment.id}", ours, theirs, IssueKind.UNRECONCILED)
        elif payment.status != ours:
            found.differ(f"payment:{payment.id}", ours, theirs, payment.status)


def _go_through_movements(
    provider: PaymentProvider, since: datetime, until: datetime, found: _Findings
) -> None:
    try:
        movements = provider.movements(since, until)
    except UnknownOutcomeError as error:
        log.warning("movements_not_listed", provider=provider.key, error=str(error))
        return
    found.listed = len(movements)
    for movement in _not_in_our_books(movements, provider):
        with transaction.atomic():
            outcome = settlement.apply(movement, provider=provider.key)
        if outcome != Outcome.REPEATED:
            found.differ(f"movement:{movement.transaction_id}", "none", movement.type, outcome)
    theirs = {each.transaction_id for each in movements if each.type == EventType.PAID}
    paid = Payment.objects.filter(
        provider=provider.key, status__in=SETTLED, paid_at__gte=since, paid_at__lt=until
    )
    for payment in paid.exclude(transaction_id__in=theirs).order_by("paid_at").iterator():
        if _leave_to_a_person(payment, "none"):
            found.differ(f"payment:{payment.id}", payment.status, "none", IssueKind.UNRECONCILED)


def _not_in_our_books(movements: list[Event], provider: PaymentProvider) -> Iterator[Event]:
    """Those whose name neither the payment that they paid has, nor an issue on a person's desk.

    What was taken back goes by the name of the money that came, and has an issue of its own.
    """
    names = {movement.transaction_id for movement in movements}
    settled = set(
        Payment.objects.filter(
            provider=provider.key, status__in=SETTLED, transaction_id__in=names
        ).values_list("transaction_id", "amount", "currency")
    )
    abouts = {f"{provider.key}:{name}" for name in names}
    issues_about = PaymentIssue.objects.filter(about__in=abouts)
    of_losses = Q(kind=IssueKind.CHARGEBACK)
    taken_back = set(issues_about.filter(of_losses).values_list("about", flat=True))
    on_a_desk = set(issues_about.exclude(of_losses).values_list("about", flat=True))
    for movement in movements:
        about = f"{provider.key}:{movement.transaction_id}"
        money = (movement.transaction_id, movement.amount, movement.currency)
        if movement.type == EventType.CHARGEBACK:
            is_known = about in taken_back
        else:
            is_known = money in settled or about in on_a_desk
        if not is_known:
            yield movement


def _look_for_unanswered_refunds(
    provider: PaymentProvider, until: datetime, found: _Findings
) -> None:
    sent = Refund.objects.filter(
        payment__provider=provider.key, status=RefundStatus.SENT, sent_at__lt=until
    )
    for refund in sent.select_related("payment").order_by("sent_at"):
        if refunds.leave_unanswered(refund):
            found.differ(f"refund:{refund.id}", refund.status, "no answer", IssueKind.REFUND_FAILED)


@transaction.atomic
def _leave_to_a_person(payment: Payment, theirs: str) -> bool:
    """False if a person has already dealt with it."""
    ledger.lock_money_of(payment.appointment_id)
    return issues.open_about(
        f"payment:{payment.id}",
        IssueKind.UNRECONCILED,
        payment=payment,
        ours=payment.status,
        theirs=theirs,
        amount=payment.amount,
    )


@transaction.atomic
def _keep(
    provider: PaymentProvider,
    since: datetime,
    until: datetime,
    started_at: datetime,
    found: _Findings,
) -> Reconciliation:
    kept = Reconciliation.objects.create(
        provider=provider.key,
        since=since,
        until=until,
        started_at=started_at,
        finished_at=clock.now(),
        asked=found.asked,
        unanswered=found.unanswered,
        listed=found.listed,
        differences=found.differences,
    )
    audit.record(
        "payments.reconciled",
        actor=ACTOR,
        subject=kept,
        provider=provider.key,
        differences=len(found.differences),
        unanswered=found.unanswered,
    )
    log.info(
        "payments_reconciled",
        provider=provider.key,
        differences=len(found.differences),
        unanswered=found.unanswered,
    )
    return kept
