"""From the payment link to a payment that waits for its money."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from billing.payments import multibanco, providers
from billing.payments.errors import Code
from billing.payments.models import (
    CustomerKind,
    Method,
    Payment,
    PaymentStatus,
    Reason,
    RequestState,
)
from billing.payments.providers.base import PaymentProvider
from billing.payments.services import ledger, pushes, references, withdrawals
from booking import selectors as booking
from booking.choices import AppointmentStatus
from booking.services import holds
from clinic.core import audit, clock, outbox
from clinic.core.audit import Actor
from clinic.core.errors import DomainError

if TYPE_CHECKING:
    from booking.models import Appointment

MOST_PAYMENTS = 5
MOST_PUSHES = 3
"""For one visit, over its whole life: somebody who keeps asking isn't paying."""

LINK_HOLDER = Actor.system("payment_link")


@dataclass(frozen=True, slots=True)
class Customer:
    """To whom the invoice is made out, as given at checkout."""

    kind: CustomerKind
    tax_id: str = ""
    name: str = ""
    address: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """How the patient wants to pay. `phone` is E.164 and belongs to MB WAY alone."""

    method: Method
    customer: Customer
    phone: str = ""


@transaction.atomic
def start(appointment_id: UUID, order: Order) -> Payment:
    """The payment that now waits for its money.

    If a payment with the same method (and phone) already waits, it is returned with the new invoice
    details; one with another method is replaced. A visit keeps its Multibanco reference: choosing
    Multibanco again returns it. An offline reference is ready at once; anything that the provider
    has to be asked for goes through the outbox. Raises DomainError `already_paid`, `hold_expired`,
    `hold_too_short`, `not_payable`, `amount_not_payable`, `throttled`, `too_many_payments`,
    `too_many_pushes` or `payments_closed`.
    """
    provider = providers.current()
    if order.method not in provider.methods:
        raise DomainError(Code.PAYMENTS_CLOSED, retry_after=300)
    payments = ledger.lock_money_of(appointment_id)
    appointment = booking.get_appointment(appointment_id)
    _check_payable(appointment, payments)
    for payment in payments:
        if payment.status != PaymentStatus.PENDING:
            continue
        if (payment.method, payment.phone) == (order.method, order.phone):
            return _readdress(payment, order.customer)
        withdrawals.request(payment)
        ledger.move(payment, PaymentStatus.EXPIRED, actor=LINK_HOLDER, reason=Reason.REPLACED)
    if order.method == Method.MULTIBANCO:
        kept = next((each for each in payments if _waits_again(each, appointment, provider)), None)
        if kept is not None:
            ledger.wait_again(kept, appointment.hold_expires_at, actor=LINK_HOLDER)
            return _readdress(kept, order.customer)
    _refuse_too_many(payments, order.method)
    if order.method == Method.MB_WAY:
        pushes.count(order.phone)
    payment = _new_payment(appointment, order, provider)
    if payment.method == Method.MB_WAY:
        _keep_the_slot_for(payment)
    payment.save(force_insert=True)
    if payment.request_state == RequestState.WAITING:
        outbox.enqueue(
            "billing.start_payment",
            key=f"start-payment:{payment.id}",
            payment_id=str(payment.id),
        )
    audit.record(
        "payment.started",
        actor=LINK_HOLDER,
        subject=payment,
        patient_id=payment.patient_id,
        method=payment.method,
    )
    ledger.announce(payment)
    return payment


def _check_payable(appointment: "Appointment", payments: list[Payment]) -> None:
    if any(payment.status == PaymentStatus.PAID for payment in payments):
        raise DomainError(Code.ALREADY_PAID)
    if appointment.status == AppointmentStatus.EXPIRED:
        raise DomainError(Code.HOLD_EXPIRED)
    if appointment.status != AppointmentStatus.PENDING or appointment.hold_expires_at is None:
        raise DomainError(Code.NOT_PAYABLE)
    if appointment.hold_expires_at <= clock.now():
        raise DomainError(Code.HOLD_EXPIRED)
    if not multibanco.MINIMUM <= appointment.price <= multibanco.MAXIMUM:
        raise DomainError(Code.AMOUNT_NOT_PAYABLE)


def _waits_again(payment: Payment, appointment: "Appointment", provider: PaymentProvider) -> bool:
    """Whether this is a reference that was let go and can still be paid: one that its provider made
    lasts until the end of its day, and no longer than it wasn't taken back."""
    if (
        payment.method != Method.MULTIBANCO
        or payment.status != PaymentStatus.EXPIRED
        or not payment.reference
        or (payment.provider, payment.amount) != (provider.key, appointment.price)
        or appointment.hold_expires_at is None
    ):
        return False
    if payment.request_state == RequestState.OFFLINE:
        return payment.reference_held
    lasts_until = clock.local(payment.expires_at).date()
    return not provider.capabilities.cancel and (
        clock.local(appointment.hold_expires_at).date() <= lasts_until
    )


def _refuse_too_many(payments: list[Payment], method: Method) -> None:
    if method == Method.MB_WAY:
        asked = sum(payment.method == Method.MB_WAY for payment in payments)
        if asked >= MOST_PUSHES:
            raise DomainError(Code.TOO_MANY_PUSHES)
    if len(payments) >= MOST_PAYMENTS:
        raise DomainError(Code.TOO_MANY_PAYMENTS)


def _keep_the_slot_for(payment: Payment) -> None:
    """People take their time to answer a push, so the slot has to wait for it."""
    until = payment.expires_at + pushes.GRACE
    if not holds.keep_until(payment.appointment_id, until, actor=LINK_HOLDER):
        raise DomainError(Code.HOLD_TOO_SHORT)


def _new_payment(appointment: "Appointment", order: Order, provider: PaymentProvider) -> Payment:
    moment = clock.now()
    payment = Payment(
        appointment_id=appointment.pk,
        patient_id=appointment.patient_id,
        method=order.method,
        amount=appointment.price,
        provider=provider.key,
        created_at=moment,
    )
    _address(payment, order.customer)
    payment.request_state = RequestState.WAITING
    if order.method == Method.MB_WAY:
        payment.phone = order.phone
        payment.expires_at = moment + pushes.WINDOW
        return payment
    payment.expires_at = appointment.hold_expires_at or moment
    if provider.multibanco_account is not None:
        entity, subentity = provider.multibanco_account
        payment.request_state = RequestState.OFFLINE
        payment.entity = entity
        payment.reference = references.allocate(entity, subentity, appointment.price)
        payment.reference_held = True
    return payment


def _readdress(payment: Payment, customer: Customer) -> Payment:
    _address(payment, customer)
    payment.save(
        update_fields=[
            "customer_kind",
            "customer_tax_id",
            "customer_name",
            "customer_address",
            "customer_email",
        ]
    )
    return payment


def _address(payment: Payment, customer: Customer) -> None:
    payment.customer_kind = customer.kind
    payment.customer_tax_id = customer.tax_id
    payment.customer_name = customer.name
    payment.customer_address = customer.address
    payment.customer_email = customer.email
