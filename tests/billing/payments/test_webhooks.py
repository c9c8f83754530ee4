import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice
from billing.payments.models import (
    Payment,
    PaymentEvent,
    PaymentIssue,
    PaymentStatus,
    WebhookDelivery,
)
from billing.payments.providers import sandbox
from billing.payments.tasks import forget_old_bodies
from booking.models import Appointment
from clinic.core import clock
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from tests.billing import factories
from tests.billing.factories import WEBHOOK, drain, notice, send

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def payment(held: Appointment) -> Payment:
    return factories.multibanco(held)


def nothing_happened(payment: Payment) -> bool:
    payment.refresh_from_db()
    payment.appointment.refresh_from_db()
    return (
        payment.status == PaymentStatus.PENDING
        and payment.appointment.status == "pending"
        and not PaymentEvent.objects.exists()
        and not Invoice.objects.exists()
        and not Message.objects.exists()
    )


def test_the_published_way_of_signing() -> None:
    key = b"0123456789abcdef0123456789abcdef"
    body = (
        b'{"transaction":{"identifier":"ORD-1","status":"Paid","amount":{"value":"49.90",'
        b'"currency":"EUR"},"trid":"1","method":"PC:PT","date":"2026-11-23T10:00:00"}}'
    )
    digest = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
    assert digest == "nhBq1YVqVAPKnsuv5KW5ikfuTUovzEHm9YoZQxEwTXQ="


def test_a_genuine_notice_pays_books_invoices_and_mails(
    client: APIClient, payment: Payment
) -> None:
    response = send(client, notice(payment))

    assert (response.status_code, response.json()) == (200, {"status": "accepted"})
    assert nothing_happened(payment)
    drain()
    assert WebhookDelivery.objects.get().outcome == "applied"
    payment.refresh_from_db()
    payment.appointment.refresh_from_db()
    assert payment.status == PaymentStatus.PAID
    assert payment.appointment.status == "booked"
    assert Invoice.objects.get().payment_id == payment.id
    assert Message.objects.filter(template="invoice_issued").count() == 1


def test_an_offline_reference_is_recognised_without_our_identifier(
    client: APIClient, payment: Payment
) -> None:
    send(client, notice(payment, payment_id=None))
    drain()

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PAID


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "AAAA",
        "not base64 at all é".encode().decode("latin-1"),
        base64.b64encode(b"x" * 32).decode(),
    ],
)
def test_a_wrong_signature_changes_nothing(
    client: APIClient, payment: Payment, signature: str
) -> None:
    response = send(client, notice(payment), **{"X-Signature": signature})

    assert response.status_code == 400
    assert response.json()["code"] == "bad_signature"
    assert not WebhookDelivery.objects.exists()
    assert not OutboxMessage.objects.exists()
    assert nothing_happened(payment)


def test_a_missing_signature_changes_nothing(client: APIClient, payment: Payment) -> None:
    response = client.post(
        WEBHOOK, data=json.dumps(notice(payment)), content_type="application/json"
    )

    assert response.status_code == 400
    assert response.json()["code"] == "bad_signature"
    assert nothing_happened(payment)


def test_another_key_changes_nothing(client: APIClient, payment: Payment) -> None:
    raw = json.dumps(notice(payment)).encode()
    forged = base64.b64encode(hmac.new(b"other key", raw, hashlib.sha256).digest()).decode()

    assert send(client, raw, **{"X-Signature": forged}).status_code == 400
    assert nothing_happened(payment)


def test_the_right_signature_over_a_re_indented_body_changes_nothing(
    client: APIClient, payment: Payment
) -> None:
    body = notice(payment)
    signed = sandbox.sign(json.dumps(body).encode())

    response = send(client, json.dumps(body, indent=2).encode(), **{"X-Signature": signed})

    assert response.status_code == 400
    assert nothing_happened(payment)


def test_get_is_not_a_notice(client: APIClient, payment: Payment) -> None:
    response = client.get(WEBHOOK, {"payment_id": str(payment.id), "status": "paid"})

    assert response.status_code == 405
    assert nothing_happened(payment)


@pytest.mark.parametrize(("size", "status"), [(64 * 1024, 200), (64 * 1024 + 1, 413)])
def test_a_notice_has_64_kilobytes_at_most(
    client: APIClient, payment: Payment, size: int, status: int
) -> None:
    raw = json.dumps(notice(payment)).encode()

    response = send(client, raw + b" " * (size - len(raw)))

    assert response.status_code == status
    assert WebhookDelivery.objects.exists() == (status == 200)


def test_ten_megabytes_are_too_much(client: APIClient, payment: Payment) -> None:
    response = send(client, json.dumps({"x": "y" * 10_000_000}).encode())

    assert response.status_code == 413
    assert response.json()["code"] == "too_large"
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_read(client: APIClient, payment: Payment, content_type: str) -> None:
    raw = json.dumps(notice(payment))
    response = client.generic(
        "POST",
        WEBHOOK,
        raw,
        content_type=content_type,
        headers={"X-Signature": sandbox.sign(raw.encode())},
    )

    assert response.status_code == 415
    assert nothing_happened(payment)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 60_000])
def test_signed_bytes_that_are_no_json_object_are_refused(
    client: APIClient, db: None, raw: bytes
) -> None:
    response = send(client, raw)

    assert response.status_code == 400
    assert response.json()["code"] == "malformed"
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("beside", "kept"),
    [
        (b'"Ana \\ud83d"', "Ana \ufffd"),
        (b'{"\\udc00": ["a\\u0000b"]}', {"\ufffd": ["a\ufffdb"]}),
        (b"NaN", "NaN"),
        (b"-Infinity", "-Infinity"),
        (b"1e400", "1e400"),
    ],
)
def test_money_is_not_turned_away_for_what_stands_beside_it(
    client: APIClient, payment: Payment, beside: bytes, kept: dict[str, list[str]] | str
) -> None:
    raw = json.dumps(notice(payment, payer="here")).encode().replace(b'"here"', beside)

    assert send(client, raw).status_code == 200
    drain()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.outcome, delivery.body["payer"]) == ("applied", kept)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PAID


@pytest.mark.parametrize("amount", ["NaN", "1e400", '"\\ud800"', '"4\\u00000.00"'])
def test_a_genuine_notice_of_an_amount_that_is_none_is_for_a_person(
    client: APIClient, payment: Payment, amount: str
) -> None:
    raw = json.dumps(notice(payment, amount="here")).replace('"here"', amount)

    assert send(client, raw.encode()).status_code == 200
    drain()

    assert WebhookDelivery.objects.get().outcome == "malformed"
    assert PaymentIssue.objects.get().kind == "orphan"
    assert nothing_happened(payment)


def test_nobody_else_is_a_provider(client: APIClient, db: None) -> None:
    raw = b"{}"
    for provider in ("eupago", "nobody", "Sandbox"):
        response = client.post(
            f"/api/webhooks/payments/{provider}",
            data=raw,
            content_type="application/json",
            headers={"X-Signature": sandbox.sign(raw)},
        )
        assert response.status_code == 404


def test_the_sandbox_has_no_say_where_it_is_switched_off(
    client: APIClient, payment: Payment, settings: Settings
) -> None:
    settings.CLINIC_SANDBOX = False

    assert send(client, notice(payment)).status_code == 404
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"amount": "39.99"}, "amount_mismatch"),
        ({"amount": "40.01"}, "amount_mismatch"),
        ({"amount": "-40.00"}, "amount_mismatch"),
        ({"amount": "40.001"}, "amount_mismatch"),
        ({"amount": "0"}, "amount_mismatch"),
        ({"currency": "USD"}, "amount_mismatch"),
        ({"reference": "999000002"}, "orphan"),
        ({"reference": ""}, "orphan"),
        ({"entity": "11604"}, "orphan"),
        ({"method": "mb_way", "request_id": "r-1"}, "orphan"),
        ({"payment_id": "00000000-0000-4000-8000-000000000000"}, "orphan"),
        ({"payment_id": None, "reference": "999000002"}, "orphan"),
        ({"amount": "NaN"}, "orphan"),
        ({"amount": "1e9999999"}, "orphan"),
        ({"amount": 40}, "orphan"),
        ({"occurred_at": "yesterday"}, "orphan"),
        ({"payment_id": "1"}, "orphan"),
        ({"event_id": ""}, "orphan"),
        ({"event_id": "x" * 101}, "orphan"),
    ],
)
def test_what_does_not_fit_our_record_is_for_a_person(
    client: APIClient, payment: Payment, change: dict[str, object], kind: str
) -> None:
    assert send(client, notice(payment, **change)).status_code == 200
    drain()

    assert [issue.kind for issue in PaymentIssue.objects.all()] == [kind]
    assert nothing_happened(payment)


def test_somebody_elses_reference_pays_nobody(
    client: APIClient, payment: Payment, ana: Patient
) -> None:
    other = factories.multibanco(factories.appointment(ana))

    send(client, notice(payment, reference=other.reference))
    drain()

    assert PaymentIssue.objects.get().kind == "orphan"
    assert nothing_happened(payment)
    assert nothing_happened(other)


def test_five_decimals_of_the_same_money_are_the_same_money(
    client: APIClient, payment: Payment
) -> None:
    send(client, notice(payment, amount="40.00000"))
    drain()

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PAID
    assert PaymentEvent.objects.get().amount == Decimal("40.00")


def test_kinds_we_do_not_follow_are_kept_and_left_alone(
    client: APIClient, payment: Payment
) -> None:
    send(client, notice(payment, type="payout"))
    drain()

    assert WebhookDelivery.objects.get().outcome == "not_followed"
    assert nothing_happened(payment)


def test_the_same_notice_again_changes_nothing(client: APIClient, payment: Payment) -> None:
    body = json.dumps(notice(payment)).encode()
    answers = [send(client, body).status_code for _ in range(5)]
    drain()
    answers += [send(client, body).status_code for _ in range(5)]
    drain()

    assert answers == [200] * 10
    assert WebhookDelivery.objects.count() == 1
    assert PaymentEvent.objects.count() == 1
    assert Invoice.objects.count() == 1
    assert not PaymentIssue.objects.exists()


def test_the_same_event_in_other_words_changes_nothing(client: APIClient, payment: Payment) -> None:
    body = notice(payment)
    send(client, body)
    send(client, json.dumps(body, indent=1).encode())
    drain()

    assert sorted(WebhookDelivery.objects.values_list("outcome", flat=True)) == [
        "applied",
        "repeated",
    ]
    assert PaymentEvent.objects.count() == 1
    assert Invoice.objects.count() == 1


def test_after_ninety_days_a_settled_notice_keeps_its_outcome_and_no_body(
    client: APIClient, payment: Payment
) -> None:
    now = clock.now()
    with time_machine.travel(now, tick=False):
        body = {**notice(payment), "payer": "Kanaria Testemunha"}
        send(client, body)
        drain()
        send(client, notice(payment, payment_id=None, reference="999000000"))
        drain()
    unsettled = PaymentIssue.objects.get(resolved_at=None).delivery
    with time_machine.travel(now + timedelta(days=90), tick=False):
        forget_old_bodies()
        assert not WebhookDelivery.objects.filter(body={}).exists()

    with time_machine.travel(now + timedelta(days=90, seconds=1), tick=False):
        for _ in range(2):
            forget_old_bodies()
        again = send(client, body)
        drain()

    settled = WebhookDelivery.objects.get(outcome="applied")
    assert settled.body == {}
    assert len(settled.sha256) == 64
    assert (again.status_code, WebhookDelivery.objects.count()) == (200, 2)
    assert PaymentEvent.objects.filter(payment=payment, type="paid").count() == 1
    assert unsettled is not None
    unsettled.refresh_from_db()
    assert unsettled.body["reference"] == "999000000"


def test_an_old_notice_that_nobody_has_worked_on_is_kept(
    client: APIClient, payment: Payment
) -> None:
    with time_machine.travel(NOON, tick=False):
        send(client, notice(payment))
    with time_machine.travel(NOON + timedelta(days=91), tick=False):
        forget_old_bodies()

    assert WebhookDelivery.objects.get().body["payment_id"] == str(payment.id)
