"""No patient's data and no credential in the log or in a table of failures, whatever breaks.

Each way of failing is a real one, and its exception does quote the patient: the tests see to that,
or they would pass while showing nothing.
"""

import io
import json
import logging
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from smtplib import SMTPRecipientsRefused
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings
from rest_framework.test import APIClient

from booking import links
from booking.services import holds
from clinic.accounts.models import User
from clinic.config.celery import app
from clinic.core import clock, outbox, problems
from clinic.core.audit import Actor
from clinic.core.errors import UnansweredError
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from clinic.launcher.embedded import free_port
from clinic.notifications import services as notifications
from clinic.notifications.channels.base import Outgoing
from clinic.notifications.channels.email.smtp import SmtpTransport
from tests.conftest import Clinic, person
from tests.notifications.conftest import SMTP_TRANSPORT

if TYPE_CHECKING:
    from tests.answers import Answer

NAME, EMAIL, PHONE, NIF = "Kanaria Testemunha", "kanaria@vez.example", "+351919876543", "278945619"
CANARIES = ("Kanaria", "Testemunha", EMAIL, PHONE, PHONE[4:], NIF)


@pytest.fixture
def kanaria(clinic: Clinic) -> Patient:
    user = person("kanaria", NAME, "patient", email=EMAIL, phone=PHONE)
    return Patient.objects.get(pk=user.pk)


@pytest.fixture
def greylisting(settings: Settings) -> Iterator[None]:
    """A mail server that takes nobody's letters for now."""

    class Mailbox:
        async def handle_RCPT(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name
            return "450 4.2.1 greylisted"

    controller = Controller(Mailbox(), hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.MESSAGE_TRANSPORTS = {"email": SMTP_TRANSPORT}
    settings.EMAIL_HOST, settings.EMAIL_PORT = controller.hostname, controller.port
    settings.EMAIL_USE_TLS = False
    yield
    controller.stop()


def entries(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def assert_discreet(text: str) -> None:
    assert [canary for canary in CANARIES if canary in text] == []


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_is_refused_names_no_address(
    greylisting: None, kanaria: Patient, log: io.StringIO
) -> None:
    with transaction.atomic():
        notifications.tell(
            kanaria,
            "invoice_issued",
            context={
                "number": "FR 2026A/15",
                "amount": Decimal("40.00"),
                "customer_name": NAME,
                "specialty": "Massagem",
                "practitioner": "Inês Sousa",
                "start": datetime(2026, 11, 24, 10, 30, tzinfo=UTC),
            },
            key=uuid.uuid4().hex,
        )
    message = OutboxMessage.objects.get(task="notifications.send_email")
    with pytest.raises(UnansweredError) as failure:
        SmtpTransport().send(Outgoing(id="1", to=EMAIL, body="…"))
    assert isinstance(failure.value.__cause__, SMTPRecipientsRefused)
    assert EMAIL in str(failure.value.__cause__)

    assert outbox.run(message.id) is False

    message.refresh_from_db()
    assert message.last_error == "UnansweredError SMTPRecipientsRefused"
    assert_discreet(log.getvalue())
    (entry,) = [one for one in entries(log) if one["event"] == "outbox_failed"]
    assert entry["error"] == "UnansweredError SMTPRecipientsRefused"
    assert "clinic/notifications/channels/email/smtp.py" in entry["exception"]
    assert entry["exception"].endswith("\nUnansweredError SMTPRecipientsRefused")


@pytest.mark.django_db
def test_a_row_that_postgresql_refuses_is_not_quoted(kanaria: Patient, log: io.StringIO) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        User.objects.filter(pk=kanaria.pk).update(language=None, username=NIF)
    assert all(canary in str(refusal.value) for canary in (NAME, EMAIL, PHONE, NIF))

    answer = problems.exception_handler(refusal.value, {})

    assert answer is not None
    assert answer.status_code == 409
    assert_discreet(log.getvalue())
    (entry,) = entries(log)
    assert entry["event"] == "unexpected_database_error"
    assert entry["exception"].endswith("\nIntegrityError 23502")
    assert "test_a_row_that_postgresql_refuses" in entry["exception"]


@pytest.mark.django_db
def test_a_refused_row_is_known_by_the_name_of_its_constraint(
    kanaria: Patient, log: io.StringIO
) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        OutboxMessage.objects.bulk_create(
            [
                OutboxMessage(key=NAME, task="x", next_at=clock.now(), created_at=clock.now())
                for _ in range(2)
            ]
        )
    assert NAME in str(refusal.value)

    problems.exception_handler(refusal.value, {})

    assert_discreet(log.getvalue())
    assert "IntegrityError 23505 core_outboxmessage_key_key" in log.getvalue()


def break_table(name: str) -> None:
    """Whoever reads this table meets a fault of ours, until the transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO elsewhere")
        cursor.execute(
            "CREATE FUNCTION is_in_order() RETURNS bool STABLE LANGUAGE plpgsql"
            " AS 'BEGIN RAISE EXCEPTION ''out of order''; END'"
        )
        broken = "SELECT * FROM elsewhere WHERE is_in_order()"
        cursor.execute(f"CREATE VIEW {name} AS {broken}")


@pytest.mark.django_db
def test_a_failing_checkout_logs_no_payment_link(
    clinic: Clinic, kanaria: Patient, log: io.StringIO
) -> None:
    held = holds.hold(
        patient=kanaria,
        specialty_code="massage",
        practitioner_id=clinic.sousa.pk,
        start=(clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0),
        actor=Actor.system("tests"),
    )
    token = links.checkout_token(held)
    client = APIClient()
    client.raise_request_exception = False
    client.get("/api/auth/csrf")
    client.credentials(HTTP_REFERER=links.checkout_url(held))
    order = {
        "method": "mb_way",
        "phone": PHONE,
        "invoice": {"kind": "taxpayer", "tax_id": NIF, "name": NAME, "email": EMAIL},
    }

    requests: tuple[Callable[[], Answer], ...] = (
        lambda: client.get(f"/api/checkout/{token}"),
        lambda: client.post(f"/api/checkout/{token}/payments", order, HTTP_IDEMPOTENCY_KEY="k"),
    )
    answers = []
    for request in requests:
        with transaction.atomic():
            break_table("billing_payment")
            answers.append(request().status_code)
            transaction.set_rollback(True)

    assert answers == [500, 500]
    assert token not in log.getvalue()
    assert_discreet(log.getvalue())
    assert {entry["event"] for entry in entries(log)} == {
        "Internal Server Error: /api/checkout/…",
        "Internal Server Error: /api/checkout/…/payments",
    }
    entry = entries(log)[0]
    assert "billing/payments/selectors.py" in entry["exception"]
    assert entry["exception"].endswith("\nProgrammingError P0001")


@pytest.mark.django_db
def test_a_visit_s_link_is_in_no_line_of_the_log(
    clinic: Clinic, kanaria: Patient, log: io.StringIO
) -> None:
    booked = holds.hold(
        patient=kanaria,
        specialty_code="massage",
        practitioner_id=clinic.sousa.pk,
        start=(clock.now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0),
        actor=Actor.system("tests"),
    )
    assert holds.confirm(booked.pk, Actor.system("tests"))
    token = links.visit_token(booked)
    client = APIClient()
    client.raise_request_exception = False
    client.credentials(HTTP_REFERER=links.visit_url(booked))

    # Given what Django and its server write of a request: answered, refused, missing, failed
    answers = [
        client.get(f"/api/visits/{token}").status_code,
        client.post(f"/api/visits/{token}").status_code,
        client.get(f"/v/{token}/more").status_code,
        client.post(f"/v/{token}").status_code,
    ]
    with transaction.atomic():
        break_table("booking_appointment")
        answers.append(client.get(f"/api/visits/{token}").status_code)
        transaction.set_rollback(True)
    logging.getLogger("uvicorn.access").warning(
        '%s - "%s %s HTTP/%s" %d', "192.0.2.7", "GET", f"/v/{token}?a=1", "1.1", 200
    )

    assert answers[0:2] + answers[3:] == [200, 405, 405, 500]
    assert token not in log.getvalue()
    assert token[21:] not in log.getvalue()
    events = [entry["event"] for entry in entries(log)]
    assert "Internal Server Error: /api/visits/…" in events
    assert '192.0.2.7 - "GET /v/…?a=1 HTTP/1.1" 200' in events


@pytest.mark.django_db
def test_the_key_in_a_provider_s_callback_is_in_no_line_of_the_log(
    settings: Settings, log: io.StringIO
) -> None:
    settings.IFTHENPAY_BACKOFFICE_KEY = "1234-5678-9012-3456"
    settings.IFTHENPAY_ANTI_PHISHING_KEY = key = "Kq7dV2nPx9LmTz4RbW8c"
    client = APIClient()
    client.raise_request_exception = False
    path = "/api/webhooks/payments/ifthenpay"
    address = f"{path}?payment_datetime=27/11/2026 10:00&key={key}&reference=999123490"

    answers = [client.get(address.replace("key=", "key=x")), client.post(address)]
    with transaction.atomic():
        break_table("billing_webhookdelivery")
        answers.append(client.get(address))
        transaction.set_rollback(True)
    asked = address.replace(" ", "%20")
    logging.getLogger("uvicorn.access").warning('"GET %s HTTP/1.1" %d', asked, 200)

    assert [answer.status_code for answer in answers] == [400, 415, 500]
    assert key not in log.getvalue()
    events = [entry["event"] for entry in entries(log)]
    assert f"Internal Server Error: {path}" in events
    assert f'"GET {path}… HTTP/1.1" 200' in events


@app.task(name="tests.fail")
def fail() -> None:
    try:
        raise LookupError(f"nobody at {EMAIL}")
    except LookupError as error:
        raise ValueError(f"{NAME} has no number {NIF}") from error


def test_a_failing_task_is_logged_without_what_it_said(log: io.StringIO) -> None:
    fail.apply()

    assert_discreet(log.getvalue())
    (entry,) = [one for one in entries(log) if "tests.fail" in one["event"]]
    assert entry["event"].endswith("raised unexpected: ValueError")
    assert "LookupError\n" in entry["exception"]
    assert entry["exception"].endswith("\nValueError")


def test_what_a_library_quotes_of_an_exception_goes_too(log: io.StringIO) -> None:
    try:
        raise ValueError(f"no mailbox {EMAIL}")
    except ValueError as error:
        logging.getLogger("some.library").exception("giving up: %s (%r)", error, error)

    assert_discreet(log.getvalue())
    assert entries(log)[0]["event"] == "giving up: ValueError (ValueError)"


def test_every_exception_of_a_group_is_described_and_none_quoted(log: io.StringIO) -> None:
    try:
        raise ExceptionGroup(NAME, [ValueError(EMAIL), KeyError(NIF)])
    except ExceptionGroup:
        logging.getLogger("some.library").exception("both failed")

    assert_discreet(log.getvalue())
    exception = entries(log)[0]["exception"]
    assert all(kind in exception for kind in ("ExceptionGroup\n", "ValueError\n", "KeyError"))
