"""Takes a request back from the patient's app, if its provider can do that."""

from uuid import UUID

from billing.payments import providers
from billing.payments.models import Payment, PaymentStatus, RequestState
from billing.payments.services import ledger
from clinic.core import outbox


def request(payment: Payment) -> None:
    """Queue the withdrawal in the caller's transaction; nothing for a request that never left or
    can't be taken back.

    One that was asked for while the request was still on its way may have come too early, so it is
    asked for again under the provider's id.
    """
    provider = providers.known().get(payment.provider)
    if provider is None or not provider.capabilities.cancel:
        return
    if payment.request_state in {RequestState.UNKNOWN, RequestState.ACCEPTED}:
        outbox.enqueue(
            "billing.withdraw_payment",
            key=f"withdraw-payment:{payment.id}:{payment.request_id}",
            payment_id=str(payment.id),
        )


def perform(payment_id: UUID) -> None:
    """Ask the provider. Raises UnknownOutcomeError when it doesn't answer; repeating is safe."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.status != PaymentStatus.PAID:
        providers.get(payment.provider).cancel(ledger.as_request(payment))
