"""Background entry points: load by id, call a service."""

from uuid import UUID

from celery import shared_task

from billing import subjects
from billing.services import (
    closing,
    invoices,
    issuance,
    overdue,
    reconciliation,
    refunds,
    requests,
    watching,
    webhooks,
    withdrawals,
)
from clinic.core import outbox

# It asks each provider for as long as `reconciliation.PATIENCE_SECONDS` and goes through a week of
# movements. The broker gives a task to another worker after `CELERY_VISIBILITY_TIMEOUT`.
RECONCILING_SECONDS = 275


@outbox.handler(
    "billing.start_payment",
    queue="payments",
    until_done=True,
    pt="Pedido de pagamento por enviar ao banco",
    en="Payment request to be sent to the bank",
    about=subjects.of_payment,
)
def start_payment(payment_id: str) -> None:
    requests.send_after_commit(UUID(payment_id))


@outbox.caller(
    "billing.withdraw_payment",
    queue="payments",
    until_done=True,
    pt="Pedido de pagamento por retirar da app do utente",
    en="Payment request to be taken back from the patient's app",
    about=subjects.of_payment,
)
def withdraw_payment(payment_id: str) -> None:
    withdrawals.perform(UUID(payment_id))


@outbox.caller(
    "billing.confirm_delivery",
    queue="payments",
    until_done=True,
    pt="Aviso de pagamento por confirmar com o banco",
    en="Payment notice to be confirmed by the bank",
    about=subjects.of_notice,
)
@outbox.caller(
    "billing.process_delivery",
    until_done=True,
    pt="Aviso de pagamento por tratar",
    en="Payment notice to be dealt with",
    about=subjects.of_notice,
)
def process_delivery(delivery_id: str) -> None:
    webhooks.process(UUID(delivery_id))


@outbox.handler(
    "billing.close_appointment",
    until_done=True,
    pt="Dinheiro de uma consulta que acabou, por fechar",
    en="Money of an ended appointment, to be closed",
    about=subjects.of_appointment,
)
def close_appointment(appointment_id: str, refundable: bool) -> None:
    closing.close(UUID(appointment_id), refundable=refundable)


@outbox.caller(
    "billing.refund",
    queue="payments",
    until_done=True,
    pt="Devolução por enviar ao banco",
    en="Refund to be sent to the bank",
    about=subjects.of_refund,
)
def refund(refund_id: str) -> None:
    refunds.perform(UUID(refund_id))


@outbox.handler(
    "billing.issue_invoice",
    until_done=True,
    pt="Fatura por emitir",
    en="Invoice to be issued",
    about=subjects.of_payment,
)
def issue_invoice(payment_id: str) -> None:
    invoices.issue(UUID(payment_id))


@outbox.handler(
    "billing.issue_credit_note",
    until_done=True,
    pt="Nota de crédito por emitir",
    en="Credit note to be issued",
    about=subjects.of_refund,
)
def issue_credit_note(refund_id: str) -> None:
    invoices.credit(UUID(refund_id))


@outbox.handler(
    "billing.ask_issuer",
    queue="documents",
    until_done=True,
    pt="Documento por pedir ao programa de faturação",
    en="Document to be asked of the invoicing program",
    about=subjects.of_request,
)
def ask_issuer(request_id: str) -> None:
    issuance.ask_after_commit(UUID(request_id))


@outbox.caller(
    "billing.render_invoice",
    queue="documents",
    until_done=True,
    pt="PDF por fazer e enviar",
    en="PDF to be made and mailed",
    about=subjects.of_document,
)
def render_invoice(invoice_id: str) -> None:
    invoices.render(UUID(invoice_id))


@shared_task(name="billing.expire_payments")
def expire_payments() -> None:
    requests.expire_due()


@shared_task(name="billing.ask_about_payments")
def ask_about_payments() -> None:
    requests.follow_due()


@shared_task(name="billing.look_at_references")
def look_at_references() -> None:
    watching.look_at_references()


@shared_task(name="billing.follow_documents")
def follow_documents() -> None:
    issuance.follow_due()


@shared_task(name="billing.render_overdue")
def render_overdue() -> None:
    overdue.render_overdue()


@shared_task(name="billing.forget_old_bodies")
def forget_old_bodies() -> None:
    webhooks.forget_old_bodies()


@shared_task(
    name="billing.reconcile",
    soft_time_limit=RECONCILING_SECONDS,
    time_limit=RECONCILING_SECONDS + 20,
)
def reconcile() -> None:
    reconciliation.reconcile_all()
