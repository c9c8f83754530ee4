"""What a provider says, applied to the ledger. Money is recorded first, then allocated."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from billing.payments.models import (
    CURRENCY,
    IssueKind,
    Method,
    Payment,
    PaymentEvent,
    PaymentStatus,
    Reason,
    RefundStatus,
    RequestState,
    WebhookDelivery,
)
from billing.payments.providers.base import Event, EventType
from billing.payments.services import closing, issues, ledger, pushes, refunds, withdrawals
from booking import selectors as booking
from booking.choices import AppointmentStatus
from booking.services import holds, messages
from clinic.core import clock, outbox
from clinic.core.audit import Actor

EARLIER = timedelta(days=2)
LATER = timedelta(days=1)


class Outcome(StrEnum):
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


_STATUS = {
    EventType.PAID: (PaymentStatus.PAID, Reason.NONE),
    EventType.REFUSED: (PaymentStatus.REFUSED, Reason.REFUSED),
    EventType.EXPIRED: (PaymentStatus.EXPIRED, Reason.TIMED_OUT),
    EventType.FAILED: (PaymentStatus.FAILED, Reason.DECLINED),
}
_OF_NOTHING_KNOWN = {
    EventType.PAID: IssueKind.ORPHAN,
    EventType.REFUNDED: IssueKind.UNRECONCILED,
    EventType.CHARGEBACK: IssueKind.CHARGEBACK,
}


def apply(event: Event, *, provider: str, delivery: WebhookDelivery | None = None) -> Outcome:
    """Bring the ledger up to what the provider says, inside the caller's transaction.

    Safe to call again with the same event. Anything that doesn't fit our own record of the payment
    to the cent becomes an issue for a person and changes nothing else. A moment that can't be is
    told to a person as well, and that of the receipt is taken for it.
    """
    appointment_id = _appointment_of(event, provider)
    payments = [] if appointment_id is None else ledger.lock_money_of(appointment_id)
    payment = _find(event, payments)
    if payment is None:
        if event.type in _OF_NOTHING_KNOWN:
            _open_issue(_OF_NOTHING_KNOWN[event.type], None, delivery, event, provider)
        return Outcome.UNKNOWN_PAYMENT
    if _could_be(event.occurred_at, payment):
        return _apply(event, payment, payments, provider, delivery)
    outcome = _apply(replace(event, occurred_at=clock.now()), payment, payments, provider, delivery)
    if outcome != Outcome.REPEATED:
        issues.open_about(
            f"{provider}:{event.event_id}",
            IssueKind.WRONG_TIME,
            payment=payment,
            delivery=delivery,
            told=event.occurred_at.isoformat(),
            amount=event.amount,
        )
    return outcome


def _could_be(moment: datetime, payment: Payment) -> bool:
    """Whether something can have happened to the payment then, allowing for days without an hour,
    other time zones and clocks that are wrong."""
    return payment.created_at - EARLIER <= moment <= clock.now() + LATER


def _apply(
    event: Event,
    payment: Payment,
    payments: list[Payment],
    provider: str,
    delivery: WebhookDelivery | None,
) -> Outcome:
    if event.type == EventType.REFUNDED:
        return _money_went_back(event, payment, provider, delivery)
    if event.type == EventType.CHARGEBACK:
        return _money_was_taken_back(event, payment, provider, delivery)
    if event.currency != CURRENCY or event.amount != payment.amount:
        _open_issue(IssueKind.AMOUNT_MISMATCH, payment, delivery, event, provider)
        return Outcome.OTHER_AMOUNT
    if PaymentEvent.objects.filter(provider=provider, event_id=event.event_id).exists():
        return Outcome.REPEATED
    status, reason = _STATUS[event.type]
    if not ledger.may_become(payment, status):
        if not _is_further_money(event, payment):
            _write_down(event, payment, provider, payment.status)
            _learn_name(event, payment)
            return Outcome.REPEATED
        payment = ledger.repeat(payment, transaction_id=_money_of(event))
    _write_down(event, payment, provider, status)
    _adopt_request(event, payment)
    actor = Actor.provider(provider)
    if status != PaymentStatus.PAID:
        ledger.move(payment, status, actor=actor, reason=reason)
        return Outcome.APPLIED
    payment.transaction_id = _money_of(event)
    payment.save(update_fields=["transaction_id"])
    paid_at = min(event.occurred_at, clock.now())
    ledger.move(payment, PaymentStatus.PAID, actor=actor, paid_at=paid_at)
    if payment.method == Method.MB_WAY:
        pushes.paid(payment.phone)
    return _allocate(event, payment, payments, actor, delivery)


def _allocate(
    event: Event,
    payment: Payment,
    payments: list[Payment],
    actor: Actor,
    delivery: WebhookDelivery | None,
) -> Outcome:
    """Use the money for its visit. What can't be used goes one way, whenever and however it came:
    an issue, and back by itself where the clinic's policy says so."""
    others = [other for other in payments if other.pk != payment.pk]
    for other in others:
        if other.status == PaymentStatus.PENDING:
            withdrawals.request(other)
            ledger.move(other, PaymentStatus.EXPIRED, actor=actor, reason=Reason.REPLACED)
    if any(_pays_for_the_visit(other) for other in others):
        kind, outcome = IssueKind.DUPLICATE, Outcome.PAID_TWICE
    elif holds.confirm(payment.appointment_id, actor):
        outbox.enqueue(
            "billing.issue_invoice", key=f"issue-invoice:{payment.id}", payment_id=str(payment.id)
        )
        return Outcome.APPLIED
    else:
        kind, outcome = IssueKind.LATE, Outcome.TOO_LATE
    _open_issue(kind, payment, delivery, event, payment.provider)
    _give_back_unusable(payment, kind, others)
    return outcome


def _pays_for_the_visit(payment: Payment) -> bool:
    """Whether its money is here to stay, and was of use when it came."""
    return (
        payment.status == PaymentStatus.PAID
        and refunds.refundable(payment) > 0
        and not issues.is_unusable(payment)
    )


def _give_back_unusable(payment: Payment, kind: IssueKind, others: Sequence[Payment]) -> None:
    """Ask for the refund and tell the patient; the issue stays open until the money is back.

    A patient who called it off too late for a refund is left to a person, and so is all money of a
    visit of which the payer's bank took some back.
    """
    appointment = booking.get_appointment(payment.appointment_id)
    is_late = kind == IssueKind.LATE
    is_cancelled = appointment.status == AppointmentStatus.CANCELLED
    if is_late and is_cancelled and not appointment.is_refundable:
        return
    if any(issues.is_disputed(each) for each in (payment, *others)):
        return
    refunds.request(payment, actor=closing.ACTOR)
    tell = messages.money_returned if is_late else messages.paid_twice
    tell(appointment, payment.amount, about=payment.id)


def _is_further_money(event: Event, payment: Payment) -> bool:
    """An MB WAY request is paid once at most; an offline reference can be paid again and again."""
    return (
        event.type == EventType.PAID
        and payment.method == Method.MULTIBANCO
        and payment.transaction_id not in {"", _money_of(event)}
    )


def _learn_name(event: Event, payment: Payment) -> None:
    if event.type == EventType.PAID and not payment.transaction_id:
        payment.transaction_id = event.transaction_id
        payment.save(update_fields=["transaction_id"])


def _money_of(event: Event) -> str:
    """The provider's name of the money that moved, or of the notice where the money has none."""
    return event.transaction_id or event.event_id


def _money_went_back(
    event: Event, payment: Payment, provider: str, delivery: WebhookDelivery | None
) -> Outcome:
    """The refund that we asked for, or one that somebody made at the provider's own desk."""
    if PaymentEvent.objects.filter(provider=provider, event_id=event.event_id).exists():
        return Outcome.REPEATED
    told = payment.events.filter(type=EventType.REFUNDED, amount=event.amount).count()
    ours = payment.refunds.filter(amount=event.amount).exclude(status=RefundStatus.FAILED)
    refund = ours.order_by("requested_at", "pk")[told : told + 1].first()
    if refund is None or event.currency != CURRENCY:
        _open_issue(IssueKind.UNRECONCILED, payment, delivery, event, provider)
        return Outcome.NOT_OUR_REFUND
    _write_down(event, payment, provider, payment.status)
    refunds.record_done(
        refund,
        payment,
        request_id=event.event_id.partition(":")[0],
        actor=Actor.provider(provider),
    )
    return Outcome.APPLIED


def _money_was_taken_back(
    event: Event, payment: Payment, provider: str, delivery: WebhookDelivery | None
) -> Outcome:
    """For a person: the payment keeps its status and its visit, and nothing is credited by itself.

    Written down as an event where it is in euros and cents, as all of those are; the issue says how
    much was taken. Money that is taken anew after a person was done with the first time is another
    issue.
    """
    if PaymentEvent.objects.filter(provider=provider, event_id=event.event_id).exists():
        return Outcome.REPEATED
    if event.currency == CURRENCY and event.amount == round(event.amount, 2):
        _write_down(event, payment, provider, payment.status)
    _open_issue(IssueKind.CHARGEBACK, payment, delivery, event, provider)
    return Outcome.CHARGED_BACK


def payment_of(event: Event, provider: str) -> Payment | None:
    """The payment that an event is about, as it stands; it isn't locked."""
    appointment_id = _appointment_of(event, provider)
    if appointment_id is None:
        return None
    payments = Payment.objects.filter(appointment_id=appointment_id)
    return _find(event, list(payments.order_by("created_at", "pk")))


def _find(event: Event, payments: Sequence[Payment]) -> Payment | None:
    """The payment that an event is about; of a reference that was paid again the one whose money it
    names, else the first, which alone has our name and may still wait."""
    firsts = {payment.id: payment for payment in payments if payment.repeats_id is None}
    for payment in payments:
        if payment.repeats_id is None or payment.transaction_id != event.transaction_id:
            continue
        if _has_our_names(event, firsts[payment.repeats_id]):
            return payment
    return next((payment for payment in firsts.values() if _is_about(event, payment)), None)


def _has_our_names(event: Event, payment: Payment) -> bool:
    """Whether the event names this payment as we do, or not at all."""
    return event.payment_id in {None, payment.id} and event.order_id in {"", payment.order_id}


def _appointment_of(event: Event, provider: str) -> UUID | None:
    """An offline reference comes back without our identifier; its holder is unique."""
    candidates = Payment.objects.filter(provider=provider).values_list("appointment_id", flat=True)
    if event.payment_id is not None:
        return candidates.filter(pk=event.payment_id).first()
    if event.order_id:
        return candidates.filter(order_id=event.order_id).first()
    if event.type == EventType.CHARGEBACK:
        named = candidates.filter(transaction_id=event.transaction_id).exclude(transaction_id="")
        if (found := named.first()) is not None:
            return found
    if event.method != Method.MULTIBANCO:
        return None
    holders = candidates.filter(
        entity=event.entity, reference=event.reference, reference_held=True
    ).order_by("-created_at")
    return holders.filter(amount=event.amount).first() or holders.first()


def _is_about(event: Event, payment: Payment) -> bool:
    """A provider that makes its own references names ours before we have learned them. Of money
    that was taken back our own name or the money's is enough: it pays for nothing."""
    if not _has_our_names(event, payment):
        return False
    if event.type == EventType.CHARGEBACK and (
        event.payment_id or event.order_id or event.transaction_id == payment.transaction_id != ""
    ):
        return True
    if event.type == EventType.REFUNDED:
        return event.transaction_id == payment.transaction_id != ""
    if event.method != payment.method:
        return False
    if payment.method == Method.MULTIBANCO:
        if not payment.reference:
            return event.payment_id == payment.id and bool(event.entity and event.reference)
        return (event.entity, event.reference) == (payment.entity, payment.reference)
    return bool(event.request_id) and payment.request_id in {"", event.request_id}


def _adopt_request(event: Event, payment: Payment) -> None:
    """The notice can overtake the answer to our own call; then it brings the provider's id."""
    if payment.method == Method.MB_WAY and not payment.request_id:
        payment.request_id = event.request_id
        payment.request_state = RequestState.ACCEPTED
        payment.save(update_fields=["request_id", "request_state"])
    elif payment.method == Method.MULTIBANCO and not payment.reference:
        payment.entity, payment.reference = event.entity, event.reference
        payment.request_state = RequestState.ACCEPTED
        payment.save(update_fields=["entity", "reference", "request_state"])


def _write_down(event: Event, payment: Payment, provider: str, to: str) -> None:
    PaymentEvent.objects.create(
        payment=payment,
        provider=provider,
        event_id=event.event_id,
        type=event.type,
        amount=event.amount,
        from_status=payment.status,
        to_status=to,
        occurred_at=event.occurred_at,
        received_at=clock.now(),
    )


def _open_issue(
    kind: IssueKind,
    payment: Payment | None,
    delivery: WebhookDelivery | None,
    event: Event,
    provider: str,
) -> None:
    about = f"{provider}:{_money_of(event)}"
    if kind == IssueKind.CHARGEBACK and issues.was_settled(about, kind, by=event.occurred_at):
        about = f"{provider}:{event.event_id}"
    issues.open_about(
        about,
        kind,
        payment=payment,
        delivery=delivery,
        event_id=event.event_id,
        type=event.type,
        payment_id=event.payment_id,
        entity=event.entity,
        reference=event.reference,
        request_id=event.request_id,
        amount=event.amount,
        currency=event.currency,
    )
