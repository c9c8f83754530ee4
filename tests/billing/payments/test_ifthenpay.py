"""The adapter for ifthenpay over real HTTP. Its callbacks only make us ask: what counts is the
answer."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import time_machine
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice
from billing.payments import checks, multibanco, tasks
from billing.payments.models import (
    Payment,
    PaymentEvent,
    PaymentIssue,
    PaymentStatus,
    Reason,
    Reconciliation,
    ReferencePool,
    Refund,
    RefundStatus,
    RequestState,
    WebhookDelivery,
)
from billing.payments.providers import ifthenpay as adapter
from billing.payments.services import refunds, requests
from booking.models import Appointment
from booking.services import changes
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from tests.billing import factories, moments
from tests.billing.doubles import Answer
from tests.billing.factories import drain
from tests.billing.payments.ifthenpay_double import SETTINGS, Ifthenpay, Push
from tests.billing.test_concurrency import at_once

pytestmark = pytest.mark.django_db
sends = pytest.mark.django_db(transaction=True)

PUSH = "spg/payment/mbway"
STATUS = "spg/payment/mbway/status"
READ = "v2/payments/read"
REFUND = "v2/payments/refund"
URL = "/api/webhooks/payments/ifthenpay"
KEY = SETTINGS["IFTHENPAY_ANTI_PHISHING_KEY"]
NOTHING_LISTED = (200, {"message": "OK", "status": 200, "payments": []})
UNTOUCHED = ("pending", "", RequestState.OFFLINE)


@pytest.fixture(autouse=True)
def _short_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "TIMEOUT", httpx.Timeout(0.4))


@pytest.fixture
def reference(ifthenpay: Ifthenpay, held: Appointment) -> Payment:
    return factories.multibanco(held)


@pytest.fixture
def push(ifthenpay: Ifthenpay, held: Appointment) -> Payment:
    """A request that ifthenpay has put on the phone."""
    payment = factories.mb_way(held)
    payment.request_id = ifthenpay.make(payment.order_id, "40.00").request_id
    payment.request_state = RequestState.ACCEPTED
    payment.save()
    return payment


def asked_for(ifthenpay: Ifthenpay, payment: Payment) -> Push:
    """The request for this payment, as ifthenpay has it."""
    (found,) = [one for one in ifthenpay.pushes.values() if one.order_id == payment.order_id]
    return found


def state(payment: Payment) -> tuple[str, str, str]:
    payment.refresh_from_db()
    return payment.status, payment.reason, payment.request_state


def later(payment: Payment, seconds: int) -> None:
    Payment.objects.filter(pk=payment.pk).update(
        sent_at=clock.now() - timedelta(seconds=seconds),
        expires_at=payment.expires_at - timedelta(seconds=seconds),
    )


def callback(payment: Payment, **changes: Any) -> int:
    """What ifthenpay's template makes of a payment."""
    at = clock.local(clock.now()).strftime("%d-%m-%Y %H:%M:%S")
    told = {"key": KEY, "amount": f"{payment.amount}", "payment_datetime": at}
    if payment.method == "multibanco":
        told |= {"entity": payment.entity, "reference": payment.reference}
    else:
        told |= {"orderId": payment.order_id, "requestId": payment.request_id}
    query = {name: value for name, value in {**told, **changes}.items() if value is not None}
    return int(APIClient().get(f"{URL}?{urlencode(query)}").status_code)


def test_a_reference_is_ready_at_once_and_ifthenpay_hears_nothing_of_it(
    ifthenpay: Ifthenpay, held: Appointment
) -> None:
    body = {"method": "multibanco", "invoice": {"kind": "final_consumer"}}

    shown = (
        APIClient()
        .post(factories.payments_url(held), body, headers={"Idempotency-Key": "k"})
        .json()
    )
    drain()

    assert (shown["status"], shown["entity"]) == ("pending", "11604")
    assert shown["reference"].startswith("999")
    assert multibanco.is_valid("11604", shown["reference"], Decimal("40.00"))
    assert ifthenpay.calls == []


@pytest.mark.parametrize("subentity", ["999", "99"])
def test_few_digits_are_given_out_once_each_of_them_that_is_held_is_passed_over(
    ifthenpay: Ifthenpay, ana: Patient, settings: Settings, subentity: str
) -> None:
    settings.IFTHENPAY_SUBENTITY = subentity
    size = multibanco.pool_size(subentity)
    first = factories.multibanco(factories.appointment(ana))
    taken = multibanco.order_of(subentity, first.reference)
    ReferencePool.objects.update(last_order=(taken - 2) % size)

    orders = [
        multibanco.order_of(subentity, factories.multibanco(factories.appointment(ana)).reference)
        for _ in range(2)
    ]

    assert orders == [(taken - 1) % size, (taken + 1) % size]


@sends
def test_a_push_bears_a_name_that_nobody_guesses_and_waits_four_minutes(
    ifthenpay: Ifthenpay, held: Appointment, ana: Patient
) -> None:
    push = factories.mb_way(held)
    other = factories.mb_way(factories.appointment(ana))
    drain()

    assert state(push) == ("pending", "", RequestState.ACCEPTED)
    sent = asked_for(ifthenpay, push)
    assert (push.request_id, sent.amount, sent.phone) == (
        sent.request_id,
        "40.00",
        "351#912345678",
    )
    assert len(push.order_id) == 15
    assert push.order_id.isalpha()
    assert push.order_id != other.order_id
    left = push.expires_at - clock.now()
    assert timedelta(minutes=3, seconds=30) < left <= timedelta(minutes=4)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, {"Status": "122"}), (PaymentStatus.REFUSED, Reason.DECLINED)),
        ((200, {"Status": "100"}), (PaymentStatus.FAILED, Reason.UNAVAILABLE)),
        ((200, {"Status": "999"}), (PaymentStatus.FAILED, Reason.UNAVAILABLE)),
        ((200, {"Status": "-1"}), (PaymentStatus.FAILED, Reason.UNAVAILABLE)),
        ((403, b"<html>"), (PaymentStatus.FAILED, Reason.UNAVAILABLE)),
    ],
)
@sends
def test_a_push_that_is_refused_says_why(
    ifthenpay: Ifthenpay,
    held: Appointment,
    answer: Answer,
    expected: tuple[PaymentStatus, Reason],
) -> None:
    payment = factories.mb_way(held)
    ifthenpay.will(PUSH, answer)

    drain()

    assert state(payment) == (*expected, RequestState.REJECTED)


ACCEPTED = {"Status": "000", "RequestId": "abc", "Amount": "40.00"}


@pytest.mark.parametrize(
    "answer",
    [
        "lose",
        "break",
        "hang",
        (503, {"Status": "122"}),
        (200, b"?"),
        (200, {"Status": "555"}),
        (200, {**ACCEPTED, "Amount": 41}),
        (200, {**ACCEPTED, "RequestId": ""}),
    ],
)
@sends
def test_a_push_without_a_usable_answer_is_never_sent_again(
    ifthenpay: Ifthenpay,
    held: Appointment,
    answer: Answer | str,
) -> None:
    payment = factories.mb_way(held)
    ifthenpay.will(PUSH, answer)
    drain()
    drain()
    later(payment, 31)

    requests.follow_due()

    assert state(payment) == ("pending", "", RequestState.UNKNOWN)
    later(payment, 5 * 60 + 121)
    requests.follow_due()
    assert state(payment) == (PaymentStatus.EXPIRED, Reason.TIMED_OUT, RequestState.UNKNOWN)
    assert ifthenpay.created(PUSH) == 1


@pytest.mark.parametrize("told_by", ["clock", "callback"])
@sends
def test_the_money_of_a_lost_answer_is_found_by_our_own_name(
    ifthenpay: Ifthenpay, held: Appointment, told_by: str
) -> None:
    replaced = factories.mb_way(held, phone="+351961234567")
    payment = factories.mb_way(held)
    ifthenpay.will(PUSH, "lose")
    drain()
    sent = asked_for(ifthenpay, payment)
    ifthenpay.pay(sent)
    later(payment, 31)

    if told_by == "clock":
        requests.follow_due()
    else:
        assert callback(payment, requestId=sent.request_id) == 200
    drain()

    assert state(payment) == (PaymentStatus.PAID, "", RequestState.ACCEPTED)
    assert payment.request_id == payment.transaction_id == sent.request_id
    assert state(replaced)[0] == PaymentStatus.EXPIRED
    assert ifthenpay.created(PUSH) == 1
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("000", (PaymentStatus.PAID, Reason.NONE)),
        ("020", (PaymentStatus.REFUSED, Reason.REFUSED)),
        ("101", (PaymentStatus.EXPIRED, Reason.TIMED_OUT)),
        ("122", (PaymentStatus.FAILED, Reason.DECLINED)),
        ("123", ("pending", Reason.NONE)),
        ("777", ("pending", Reason.NONE)),
    ],
)
def test_a_push_is_asked_about_when_its_time_is_over(
    ifthenpay: Ifthenpay,
    push: Payment,
    code: str,
    expected: tuple[PaymentStatus, Reason] | tuple[str, Reason],
) -> None:
    ifthenpay.pushes[push.request_id].status = code
    later(push, 5 * 60 + 1)

    requests.follow_due()

    assert state(push)[:2] == expected
    assert ifthenpay.calls == [STATUS]


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Status": "000", "RequestId": "anothers"}),
        (200, {"Status": "000"}),
        (200, {"Status": "000", "RequestId": "i2szvoUfPYBMWdSxqO00", "UpdateAt": "now"}),
        (500, {"Status": "000", "RequestId": "i2szvoUfPYBMWdSxqO00"}),
        "break",
    ],
)
def test_an_answer_that_makes_no_sense_pays_nothing(
    ifthenpay: Ifthenpay, push: Payment, answer: Answer | str
) -> None:
    ifthenpay.will(STATUS, answer)
    later(push, 5 * 60 + 1)

    requests.follow_due()

    assert state(push) == ("pending", "", RequestState.ACCEPTED)
    assert not PaymentEvent.objects.exists()


def test_a_callback_makes_us_ask_and_the_answer_pays(
    ifthenpay: Ifthenpay, push: Payment, ana: Patient
) -> None:
    ifthenpay.pay(ifthenpay.pushes[push.request_id])
    reference = factories.multibanco(factories.appointment(ana))
    ifthenpay.pay_reference(reference.reference, "40.00")

    answers = [callback(push), callback(reference)]

    assert answers == [200, 200]
    assert state(push) == ("pending", "", RequestState.ACCEPTED)
    assert state(reference) == UNTOUCHED
    assert ifthenpay.calls == []
    drain()
    assert state(push) == (PaymentStatus.PAID, "", RequestState.ACCEPTED)
    assert state(reference) == (PaymentStatus.PAID, "", RequestState.OFFLINE)
    assert ifthenpay.calls == [STATUS, READ]
    assert Invoice.objects.count() == 2
    assert not PaymentIssue.objects.exists()
    assert {one.outcome for one in WebhookDelivery.objects.all()} == {"asked"}


def test_a_callback_that_the_query_does_not_confirm_pays_nothing_and_is_asked_about_again(
    ifthenpay: Ifthenpay, push: Payment, ana: Patient
) -> None:
    reference = factories.multibanco(factories.appointment(ana))
    callback(push)
    callback(reference)

    for _ in range(2):
        drain()

    assert state(push) == ("pending", "", RequestState.ACCEPTED)
    assert state(reference) == UNTOUCHED
    assert not PaymentEvent.objects.exists()
    undone = OutboxMessage.objects.filter(done_at=None)
    assert [message.failures for message in undone] == [2, 2]
    ifthenpay.pay_reference(reference.reference, "40.00")
    drain()
    assert state(reference)[0] == PaymentStatus.PAID
    assert state(push)[0] == "pending"


@pytest.mark.parametrize(
    "change",
    [{"key": None}, {"key": ""}, {"key": KEY[:-1]}, {"key": KEY.lower()}, {"key": f"{KEY} "}],
)
def test_a_callback_without_the_key_is_refused_and_asks_nobody(
    ifthenpay: Ifthenpay, reference: Payment, change: dict[str, object]
) -> None:
    ifthenpay.pay_reference(reference.reference, "40.00")

    answer = callback(reference, **change)
    drain()

    assert answer == 400
    assert not WebhookDelivery.objects.exists()
    assert state(reference) == UNTOUCHED
    assert ifthenpay.calls == []


def test_a_callback_where_no_key_was_agreed_on_is_refused(
    ifthenpay: Ifthenpay, reference: Payment, settings: Settings
) -> None:
    settings.IFTHENPAY_ANTI_PHISHING_KEY = ""

    assert callback(reference, key="") == callback(reference, key=None) == 400
    assert not WebhookDelivery.objects.exists()


def test_who_signs_is_not_heard_unsigned_and_who_does_not_is_heard_by_get_alone(
    ifthenpay: Ifthenpay, reference: Payment
) -> None:
    client = APIClient()
    query = urlencode({"key": KEY, "reference": reference.reference})

    answers = [
        client.get(f"/api/webhooks/payments/sandbox?{query}").status_code,
        client.get(f"/api/webhooks/payments/nobody?{query}").status_code,
        client.post(f"{URL}?{query}", data=b"{}", content_type="application/json").status_code,
        client.get(f"{URL}?{query}&x={'x' * 70_000}").status_code,
    ]

    assert answers == [405, 404, 405, 413]
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({"reference": "999000002"}, "unknown_payment"),
        ({"reference": "[REFERENCE]"}, "malformed"),
        ({"reference": None}, "malformed"),
        ({"reference": None, "orderId": "1234", "requestId": "abc"}, "unknown_payment"),
        ({"reference": None, "orderId": "1234", "requestId": "a b"}, "malformed"),
    ],
)
def test_a_callback_about_nothing_of_ours_asks_nobody(
    ifthenpay: Ifthenpay, reference: Payment, change: dict[str, object], outcome: str
) -> None:
    assert callback(reference, **change) == 200
    drain()

    assert WebhookDelivery.objects.get().outcome == outcome
    assert ifthenpay.calls == []
    assert not PaymentIssue.objects.exists()
    assert state(reference) == UNTOUCHED


def test_neither_the_key_nor_more_than_names_the_payment_is_kept_or_tells_callbacks_apart(
    ifthenpay: Ifthenpay, reference: Payment, settings: Settings
) -> None:
    same = {"payment_datetime": "27-11-2026 10:00:00"}
    callback(reference, payer="Ana", **same)
    settings.IFTHENPAY_ANTI_PHISHING_KEY = another = "another" * 5

    assert callback(reference, key=another, **same) == 200

    delivery = WebhookDelivery.objects.get()
    assert delivery.body == {"reference": reference.reference, **same}
    assert not delivery.verified
    assert KEY not in json.dumps(list(OutboxMessage.objects.values("key", "args")))


@pytest.mark.concurrency
@sends
def test_a_callback_repeated_a_hundred_times_at_once_counts_once(
    ifthenpay: Ifthenpay, held: Appointment
) -> None:
    reference = factories.multibanco(held)
    ifthenpay.pay_reference(reference.reference, "40.00")
    same = {"payment_datetime": "27-11-2026 10:00:00"}

    answers = at_once(10, lambda _: [callback(reference, **same) for _ in range(10)])
    at_once(4, lambda _: drain())
    drain()

    assert answers == [[200] * 10] * 10
    assert ifthenpay.created(READ) == 1
    assert state(reference)[0] == PaymentStatus.PAID
    assert WebhookDelivery.objects.count() == PaymentEvent.objects.count() == 1
    assert Invoice.objects.count() == 1
    assert not PaymentIssue.objects.exists()


@pytest.mark.parametrize("amount", ["40.01", "39.99", "4000"])
def test_another_amount_than_ours_is_for_a_person(
    ifthenpay: Ifthenpay, reference: Payment, amount: str
) -> None:
    ifthenpay.pay_reference(reference.reference, amount)
    callback(reference)
    drain()

    assert [issue.kind for issue in PaymentIssue.objects.all()] == ["amount_mismatch"]
    assert state(reference) == UNTOUCHED


def test_money_that_somebody_paid_before_the_reference_was_ours_does_not_pay_it(
    ifthenpay: Ifthenpay, reference: Payment
) -> None:
    ifthenpay.pay_reference(
        reference.reference, "40.00", at=reference.created_at - timedelta(minutes=6)
    )

    callback(reference)
    drain()

    assert state(reference) == UNTOUCHED


def test_a_list_that_was_filtered_badly_pays_nothing_but_what_was_asked_about(
    ifthenpay: Ifthenpay, reference: Payment
) -> None:
    ifthenpay.pay_reference("999000002", "40.00")
    ifthenpay.pay_reference(reference.reference, "40.00", sub="998")
    ifthenpay.pay_reference(
        reference.reference, "40.00", at=reference.created_at - timedelta(days=100)
    )
    everything = {"message": "OK", "status": 200, "payments": list(ifthenpay.paid)}
    ifthenpay.will(READ, (200, everything))

    callback(reference)
    drain()

    assert state(reference) == UNTOUCHED
    assert not PaymentIssue.objects.exists()


def tonight() -> Reconciliation:
    """The night's comparison, an hour from now: nothing is on its way any more."""
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        tasks.reconcile()
        drain()
        return Reconciliation.objects.filter(provider="ifthenpay").latest("started_at")


def outcomes(run: Reconciliation) -> list[str]:
    return [difference["outcome"] for difference in run.differences]


def test_the_night_finds_what_no_callback_told_of_once(
    ifthenpay: Ifthenpay, reference: Payment, ana: Patient
) -> None:
    refused = factories.mb_way(factories.appointment(ana))
    Payment.objects.filter(pk=refused.pk).update(request_state=RequestState.REJECTED)
    ifthenpay.pay(ifthenpay.make(refused.order_id, "40.00"))
    ifthenpay.pay(ifthenpay.make("1887", "12.00"))
    ifthenpay.pay_reference(reference.reference, "40.00")
    ifthenpay.pay_reference("998000002", "40.00", sub="998")

    first, second = tonight(), tonight()

    assert state(reference)[0] == state(refused)[0] == PaymentStatus.PAID
    assert (first.listed, first.unanswered) == (3, 0)
    assert sorted(outcomes(first)) == ["applied", "applied", "unknown_payment"]
    assert second.differences == []
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.detail["amount"]) == ("orphan", "12.0")


@pytest.mark.parametrize("when", ["01-01-0001 00:00:00", "31-12-9999 23:59:59"])
@pytest.mark.parametrize("told_by", ["callback", "night"])
def test_a_moment_that_can_not_be_pays_and_is_told(
    ifthenpay: Ifthenpay, reference: Payment, when: str, told_by: str
) -> None:
    ifthenpay.pay_reference(reference.reference, "40.00")
    ifthenpay.paid[-1]["paymentDate"] = when
    ifthenpay.will(READ, *[(200, NOTHING_LISTED[1] | {"payments": ifthenpay.paid})] * 3)

    if told_by == "callback":
        assert callback(reference) == 200
        drain()
    else:
        tonight()

    moments.expect_that_of_receipt(reference)


def test_what_both_books_have_is_no_difference(
    ifthenpay: Ifthenpay, push: Payment, ana: Patient
) -> None:
    reference = factories.multibanco(factories.appointment(ana))
    ifthenpay.pay(ifthenpay.pushes[push.request_id])
    ifthenpay.pay_reference(reference.reference, "40.00")
    callback(push)
    callback(reference)
    drain()

    run = tonight()

    assert (run.listed, run.differences) == (2, [])
    assert state(push)[0] == state(reference)[0] == PaymentStatus.PAID


def test_a_reference_paid_three_times_in_one_minute_is_two_duplicates(
    ifthenpay: Ifthenpay, reference: Payment
) -> None:
    for _ in range(3):
        ifthenpay.pay_reference(reference.reference, "40.00", at=reference.created_at)
    callback(reference)
    drain()
    assert state(reference)[0] == PaymentStatus.PAID

    first, second = tonight(), tonight()

    assert outcomes(first) == ["paid_twice", "paid_twice"]
    assert second.differences == []
    assert [issue.kind for issue in PaymentIssue.objects.all()] == ["duplicate", "duplicate"]
    assert Payment.objects.filter(repeats=reference, status="paid").count() == 2


@pytest.mark.parametrize(
    "answer",
    [
        (403, {"message": "Invalid boKey", "status": 403, "payments": None}),
        (200, {"message": "Invalid boKey", "status": 403, "payments": []}),
        (429, {}),
        (200, {"message": "OK", "status": 200}),
        (200, {"message": "OK", "status": 200, "payments": [{"amount": 40}]}),
        (200, {"message": "OK", "status": 200, "payments": [{}] * 1000}),
        "break",
    ],
)
def test_a_list_that_can_not_be_used_says_nothing_of_our_money(
    ifthenpay: Ifthenpay, reference: Payment, answer: Answer | str
) -> None:
    ifthenpay.pay_reference(reference.reference, "40.00")
    callback(reference)
    drain()
    ifthenpay.will(READ, answer)

    run = tonight()

    assert (run.listed, run.differences) == (None, [])
    assert not PaymentIssue.objects.exists()


def test_a_hint_that_is_not_confirmed_within_a_day_is_for_a_person(
    ifthenpay: Ifthenpay, push: Payment
) -> None:
    assert callback(push) == 200
    drain()
    message = OutboxMessage.objects.get(task="billing.confirm_delivery")
    assert (message.why, message.done_at, message.failed_at) == ("no_answer", None, None)
    assert not PaymentIssue.objects.exists()

    WebhookDelivery.objects.update(received_at=clock.now() - timedelta(days=1))
    drain()

    assert state(push)[0] == "pending"
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id, issue.detail["theirs"]) == (
        "unreconciled",
        push.pk,
        "pending",
    )
    assert WebhookDelivery.objects.get().outcome == "not_confirmed"


@pytest.fixture
def paid(ifthenpay: Ifthenpay, push: Payment) -> Payment:
    ifthenpay.pay(ifthenpay.pushes[push.request_id])
    callback(push)
    drain()
    push.refresh_from_db()
    return push


def cancel(payment: Payment) -> None:
    changes.cancel(payment.appointment_id, actor=Actor.system("test"))
    drain()


@sends
def test_a_push_is_given_back_once(ifthenpay: Ifthenpay, paid: Payment) -> None:
    cancel(paid)
    drain()

    assert ifthenpay.refunds == [(paid.request_id, "40.00")]
    assert Refund.objects.get().status == RefundStatus.DONE
    assert state(paid)[0] == PaymentStatus.REFUNDED
    assert not PaymentIssue.objects.exists()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {"Code": "0", "Message": "Payment could not be refunded"}), "refused"),
        ((200, {"Code": -1, "Message": "Insufficient funds"}), "too little"),
        ((404, b""), "ifthenpay answered 404"),
    ],
)
@sends
def test_a_refused_refund_is_for_a_person(
    ifthenpay: Ifthenpay,
    paid: Payment,
    answer: Answer,
    words: str,
) -> None:
    ifthenpay.will(REFUND, answer)

    cancel(paid)

    assert Refund.objects.get().status == RefundStatus.FAILED
    assert words in PaymentIssue.objects.get().detail["reason"]
    assert state(paid)[0] == PaymentStatus.PAID


@pytest.mark.parametrize("answer", ["lose", (500, {"Code": 1}), (200, {"Code": 7})])
@sends
def test_a_refund_without_an_answer_is_not_sent_again(
    ifthenpay: Ifthenpay, paid: Payment, answer: Answer | str
) -> None:
    ifthenpay.will(REFUND, answer)
    cancel(paid)
    refund = Refund.objects.get()

    refunds.perform(refund.id)
    drain()

    refund.refresh_from_db()
    assert refund.status == RefundStatus.SENT
    assert ifthenpay.created(REFUND) == 1
    assert PaymentIssue.objects.get().kind == "refund_failed"


@sends
def test_a_multibanco_payment_is_given_back_by_a_person(
    ifthenpay: Ifthenpay, reference: Payment
) -> None:
    ifthenpay.pay_reference(reference.reference, "40.00")
    callback(reference)
    drain()

    cancel(reference)

    assert Refund.objects.get().status == RefundStatus.FAILED
    assert "Multibanco" in PaymentIssue.objects.get().detail["reason"]
    assert ifthenpay.created(REFUND) == 0


SOUND = {
    **SETTINGS,
    "PRODUCTION": True,
    "PAYMENT_PROVIDER": "ifthenpay",
    "IFTHENPAY_ENTITY": "12345",
    "IFTHENPAY_URL": "https://api.ifthenpay.com",
    "EUPAGO_API_KEY": "",
}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"IFTHENPAY_BACKOFFICE_KEY": "", "PAYMENT_PROVIDER": ""}, []),
        ({"IFTHENPAY_BACKOFFICE_KEY": ""}, ["billing.E010"]),
        ({"IFTHENPAY_BACKOFFICE_KEY": "1234-5678-9012"}, ["billing.E010"]),
        ({"IFTHENPAY_ANTI_PHISHING_KEY": "short"}, ["billing.E011"]),
        ({"IFTHENPAY_ANTI_PHISHING_KEY": "a key that holds spaces"}, ["billing.E011"]),
        ({"IFTHENPAY_ENTITY": "1234"}, ["billing.E012"]),
        ({"IFTHENPAY_SUBENTITY": "1234"}, ["billing.E013"]),
        ({"IFTHENPAY_MBWAY_KEY": "123456"}, ["billing.E014"]),
        ({"IFTHENPAY_URL": "http://api.ifthenpay.com"}, ["billing.E015"]),
        ({"IFTHENPAY_URL": "https://ifthenpay.com.example"}, ["billing.E015"]),
        ({"IFTHENPAY_URL": "https://localhost:8443"}, ["billing.E015"]),
        ({"IFTHENPAY_BACKOFFICE_KEY": "0000-0000-0000-0000"}, ["billing.E016"]),
        ({"IFTHENPAY_BACKOFFICE_KEY": "1111-1111-1111-1111"}, ["billing.E016"]),
        ({"IFTHENPAY_MBWAY_KEY": "ITP-000000"}, ["billing.E016"]),
        ({"IFTHENPAY_ENTITY": "11604"}, ["billing.E016"]),
        ({"IFTHENPAY_ENTITY": "99999"}, ["billing.E016"]),
        (
            {
                "PRODUCTION": False,
                "IFTHENPAY_ENTITY": "11604",
                "IFTHENPAY_URL": "http://127.0.0.1:1",
            },
            [],
        ),
    ],
)
def test_settings_that_would_take_no_money_or_play_money_are_refused(
    settings: Settings, changes: dict[str, object], found: list[str]
) -> None:
    for name, value in {**SOUND, **changes}.items():
        setattr(settings, name, value)

    assert [error.id for error in checks.provider_settings()] == found
