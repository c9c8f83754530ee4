"""What the clinic owes for money or by law is done once it can be, however long that takes; until
then somebody reads that it is missing."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice, InvoicingRules
from billing.invoicing.services import rules
from billing.payments.models import Payment, PaymentStatus, Refund
from billing.payments.services import refunds
from booking.models import Appointment
from clinic.core import clock, outbox, stuck
from clinic.core.audit import Actor
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from tests.billing import certificate, factories
from tests.billing.bank import Bank
from tests.billing.factories import drain, notice, send

pytestmark = pytest.mark.django_db

MANAGER = Actor.system("tests")
HOURS_OF_TRIES = 40


def tried_for_hours(task: str) -> None:
    """The outbox has tried this again and again; the next try is a quarter of an hour away."""
    messages = OutboxMessage.objects.filter(task=task, done_at=None)
    for message in messages:
        for _ in range(HOURS_OF_TRIES):
            outbox.run(message.id)
    messages.update(attempts=HOURS_OF_TRIES, next_at=clock.now() + timedelta(minutes=15))


def a_quarter_of_an_hour_later() -> None:
    OutboxMessage.objects.filter(done_at=None).update(next_at=clock.now())


def pay(client: APIClient, held: Appointment) -> Payment:
    payment = factories.multibanco(held)
    send(client, notice(payment))
    drain()
    payment.refresh_from_db()
    return payment


def told() -> list[tuple[str, str]]:
    return [
        (halted.what, halted.code)
        for halted in (stuck.told(message, "en") for message in stuck.found())
    ]


def verify(capsys: pytest.CaptureFixture[str]) -> str:
    """What `verify_invoices` complains of; empty where it is content."""
    try:
        call_command("verify_invoices")
    except CommandError as error:
        return f"{capsys.readouterr().err}{error}"
    return ""


@pytest.fixture
def new_year(settings: Settings) -> int:
    """Documents are real, and nobody has opened this year's series."""
    settings.INVOICE_SIGNING_KEY = certificate.new_key()
    InvoicingRules.objects.create(certificate_number="1234")
    return clock.today().year


def open_series(year: int, document_type: str = "FR") -> None:
    rules.open_series(
        document_type=document_type,
        name=f"{year}A",
        year=year,
        validation_code=f"JFX7K2{document_type}",
        actor=MANAGER,
    )


def test_what_was_paid_before_the_series_was_open_is_invoiced_when_it_is(
    client: APIClient, ana: Patient, new_year: int, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given two payments in a year whose series isn't open, and hours of tries
    payments = [pay(client, factories.appointment(ana)) for _ in range(2)]
    tried_for_hours("billing.issue_invoice")

    # Then both are paid, the manager is told of both, and the check complains of both
    assert [payment.status for payment in payments] == [PaymentStatus.PAID] * 2
    assert told() == [("Invoice to be issued", "series_missing")] * 2
    complaint = verify(capsys)
    for payment in payments:
        assert f"payment {payment.pk}: 40.00 paid, and no document" in complaint
    assert "0 faults in 0 invoices, 2 documents missing" in complaint

    # When the series is opened
    open_series(new_year)
    drain()

    # Then the invoices come by themselves, in the order of the payments
    numbers = Invoice.objects.order_by("sequence").values_list("number", "payment_id")
    assert list(numbers) == [
        (f"FR {new_year}A/1", payments[0].pk),
        (f"FR {new_year}A/2", payments[1].pk),
    ]
    assert (told(), verify(capsys)) == ([], "")


def test_an_invoice_waits_for_the_rules_as_well(
    client: APIClient, held: Appointment, new_year: int
) -> None:
    pay(client, held)
    tried_for_hours("billing.issue_invoice")

    rules.change_rules({"certificate_number": ""}, actor=MANAGER)
    drain()

    assert Invoice.objects.get().number == f"FR FORM{new_year}/1"


def test_a_credit_note_waits_for_its_series(
    client: APIClient,
    held: Appointment,
    bank: Bank,
    new_year: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    open_series(new_year)
    payment = pay(client, held)
    bank.will(201, {})
    refund = refunds.give_back(payment.pk, actor=MANAGER, reason="Cortesia")
    drain()
    tried_for_hours("billing.issue_credit_note")

    assert told() == [("Credit note to be issued", "series_missing")]
    assert f"refund {refund.pk}: 40.00 given back, and no credit note" in verify(capsys)

    open_series(new_year, "NC")
    drain()

    assert Invoice.objects.get(refund=refund).number == f"NC {new_year}A/1"
    assert (told(), verify(capsys)) == ([], "")


def test_a_credit_note_of_a_certified_invoice_says_that_the_certificate_is_gone(
    client: APIClient, held: Appointment, bank: Bank, new_year: int
) -> None:
    open_series(new_year)
    open_series(new_year, "NC")
    payment = pay(client, held)
    rules.change_rules({"certificate_number": ""}, actor=MANAGER)
    bank.will(201, {})
    refunds.give_back(payment.pk, actor=MANAGER, reason="Cortesia")
    drain()
    tried_for_hours("billing.issue_credit_note")

    assert told() == [("Credit note to be issued", "not_set_up")]
    assert not Invoice.objects.filter(document_type="NC").exists()


def test_what_went_back_before_there_was_an_invoice_is_credited_after_it(
    client: APIClient,
    held: Appointment,
    bank: Bank,
    new_year: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    payment = pay(client, held)
    bank.will(201, {})
    refund = refunds.give_back(
        payment.pk, actor=MANAGER, reason="Cortesia", amount=payment.amount / 4
    )
    drain()
    tried_for_hours("billing.issue_invoice")

    open_series(new_year)
    open_series(new_year, "NC")
    drain()

    assert [each.document_type for each in Invoice.objects.order_by("document_type")] == [
        "FR",
        "NC",
    ]
    assert Invoice.objects.get(refund=refund).gross_total == refund.amount
    assert verify(capsys) == ""


def test_a_refund_is_sent_once_the_bank_is_there_again(
    client: APIClient, held: Appointment, bank: Bank
) -> None:
    payment = pay(client, held)
    bank.will(503)
    refunds.give_back(payment.pk, actor=MANAGER, reason="Cortesia")
    tried_for_hours("billing.refund")
    assert told() == [("Refund to be sent to the bank", "no_answer")]
    assert Refund.objects.get().status == "requested"

    bank.answers = [(201, {"refund_id": "f-1"})]
    a_quarter_of_an_hour_later()
    drain()

    payment.refresh_from_db()
    assert (Refund.objects.get().status, payment.status) == ("done", PaymentStatus.REFUNDED)
    assert len({call[2]["refund_id"] for call in bank.calls}) == 1
    assert told() == []


def test_a_document_is_mailed_once_the_mail_server_is_there_again(
    client: APIClient, held: Appointment, settings: Settings
) -> None:
    transports = settings.MESSAGE_TRANSPORTS
    smtp = "clinic.notifications.channels.email.smtp.SmtpTransport"
    settings.MESSAGE_TRANSPORTS = {**transports, "email": smtp}
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    pay(client, held)
    tried_for_hours("notifications.send_email")
    assert ("Message to be sent", "no_answer") in told()
    mail = Message.objects.get(template="invoice_issued")
    assert mail.status == "queued"

    settings.MESSAGE_TRANSPORTS = transports
    a_quarter_of_an_hour_later()
    drain()

    mail.refresh_from_db()
    assert mail.status == "sent"
    assert told() == []
