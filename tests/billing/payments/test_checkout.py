from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.payments.models import Payment, PaymentStatus, Reason, RequestState
from billing.payments.providers.sandbox import SandboxProvider
from booking.links import checkout_token
from booking.models import Appointment
from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry, OutboxMessage, RateWindow
from clinic.directory.models import Patient
from tests.answers import Answer
from tests.billing import factories
from tests.billing.invoicing.test_invoices import TAXPAYER

pytestmark = pytest.mark.django_db

MULTIBANCO = {"method": "multibanco", "invoice": {"kind": "final_consumer"}}
MB_WAY = {"method": "mb_way", "phone": "912 345 678", "invoice": {"kind": "final_consumer"}}


def pay(
    client: APIClient, held: Appointment, body: dict[str, Any], key: str | None = "first"
) -> Answer:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(factories.payments_url(held), body, format="json", headers=headers)


def test_the_link_shows_what_is_to_be_paid_and_nobodys_name(
    client: APIClient, held: Appointment
) -> None:
    response = client.get(f"/api/checkout/{checkout_token(held)}")

    assert response.status_code == 200
    body = response.json()
    assert body["appointment"]["specialty"] == {
        "code": "massage",
        "name_pt": "Massagem",
        "name_en": "Massage",
        "duration_minutes": 45,
    }
    assert body["appointment"]["practitioner"]["name"] == held.practitioner.name
    assert (body["amount"], body["currency"], body["status"]) == ("40.00", "EUR", "pending")
    assert body["appointment"]["start"] == held.start.isoformat()
    assert body["payment"] is None
    assert "Ana" not in response.content.decode()
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("damage", ["forged", "truncated", "nonsense", "other"])
def test_a_link_that_is_not_ours_opens_nothing(
    client: APIClient, held: Appointment, damage: str
) -> None:
    good = checkout_token(held)
    token = {
        "forged": ("B" if good[0] != "B" else "C") + good[1:],
        "truncated": good[:-4],
        "nonsense": "x" * 48,
        "other": "é" * 48,
    }[damage]
    for response in (
        client.get(f"/api/checkout/{token}"),
        client.post(
            f"/api/checkout/{token}/payments",
            MULTIBANCO,
            format="json",
            headers={"Idempotency-Key": "k"},
        ),
    ):
        assert response.status_code == 404
        assert response.json()["code"] == "link_invalid"
    assert not Payment.objects.exists()


def test_a_multibanco_reference_is_there_at_once(client: APIClient, held: Appointment) -> None:
    response = pay(client, held, MULTIBANCO)

    assert response.status_code == 201
    body = response.json()
    payment = Payment.objects.get()
    assert body["id"] == str(payment.id)
    assert (body["method"], body["status"], body["amount"]) == ("multibanco", "pending", "40.00")
    assert body["entity"] == "99999"
    assert body["reference"].startswith("999")
    assert len(body["reference"]) == 9
    assert body["phone"] is None
    assert payment.expires_at == held.hold_expires_at
    assert not OutboxMessage.objects.filter(task="billing.start_payment").exists()


def test_an_mb_way_request_waits_in_the_outbox(client: APIClient, held: Appointment) -> None:
    body = pay(client, held, MB_WAY).json()

    assert (body["status"], body["phone"], body["reference"]) == ("pending", "+351912345678", None)
    message = OutboxMessage.objects.get(task="billing.start_payment")
    assert message.args == {"payment_id": body["id"]}
    followed = client.get(f"{factories.payments_url(held)}/{body['id']}")
    assert followed.json() == body
    assert client.get(f"/api/checkout/{checkout_token(held)}").json()["payment"] == body


@pytest.mark.parametrize("key", [None, "", "k" * 201])
def test_a_payment_needs_an_idempotency_key(
    client: APIClient, held: Appointment, key: str | None
) -> None:
    response = pay(client, held, MULTIBANCO, key)

    assert response.status_code == 400
    assert response.json()["code"] == "idempotency_key_required"
    assert not Payment.objects.exists()


def test_the_same_key_gets_the_same_answer_and_no_second_payment(
    client: APIClient, held: Appointment
) -> None:
    first = pay(client, held, MULTIBANCO)
    again = pay(client, held, MULTIBANCO)

    assert (again.status_code, again.json()) == (201, first.json())
    assert Payment.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(client: APIClient, held: Appointment) -> None:
    pay(client, held, MULTIBANCO)
    response = pay(client, held, MB_WAY)

    assert response.status_code == 422
    assert response.json()["code"] == "idempotency_key_reused"
    assert [payment.method for payment in Payment.objects.all()] == ["multibanco"]


def test_asking_again_for_the_same_method_gives_the_same_payment_with_the_new_details(
    client: APIClient, held: Appointment
) -> None:
    first = pay(client, held, MULTIBANCO).json()
    taxpayer = {"kind": "taxpayer", "tax_id": "PT 123 456 789", "name": "Ana  Lda."}

    second = pay(client, held, {**MULTIBANCO, "invoice": taxpayer}, key="second").json()

    assert second["id"] == first["id"]
    payment = Payment.objects.get()
    assert (payment.customer_kind, payment.customer_tax_id) == ("taxpayer", "123456789")
    assert payment.customer_name == "Ana Lda."


def test_who_asks_for_a_payment_is_written_down(client: APIClient, held: Appointment) -> None:
    made = pay(client, held, MB_WAY).json()

    entry = AuditEntry.objects.get(action="payment.started")
    assert (entry.subject_id, entry.patient_id) == (made["id"], held.patient_id)
    assert entry.data == {"method": "mb_way"}


@pytest.mark.parametrize(
    ("takes_back", "days", "is_the_same"), [(False, 0, True), (False, 1, False), (True, 0, False)]
)
def test_a_providers_reference_is_given_again_until_its_day_ends_unless_it_was_taken_back(
    held: Appointment,
    monkeypatch: pytest.MonkeyPatch,
    takes_back: bool,
    days: int,
    is_the_same: bool,
) -> None:
    # Given a reference that the provider made, and that another method replaced
    first = factories.multibanco(held)
    factories.mb_way(held)
    Payment.objects.filter(pk=first.pk).update(request_state=RequestState.ACCEPTED)
    able = replace(SandboxProvider.capabilities, cancel=takes_back)
    monkeypatch.setattr(SandboxProvider, "capabilities", able)
    later = first.expires_at + timedelta(days=days)
    Appointment.objects.filter(pk=held.pk).update(hold_expires_at=later)

    # When Multibanco is chosen again
    again = factories.multibanco(held)

    # Then it is that reference while it can still be paid, else another
    assert (again.pk == first.pk) is is_the_same


def test_the_other_method_replaces_what_waits(client: APIClient, held: Appointment) -> None:
    reference = pay(client, held, MULTIBANCO).json()
    push = pay(client, held, MB_WAY, key="second").json()

    statuses = {
        str(payment.id): (payment.status, payment.reason) for payment in Payment.objects.all()
    }
    assert statuses == {
        reference["id"]: (PaymentStatus.EXPIRED, Reason.REPLACED),
        push["id"]: (PaymentStatus.PENDING, Reason.NONE),
    }


def test_a_visit_keeps_its_reference_whatever_was_chosen_in_between(held: Appointment) -> None:
    first = factories.multibanco(held)
    factories.mb_way(held)

    again = factories.multibanco(held, TAXPAYER)
    again.refresh_from_db()

    assert (again.pk, again.reference) == (first.pk, first.reference)
    assert (again.status, again.reason, again.closed_at) == (PaymentStatus.PENDING, "", None)
    assert again.customer_tax_id == TAXPAYER.tax_id
    assert list(Payment.objects.order_by("created_at").values_list("method", "status")) == [
        ("multibanco", "pending"),
        ("mb_way", "expired"),
    ]


def test_a_reference_waits_as_long_as_the_hold_does_now(held: Appointment) -> None:
    first = factories.multibanco(held)
    factories.mb_way(held)
    later = clock.now() + timedelta(minutes=25)
    Appointment.objects.filter(pk=held.pk).update(hold_expires_at=later)

    again = factories.multibanco(held)
    again.refresh_from_db()
    assert again.expires_at == later > first.expires_at


def test_a_reference_for_another_amount_is_another(held: Appointment) -> None:
    first = factories.multibanco(held)
    factories.mb_way(held)
    Appointment.objects.filter(pk=held.pk).update(price=Decimal("41.00"))

    again = factories.multibanco(held)

    assert again.pk != first.pk
    assert (again.amount, again.reference) != (first.amount, first.reference)


def test_a_visit_asks_a_phone_three_times_at_most(client: APIClient, held: Appointment) -> None:
    for last in "123":
        factories.mb_way(held, f"+35191234567{last}")

    answer = client.post(
        factories.payments_url(held),
        {"method": "mb_way", "phone": "912345674", "invoice": {"kind": "final_consumer"}},
        format="json",
        headers={"Idempotency-Key": "fourth"},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_pushes")
    assert answer.json()["detail"].endswith("Pague por Multibanco.")
    assert Payment.objects.filter(status="pending").get().phone == "+351912345673"
    assert Payment.objects.count() == 3
    assert RateWindow.objects.filter(scope="mb_way").count() == 3
    assert factories.multibanco(held).status == PaymentStatus.PENDING


def test_a_visit_has_five_payments_at_most(held: Appointment) -> None:
    for number in range(5):
        payment = factories.multibanco(held)
        Payment.objects.filter(pk=payment.pk).update(status="failed", amount=number + 1)

    with pytest.raises(DomainError) as refused:
        factories.multibanco(held)

    assert refused.value.code == "too_many_payments"
    assert Payment.objects.count() == 5
    assert not Payment.objects.filter(status="pending").exists()


def test_another_phone_replaces_the_request_of_the_first(
    client: APIClient, held: Appointment
) -> None:
    pay(client, held, MB_WAY)
    pay(client, held, {**MB_WAY, "phone": "961234567"}, key="second")

    assert list(
        Payment.objects.filter(status=PaymentStatus.PENDING).values_list("phone", flat=True)
    ) == ["+351961234567"]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"method": "cash"}, "/method", "invalid_choice"),
        ({"method": None}, "/method", "null"),
        ({"method": "mb_way", "phone": None}, "/phone", "invalid_phone"),
        ({"method": "mb_way"}, "/phone", "invalid_phone"),
        ({"method": "mb_way", "phone": "210000000"}, "/phone", "invalid_phone"),
        ({"method": "mb_way", "phone": ["912345678"]}, "/phone", "invalid"),
        ({"invoice": None}, "/invoice", "null"),
        ({"invoice": "final_consumer"}, "/invoice", "invalid"),
        ({"invoice": {"kind": "company"}}, "/invoice/kind", "invalid_choice"),
        ({"invoice": {"kind": "taxpayer"}}, "/invoice/tax_id", "invalid_tax_id"),
        (
            {"invoice": {"kind": "taxpayer", "tax_id": "123456780"}},
            "/invoice/tax_id",
            "invalid_tax_id",
        ),
        (
            {"invoice": {"kind": "taxpayer", "tax_id": "999999990"}},
            "/invoice/tax_id",
            "invalid_tax_id",
        ),
        (
            {"invoice": {"kind": "final_consumer", "tax_id": "123456789"}},
            "/invoice/tax_id",
            "unexpected",
        ),
        (
            {"invoice": {"kind": "taxpayer", "tax_id": "123456789", "name": "a\r\nBcc: b"}},
            "/invoice/name",
            "control_characters",
        ),
        (
            {"invoice": {"kind": "taxpayer", "tax_id": "123456789", "name": "a\u202eb"}},
            "/invoice/name",
            "control_characters",
        ),
        (
            {"invoice": {"kind": "taxpayer", "tax_id": "123456789", "name": "x" * 121}},
            "/invoice/name",
            "max_length",
        ),
        ({"invoice": {"kind": "final_consumer", "email": "no"}}, "/invoice/email", "invalid"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(
    client: APIClient, held: Appointment, change: dict[str, object], pointer: str, code: str
) -> None:
    response = pay(client, held, {**MULTIBANCO, **change})

    assert response.status_code == 400
    assert (pointer, code) in [
        (error["pointer"], error["code"]) for error in response.json()["errors"]
    ]
    assert not Payment.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    "optional",
    [
        {"phone": None},
        {"phone": "912345678"},
        {"phone": ""},
        {
            "invoice": {
                "kind": "final_consumer",
                "tax_id": None,
                "name": None,
                "address": None,
                "email": None,
            }
        },
    ],
)
def test_null_is_as_good_as_left_out(
    client: APIClient, held: Appointment, optional: dict[str, object]
) -> None:
    response = pay(client, held, {**MULTIBANCO, **optional})

    assert response.status_code == 201
    payment = Payment.objects.get()
    assert payment.phone == ""
    assert (payment.customer_tax_id, payment.customer_name) == ("", "")
    assert (payment.customer_address, payment.customer_email) == ("", "")


def test_a_paid_appointment_takes_no_second_payment(client: APIClient, held: Appointment) -> None:
    payment = factories.multibanco(held)
    factories.send(client, factories.notice(payment))
    factories.drain()

    response = pay(client, held, MB_WAY)

    assert response.status_code == 409
    assert response.json()["code"] == "already_paid"
    assert Payment.objects.get().status == PaymentStatus.PAID


def test_a_hold_that_ran_out_takes_no_payment(client: APIClient, ana: Patient) -> None:
    late = factories.appointment(ana, hold_expires_at=clock.now() - timedelta(seconds=1))
    expired = factories.appointment(ana, status="expired", closed_at=clock.now())

    for appointment in (late, expired):
        response = pay(client, appointment, MULTIBANCO)
        assert response.status_code == 409
        assert response.json()["code"] == "hold_expired"
    assert not Payment.objects.exists()


def test_a_push_just_before_the_end_of_the_hold_keeps_the_slot_until_it_is_decided(
    client: APIClient, ana: Patient
) -> None:
    held = factories.appointment(ana, hold_expires_at=clock.now() + timedelta(seconds=20))

    assert pay(client, held, MB_WAY).status_code == 201

    held.refresh_from_db()
    assert held.hold_expires_at == Payment.objects.get().expires_at + timedelta(minutes=2)


def test_a_push_that_can_not_be_answered_within_the_longest_hold_is_refused(
    client: APIClient, ana: Patient
) -> None:
    moment = clock.now()
    held = factories.appointment(
        ana,
        created_at=moment - timedelta(minutes=24),
        hold_expires_at=moment + timedelta(minutes=3),
    )

    refused = pay(client, held, MB_WAY)

    assert (refused.status_code, refused.json()["code"]) == (409, "hold_too_short")
    assert not Payment.objects.exists()
    assert not OutboxMessage.objects.exists()
    held.refresh_from_db()
    assert held.hold_expires_at == moment + timedelta(minutes=3)
    assert pay(client, held, MULTIBANCO).status_code == 201


@pytest.mark.parametrize("price", ["0.00", "0.50", "99999.01"])
@pytest.mark.parametrize("order", [MULTIBANCO, MB_WAY])
def test_an_amount_that_no_provider_takes_is_named(
    client: APIClient, ana: Patient, price: str, order: dict[str, object]
) -> None:
    held = factories.appointment(ana, price=Decimal(price))

    refused = pay(client, held, order)

    assert (refused.status_code, refused.json()["code"]) == (409, "amount_not_payable")
    assert not Payment.objects.exists()


def test_a_cancelled_appointment_has_nothing_to_pay(client: APIClient, ana: Patient) -> None:
    cancelled = factories.appointment(ana, status="cancelled", closed_at=clock.now())

    response = pay(client, cancelled, MULTIBANCO)

    assert response.status_code == 409
    assert response.json()["code"] == "not_payable"
    assert not Payment.objects.exists()


def test_a_payment_is_followed_only_through_its_own_link(
    client: APIClient, held: Appointment, ana: Patient
) -> None:
    payment = factories.multibanco(held)
    other = factories.appointment(ana)

    assert client.get(f"{factories.payments_url(held)}/{payment.id}").status_code == 200
    assert client.get(f"{factories.payments_url(other)}/{payment.id}").status_code == 404


def test_pushes_to_one_phone_are_counted(client: APIClient, ana: Patient) -> None:
    answers = [
        pay(client, factories.appointment(ana), MB_WAY, key=str(number)) for number in range(7)
    ]

    assert [answer.status_code for answer in answers] == [201] * 6 + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert Payment.objects.count() == 6


def test_a_request_that_was_paid_does_not_count(client: APIClient, ana: Patient) -> None:
    for number in range(8):
        held = factories.appointment(ana)
        assert pay(client, held, MB_WAY, key=str(number)).status_code == 201
        payment = Payment.objects.get(appointment=held)
        factories.send(client, factories.notice(payment, request_id=f"r{number}"))
        factories.drain()

    assert Payment.objects.filter(status=PaymentStatus.PAID).count() == 8


def test_without_a_provider_no_payment_starts(
    client: APIClient, held: Appointment, settings: Settings
) -> None:
    settings.PAYMENT_PROVIDER = ""

    response = pay(client, held, MULTIBANCO)

    assert response.status_code == 503
    assert response.json()["code"] == "payments_closed"
    assert not Payment.objects.exists()


def test_paying_needs_the_csrf_token(held: Appointment) -> None:
    browser = Client(enforce_csrf_checks=True)
    url = factories.payments_url(held)
    headers = {"Idempotency-Key": "k"}

    refused = browser.post(url, MULTIBANCO, content_type="application/json", headers=headers)
    token = browser.get("/api/auth/csrf").json()["csrf_token"]
    accepted = browser.post(
        url,
        MULTIBANCO,
        content_type="application/json",
        headers={**headers, "X-CSRFToken": token},
    )

    assert (refused.status_code, accepted.status_code) == (403, 201)
    assert Payment.objects.count() == 1
