import pytest
from rest_framework.test import APIClient

from billing.payments import subscribers
from billing.payments.models import Payment, PaymentIssue, PaymentStatus, Refund, RefundStatus
from billing.payments.services import refunds
from booking.events import AppointmentCancelled, AppointmentExpired
from booking.models import Appointment
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry, OutboxMessage
from tests.billing import factories
from tests.billing.bank import Bank
from tests.billing.factories import drain, notice, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(client: APIClient, held: Appointment) -> Payment:
    payment = factories.multibanco(held)
    send(client, notice(payment))
    drain()
    payment.refresh_from_db()
    return payment


def cancel(payment: Payment, *, refundable: bool) -> None:
    appointment = payment.appointment
    appointment.refresh_from_db()
    appointment.status, appointment.closed_at = "cancelled", clock.now()
    appointment.save()
    subscribers.on_appointment_cancelled(AppointmentCancelled(appointment.pk, refundable))


def test_a_cancelled_appointment_gives_the_money_back(bank: Bank, paid: Payment) -> None:
    bank.will(201, {"refund_id": "f-1"})

    cancel(paid, refundable=True)
    drain()

    refund = Refund.objects.get()
    assert bank.calls == [
        (
            "POST",
            "/refunds",
            {"refund_id": str(refund.id), "payment_id": str(paid.id), "amount": "40.00"},
        )
    ]
    paid.refresh_from_db()
    assert (refund.status, refund.amount, refund.request_id) == ("done", paid.amount, "f-1")
    entry = AuditEntry.objects.get(action="refund.requested")
    assert (entry.subject_id, entry.patient_id) == (str(refund.id), paid.patient_id)
    assert (entry.actor_id, entry.data) == ("billing", {"amount": "40.00"})
    assert paid.status == PaymentStatus.REFUNDED


def test_as_little_as_a_cent_is_given_back(paid: Payment) -> None:
    refund = refunds.give_back(
        paid.pk, actor=Actor.system("test"), reason="Troco", amount=factories.amount("0.01")
    )

    assert (refund.amount, refund.status) == (factories.amount("0.01"), "requested")


def test_a_refund_that_is_told_to_be_done_twice_at_once_is_done_as_the_first_said(
    paid: Payment,
) -> None:
    tests = Actor.system("test")
    refund = refunds.give_back(
        paid.pk, actor=tests, reason="Parte", amount=factories.amount("10.00")
    )
    read_before = Refund.objects.get(pk=refund.pk)
    refunds.record_done(refund, paid, request_id="f-1", actor=tests)

    refunds.record_done(read_before, paid, request_id="f-2", actor=tests)

    kept = Refund.objects.get(pk=refund.pk)
    assert (kept.request_id, kept.settled_at) == ("f-1", refund.settled_at)


def test_a_late_cancellation_keeps_the_money(bank: Bank, paid: Payment) -> None:
    cancel(paid, refundable=False)
    drain()

    paid.refresh_from_db()
    assert paid.status == PaymentStatus.PAID
    assert not Refund.objects.exists()
    assert bank.calls == []


def test_a_refund_without_an_answer_is_asked_for_again_under_the_same_id(
    bank: Bank, paid: Payment
) -> None:
    bank.will(503)
    bank.will(201, {})
    cancel(paid, refundable=True)
    drain()
    paid.refresh_from_db()
    assert paid.status == PaymentStatus.PAID
    assert Refund.objects.get().status == RefundStatus.REQUESTED

    drain()

    paid.refresh_from_db()
    assert paid.status == PaymentStatus.REFUNDED
    first, second = (call[2]["refund_id"] for call in bank.calls)
    assert first == second


def test_a_refused_refund_is_for_a_person(bank: Bank, paid: Payment) -> None:
    bank.will(409, {"code": "no"})

    cancel(paid, refundable=True)
    drain()

    paid.refresh_from_db()
    assert paid.status == PaymentStatus.PAID
    assert Refund.objects.get().status == RefundStatus.FAILED
    assert PaymentIssue.objects.get().kind == "refund_failed"


def test_running_everything_again_refunds_once(bank: Bank, paid: Payment) -> None:
    bank.will(201, {})
    cancel(paid, refundable=True)
    drain()
    OutboxMessage.objects.filter(task__in=["billing.refund", "billing.close_appointment"]).update(
        done_at=None
    )
    drain()

    assert Refund.objects.count() == 1
    assert len(bank.calls) == 1


def test_an_expired_hold_closes_what_waits_and_refunds_nothing(held: Appointment) -> None:
    payment = factories.multibanco(held)
    held.status, held.closed_at = "expired", clock.now()
    held.save()

    subscribers.on_appointment_expired(AppointmentExpired(held.pk))
    drain()

    payment.refresh_from_db()
    assert (payment.status, payment.reason) == ("expired", "hold_ended")
    assert not Refund.objects.exists()
