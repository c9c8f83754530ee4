"""Money that a person has to look at, until somebody or something has dealt with it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from billing.payments.errors import Code
from billing.payments.models import OF_NO_USE, IssueKind, Payment, PaymentIssue, WebhookDelivery
from clinic.core import audit, clock
from clinic.core.audit import Actor
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError

ENDED_BY_REFUND = (*OF_NO_USE, IssueKind.REFUND_FAILED)


def open_about(
    about: str,
    kind: IssueKind,
    *,
    payment: Payment | None = None,
    delivery: WebhookDelivery | None = None,
    **detail: Any,
) -> bool:
    """One issue of this kind about this thing, however often it is reported; a settled one stays
    settled. Returns whether it is open."""
    issue = PaymentIssue(
        kind=kind,
        about=about,
        payment=payment,
        delivery=delivery,
        detail=detail,
        created_at=clock.now(),
    )
    PaymentIssue.objects.bulk_create([issue], ignore_conflicts=True)
    return PaymentIssue.objects.filter(kind=kind, about=about, resolved_at=None).exists()


def was_settled(about: str, kind: IssueKind, *, by: datetime) -> bool:
    """Whether a person had settled the issue about this thing by that moment."""
    return PaymentIssue.objects.filter(kind=kind, about=about, resolved_at__lt=by).exists()


def is_disputed(payment: Payment) -> bool:
    """Whether the payer's bank took money of this payment back, and nobody has dealt with it."""
    return payment.issues.filter(kind=IssueKind.CHARGEBACK, resolved_at=None).exists()


def is_unusable(payment: Payment) -> bool:
    """Whether the payment's money came too late, or for something already paid."""
    return payment.issues.filter(kind__in=OF_NO_USE).exists()


def tell_anew(about: str, kind: IssueKind, **detail: Any) -> None:
    """Record that what is known about an open issue has changed."""
    PaymentIssue.objects.filter(kind=kind, about=about, resolved_at=None).update(detail=detail)


@transaction.atomic
def settle(issue_ids: Collection[UUID], *, actor: Actor) -> int:
    """Close the open ones among these issues, for good. Returns how many."""
    found = PaymentIssue.objects.select_for_update(of=("self",)).select_related("payment")
    issues = list(found.filter(pk__in=issue_ids, resolved_at__isnull=True).order_by("pk"))
    for issue in issues:
        _close(issue, actor)
    return len(issues)


@transaction.atomic
def settle_one(issue_id: UUID, *, note: str, actor: Actor) -> None:
    """Close an open issue, saying how it was dealt with.

    Raises DomainError `not_found`, or `issue_settled` for one that is closed.
    """
    found = PaymentIssue.objects.select_for_update(of=("self",)).select_related("payment")
    issue = found.filter(pk=issue_id).first()
    if issue is None:
        raise DomainError(CoreCode.NOT_FOUND)
    if issue.resolved_at is not None:
        raise DomainError(Code.ISSUE_SETTLED)
    issue.note = note
    _close(issue, actor)


def settle_refunded(payment: Payment, *, actor: Actor) -> None:
    """Settle the issues of a payment whose money went back. The payment's money must be locked."""
    for issue in payment.issues.filter(kind__in=ENDED_BY_REFUND, resolved_at__isnull=True):
        _close(issue, actor)


def settle_about(about: str, kind: IssueKind, *, actor: Actor) -> None:
    """Settle an issue that resolved itself. What it is about must be locked."""
    found = PaymentIssue.objects.filter(kind=kind, about=about, resolved_at=None)
    for issue in found.select_related("payment"):
        _close(issue, actor)


def _close(issue: PaymentIssue, actor: Actor) -> None:
    issue.resolved_at = clock.now()
    issue.save(update_fields=["resolved_at", "note"])
    audit.record(
        "payment_issue.settled",
        actor=actor,
        subject=issue,
        patient_id=issue.payment.patient_id if issue.payment else None,
        kind=issue.kind,
    )
