"""Money going back to the patient."""

from uuid import UUID

from django.db import transaction

from billing import providers
from billing.models import IssueKind, Payment, PaymentIssue, PaymentStatus, Refund, RefundStatus
from billing.providers.base import RefundRejectedError, RefundRequest
from billing.services import issues, ledger
from clinic.core import audit, clock, outbox
from clinic.core.audit import Actor


def request(payment: Payment, *, actor: Actor) -> Refund:
    """Ask for the whole payment back; once per payment. The payment's money must be locked."""
    refund = Refund.objects.filter(payment=payment).exclude(status=RefundStatus.FAILED).first()
    if refund is not None:
        return refund
    refund = Refund.objects.create(payment=payment, amount=payment.amount, requested_at=clock.now())
    audit.record(
        "refund.requested",
        actor=actor,
        subject=refund,
        patient_id=payment.patient_id,
        amount=str(refund.amount),
    )
    outbox.enqueue("billing.refund", key=f"refund:{refund.id}", refund_id=str(refund.id))
    return refund


def perform(refund_id: UUID) -> None:
    """Have the provider send the money and record that it did.

    The provider pays one refund id once, so this may be repeated. Raises UnknownOutcomeError when
    no answer came; a final refusal becomes an issue for a person.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.status != RefundStatus.REQUESTED:
        return
    payment = refund.payment
    provider = providers.get(payment.provider)
    try:
        request_id = provider.refund(RefundRequest(refund.id, payment.id, refund.amount))
    except RefundRejectedError as error:
        _record_refusal(refund, str(error))
    else:
        _record_refund(refund, request_id)


@transaction.atomic
def _record_refund(refund: Refund, request_id: str) -> None:
    payments = ledger.lock_money_of(refund.payment.appointment_id)
    refund.refresh_from_db()
    if refund.status != RefundStatus.REQUESTED:
        return
    refund.status = RefundStatus.DONE
    refund.request_id = request_id
    refund.settled_at = clock.now()
    refund.save(update_fields=["status", "request_id", "settled_at"])
    payment = next(payment for payment in payments if payment.pk == refund.payment_id)
    actor = Actor.provider(payment.provider)
    ledger.move(payment, PaymentStatus.REFUNDED, actor=actor)
    issues.settle_refunded(payment, actor=actor)


@transaction.atomic
def _record_refusal(refund: Refund, reason: str) -> None:
    ledger.lock_money_of(refund.payment.appointment_id)
    refund.refresh_from_db()
    if refund.status != RefundStatus.REQUESTED:
        return
    refund.status = RefundStatus.FAILED
    refund.settled_at = clock.now()
    refund.save(update_fields=["status", "settled_at"])
    PaymentIssue.objects.create(
        kind=IssueKind.REFUND_FAILED,
        payment=refund.payment,
        detail={"refund": str(refund.id), "reason": reason},
        created_at=clock.now(),
    )
