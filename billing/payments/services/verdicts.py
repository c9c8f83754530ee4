"""Decides what a provider's event means for the ledger. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from billing.payments.models import (
    CURRENCY,
    IssueKind,
    Method,
    Payment,
    PaymentEvent,
    PaymentStatus,
    Reason,
    Refund,
    RefundStatus,
)
from billing.payments.providers.base import Event, EventType
from billing.payments.services import issues, ledger, refunds
from booking.choices import AppointmentStatus
from clinic.core import clock

if TYPE_CHECKING:
    from booking.models import Appointment

EARLIER = timedelta(days=2)
LATER = timedelta(days=1)


class Outcome(StrEnum):
    """The outcome of a notice, as recorded with it."""

    APPLIED = "applied"
    REPEATED = "repeated"
    TOO_LATE = "too_late"
    UNKNOWN_PAYMENT = "unknown_payment"
    OTHER_AMOUNT = "other_amount"
    PAID_TWICE = "paid_twice"
    NOT_OUR_REFUND = "not_our_refund"
    CHARGED_BACK = "charged_back"
    NOT_FOLLOWED = "not_followed"
    MALFORMED = "malformed"
    ASKED = "asked"
    NOT_CONFIRMED = "not_confirmed"


@dataclass(frozen=True, slots=True)
class Unknown:
    """It isn't about a payment of ours. If it is about money, a person is told."""

    issue: IssueKind | None


@dataclass(frozen=True, slots=True)
class Repeated:
    """This same event was recorded before."""


@dataclass(frozen=True, slots=True)
class Retold:
    """A different event for a state that the payment already has, or can no longer reach."""

    payment: Payment


@dataclass(frozen=True, slots=True)
class Misfit:
    """It doesn't fit our record of the payment: a person is told, and nothing else changes."""

    payment: Payment
    issue: IssueKind
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The payer's bank took money back. It is for a person: the payment keeps its status and its
    visit, and nothing is credited by itself."""

    payment: Payment
    is_in_cents: bool


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A refund that we asked for has been made."""

    payment: Payment
    refund: Refund


@dataclass(frozen=True, slots=True)
class Ended:
    """The payment came to nothing."""

    payment: Payment
    status: PaymentStatus
    reason: Reason


@dataclass(frozen=True, slots=True)
class Paid:
    """Money came."""

    payment: Payment
    others: Sequence[Payment]
    """The visit's other payments."""
    is_further: bool
    """The payment was paid before: this is further money of its reference, and that is one of the
    others."""
    is_needed: bool
    """None of the other payments pays for the visit."""


Verdict: TypeAlias = Unknown | Repeated | Retold | Misfit | TakenBack | GivenBack | Ended | Paid

_ENDED = {
    EventType.REFUSED: (PaymentStatus.REFUSED, Reason.REFUSED),
    EventType.EXPIRED: (PaymentStatus.EXPIRED, Reason.TIMED_OUT),
    EventType.FAILED: (PaymentStatus.FAILED, Reason.DECLINED),
}
_OF_NOTHING_KNOWN = {
    EventType.PAID: IssueKind.ORPHAN,
    EventType.REFUNDED: IssueKind.UNRECONCILED,
    EventType.CHARGEBACK: IssueKind.CHARGEBACK,
}


def could_be(moment: datetime, payment: Payment) -> bool:
    """Whether something can have happened to the payment then, allowing for days without an hour,
    other time zones and clocks that are wrong."""
    return payment.created_at - EARLIER <= moment <= clock.now() + LATER


def decide(
    event: Event, payment: Payment | None, payments: Sequence[Payment], provider: str
) -> Verdict:
    """What an event about a payment means, given all payments of its appointment. Its money must
    be locked."""
    if payment is None:
        return Unknown(_OF_NOTHING_KNOWN.get(event.type))
    if event.type == EventType.REFUNDED:
        return _on_money_back(event, payment, provider)
    if event.type == EventType.CHARGEBACK:
        is_in_cents = event.currency == CURRENCY and event.amount == round(event.amount, 2)
        return Repeated() if _is_known(event, provider) else TakenBack(payment, is_in_cents)
    if event.currency != CURRENCY or event.amount != payment.amount:
        return Misfit(payment, IssueKind.AMOUNT_MISMATCH, Outcome.OTHER_AMOUNT)
    if _is_known(event, provider):
        return Repeated()
    if event.type == EventType.PAID:
        return _on_money(event, payment, payments)
    status, reason = _ENDED[event.type]
    if not ledger.may_become(payment, status):
        return Retold(payment)
    return Ended(payment, status, reason)


def goes_back(kind: IssueKind, appointment: Appointment, payments: Iterable[Payment]) -> bool:
    """Whether money that this visit can't use is refunded automatically.

    That of a patient who called it off too late for a refund is left to a person, and so is all
    money of a visit of which the payer's bank took some back.
    """
    is_forfeited = (
        kind == IssueKind.LATE
        and appointment.status == AppointmentStatus.CANCELLED
        and not appointment.is_refundable
    )
    return not is_forfeited and not any(issues.is_disputed(payment) for payment in payments)


def _on_money(event: Event, payment: Payment, payments: Sequence[Payment]) -> Paid | Retold:
    is_further = not ledger.may_become(payment, PaymentStatus.PAID)
    if is_further and not _is_further_money(event, payment):
        return Retold(payment)
    others = [other for other in payments if is_further or other.pk != payment.pk]
    is_needed = not any(_pays_for_the_visit(other) for other in others)
    return Paid(payment, others, is_further, is_needed)


def _on_money_back(event: Event, payment: Payment, provider: str) -> Repeated | Misfit | GivenBack:
    """The refund that we asked for, or one that somebody made at the provider's own desk."""
    if _is_known(event, provider):
        return Repeated()
    told = payment.events.filter(type=EventType.REFUNDED, amount=event.amount).count()
    ours = payment.refunds.filter(amount=event.amount).exclude(status=RefundStatus.FAILED)
    refund = ours.order_by("requested_at", "pk")[told : told + 1].first()
    if refund is None or event.currency != CURRENCY:
        return Misfit(payment, IssueKind.UNRECONCILED, Outcome.NOT_OUR_REFUND)
    return GivenBack(payment, refund)


def _is_known(event: Event, provider: str) -> bool:
    return PaymentEvent.objects.filter(provider=provider, event_id=event.event_id).exists()


def _is_further_money(event: Event, payment: Payment) -> bool:
    """An MB WAY request is paid once at most; an offline reference can be paid again and again."""
    return payment.method == Method.MULTIBANCO and payment.transaction_id not in {"", event.money}


def _pays_for_the_visit(payment: Payment) -> bool:
    """Whether its money is here to stay, and could be used when it came."""
    return (
        payment.status == PaymentStatus.PAID
        and refunds.refundable(payment) > 0
        and not issues.is_unusable(payment)
    )
