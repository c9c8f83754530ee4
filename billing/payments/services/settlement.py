"""Applies what a provider says to the ledger. Money is recorded first, then used."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from billing.payments.models import (
    IssueKind,
    Method,
    Payment,
    PaymentStatus,
    Reason,
    WebhookDelivery,
)
from billing.payments.providers.base import Event, EventType
from billing.payments.services import (
    attribution,
    closing,
    issues,
    ledger,
    pushes,
    refunds,
    verdicts,
    withdrawals,
)
from billing.payments.services.verdicts import Outcome
from booking import selectors as booking
from booking.services import holds, messages
from clinic.core import clock, outbox
from clinic.core.audit import Actor


@dataclass(frozen=True, slots=True)
class _Notice:
    event: Event
    provider: str
    delivery: WebhookDelivery | None

    @property
    def actor(self) -> Actor:
        return Actor.provider(self.provider)


def apply(event: Event, *, provider: str, delivery: WebhookDelivery | None = None) -> Outcome:
    """Bring the ledger up to what the provider says, inside the caller's transaction.

    Safe to call again with the same event. Anything that doesn't fit our own record of the payment
    to the cent becomes an issue for a person and changes nothing else. A moment that can't be is
    told to a person as well, and that of the receipt is taken for it.
    """
    appointment_id = attribution.appointment_of(event, provider)
    payments = [] if appointment_id is None else ledger.lock_money_of(appointment_id)
    payment = attribution.payment_among(payments, event)
    is_credible = payment is None or verdicts.could_be(event.occurred_at, payment)
    timely = event if is_credible else replace(event, occurred_at=clock.now())
    verdict = verdicts.decide(timely, payment, payments, provider)
    outcome = _act(verdict, _Notice(timely, provider, delivery))
    if not is_credible and outcome != Outcome.REPEATED:
        issues.open_about(
            f"{provider}:{event.event_id}",
            IssueKind.WRONG_TIME,
            payment=payment,
            delivery=delivery,
            told=event.occurred_at.isoformat(),
            amount=event.amount,
        )
    return outcome


def _act(verdict: verdicts.Verdict, notice: _Notice) -> Outcome:
    """Carry out a verdict completely."""
    event = notice.event
    match verdict:
        case verdicts.Unknown(issue):
            if issue is not None:
                _open_issue(issue, None, notice)
            return Outcome.UNKNOWN_PAYMENT
        case verdicts.Repeated():
            return Outcome.REPEATED
        case verdicts.Retold(payment):
            ledger.write_down(payment, event, notice.provider, to=payment.status)
            if event.type == EventType.PAID and not payment.transaction_id:
                ledger.name_money(payment, event.transaction_id)
            return Outcome.REPEATED
        case verdicts.Misfit(payment, issue, outcome):
            _open_issue(issue, payment, notice)
            return outcome
        case verdicts.TakenBack(payment, is_in_cents):
            if is_in_cents:
                ledger.write_down(payment, event, notice.provider, to=payment.status)
            _open_issue(IssueKind.CHARGEBACK, payment, notice)
            return Outcome.CHARGED_BACK
        case verdicts.GivenBack(payment, refund):
            ledger.write_down(payment, event, notice.provider, to=payment.status)
            request_id = event.event_id.partition(":")[0]
            refunds.record_done(refund, payment, request_id=request_id, actor=notice.actor)
            return Outcome.APPLIED
        case verdicts.Ended(payment, status, reason):
            ledger.write_down(payment, event, notice.provider, to=status)
            ledger.adopt_request(payment, event)
            ledger.move(payment, status, actor=notice.actor, reason=reason)
            return Outcome.APPLIED
        case verdicts.Paid():
            return _take(verdict, notice)
        case _:
            assert_never(verdict)


def _take(paid: verdicts.Paid, notice: _Notice) -> Outcome:
    """Record money that came and use it for its visit. What can't be used goes one way, whenever
    and however it came: an issue, and back by itself where the clinic's policy says so."""
    payment, event = paid.payment, notice.event
    if paid.is_further:
        payment = ledger.repeat(payment, transaction_id=event.money)
    ledger.write_down(payment, event, notice.provider, to=PaymentStatus.PAID)
    ledger.adopt_request(payment, event)
    ledger.name_money(payment, event.money)
    paid_at = min(event.occurred_at, clock.now())
    ledger.move(payment, PaymentStatus.PAID, actor=notice.actor, paid_at=paid_at)
    if payment.method == Method.MB_WAY:
        pushes.paid(payment.phone)
    for other in paid.others:
        if other.status == PaymentStatus.PENDING:
            withdrawals.request(other)
            ledger.move(other, PaymentStatus.EXPIRED, actor=notice.actor, reason=Reason.REPLACED)
    if not paid.is_needed:
        _leave_unused(payment, IssueKind.DUPLICATE, paid.others, notice)
        return Outcome.PAID_TWICE
    if not holds.confirm(payment.appointment_id, notice.actor):
        _leave_unused(payment, IssueKind.LATE, paid.others, notice)
        return Outcome.TOO_LATE
    outbox.enqueue(
        "billing.issue_invoice", key=f"issue-invoice:{payment.id}", payment_id=str(payment.id)
    )
    return Outcome.APPLIED


def _leave_unused(
    payment: Payment, kind: IssueKind, others: Sequence[Payment], notice: _Notice
) -> None:
    """Open an issue, which stays open until the money is back. Where it goes back by itself, ask
    for the refund and tell the patient."""
    _open_issue(kind, payment, notice)
    appointment = booking.get_appointment(payment.appointment_id)
    if not verdicts.goes_back(kind, appointment, (payment, *others)):
        return
    refunds.request(payment, actor=closing.ACTOR)
    tell = messages.money_returned if kind == IssueKind.LATE else messages.paid_twice
    tell(appointment, payment.amount, about=payment.id)


def _open_issue(kind: IssueKind, payment: Payment | None, notice: _Notice) -> None:
    """Money that is taken back anew after a person was done with the first time is another issue
    than that."""
    event = notice.event
    about = f"{notice.provider}:{event.money}"
    if kind == IssueKind.CHARGEBACK and issues.was_settled(about, kind, by=event.occurred_at):
        about = f"{notice.provider}:{event.event_id}"
    issues.open_about(
        about,
        kind,
        payment=payment,
        delivery=notice.delivery,
        event_id=event.event_id,
        type=event.type,
        payment_id=event.payment_id,
        entity=event.entity,
        reference=event.reference,
        request_id=event.request_id,
        amount=event.amount,
        currency=event.currency,
    )
