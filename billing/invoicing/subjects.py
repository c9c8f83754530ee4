"""Says what the work on a document is about, to a person who reads that it has stopped."""

from billing.invoicing.models import DocumentRequest, Invoice
from billing.payments.subjects import of_payment, of_refund
from clinic.core.outbox import Subject


def of_document(invoice_id: str) -> Subject:
    invoice = Invoice.objects.select_related("patient").get(pk=invoice_id)
    return Subject(
        patient_id=invoice.patient_id,
        name=invoice.customer_name,
        document=invoice.number,
        amount=invoice.gross_total,
    )


def of_request(request_id: str) -> Subject:
    request = DocumentRequest.objects.get(pk=request_id)
    if request.refund_id is not None:
        return of_refund(str(request.refund_id))
    return of_payment(str(request.payment_id))
