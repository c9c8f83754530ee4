"""Calls to the provider about one payment: recorded beforehand, and made without holding a lock.

The state `unknown` is committed before the call that starts a payment. Whatever happens then, the
machine never sends that request again: it asks the provider what became of it.
"""

import time
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from billing.payments import providers
from billing.payments.models import IssueKind, Method, Payment, PaymentStatus, Reason, RequestState
from billing.payments.providers.base import (
    Event,
    PushSent,
    ReferenceMade,
    Rejected,
    UnknownOutcomeError,
    UnknownRequestError,
)
from billing.payments.services import issues, ledger, pushes, settlement, withdrawals
from booking.services import holds
from clinic.core import clock
from clinic.core.audit import Actor

log = structlog.get_logger(__name__)

ANSWER_PATIENCE = timedelta(seconds=30)
"""How long a call may be on its way before the provider is asked whether it arrived."""

REFERENCE_PATIENCE = timedelta(minutes=2)
"""How long a patient waits for a reference. Nobody can pay a reference that nobody has seen, so
another one may be requested before it is known what became of the first."""

SILENCE = timedelta(minutes=1)
"""How long after its deadline a payment waits to be checked with its provider before it simply
ends."""

RUN_SECONDS = 20.0
"""How long one round of questions may take; one call more may follow."""

LONGEST_PUSH = timedelta(hours=1)
"""No provider waits longer for an answer in the app."""

CLOCKWORK = Actor.system("payments")


def send_after_commit(payment_id: UUID) -> None:
    """Mark a waiting request as on its way and send it once that is committed.

    Does nothing for a payment that was sent before or no longer waits.
    """
    payment = _locked(payment_id)
    if payment.status != PaymentStatus.PENDING or payment.request_state != RequestState.WAITING:
        return
    payment.request_state = RequestState.UNKNOWN
    payment.sent_at = clock.now()
    payment.save(update_fields=["request_state", "sent_at"])
    transaction.on_commit(partial(_send, payment_id))


def expire_due() -> int:
    """End payments that are over, even if a provider is silent. Returns how many were looked at.

    An offline reference ends with its deadline. Otherwise the provider should be asked first; this
    is the safety net.
    """
    moment = clock.now()
    unasked = moment - SILENCE
    offline = Q(request_state=RequestState.OFFLINE)
    due = Payment.objects.filter(status=PaymentStatus.PENDING).filter(
        (offline & Q(expires_at__lte=moment))
        | (~offline & Q(expires_at__lte=unasked - pushes.GRACE))
        | _unseen_references(sent_before=unasked - REFERENCE_PATIENCE)
    )
    payments = list(due.order_by("expires_at")[:200])
    for payment in payments:
        _give_up_reference(payment.id, sent_before=unasked - REFERENCE_PATIENCE)
        _expire(payment.id, deadline=moment)
    return len(payments)


def follow_due() -> int:
    """Ask about payments that should have been decided by now, and settle them. Returns about how
    many.

    They come in random order, and the rest in a later round, so that a silent provider doesn't hold
    up other payments.
    """
    until = time.monotonic() + RUN_SECONDS
    moment = clock.now()
    due = (
        Payment.objects.filter(status=PaymentStatus.PENDING)
        .exclude(request_state=RequestState.OFFLINE)
        .filter(
            Q(expires_at__lte=moment)
            | Q(request_state=RequestState.UNKNOWN, sent_at__lte=moment - ANSWER_PATIENCE)
        )
        .order_by("?")
    )
    asked = 0
    for payment in due[:200]:
        if time.monotonic() > until:
            break
        asked += 1
        try:
            ask(payment)
        except UnknownOutcomeError as error:
            log.warning("payment_still_unknown", payment=str(payment.id), error=str(error))
            _give_up_reference(payment.id, sent_before=moment - REFERENCE_PATIENCE)
        _expire(payment.id, deadline=moment - pushes.GRACE)
    return asked


def ask(payment: Payment) -> str:
    """Ask the provider about a payment, apply the answer and return its word for it.

    The word is an event's type, `pending`, or `unheard` for a payment that never reached it. Raises
    UnknownOutcomeError when it doesn't answer.
    """
    try:
        answer = providers.get(payment.provider).status(ledger.as_request(payment))
    except UnknownRequestError:
        _never_arrived(payment.id)
        return "unheard"
    if isinstance(answer, Event):
        with transaction.atomic():
            settlement.apply(answer, provider=payment.provider)
        return answer.type
    if isinstance(answer, ReferenceMade):
        _record(payment.id, answer)
    return "pending"


def _send(payment_id: UUID) -> None:
    payment = Payment.objects.get(pk=payment_id)
    if payment.method == Method.MB_WAY and not payment.phone:
        log.warning("payment_without_a_phone", payment=str(payment_id))
        return
    try:
        answer = providers.get(payment.provider).start(ledger.as_request(payment))
    except UnknownOutcomeError as error:
        log.warning("payment_request_unknown", payment=str(payment_id), error=str(error))
        return
    _record(payment_id, answer)


@transaction.atomic
def _record(payment_id: UUID, answer: PushSent | ReferenceMade | Rejected) -> None:
    """Record the provider's answer.

    If the payment was given up while its request was being sent, the request is on a phone anyway,
    so it is taken back.
    """
    payment = _locked(payment_id)
    if payment.request_state == RequestState.ACCEPTED:
        return
    if isinstance(answer, ReferenceMade):
        payment.request_state = RequestState.ACCEPTED
        payment.entity, payment.reference = answer.entity, answer.reference
        payment.save(update_fields=["request_state", "entity", "reference"])
        ledger.announce(payment)
        return
    if isinstance(answer, PushSent):
        payment.request_state = RequestState.ACCEPTED
        payment.request_id = answer.request_id
        payment.expires_at = _deadline(payment, answer)
        payment.save(update_fields=["request_state", "request_id", "expires_at"])
        if payment.status == PaymentStatus.PENDING:
            holds.keep_until(
                payment.appointment_id, payment.expires_at + pushes.GRACE, actor=CLOCKWORK
            )
            ledger.announce(payment)
        else:
            withdrawals.request(payment)
        return
    if payment.request_state == RequestState.REJECTED:
        return
    payment.request_state = RequestState.REJECTED
    payment.save(update_fields=["request_state"])
    if payment.status == PaymentStatus.PENDING:
        reason = Reason(answer.reason)
        refused = reason in {Reason.REFUSED, Reason.DECLINED}
        ledger.move(
            payment,
            PaymentStatus.REFUSED if refused else PaymentStatus.FAILED,
            actor=Actor.provider(payment.provider),
            reason=reason,
        )


def _deadline(payment: Payment, answer: PushSent) -> datetime:
    """When the push runs out, by the provider's answer; by our own limit if that answer can't be
    right."""
    moment = clock.now()
    if moment - LONGEST_PUSH <= answer.expires_at <= moment + LONGEST_PUSH:
        return answer.expires_at
    issues.open_about(
        f"{payment.provider}:{answer.request_id}",
        IssueKind.WRONG_TIME,
        payment=payment,
        told=answer.expires_at.isoformat(),
        amount=payment.amount,
    )
    return moment + pushes.WINDOW


@transaction.atomic
def _never_arrived(payment_id: UUID) -> None:
    payment = _locked(payment_id)
    if payment.status == PaymentStatus.PENDING and payment.request_state == RequestState.UNKNOWN:
        payment.request_state = RequestState.REJECTED
        payment.save(update_fields=["request_state"])
        ledger.move(payment, PaymentStatus.FAILED, actor=CLOCKWORK, reason=Reason.UNAVAILABLE)


@transaction.atomic
def _give_up_reference(payment_id: UUID, *, sent_before: datetime) -> None:
    payment = _locked(payment_id)
    if Payment.objects.filter(_unseen_references(sent_before=sent_before), pk=payment_id).exists():
        ledger.move(payment, PaymentStatus.FAILED, actor=CLOCKWORK, reason=Reason.UNAVAILABLE)


def _unseen_references(*, sent_before: datetime) -> Q:
    return Q(
        status=PaymentStatus.PENDING,
        method=Method.MULTIBANCO,
        request_state=RequestState.UNKNOWN,
        reference="",
        sent_at__lte=sent_before,
    )


@transaction.atomic
def _expire(payment_id: UUID, *, deadline: datetime) -> None:
    payment = _locked(payment_id)
    if payment.status == PaymentStatus.PENDING and payment.expires_at <= deadline:
        ledger.move(payment, PaymentStatus.EXPIRED, actor=CLOCKWORK, reason=Reason.TIMED_OUT)


def _locked(payment_id: UUID) -> Payment:
    appointment_id = Payment.objects.values_list("appointment_id", flat=True).get(pk=payment_id)
    return next(p for p in ledger.lock_money_of(appointment_id) if p.id == payment_id)
