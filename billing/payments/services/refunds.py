"""Money going back to the patient.

Nothing is sent while the payer's bank has taken back money of the payment: the patient would get it
twice. A person's request is then refused; a refund by the clinic's policy is left to a person.
"""

from decimal import Decimal
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet, Sum

from billing.payments import providers
from billing.payments.errors import Code
from billing.payments.models import IssueKind, Payment, PaymentStatus, Refund, RefundStatus
from billing.payments.providers.base import RefundRejectedError, RefundRequest, UnknownOutcomeError
from billing.payments.services import issues, ledger
from clinic.core import audit, clock, outbox
from clinic.core.audit import Actor
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

log = structlog.get_logger(__name__)

UNANSWERED = (RefundStatus.REQUESTED, RefundStatus.SENT)
TAKEN_BACK = "the payer's bank took the money back"


def request(
    payment: Payment, *, actor: Actor, amount: Decimal | None = None, reason: str = ""
) -> Refund:
    """Request a refund of a payment: of what is left, or of this amount. Its money must be locked.

    A full refund is requested only once: if nothing is left, the newest refund is returned. Raises
    DomainError `nothing_to_refund` for more than is left.
    """
    left = refundable(payment)
    if amount is None and left == 0:
        newest = _counted(payment).order_by("-requested_at").first()
        if newest is not None:
            return newest
    amount = left if amount is None else amount
    if not 0 < amount <= left:
        raise DomainError(Code.NOTHING_TO_REFUND, pointer="/amount")
    refund = Refund.objects.create(
        payment=payment, amount=amount, reason=reason, requested_at=clock.now()
    )
    audit.record(
        "refund.requested",
        actor=actor,
        subject=refund,
        patient_id=payment.patient_id,
        amount=str(refund.amount),
    )
    outbox.enqueue("billing.refund", key=_task_key(refund), refund_id=str(refund.id))
    return refund


def _task_key(refund: Refund) -> str:
    return f"refund:{refund.id}"


@transaction.atomic
def give_back(
    payment_id: UUID, *, actor: Actor, reason: str, amount: Decimal | None = None
) -> Refund:
    """Refund this amount of a payment, or what is left of it, because a person decided so.

    Raises DomainError `not_found`, `payment_disputed` while the payer's bank has it, or
    `nothing_to_refund` for more than is left or none at all.
    """
    found = Payment.objects.filter(pk=payment_id).first()
    if found is None:
        raise DomainError(CoreCode.NOT_FOUND)
    payment = ledger.lock_payment(found)
    if issues.is_disputed(payment):
        raise DomainError(Code.PAYMENT_DISPUTED)
    wished = refundable(payment) if amount is None else amount
    return request(payment, actor=actor, amount=wished, reason=reason)


def refundable(payment: Payment) -> Decimal:
    """What can still be given back of a payment."""
    if payment.status != PaymentStatus.PAID:
        return Decimal(0)
    given = _counted(payment).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return payment.amount - given


def _counted(payment: Payment) -> QuerySet[Refund]:
    return payment.refunds.exclude(status=RefundStatus.FAILED)


def perform(refund_id: UUID) -> None:
    """Have the provider send the money and record that it did.

    If the provider pays each refund id only once, this may be repeated, and raises
    UnknownOutcomeError if no answer came. Otherwise the refund is marked as sent, sent once that is
    committed, and never again. A final refusal, silence after the one try, and money that the
    payer's bank has taken back meanwhile, become an issue for a person.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.status != RefundStatus.REQUESTED:
        return
    if not providers.get(refund.payment.provider).capabilities.repeatable_refunds:
        _send_after_commit(refund)
    elif issues.is_disputed(refund.payment):
        _withhold(refund)
    else:
        _ask_provider(refund)


def record_done(refund: Refund, payment: Payment, *, request_id: str, actor: Actor) -> None:
    """The money is on its way back. The payment's money must be locked; repeating is safe."""
    refund.refresh_from_db()
    if refund.status not in UNANSWERED:
        return
    refund.status = RefundStatus.DONE
    refund.request_id = request_id
    refund.settled_at = clock.now()
    refund.save(update_fields=["status", "request_id", "settled_at"])
    outbox.enqueue(
        "billing.issue_credit_note", key=f"credit-note:{refund.id}", refund_id=str(refund.id)
    )
    done = payment.refunds.filter(status=RefundStatus.DONE).aggregate(total=Sum("amount"))["total"]
    if done == payment.amount:
        ledger.move(payment, PaymentStatus.REFUNDED, actor=actor)
        issues.settle_refunded(payment, actor=actor)


def leave_unanswered(refund: Refund) -> bool:
    """Nobody knows whether this money went back: a person has to ask the provider. False if one
    already has."""
    return issues.open_about(
        f"refund:{refund.id}",
        IssueKind.REFUND_FAILED,
        payment=refund.payment,
        refund=str(refund.id),
        reason="no answer",
    )


@transaction.atomic
def _send_after_commit(refund: Refund) -> None:
    ledger.lock_money_of(refund.payment.appointment_id)
    refund.refresh_from_db()
    if refund.status != RefundStatus.REQUESTED:
        return
    if issues.is_disputed(refund.payment):
        _fail(refund, TAKEN_BACK)
    else:
        _mark_as_sent(refund)
        transaction.on_commit(partial(_send, refund.id))


@transaction.atomic
def _withhold(refund: Refund) -> None:
    """Don't send the money; but an earlier try without an answer may have sent it."""
    ledger.lock_money_of(refund.payment.appointment_id)
    refund.refresh_from_db()
    if refund.status != RefundStatus.REQUESTED:
        return
    if outbox.has_failed(_task_key(refund)):
        _mark_as_sent(refund)
        leave_unanswered(refund)
    else:
        _fail(refund, TAKEN_BACK)


def _mark_as_sent(refund: Refund) -> None:
    refund.status = RefundStatus.SENT
    refund.sent_at = clock.now()
    refund.save(update_fields=["status", "sent_at"])


def _send(refund_id: UUID) -> None:
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    try:
        _ask_provider(refund)
    except UnknownOutcomeError as error:
        log.warning("refund_unknown", refund=str(refund_id), error=str(error))
        leave_unanswered(refund)


def _ask_provider(refund: Refund) -> None:
    payment = refund.payment
    request = RefundRequest(
        refund_id=refund.id,
        payment_id=payment.repeats_id or payment.id,
        method=payment.method,
        transaction_id=payment.transaction_id,
        amount=refund.amount,
    )
    try:
        request_id = providers.get(payment.provider).refund(request)
    except RefundRejectedError as error:
        _record_refusal(refund, str(error))
    else:
        _record_refund(refund, request_id)


@transaction.atomic
def _record_refund(refund: Refund, request_id: str) -> None:
    payment = ledger.lock_payment(refund.payment)
    record_done(refund, payment, request_id=request_id, actor=Actor.provider(payment.provider))


@transaction.atomic
def _record_refusal(refund: Refund, reason: str) -> None:
    ledger.lock_money_of(refund.payment.appointment_id)
    refund.refresh_from_db()
    if refund.status in UNANSWERED:
        _fail(refund, reason)


def _fail(refund: Refund, reason: str) -> None:
    refund.status = RefundStatus.FAILED
    refund.settled_at = clock.now()
    refund.save(update_fields=["status", "settled_at"])
    issues.open_about(
        f"refund:{refund.id}",
        IssueKind.REFUND_FAILED,
        payment=refund.payment,
        refund=str(refund.id),
        reason=reason,
    )
