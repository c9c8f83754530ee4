"""Calls to the bank over real sockets: what is known, what is not, and what is never sent twice."""

from datetime import timedelta

import httpx
import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.payments.models import Payment, PaymentIssue, PaymentStatus, Reason, RequestState
from billing.payments.providers import sandbox
from billing.payments.services import requests
from booking.models import Appointment
from clinic.core import clock
from clinic.core.models import OutboxMessage
from tests.billing import factories
from tests.billing.bank import Bank
from tests.billing.factories import drain, notice, send

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def push(held: Appointment) -> Payment:
    return factories.mb_way(held)


def state(payment: Payment) -> tuple[str, str, str]:
    payment.refresh_from_db()
    return payment.status, payment.reason, payment.request_state


def later(payment: Payment, seconds: int) -> None:
    """Let this much time pass for a payment."""
    payment.refresh_from_db()
    payment.created_at -= timedelta(seconds=seconds)
    payment.expires_at -= timedelta(seconds=seconds)
    if payment.sent_at is not None:
        payment.sent_at -= timedelta(seconds=seconds)
    payment.save()


def test_an_accepted_request_keeps_the_banks_id_and_deadline(
    bank: Bank, push: Payment, settings: Settings
) -> None:
    deadline = clock.now() + timedelta(minutes=4)
    bank.will(201, {"request_id": "r-1", "expires_at": deadline.isoformat()})

    drain()

    assert state(push) == ("pending", "", RequestState.ACCEPTED)
    assert (push.request_id, push.expires_at) == ("r-1", deadline)
    assert bank.calls == [
        (
            "POST",
            "/mb-way",
            {
                "payment_id": str(push.id),
                "phone": "+351912345678",
                "amount": "40.00",
                "callback": f"{settings.INTERNAL_ORIGIN}/api/webhooks/payments/sandbox",
            },
        )
    ]
    assert bank.keys == [settings.PAYMENT_WEBHOOK_SECRET]


@pytest.mark.parametrize("told", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_deadline_that_can_not_be_is_told_and_ours_is_taken(
    bank: Bank, push: Payment, told: str
) -> None:
    bank.will(201, {"request_id": "r-1", "expires_at": told})

    drain()

    assert state(push) == ("pending", "", RequestState.ACCEPTED)
    assert timedelta(minutes=4) < push.expires_at - clock.now() <= timedelta(minutes=5)
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id) == ("wrong_time", push.pk)


def test_the_slot_waits_for_the_deadline_that_the_bank_gives(
    bank: Bank, push: Payment, held: Appointment
) -> None:
    deadline = clock.now() + timedelta(minutes=20)
    bank.will(201, {"request_id": "r-1", "expires_at": deadline.isoformat()})

    drain()

    held.refresh_from_db()
    assert held.hold_expires_at == deadline + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (422, {"code": "not_enrolled"}, (PaymentStatus.FAILED, Reason.NOT_ENROLLED)),
        (422, {"code": "declined"}, (PaymentStatus.REFUSED, Reason.DECLINED)),
        (403, {"code": "whatever"}, (PaymentStatus.FAILED, Reason.UNAVAILABLE)),
        (400, b"<html>", (PaymentStatus.FAILED, Reason.UNAVAILABLE)),
    ],
)
def test_a_rejected_request_says_why(
    bank: Bank,
    push: Payment,
    status: int,
    answer: bytes | dict[str, str],
    expected: tuple[PaymentStatus, Reason],
) -> None:
    bank.will(status, answer)

    drain()

    assert state(push) == (*expected, RequestState.REJECTED)


@pytest.mark.parametrize(
    ("status", "answer"),
    [(500, {}), (503, b""), (201, {}), (201, b"no json"), (200, {"request_id": "r"})],
)
def test_an_answer_that_says_nothing_is_never_sent_again(
    bank: Bank, push: Payment, status: int, answer: bytes | dict[str, str]
) -> None:
    bank.will(status, answer)
    drain()
    drain()

    assert state(push) == ("pending", "", RequestState.UNKNOWN)
    assert len(bank.calls) == 1
    assert not OutboxMessage.objects.filter(done_at=None, task__startswith="billing.").exists()


def test_a_bank_that_hangs_is_left_after_the_time_out(
    bank: Bank, push: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "TIMEOUT", httpx.Timeout(0.2))
    bank.seconds = 0.6
    bank.will(201, {})

    drain()

    assert state(push) == ("pending", "", RequestState.UNKNOWN)


def test_a_bank_that_is_down_leaves_the_outcome_open(push: Payment, settings: Settings) -> None:
    settings.SANDBOX_BANK_URL = "http://127.0.0.1:9"

    drain()

    assert state(push) == ("pending", "", RequestState.UNKNOWN)


def test_an_open_outcome_is_asked_about_and_settled(bank: Bank, push: Payment) -> None:
    bank.will(500)
    bank.will(200, {**notice(push, request_id="r-1"), "event_id": None})
    drain()
    assert requests.follow_due() == 0

    later(push, 31)
    assert requests.follow_due() == 1

    assert bank.calls[-1][:2] == ("GET", f"/payments/{push.id}")
    assert state(push) == ("paid", "", RequestState.ACCEPTED)
    drain()
    send(APIClient(), notice(push, request_id="r-1"))
    drain()
    assert state(push)[0] == "paid"
    assert not push.issues.exists()


def test_a_request_that_never_arrived_fails_so_that_the_patient_can_try_again(
    bank: Bank, push: Payment
) -> None:
    bank.will(500)
    bank.will(404, {"code": "not_found"})
    drain()
    later(push, 31)

    requests.follow_due()

    assert state(push) == (PaymentStatus.FAILED, Reason.UNAVAILABLE, RequestState.REJECTED)
    bank.will(404, {"code": "not_found"})
    assert requests.ask(push) == "unheard"


def test_a_request_that_left_late_is_given_its_time(bank: Bank, push: Payment) -> None:
    # Given an outbox that was 31 seconds behind, and a look at open payments during the call
    later(push, 31)
    bank.meanwhile = requests.follow_due
    bank.will(201, {"request_id": "r-1", "expires_at": clock.now().isoformat()})

    drain()

    assert state(push) == ("pending", "", RequestState.ACCEPTED)
    assert [call[0] for call in bank.calls] == ["POST"]


def test_a_push_that_goes_out_after_it_was_given_up_is_taken_back(
    bank: Bank, push: Payment
) -> None:
    # Given a worker that stood still for half a minute before it made the call
    def half_a_minute_passes() -> None:
        later(Payment.objects.get(pk=push.pk), 31)
        requests.follow_due()

    bank.meanwhile = half_a_minute_passes
    bank.will(404, {"code": "not_found"})
    deadline = clock.now() + timedelta(minutes=4)
    bank.will(201, {"request_id": "r-1", "expires_at": deadline.isoformat()})
    bank.will(204)

    drain()

    assert state(push) == (PaymentStatus.FAILED, Reason.UNAVAILABLE, RequestState.ACCEPTED)
    assert push.request_id == "r-1"
    assert [call[:2] for call in bank.calls] == [
        ("POST", "/mb-way"),
        ("GET", f"/payments/{push.id}"),
        ("DELETE", f"/payments/{push.id}"),
    ]


def test_a_push_that_is_replaced_on_its_way_is_taken_back_when_it_has_arrived(
    bank: Bank, push: Payment, held: Appointment
) -> None:
    def the_patient_turns_to_multibanco() -> None:
        factories.multibanco(held)
        drain()

    bank.meanwhile = the_patient_turns_to_multibanco
    bank.will(404, {"code": "not_found"})
    bank.will(201, {"request_id": "r-1", "expires_at": clock.now().isoformat()})
    bank.will(204)

    drain()

    assert state(push) == (PaymentStatus.EXPIRED, Reason.REPLACED, RequestState.ACCEPTED)
    assert [call[:2] for call in bank.calls] == [
        ("POST", "/mb-way"),
        ("DELETE", f"/payments/{push.id}"),
        ("DELETE", f"/payments/{push.id}"),
    ]


def test_a_push_nobody_answers_expires_two_minutes_after_its_deadline(
    bank: Bank, push: Payment
) -> None:
    bank.will(201, {"request_id": "r-1", "expires_at": clock.now().isoformat()})
    bank.will(200, {"type": "pending"})
    drain()

    requests.follow_due()
    assert state(push)[0] == "pending"
    later(push, 121)
    requests.follow_due()

    assert state(push) == (PaymentStatus.EXPIRED, Reason.TIMED_OUT, RequestState.ACCEPTED)


def test_a_multibanco_reference_ends_with_the_hold(held: Appointment) -> None:
    payment = factories.multibanco(held)
    assert requests.expire_due() == 0
    later(payment, 15 * 60 + 1)

    assert requests.expire_due() == 1

    assert state(payment) == (PaymentStatus.EXPIRED, Reason.TIMED_OUT, RequestState.OFFLINE)


def test_a_replaced_request_is_not_sent_at_all(bank: Bank, held: Appointment) -> None:
    push = factories.mb_way(held)
    factories.multibanco(held)

    drain()

    assert bank.calls == []
    assert state(push) == (PaymentStatus.EXPIRED, Reason.REPLACED, RequestState.WAITING)


def test_a_sent_request_that_is_replaced_is_withdrawn(
    bank: Bank, push: Payment, held: Appointment
) -> None:
    bank.will(201, {"request_id": "r-1", "expires_at": clock.now().isoformat()})
    bank.will(204)
    drain()

    factories.multibanco(held)
    drain()

    assert [call[:2] for call in bank.calls] == [
        ("POST", "/mb-way"),
        ("DELETE", f"/payments/{push.id}"),
    ]


def test_a_message_that_runs_again_sends_nothing_again(bank: Bank, push: Payment) -> None:
    bank.will(201, {"request_id": "r-1", "expires_at": clock.now().isoformat()})
    drain()
    OutboxMessage.objects.filter(task="billing.start_payment").update(done_at=None)

    drain()

    assert len(bank.calls) == 1
