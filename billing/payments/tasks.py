"""Background entry points: load by id, call a service."""

from uuid import UUID

from celery import shared_task

from billing.payments import subjects
from billing.payments.services import (
    closing,
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


@shared_task(name="billing.expire_payments")
def expire_payments() -> None:
    requests.expire_due()


@shared_task(name="billing.ask_about_payments")
def ask_about_payments() -> None:
    requests.follow_due()


@shared_task(name="billing.look_at_references")
def look_at_references() -> None:
    watching.look_at_references()


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
