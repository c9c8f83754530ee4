"""Background entry points: load by id, call a service."""

from uuid import UUID

from celery import shared_task

from billing.invoicing.services import invoices, issuance, overdue
from billing.invoicing.subjects import of_document, of_request
from billing.payments.subjects import of_payment, of_refund
from clinic.core import outbox


@outbox.handler(
    "billing.issue_invoice",
    until_done=True,
    pt="Fatura por emitir",
    en="Invoice to be issued",
    about=of_payment,
)
def issue_invoice(payment_id: str) -> None:
    invoices.issue(UUID(payment_id))


@outbox.handler(
    "billing.issue_credit_note",
    until_done=True,
    pt="Nota de crédito por emitir",
    en="Credit note to be issued",
    about=of_refund,
)
def issue_credit_note(refund_id: str) -> None:
    invoices.credit(UUID(refund_id))


@outbox.handler(
    "billing.ask_issuer",
    queue="documents",
    until_done=True,
    pt="Documento por pedir ao programa de faturação",
    en="Document to be asked of the invoicing program",
    about=of_request,
)
def ask_issuer(request_id: str) -> None:
    issuance.ask_after_commit(UUID(request_id))


@outbox.caller(
    "billing.render_invoice",
    queue="documents",
    until_done=True,
    pt="PDF por fazer e enviar",
    en="PDF to be made and mailed",
    about=of_document,
)
def render_invoice(invoice_id: str) -> None:
    invoices.render(UUID(invoice_id))


@shared_task(name="billing.follow_documents")
def follow_documents() -> None:
    issuance.follow_due()


@shared_task(name="billing.render_overdue")
def render_overdue() -> None:
    overdue.render_overdue()
