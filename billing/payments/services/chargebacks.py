"""Money that the payer's bank took back, and that the clinic doesn't fight for."""

from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.payments.errors import Code
from billing.payments.models import CURRENCY, IssueKind, Payment, PaymentIssue, Refund
from billing.payments.services import issues, ledger, refunds
from clinic.core import audit, clock
from clinic.core.audit import Actor
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

CENT = Decimal("0.01")


@transaction.atomic
def accept(issue_id: UUID, *, reason: str, actor: Actor) -> Refund:
    """Settle an open chargeback by accepting the loss: what the bank took counts as given back, and
    is credited. No money is sent.

    The amount is what the bank said, or everything that is left if that is less or in another
    currency; a payment with nothing left becomes refunded. Raises DomainError `not_found` if there
    is no such chargeback, `issue_settled` if it is closed, or `nothing_to_refund` if nothing is
    left of the payment, or the payment isn't known.
    """
    issue = (
        PaymentIssue.objects.select_related("payment")
        .filter(pk=issue_id, kind=IssueKind.CHARGEBACK)
        .first()
    )
    if issue is None:
        raise DomainError(CoreCode.NOT_FOUND)
    if issue.payment is None:
        raise DomainError(Code.NOTHING_TO_REFUND)
    payment = ledger.lock_payment(issue.payment)
    issues.settle_one(issue_id, note=reason, actor=actor)
    loss = _loss(issue, payment)
    if loss <= 0:
        raise DomainError(Code.NOTHING_TO_REFUND)
    refund = Refund.objects.create(
        payment=payment, amount=loss, reason=reason, requested_at=clock.now()
    )
    audit.record(
        "chargeback.accepted",
        actor=actor,
        subject=refund,
        patient_id=payment.patient_id,
        amount=str(refund.amount),
    )
    refunds.record_done(refund, payment, request_id=issue.detail.get("event_id", ""), actor=actor)
    return refund


def _loss(issue: PaymentIssue, payment: Payment) -> Decimal:
    left = refunds.refundable(payment)
    if issue.detail.get("currency") != CURRENCY:
        return left
    return min(abs(Decimal(issue.detail["amount"])).quantize(CENT), left)
