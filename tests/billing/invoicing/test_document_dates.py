"""Dates and times of documents when clocks mislead: in October, and on New Year's Eve."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from pytest_django import Settings

from billing.invoicing import numbering
from billing.invoicing.models import DocumentType, Invoice, InvoiceSeries, InvoicingRules
from billing.invoicing.services import invoices, rules
from billing.payments.models import Payment, PaymentStatus, Refund
from booking.models import Appointment
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.directory.models import Patient
from tests.billing import factories
from tests.billing.invoicing.test_certified import certified, key_pem

__all__ = ["certified", "key_pem"]  # fixtures of the certified program

FIRST_HALF_PAST_ONE = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
SECOND_TEN_PAST_ONE = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
SECOND_TWENTY_TO_TWO = datetime(2026, 10, 25, 1, 40, tzinfo=UTC)
BEFORE_MIDNIGHT = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
AFTER_MIDNIGHT = datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)


def paid_for(appointment: Appointment) -> Payment:
    """A payment whose money is there, and whose invoice is still to be issued."""
    payment = factories.multibanco(appointment)
    Payment.objects.filter(pk=payment.pk).update(
        status=PaymentStatus.PAID, paid_at=datetime(2026, 10, 1, tzinfo=UTC)
    )
    return payment


def issued_at(moment: datetime, payment: Payment) -> Invoice:
    with clock.replaying(moment):
        invoice = invoices.issue(payment.pk)
    assert invoice is not None
    return invoice


def given_back(payment: Payment) -> Refund:
    return Refund.objects.create(
        payment=payment,
        amount=payment.amount,
        status="done",
        requested_at=clock.now(),
        settled_at=clock.now(),
    )


def entered(invoice: Invoice) -> str:
    """The moment as it is signed and printed."""
    return numbering.signed_message(invoice, "").decode().split(";")[1]


def open_year(year: int) -> None:
    for kind, code in (("FR", f"JFX7K2{year}"), ("NC", f"JFX8K2{year}")):
        rules.open_series(
            document_type=kind,
            name=f"{year}A",
            year=year,
            validation_code=code,
            actor=Actor.system("tests"),
        )


def tamper(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


@pytest.mark.django_db
class TestOctober:
    def test_the_wall_clock_never_runs_back_within_a_series(self, ana: Patient) -> None:
        payments = [paid_for(factories.appointment(ana)) for _ in range(3)]

        times = [
            entered(issued_at(moment, payment))
            for moment, payment in zip(
                (FIRST_HALF_PAST_ONE, SECOND_TEN_PAST_ONE, SECOND_TWENTY_TO_TWO),
                payments,
                strict=True,
            )
        ]

        assert times == ["2026-10-25T01:30:00", "2026-10-25T01:30:00", "2026-10-25T01:40:00"]
        call_command("verify_invoices")

    def test_a_credit_note_never_looks_older_than_its_invoice(self, ana: Patient) -> None:
        payment = paid_for(factories.appointment(ana))
        issued_at(FIRST_HALF_PAST_ONE, payment)
        refund = given_back(payment)

        with clock.replaying(SECOND_TEN_PAST_ONE):
            note = invoices.credit(refund.pk)

        assert note is not None
        assert entered(note) == "2026-10-25T01:30:00"
        call_command("verify_invoices")

    def test_a_clock_that_was_set_back_doesnt_take_the_documents_along(self, ana: Patient) -> None:
        first, second = (paid_for(factories.appointment(ana)) for _ in range(2))
        issued_at(SECOND_TWENTY_TO_TWO, first)

        invoice = issued_at(FIRST_HALF_PAST_ONE, second)

        assert invoice.issued_at == SECOND_TWENTY_TO_TWO
        call_command("verify_invoices")

    def test_verify_invoices_finds_a_wall_clock_that_ran_back(
        self, ana: Patient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        first, second = (paid_for(factories.appointment(ana)) for _ in range(2))
        issued_at(FIRST_HALF_PAST_ONE, first)
        issued_at(SECOND_TWENTY_TO_TWO, second)
        tamper("UPDATE billing_invoice SET issued_at = '2026-10-25 01:10:00+00' WHERE sequence = 2")

        with pytest.raises(CommandError, match="1 faults in 2 invoices"):
            call_command("verify_invoices")

        assert "FR FORM2026/2: it was issued before FR FORM2026/1" in capsys.readouterr().err


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE billing_invoice SET issued_on = '2026-10-26'",
            "its date is not the day on which it was issued",
        ),
        (
            "UPDATE billing_invoice SET issued_on = '2027-01-01', issued_at = '2027-01-01 12:00Z'",
            "it was issued in another year than its series of 2026",
        ),
    ],
)
def test_verify_invoices_compares_date_moment_and_series(
    ana: Patient, capsys: pytest.CaptureFixture[str], statement: str, fault: str
) -> None:
    issued_at(SECOND_TWENTY_TO_TWO, paid_for(factories.appointment(ana)))
    tamper(statement)

    with pytest.raises(CommandError):
        call_command("verify_invoices")

    assert f"FR FORM2026/1: {fault}" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", list(DocumentType))
def test_a_year_that_ends_while_the_series_is_locked_takes_the_new_years_series(
    ana: Patient, settings: Settings, key_pem: str, kind: DocumentType
) -> None:
    with time_machine.travel(BEFORE_MIDNIGHT, tick=False) as traveller:
        settings.INVOICE_SIGNING_KEY = key_pem
        InvoicingRules.objects.create(certificate_number="1234")
        open_year(2026)
        open_year(2027)
        payment = paid_for(factories.appointment(ana))
        if kind == DocumentType.INVOICE_RECEIPT:
            issue = partial(invoices.issue, payment.pk)
        else:
            invoices.issue(payment.pk)
            issue = partial(invoices.credit, given_back(payment).pk)

        with transaction.atomic():
            InvoiceSeries.objects.select_for_update().get(document_type=kind, year=2026)
            waiting = threading.Thread(target=_and_leave, args=(issue,))
            waiting.start()
            _until_somebody_waits_for_us()
            traveller.move_to(AFTER_MIDNIGHT, tick=False)
        waiting.join(timeout=30)

        document = Invoice.objects.get(document_type=kind)
        assert document.number == f"{kind} 2027A/1"
        assert str(document.issued_on) == "2027-01-01"
        assert document.issued_at == AFTER_MIDNIGHT
        assert entered(document) == "2027-01-01T00:00:01"
        assert InvoiceSeries.objects.get(document_type=kind, year=2026).last_number == 0
        call_command("verify_invoices")


def _and_leave(issue: Callable[[], object]) -> None:
    try:
        issue()
    finally:
        connection.close()


def _until_somebody_waits_for_us() -> None:
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
            )
            if cursor.fetchone() == (True,):
                return
            time.sleep(0.01)
    raise AssertionError("nobody waits for the series")


@pytest.mark.parametrize("year", [1999, 2101])
@pytest.mark.parametrize("column", ["issued_on", "issued_at", "service_on", "paid_at"])
@pytest.mark.django_db
def test_the_database_takes_no_document_of_another_age(column: str, year: int) -> None:
    factories.clinic()
    kept = issued_at(FIRST_HALF_PAST_ONE, paid_for(factories.appointment(factories.patient())))
    moment = datetime(year, 6, 1, tzinfo=UTC)
    kept.pk, kept.payment = uuid.uuid4(), paid_for(factories.appointment(factories.patient("rui")))
    kept.number, kept.sequence = "FR X/2", 2
    setattr(kept, column, moment.date() if column.endswith("_on") else moment)

    with pytest.raises(IntegrityError, match="invoice_dates_can_be"), transaction.atomic():
        kept.save(force_insert=True)

    assert Invoice.objects.count() == 1
