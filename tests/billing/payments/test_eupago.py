"""The adapter for eupago over real HTTP: what it sends, what it makes of answers and of notices."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice
from billing.payments import checks
from billing.payments.models import (
    Payment,
    PaymentEvent,
    PaymentIssue,
    PaymentStatus,
    Reason,
    Refund,
    RefundStatus,
    RequestState,
    WebhookDelivery,
)
from billing.payments.providers import eupago as adapter
from billing.payments.services import refunds, requests
from booking.models import Appointment
from booking.services import changes
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.directory.models import Patient
from tests.billing import factories, moments
from tests.billing.doubles import Answer
from tests.billing.factories import drain
from tests.billing.payments.eupago_double import ENTITY, WEBHOOK_KEY, Eupago
from tests.billing.test_concurrency import at_once

pytestmark = pytest.mark.django_db
sends = pytest.mark.django_db(transaction=True)

CREATE = "clientes/rest_api/multibanco/create"
INFO = "clientes/rest_api/multibanco/info"
PUSH = "api/v1.02/mbway/create"
URL = "/api/webhooks/payments/eupago"
VECTOR_BODY = (
    b'{"transaction":{"identifier":"ORD-1","status":"Paid","amount":{"value":"49.90",'
    b'"currency":"EUR"},"trid":"1","method":"PC:PT","date":"2026-11-23T10:00:00"}}'
)
FIRST_SIXTEEN = bytes(range(16))


@pytest.fixture(autouse=True)
def _short_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "TIMEOUT", httpx.Timeout(0.4))


@pytest.fixture
def reference(eupago: Eupago, held: Appointment) -> Payment:
    """A reference of eupago's that waits for its money."""
    payment = factories.multibanco(held)
    made = eupago.make(str(payment.id), payment.amount, ENTITY)
    payment.entity, payment.reference = str(ENTITY), str(made.number).zfill(9)
    payment.request_state = RequestState.ACCEPTED
    payment.save()
    return payment


@pytest.fixture
def push(eupago: Eupago, held: Appointment) -> Payment:
    """A request that eupago has put on the phone."""
    payment = factories.mb_way(held)
    payment.request_id = str(eupago.make(str(payment.id), payment.amount, None).number)
    payment.request_state = RequestState.ACCEPTED
    payment.save()
    return payment


def state(payment: Payment) -> tuple[str, str, str]:
    payment.refresh_from_db()
    return payment.status, payment.reason, payment.request_state


def later(payment: Payment, seconds: int) -> None:
    Payment.objects.filter(pk=payment.pk).update(
        sent_at=clock.now() - timedelta(seconds=seconds),
        expires_at=payment.expires_at - timedelta(seconds=seconds),
    )


def told(payment: Payment, **changes: Any) -> dict[str, Any]:
    """eupago's notice that a payment was paid."""
    is_multibanco = payment.method == "multibanco"
    return {
        "entity": payment.entity if is_multibanco else None,
        "reference": payment.reference if is_multibanco else payment.request_id,
        "identifier": str(payment.id),
        "method": "PC:PT" if is_multibanco else "MW:PT",
        "amount": {"value": f"{payment.amount:.5f}", "currency": "EUR"},
        "fees": {"value": 0.83, "currency": "EUR"},
        "date": clock.local(clock.now()).strftime("%Y-%m-%dT%H:%M:%S"),
        "trid": "113193247",
        "status": "Paid",
        "local": "terminal",
        **changes,
    }


def post(raw: bytes, signature: str | None = None, **headers: str) -> int:
    signed = adapter.sign(raw) if signature is None else signature
    sent = {"X-Signature": signed, **headers} if signed else headers
    answer = APIClient().post(URL, data=raw, content_type="application/json", headers=sent)
    return int(answer.status_code)


def notice(payment: Payment, **changes: Any) -> bytes:
    return json.dumps({"channel": {"name": "x"}, "transaction": told(payment, **changes)}).encode()


def enciphered(clear: bytes) -> bytes:
    padder = padding.PKCS7(128).padder()
    padded = padder.update(clear) + padder.finalize()
    encryptor = Cipher(
        algorithms.AES256(WEBHOOK_KEY.encode()), modes.CBC(FIRST_SIXTEEN)
    ).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize())


def test_the_published_signature_of_a_clear_notice(eupago: Eupago) -> None:
    headers = {"X-Signature": "nhBq1YVqVAPKnsuv5KW5ikfuTUovzEHm9YoZQxEwTXQ="}

    assert adapter.EupagoProvider().open_webhook(headers, VECTOR_BODY) == VECTOR_BODY


def test_the_published_signature_of_an_enciphered_notice(eupago: Eupago) -> None:
    headers = {
        "X-Signature": "eihrOaSayX2nUtJhJPwYeteDNVQJ6u7Xj0c/xIXl1Qs=",
        "X-Initialization-Vector": base64.b64encode(FIRST_SIXTEEN).decode(),
    }
    raw = json.dumps({"data": enciphered(VECTOR_BODY).decode()}).encode()

    assert adapter.EupagoProvider().open_webhook(headers, raw) == VECTOR_BODY


@sends
def test_a_reference_is_on_its_way_at_first_and_then_shown_with_all_its_digits(
    eupago: Eupago, held: Appointment
) -> None:
    body = {"method": "multibanco", "invoice": {"kind": "final_consumer"}}
    client = APIClient()
    url = factories.payments_url(held)

    first = client.post(url, body, headers={"Idempotency-Key": "k"}).json()
    drain()
    then = client.get(f"{url}/{first['id']}").json()

    assert (first["status"], first["entity"], first["reference"]) == ("pending", None, None)
    assert (then["status"], then["entity"], then["reference"]) == ("pending", "11249", "005000000")
    (made,) = eupago.references.values()
    assert (made.identifier, made.amount) == (first["id"], Decimal("40.00"))


@pytest.mark.parametrize("answer", [(200, {"estado": -10}), (403, {}), (404, b"<html>")])
@sends
def test_a_reference_that_is_refused_says_so(
    eupago: Eupago, held: Appointment, answer: Answer
) -> None:
    payment = factories.multibanco(held)
    eupago.will(CREATE, answer)

    drain()

    assert state(payment) == (PaymentStatus.FAILED, Reason.UNAVAILABLE, RequestState.REJECTED)
    assert payment.reference == ""


OTHER_AMOUNT = {"estado": 0, "entidade": 11249, "referencia": 7, "valor": "41.00000"}


@pytest.mark.parametrize(
    "answer", ["lose", "break", "hang", (503, {}), (200, b"?"), (200, OTHER_AMOUNT)]
)
@sends
def test_a_reference_without_an_answer_is_never_asked_for_again(
    eupago: Eupago,
    held: Appointment,
    answer: Answer | str,
) -> None:
    payment = factories.multibanco(held)
    eupago.will(CREATE, answer)

    drain()
    drain()

    assert state(payment) == ("pending", "", RequestState.UNKNOWN)
    assert payment.reference == ""
    assert eupago.created(CREATE) == 1


@sends
def test_a_lost_answer_is_found_by_our_identifier_and_then_paid(
    eupago: Eupago, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    eupago.will(CREATE, "lose")
    drain()
    later(payment, 31)

    assert requests.follow_due() == 1

    assert state(payment) == ("pending", "", RequestState.ACCEPTED)
    assert (payment.entity, payment.reference) == ("11249", "005000000")
    eupago.pay(payment.reference)
    later(payment, 15 * 60 + 1)
    requests.follow_due()
    assert state(payment) == (PaymentStatus.PAID, "", RequestState.ACCEPTED)
    assert eupago.created(CREATE) == 1
    # The notice of the same money comes late.
    assert post(notice(payment, trid=payment.transaction_id)) == 200
    drain()
    assert PaymentEvent.objects.count() == 1
    assert Invoice.objects.count() == 1
    assert not PaymentIssue.objects.exists()


@sends
def test_a_reference_that_never_was_fails_so_that_the_patient_can_try_again(
    eupago: Eupago, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    eupago.will(CREATE, "break")
    drain()
    later(payment, 31)

    requests.follow_due()

    assert state(payment) == (PaymentStatus.FAILED, Reason.UNAVAILABLE, RequestState.REJECTED)


@sends
def test_a_reference_that_stays_unknown_is_given_up_early_and_the_next_try_is_another(
    eupago: Eupago, held: Appointment, settings: Settings
) -> None:
    settings.EUPAGO_CLIENT_ID = ""
    payment = factories.multibanco(held)
    eupago.will(CREATE, "lose")
    drain()
    later(payment, 110)
    requests.follow_due()
    assert state(payment) == ("pending", "", RequestState.UNKNOWN)
    later(payment, 121)

    requests.follow_due()
    again = factories.multibanco(held)
    drain()

    assert state(payment) == (PaymentStatus.FAILED, Reason.UNAVAILABLE, RequestState.UNKNOWN)
    assert state(again) == ("pending", "", RequestState.ACCEPTED)
    first, second = eupago.references.values()
    assert (first.identifier, second.identifier) == (str(payment.id), str(again.id))


@sends
def test_a_notice_of_a_reference_whose_answer_was_lost_brings_its_digits(
    eupago: Eupago, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    eupago.will(CREATE, "lose")
    drain()

    post(notice(payment, entity="11249", reference="005000000"))
    drain()

    assert state(payment) == (PaymentStatus.PAID, "", RequestState.ACCEPTED)
    assert (payment.entity, payment.reference) == ("11249", "005000000")


def test_an_unpaid_reference_ends_with_the_hold_only_after_eupago_was_asked(
    eupago: Eupago, reference: Payment
) -> None:
    later(reference, 15 * 60 + 121)

    requests.follow_due()

    assert state(reference) == (PaymentStatus.EXPIRED, Reason.TIMED_OUT, RequestState.ACCEPTED)
    assert eupago.created(INFO) == 1


@sends
@pytest.mark.parametrize("when", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_a_notice_of_a_moment_that_can_not_be_pays_and_is_told(
    eupago: Eupago, reference: Payment, when: str
) -> None:
    assert post(notice(reference, date=when)) == 200
    drain()

    moments.expect_that_of_receipt(reference)


@sends
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_moment_that_can_not_be_is_no_better_where_it_was_asked_for(
    eupago: Eupago, reference: Payment, day: str
) -> None:
    eupago.pay(reference.reference).paid_on = day
    later(reference, 15 * 60 + 1)

    requests.follow_due()
    drain()

    moments.expect_that_of_receipt(reference)


@sends
def test_the_moment_that_eupago_tells_when_asked_is_the_payment_s(
    eupago: Eupago, reference: Payment
) -> None:
    yesterday = clock.today() - timedelta(days=1)
    eupago.pay(reference.reference).paid_on = f"{yesterday}"
    later(reference, 15 * 60 + 1)

    requests.follow_due()

    reference.refresh_from_db()
    assert reference.paid_at is not None
    told = clock.local(reference.paid_at)
    assert (told.date(), told.time()) == (yesterday, time(23, 59, 59))


@sends
def test_a_push_that_is_accepted_is_not_paid_and_waits_five_minutes(
    eupago: Eupago, held: Appointment
) -> None:
    push = factories.mb_way(held)

    drain()

    assert state(push) == ("pending", "", RequestState.ACCEPTED)
    assert push.request_id == "5000000"
    left = push.expires_at - clock.now()
    assert timedelta(minutes=4, seconds=30) < left <= timedelta(minutes=5)


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("CUSTOMERPHONE_INVALID", "", (PaymentStatus.FAILED, Reason.NOT_ENROLLED)),
        ("X", "Alias inexistente", (PaymentStatus.FAILED, Reason.NOT_ENROLLED)),
        ("REFUSED", "", (PaymentStatus.REFUSED, Reason.REFUSED)),
        ("DECLINED", "", (PaymentStatus.REFUSED, Reason.DECLINED)),
        ("AMOUNT_INVALID", "", (PaymentStatus.FAILED, Reason.UNAVAILABLE)),
    ],
)
@sends
def test_a_push_that_is_rejected_says_why(
    eupago: Eupago, held: Appointment, code: str, text: str, expected: tuple[PaymentStatus, Reason]
) -> None:
    payment = factories.mb_way(held)
    eupago.will(PUSH, (400, {"transactionStatus": "Rejected", "code": code, "text": text}))

    drain()

    assert state(payment) == (*expected, RequestState.REJECTED)


def test_an_answer_about_the_reference_of_another_payment_pays_nothing(
    eupago: Eupago, reference: Payment
) -> None:
    eupago.pay(reference.reference).identifier = "00000000-0000-4000-8000-000000000000"
    later(reference, 15 * 60 + 1)

    requests.follow_due()

    assert state(reference)[0] == "pending"
    assert not PaymentIssue.objects.exists()


@sends
def test_a_push_without_an_answer_is_asked_about_and_settled(
    eupago: Eupago, held: Appointment
) -> None:
    payment = factories.mb_way(held)
    eupago.will(PUSH, "lose")
    drain()
    assert state(payment) == ("pending", "", RequestState.UNKNOWN)
    eupago.pay("5000000")
    later(payment, 31)

    requests.follow_due()

    assert state(payment) == (PaymentStatus.PAID, "", RequestState.ACCEPTED)
    assert eupago.created(PUSH) == 1


@sends
def test_without_management_credentials_an_open_outcome_stays_open(
    eupago: Eupago, held: Appointment, settings: Settings
) -> None:
    settings.EUPAGO_CLIENT_ID = ""
    payment = factories.mb_way(held)
    eupago.will(PUSH, "lose")
    drain()
    later(payment, 31)

    requests.follow_due()

    assert state(payment) == ("pending", "", RequestState.UNKNOWN)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Error", (PaymentStatus.FAILED, Reason.DECLINED)),
        ("Cancel", (PaymentStatus.REFUSED, Reason.REFUSED)),
        ("Canceled", (PaymentStatus.REFUSED, Reason.REFUSED)),
        ("Expired", (PaymentStatus.EXPIRED, Reason.TIMED_OUT)),
        ("PAID", (PaymentStatus.PAID, Reason.NONE)),
    ],
)
def test_a_notice_moves_a_payment(
    eupago: Eupago, push: Payment, word: str, expected: tuple[PaymentStatus, Reason]
) -> None:
    assert post(notice(push, status=word, method="Mbway")) == 200
    drain()

    assert state(push)[:2] == expected


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one]])
def test_the_other_name_of_a_transaction_and_whole_euros_are_read_too(
    eupago: Eupago, reference: Payment, wrap: Callable[[dict[str, Any]], object]
) -> None:
    one = told(reference, amount={"value": 40, "currency": "EUR"}, trid=113193247)

    assert post(json.dumps({"transactions": wrap(one)}).encode()) == 200
    drain()

    assert state(reference)[0] == PaymentStatus.PAID
    assert reference.transaction_id == "113193247"


def test_an_enciphered_notice_pays(eupago: Eupago, reference: Payment) -> None:
    text = enciphered(notice(reference))
    vector = base64.b64encode(FIRST_SIXTEEN).decode()

    answer = post(
        json.dumps({"data": text.decode()}).encode(),
        adapter.sign(text),
        **{"X-Initialization-Vector": vector},
    )
    drain()

    assert answer == 200
    assert state(reference)[0] == PaymentStatus.PAID
    assert WebhookDelivery.objects.get().body["transaction"]["trid"] == "113193247"


def test_notices_that_nobody_signed_change_nothing(eupago: Eupago, reference: Payment) -> None:
    raw = notice(reference)
    text = enciphered(raw)
    wrapped = json.dumps({"data": text.decode()}).encode()
    vector = {"X-Initialization-Vector": base64.b64encode(FIRST_SIXTEEN).decode()}
    forged = base64.b64encode(hmac.new(b"other", raw, hashlib.sha256).digest()).decode()
    re_indented = json.dumps(json.loads(raw), indent=1).encode()
    other_text = json.dumps({"data": enciphered(raw + b" ").decode()}).encode()

    answers = [
        post(raw, ""),
        post(raw, forged),
        post(re_indented, adapter.sign(raw)),
        post(raw, adapter.sign(text)),
        post(wrapped, "", **vector),
        post(wrapped, adapter.sign(raw), **vector),
        post(other_text, adapter.sign(text), **vector),
        post(wrapped, adapter.sign(text), **{"X-Initialization-Vector": "AAAA"}),
        post(wrapped, adapter.sign(text), **{"X-Initialization-Vector": "é"}),
        post(b"x" * 10_000_000),
        APIClient()
        .get(URL, {"valor": "40.00", "identificador": str(reference.id), "mp": "PC:PT"})
        .status_code,
    ]

    assert answers == [400] * 9 + [413, 405]
    drain()
    assert not WebhookDelivery.objects.exists()
    assert not PaymentIssue.objects.exists()
    assert state(reference) == ("pending", "", RequestState.ACCEPTED)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"amount": {"value": "40.01000", "currency": "EUR"}}, "amount_mismatch"),
        ({"amount": {"value": "39.99", "currency": "EUR"}}, "amount_mismatch"),
        ({"amount": {"value": "40.00001", "currency": "EUR"}}, "amount_mismatch"),
        ({"amount": {"value": "40.00000", "currency": "USD"}}, "amount_mismatch"),
        ({"reference": "005000001"}, "orphan"),
        ({"entity": "11604"}, "orphan"),
        ({"identifier": "ORD-1"}, "orphan"),
        ({"identifier": "00000000-0000-4000-8000-000000000000"}, "orphan"),
        ({"method": "MW:PT"}, "orphan"),
        ({"method": "CC:PT"}, "orphan"),
        ({"trid": None}, "orphan"),
        ({"trid": "1" * 80}, "orphan"),
        ({"amount": "40.00000"}, "orphan"),
        ({"amount": {"value": "NaN", "currency": "EUR"}}, "orphan"),
        ({"status": None}, "orphan"),
    ],
)
def test_a_signed_notice_that_does_not_fit_is_for_a_person(
    eupago: Eupago, reference: Payment, change: dict[str, object], kind: str
) -> None:
    assert post(notice(reference, **change)) == 200
    drain()

    assert [issue.kind for issue in PaymentIssue.objects.all()] == [kind]
    assert not PaymentEvent.objects.exists()
    assert state(reference) == ("pending", "", RequestState.ACCEPTED)


def test_somebody_elses_reference_pays_nobody(
    eupago: Eupago, reference: Payment, ana: Patient
) -> None:
    other = factories.multibanco(factories.appointment(ana))
    drain()
    other.refresh_from_db()

    post(notice(reference, reference=other.reference))
    drain()

    assert PaymentIssue.objects.get().kind == "orphan"
    assert state(reference)[0] == state(other)[0] == "pending"


def test_a_status_that_we_do_not_follow_is_kept_and_left_alone(
    eupago: Eupago, reference: Payment
) -> None:
    post(notice(reference, status="Onhold"))
    drain()

    assert WebhookDelivery.objects.get().outcome == "not_followed"
    assert state(reference)[0] == "pending"


@pytest.mark.concurrency
@sends
def test_a_notice_replayed_a_hundred_times_at_once_counts_once(
    eupago: Eupago, reference: Payment
) -> None:
    raw = notice(reference)

    answers = at_once(10, lambda _: [post(raw) for _ in range(10)])
    at_once(4, lambda _: drain())
    drain()

    assert answers == [[200] * 10] * 10
    assert state(reference)[0] == PaymentStatus.PAID
    assert WebhookDelivery.objects.count() == 1
    assert PaymentEvent.objects.count() == 1
    assert Invoice.objects.count() == 1
    assert not PaymentIssue.objects.exists()


@pytest.fixture
def paid(eupago: Eupago, push: Payment) -> Payment:
    trid = str(eupago.pay(push.request_id).trid)
    post(notice(push, trid=trid))
    drain()
    push.refresh_from_db()
    return push


def cancel(payment: Payment) -> None:
    changes.cancel(payment.appointment_id, actor=Actor.system("test"))
    drain()


def refund_notice(payment: Payment, amount: str = "40.00") -> bytes:
    return notice(
        payment,
        method="RB:PT",
        status="REFUNDED",
        trid="113194712",
        originalTrid=payment.transaction_id,
        amount={"value": amount, "currency": "EUR"},
    )


@sends
def test_a_refund_goes_back_once_and_its_notice_is_the_same_refund(
    eupago: Eupago, paid: Payment
) -> None:
    cancel(paid)
    post(refund_notice(paid))
    drain()

    assert eupago.refunds == [(paid.transaction_id, Decimal("40"))]
    refund = Refund.objects.get()
    assert (refund.status, refund.request_id) == (RefundStatus.DONE, "901")
    assert state(paid)[0] == PaymentStatus.REFUNDED
    assert not PaymentIssue.objects.exists()


@sends
def test_a_refused_refund_is_for_a_person(eupago: Eupago, paid: Payment) -> None:
    path = f"api/management/v1.02/refund/{paid.transaction_id}"
    eupago.will(path, (400, {"transactionStatus": "Rejected", "code": "AMOUNT_INVALID"}))

    cancel(paid)

    assert Refund.objects.get().status == RefundStatus.FAILED
    assert PaymentIssue.objects.get().detail["reason"] == "eupago answered AMOUNT_INVALID"
    assert state(paid)[0] == PaymentStatus.PAID


@sends
def test_without_a_token_nothing_was_sent(eupago: Eupago, paid: Payment) -> None:
    eupago.will("api/auth/token", (503, {}))

    cancel(paid)

    assert eupago.refunds == []
    assert Refund.objects.get().status == RefundStatus.FAILED
    assert "nothing was sent" in PaymentIssue.objects.get().detail["reason"]


@sends
def test_a_refund_without_an_answer_is_not_sent_again_and_its_notice_settles_it(
    eupago: Eupago, paid: Payment
) -> None:
    path = f"api/management/v1.02/refund/{paid.transaction_id}"
    eupago.will(path, "lose")
    cancel(paid)
    refund = Refund.objects.get()
    refunds.perform(refund.id)
    drain()
    assert refund.status == RefundStatus.SENT
    assert eupago.created(path) == 1
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.resolved_at) == ("refund_failed", None)

    post(refund_notice(paid))
    drain()

    refund.refresh_from_db()
    issue.refresh_from_db()
    assert (refund.status, refund.request_id) == (RefundStatus.DONE, "113194712")
    assert state(paid)[0] == PaymentStatus.REFUNDED
    assert issue.resolved_at is not None


def test_money_given_back_at_eupagos_own_desk_is_for_a_person(
    eupago: Eupago, paid: Payment
) -> None:
    post(refund_notice(paid, amount="15.00"))
    drain()

    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id) == ("unreconciled", paid.id)
    assert state(paid)[0] == PaymentStatus.PAID
    assert not Refund.objects.exists()


def test_a_refund_of_other_money_than_this_payments_is_for_a_person(
    eupago: Eupago, paid: Payment
) -> None:
    raw = refund_notice(paid).replace(paid.transaction_id.encode(), b"999")

    post(raw)
    drain()

    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id) == ("unreconciled", None)
    assert state(paid)[0] == PaymentStatus.PAID


def chargeback_notice(payment: Payment, **changes: Any) -> bytes:
    return notice(
        payment,
        **{
            "status": "Chargeback",
            "trid": "113194999",
            "originalTrid": payment.transaction_id,
            **changes,
        },
    )


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"status": "CHARGEBACK"},
        {"status": "charged_back"},
        {"status": "Disputed"},
        {"method": "CC:PT", "identifier": None},
        {"trid": "113193247", "originalTrid": None},
    ],
)
def test_a_chargeback_is_for_a_person(
    eupago: Eupago, paid: Payment, change: dict[str, object]
) -> None:
    raw = chargeback_notice(paid, **change)

    assert [post(raw), post(raw)] == [200, 200]
    drain()

    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id) == ("chargeback", paid.id)
    assert issue.detail["amount"] == "40.00000"
    event = PaymentEvent.objects.latest("pk")
    assert (event.type, event.amount) == ("chargeback", paid.amount)
    assert state(paid)[0] == PaymentStatus.PAID
    assert not Refund.objects.exists()


def test_a_chargeback_that_nobody_signed_changes_nothing(eupago: Eupago, paid: Payment) -> None:
    raw = chargeback_notice(paid)

    assert [post(raw, ""), post(raw, adapter.sign(raw + b" "))] == [400, 400]
    drain()

    assert not PaymentIssue.objects.exists()
    assert PaymentEvent.objects.count() == 1


@pytest.mark.concurrency
@sends
def test_a_chargeback_replayed_a_hundred_times_at_once_is_one_issue(
    eupago: Eupago, paid: Payment
) -> None:
    raw = chargeback_notice(paid)

    answers = at_once(10, lambda _: [post(raw) for _ in range(10)])
    at_once(4, lambda _: drain())
    drain()

    assert answers == [[200] * 10] * 10
    assert PaymentIssue.objects.get().kind == "chargeback"
    assert PaymentEvent.objects.filter(type="chargeback").count() == 1


@sends
def test_a_payment_that_was_charged_back_is_not_given_back_too(
    eupago: Eupago, paid: Payment
) -> None:
    post(chargeback_notice(paid))
    drain()

    cancel(paid)

    assert eupago.refunds == []
    assert Refund.objects.get().status == RefundStatus.FAILED
    assert state(paid)[0] == PaymentStatus.PAID
    assert sorted(PaymentIssue.objects.values_list("kind", flat=True)) == [
        "chargeback",
        "refund_failed",
    ]


@sends
def test_a_multibanco_payment_is_given_back_by_a_person(eupago: Eupago, reference: Payment) -> None:
    post(notice(reference))
    drain()

    cancel(reference)

    assert Refund.objects.get().status == RefundStatus.FAILED
    assert "IBAN" in PaymentIssue.objects.get().detail["reason"]
    assert not any("refund" in call for call in eupago.calls)


SOUND = {
    "PRODUCTION": True,
    "PAYMENT_PROVIDER": "eupago",
    "EUPAGO_API_KEY": "abcd-1111-2222-3333-444",
    "EUPAGO_WEBHOOK_KEY": "k" * 32,
    "EUPAGO_URL": "https://clientes.eupago.pt",
}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"EUPAGO_API_KEY": "", "PAYMENT_PROVIDER": ""}, []),
        ({"EUPAGO_API_KEY": ""}, ["billing.E001"]),
        ({"EUPAGO_WEBHOOK_KEY": "k" * 31}, ["billing.E002"]),
        ({"EUPAGO_URL": "https://sandbox.eupago.pt"}, ["billing.E003"]),
        ({"EUPAGO_URL": "http://clientes.eupago.pt"}, ["billing.E003"]),
        ({"EUPAGO_URL": "https://localhost:8443"}, ["billing.E003"]),
        ({"EUPAGO_API_KEY": "demo-1111-2222-3333-444"}, ["billing.E004"]),
        (
            {
                "PRODUCTION": False,
                "EUPAGO_API_KEY": "demo-1",
                "EUPAGO_URL": "https://sandbox.eupago.pt",
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
