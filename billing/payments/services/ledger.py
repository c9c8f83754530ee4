"""The one place where a payment's status changes, and the locks around it.

Lock order everywhere: the appointment's money (an advisory lock), payments, then whatever booking
locks. Subscribers to booking's events take no lock of ours: they write to the outbox.
"""

from datetime import datetime
from uuid import UUID

from billing.payments.events import PaymentChanged
from billing.payments.models import (
    TRANSITIONS,
    Method,
    Payment,
    PaymentEvent,
    PaymentStatus,
    Reason,
    RequestState,
)
from billing.payments.providers.base import Event, PaymentRequest
from clinic.core import audit, clock, events, locks
from clinic.core.audit import Actor


def lock_money_of(appointment_id: UUID) -> list[Payment]:
    """Lock this appointment's payments for everybody else until the transaction ends.

    Gives the payments, oldest first.
    """
    locks.take(locks.MONEY(appointment_id))
    return list(
        Payment.objects.select_for_update(no_key=True)
        .filter(appointment_id=appointment_id)
        .order_by("created_at", "pk")
    )


def lock_payment(payment: Payment) -> Payment:
    """This payment, with the money of its appointment locked."""
    payments = lock_money_of(payment.appointment_id)
    return next(each for each in payments if each.pk == payment.pk)


def may_become(payment: Payment, status: PaymentStatus) -> bool:
    """Whether the table of moves lets this payment take that status."""
    return status in TRANSITIONS[payment.status]


def move(
    payment: Payment,
    to: PaymentStatus,
    *,
    actor: Actor,
    reason: Reason = Reason.NONE,
    paid_at: datetime | None = None,
) -> None:
    """Change the status of a locked payment, record it and announce it.

    Raises ValueError for a move the table doesn't have: callers ask `may_become` first.
    """
    if not may_become(payment, to):
        raise ValueError(f"{payment.status} -> {to}")
    before = payment.status
    payment.status = to
    payment.reason = reason
    payment.closed_at = clock.now()
    payment.paid_at = paid_at or payment.paid_at
    payment.save(update_fields=["status", "reason", "closed_at", "paid_at"])
    audit.record(
        "payment.status",
        actor=actor,
        subject=payment,
        patient_id=payment.patient_id,
        before=before,
        after=str(to),
        reason=str(reason),
    )
    announce(payment)


def write_down(payment: Payment, event: Event, provider: str, *, to: str) -> None:
    """Record what the provider said about a locked payment, and its new status. An event is kept
    once."""
    PaymentEvent.objects.create(
        payment=payment,
        provider=provider,
        event_id=event.event_id,
        type=event.type,
        amount=event.amount,
        from_status=payment.status,
        to_status=to,
        occurred_at=event.occurred_at,
        received_at=clock.now(),
    )


def adopt_request(payment: Payment, event: Event) -> None:
    """A notice can arrive before the answer to our own call; then it brings the provider's id."""
    if payment.method == Method.MB_WAY and not payment.request_id:
        payment.request_id = event.request_id
        payment.request_state = RequestState.ACCEPTED
        payment.save(update_fields=["request_id", "request_state"])
    elif payment.method == Method.MULTIBANCO and not payment.reference:
        payment.entity, payment.reference = event.entity, event.reference
        payment.request_state = RequestState.ACCEPTED
        payment.save(update_fields=["entity", "reference", "request_state"])


def name_money(payment: Payment, name: str) -> None:
    """Record the provider's name for a locked payment's money."""
    payment.transaction_id = name
    payment.save(update_fields=["transaction_id"])


def repeat(payment: Payment, *, transaction_id: str) -> Payment:
    """Add a row for further money on a locked Multibanco payment, for the same visit and person.

    Nobody waited for it, so it starts as expired. We have no name for it at the provider.
    """
    return Payment.objects.create(
        repeats_id=payment.repeats_id or payment.id,
        appointment_id=payment.appointment_id,
        patient_id=payment.patient_id,
        method=payment.method,
        status=PaymentStatus.EXPIRED,
        amount=payment.amount,
        provider=payment.provider,
        request_state=RequestState.OFFLINE,
        order_id="",
        transaction_id=transaction_id,
        entity=payment.entity,
        reference=payment.reference,
        expires_at=payment.expires_at,
        customer_kind=payment.customer_kind,
        customer_tax_id=payment.customer_tax_id,
        customer_name=payment.customer_name,
        customer_address=payment.customer_address,
        customer_email=payment.customer_email,
        created_at=clock.now(),
    )


def wait_again(payment: Payment, until: datetime | None, *, actor: Actor) -> None:
    """Let a locked payment that ran out wait for its money again, until then."""
    move(payment, PaymentStatus.PENDING, actor=actor)
    payment.closed_at = None
    payment.expires_at = until or payment.expires_at
    payment.save(update_fields=["closed_at", "expires_at"])


def announce(payment: Payment) -> None:
    events.announce(
        PaymentChanged(
            payment_id=payment.id,
            patient_id=payment.patient_id,
            appointment_id=payment.appointment_id,
        )
    )


def as_request(payment: Payment) -> PaymentRequest:
    """The payment as its provider knows it."""
    return PaymentRequest(
        payment_id=payment.id,
        order_id=payment.order_id,
        method=payment.method,
        amount=payment.amount,
        phone=payment.phone,
        request_id=payment.request_id,
        entity=payment.entity,
        reference=payment.reference,
        begun_at=payment.created_at,
        last_day=clock.local(payment.expires_at).date(),
    )
