"""What happens to the documents of a patient whose account is erased: they stay as they were
issued. Only the e-mails that brought them are forgotten.

The law requires them for ten years (CIVA art. 52, CIRC art. 123).
"""

from uuid import UUID

from django.db.models import Exists, OuterRef

from billing.invoicing.models import DocumentRequest, Invoice
from billing.invoicing.services import details
from billing.payments.errors import Code
from billing.payments.models import Payment, Refund, RefundStatus
from clinic.core import outbox
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.notifications import services as notifications


def forget(patient_id: UUID, *, actor: Actor) -> None:
    """Forget what a patient kept for their next invoice, and the e-mails about their documents.

    Their money must be locked. Raises DomainError `money_unsettled` while a document of theirs is
    on its way, since it could no longer reach them.
    """
    _refuse_unfinished(patient_id)
    details.forget(patient_id, actor=actor)
    documents = Invoice.objects.filter(patient=patient_id).values_list("pk", flat=True)
    notifications.forget(*(f"invoice:{document_id}" for document_id in documents))


def _refuse_unfinished(patient_id: UUID) -> None:
    payments = Payment.objects.filter(patient=patient_id).values_list("pk", flat=True)
    uncredited = Refund.objects.filter(
        Exists(Invoice.objects.filter(payment=OuterRef("payment"))),
        payment__patient=patient_id,
        status=RefundStatus.DONE,
        credit_note=None,
    )
    if (
        outbox.unfinished([f"issue-invoice:{payment_id}" for payment_id in payments])
        or Invoice.objects.filter(payment__patient=patient_id, document=None).exists()
        or DocumentRequest.objects.filter(payment__patient=patient_id, issued_at=None).exists()
        or uncredited.exists()
    ):
        raise DomainError(Code.MONEY_UNSETTLED)
