"""What happens to the money of a patient whose account is erased: the ledger stays, since documents
depend on it, but without a name, phone or address."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from billing.payments.errors import Code
from billing.payments.models import (
    ORDER_IDS,
    Payment,
    PaymentIssue,
    PaymentStatus,
    Refund,
    WebhookDelivery,
)
from billing.payments.services import closing, ledger, refunds
from clinic.core import idempotency, outbox
from clinic.core.errors import DomainError
from clinic.core.mentions import Names

CONTACT = ("phone", "customer_tax_id", "customer_name", "customer_address", "customer_email")


def forget(patient_id: UUID) -> None:
    """Remove the person from the ledger, and close the payments that still wait.

    Locks the money of their appointments until the transaction ends; money that is paid afterwards
    becomes an issue. Raises DomainError `money_unsettled` while money of theirs is on its way, or
    waits for a person's decision, since it could no longer reach them.
    """
    payments = _lock(patient_id)
    _refuse_unsettled(payments)
    for appointment_id in {
        each.appointment_id for each in payments if each.status == PaymentStatus.PENDING
    }:
        closing.close(appointment_id, refundable=False)
    ids = [each.pk for each in payments]
    idempotency.forget(ids)
    _blank_notices(payments)
    _blank_words(ids)
    Payment.objects.filter(pk__in=ids).update(**dict.fromkeys(CONTACT, ""))


def _lock(patient_id: UUID) -> list[Payment]:
    appointments = Payment.objects.filter(patient=patient_id).values_list(
        "appointment_id", flat=True
    )
    return [
        payment
        for appointment_id in sorted(set(appointments))
        for payment in ledger.lock_money_of(appointment_id)
    ]


def _refuse_unsettled(payments: Collection[Payment]) -> None:
    ids = [each.pk for each in payments]
    # A cancelled appointment's payments are closed, and its refund requested, a moment later.
    to_close = [f"close-appointment:{each.appointment_id}:cancelled" for each in payments]
    if (
        outbox.unfinished(to_close)
        or Refund.objects.filter(payment__in=ids, status__in=refunds.UNANSWERED).exists()
        or PaymentIssue.objects.filter(payment__in=ids, resolved_at=None).exists()
    ):
        raise DomainError(Code.MONEY_UNSETTLED)


def _blank_notices(payments: Collection[Payment]) -> None:
    """Providers may add anything to their notices; the ledger's events have what counts."""
    ids = [str(payment.pk) for payment in payments]
    orders = [payment.order_id for payment in payments if payment.order_id]
    kept = WebhookDelivery.objects.exclude(body={}).filter(processed_at__isnull=False)
    named = Q(Names("body", ids)) | Q(Names("body", orders, form=ORDER_IDS))
    kept.filter(named).update(body={})
    about = PaymentIssue.objects.filter(payment__in=[each.pk for each in payments])
    told = WebhookDelivery.objects.filter(pk__in=about.values("delivery"))
    told.filter(processed_at__isnull=False).update(body={})


def _blank_words(payment_ids: Collection[UUID]) -> None:
    """Free text from staff or a third party; a credit note keeps its own copy."""
    Refund.objects.filter(payment__in=payment_ids).update(reason="")
    for issue in PaymentIssue.objects.filter(payment__in=payment_ids):
        issue.note = ""
        issue.detail = {name: told for name, told in issue.detail.items() if name != "reason"}
        issue.save(update_fields=["note", "detail"])
