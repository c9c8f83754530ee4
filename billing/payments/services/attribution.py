"""Which payment an event of a provider is about."""

from collections.abc import Sequence
from uuid import UUID

from billing.payments.models import Method, Payment
from billing.payments.providers.base import Event, EventType


def payment_of(event: Event, provider: str) -> Payment | None:
    """The payment that an event is about, as it stands; it isn't locked."""
    appointment_id = appointment_of(event, provider)
    if appointment_id is None:
        return None
    payments = Payment.objects.filter(appointment_id=appointment_id)
    return payment_among(list(payments.order_by("created_at", "pk")), event)


def appointment_of(event: Event, provider: str) -> UUID | None:
    """The appointment to which the payment belongs.

    A notice about an offline reference lacks our identifier; but only one payment has that
    reference.
    """
    candidates = Payment.objects.filter(provider=provider).values_list("appointment_id", flat=True)
    if event.payment_id is not None:
        return candidates.filter(pk=event.payment_id).first()
    if event.order_id:
        return candidates.filter(order_id=event.order_id).first()
    if event.type == EventType.CHARGEBACK:
        named = candidates.filter(transaction_id=event.transaction_id).exclude(transaction_id="")
        if (found := named.first()) is not None:
            return found
    if event.method != Method.MULTIBANCO:
        return None
    holders = candidates.filter(
        entity=event.entity, reference=event.reference, reference_held=True
    ).order_by("-created_at")
    return holders.filter(amount=event.amount).first() or holders.first()


def payment_among(payments: Sequence[Payment], event: Event) -> Payment | None:
    """The one of an appointment's payments, oldest first, that an event is about; of a reference
    that was paid again the one whose money it names, else the first, which alone has our name and
    may still wait."""
    firsts = {payment.id: payment for payment in payments if payment.repeats_id is None}
    for payment in payments:
        if payment.repeats_id is None or payment.transaction_id != event.transaction_id:
            continue
        if _has_our_names(event, firsts[payment.repeats_id]):
            return payment
    return next((payment for payment in firsts.values() if _is_about(event, payment)), None)


def _has_our_names(event: Event, payment: Payment) -> bool:
    """Whether the event has our name for this payment, or no name at all."""
    return event.payment_id in {None, payment.id} and event.order_id in {"", payment.order_id}


def _is_about(event: Event, payment: Payment) -> bool:
    """A provider that makes its own references names ours before we have learned them. Of money
    that was taken back our own name or the money's is enough: it pays for nothing."""
    if not _has_our_names(event, payment):
        return False
    if event.type == EventType.CHARGEBACK and (
        event.payment_id or event.order_id or event.transaction_id == payment.transaction_id != ""
    ):
        return True
    if event.type == EventType.REFUNDED:
        return event.transaction_id == payment.transaction_id != ""
    if event.method != payment.method:
        return False
    if payment.method == Method.MULTIBANCO:
        if not payment.reference:
            return event.payment_id == payment.id and bool(event.entity and event.reference)
        return (event.entity, event.reference) == (payment.entity, payment.reference)
    return bool(event.request_id) and payment.request_id in {"", event.request_id}
