"""Documents of a certified program: real series, signed one over the other; and credit notes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.invoicing import chain, numbering, pdf
from billing.invoicing.models import Invoice, InvoiceSeries, InvoicingRules, SigningKey
from billing.invoicing.services import invoices, rules
from billing.payments.models import Payment, Refund
from billing.payments.services import ledger, refunds
from booking.models import Appointment
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from tests.billing import certificate, factories
from tests.billing.bank import Bank
from tests.billing.factories import drain, notice, send
from tests.billing.invoicing.test_invoices import paid, pdf_text

pytestmark = pytest.mark.django_db

MANAGER = Actor.system("tests")


@pytest.fixture(scope="module")
def key_pem() -> str:
    return certificate.new_key()


@pytest.fixture
def certified(settings: Settings, key_pem: str) -> int:
    """The program has a certificate, a key, and this year's series; the year."""
    settings.INVOICE_SIGNING_KEY = key_pem
    return certificate.certify()


def give_back(payment: Payment, bank: Bank, amount: str | None = None, reason: str = "") -> Refund:
    bank.will(201, {"refund_id": f"f-{Refund.objects.count() + 1}"})
    locked = next(
        one for one in ledger.lock_money_of(payment.appointment_id) if one.pk == payment.pk
    )
    refund = refunds.request(
        locked, actor=MANAGER, amount=None if amount is None else Decimal(amount), reason=reason
    )
    drain()
    refund.refresh_from_db()
    return refund


def test_a_certified_invoice_says_so_on_paper_and_in_its_code(
    client: APIClient, held: Appointment, certified: int
) -> None:
    InvoicingRules.objects.update(producer_name="Vez, Lda.", producer_tax_id="510123457")

    paid(client, held)

    invoice = Invoice.objects.get()
    assert invoice.number == f"FR {certified}A/1"
    assert (invoice.training, invoice.atcud, invoice.hash_control) == (False, "JFX7K2P9-1", "1")
    producer = (invoice.certificate, invoice.producer_name, invoice.producer_tax_id)
    assert producer == ("1234", "Vez, Lda.", "510123457")
    assert len(invoice.hash) == 172
    printed = chain.printed(invoice.hash)
    assert invoice.qr.endswith(f"*Q:{printed}*R:1234")
    text = pdf_text(invoice)
    assert f"{printed}-Processado por programa certificado n.º 1234/AT" in text
    assert "ATCUD:JFX7K2P9-1" in text
    assert "fins de Formação" not in text


def test_each_document_is_signed_over_the_one_before(
    client: APIClient, ana: Patient, certified: int
) -> None:
    for _ in range(3):
        paid(client, factories.appointment(ana))

    first, second, third = Invoice.objects.order_by("sequence")
    public = SigningKey.objects.get().public_key
    for invoice, previous in ((first, ""), (second, first.hash), (third, second.hash)):
        signed = numbering.signed_message(invoice, previous)
        assert chain.is_signed_by(public, signed, invoice.hash)
    call_command("verify_invoices")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE billing_invoice SET hash = reverse(hash) WHERE sequence = 1", "FR {year}A/1: the"),
        (
            "UPDATE billing_invoice SET gross_total = gross_total + 1, net_total = net_total + 1"
            " WHERE sequence = 2",
            "FR {year}A/2: the hash",
        ),
        (
            "UPDATE billing_invoice SET issued_at = issued_at + interval '1 hour'"
            " WHERE sequence = 1",
            "FR {year}A/1: the hash",
        ),
        ("UPDATE billing_invoice SET hash_control = '7' WHERE sequence = 2", "the key 7"),
        ("UPDATE billing_invoice SET atcud = 'JFX7K2P9-9' WHERE sequence = 2", "ATCUD"),
    ],
)
def test_verify_invoices_finds_a_broken_chain(
    client: APIClient,
    ana: Patient,
    certified: int,
    capsys: pytest.CaptureFixture[str],
    statement: str,
    fault: str,
) -> None:
    for _ in range(2):
        paid(client, factories.appointment(ana))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    with pytest.raises(CommandError):
        call_command("verify_invoices")

    assert fault.format(year=certified) in capsys.readouterr().err


def test_a_new_key_signs_under_a_new_version_and_the_old_ones_still_verify(
    client: APIClient, ana: Patient, certified: int, settings: Settings
) -> None:
    paid(client, factories.appointment(ana))
    settings.INVOICE_SIGNING_KEY = certificate.new_key()

    paid(client, factories.appointment(ana))

    controls = Invoice.objects.order_by("sequence").values_list("hash_control", flat=True)
    assert list(controls) == ["1", "2"]
    call_command("verify_invoices")


def test_without_this_years_series_the_invoice_waits_and_the_payment_stands(
    client: APIClient, held: Appointment, settings: Settings, key_pem: str
) -> None:
    settings.INVOICE_SIGNING_KEY = key_pem
    InvoicingRules.objects.create(certificate_number="1234")
    year = clock.today().year

    payment = paid(client, held)
    assert payment.status == "paid"
    assert not Invoice.objects.exists()
    rules.open_series(
        document_type="FR",
        name=f"{year}A",
        year=year,
        validation_code="JFX7K2P9",
        actor=MANAGER,
    )
    drain()

    assert Invoice.objects.get().number == f"FR {year}A/1"


def test_a_year_has_one_series_of_a_kind(certified: int) -> None:
    with pytest.raises(DomainError) as refused:
        rules.open_series(
            document_type="FR",
            name=f"{certified}B",
            year=certified,
            validation_code="JFX7K2PZ",
            actor=MANAGER,
        )

    assert refused.value.code == "series_taken"
    assert InvoiceSeries.objects.count() == 2


class TestCreditNotes:
    def test_money_given_back_is_credited_with_the_invoices_own_tax(
        self, client: APIClient, bank: Bank, held: Appointment
    ) -> None:
        payment = paid(client, held)
        invoice = Invoice.objects.get()

        refund = give_back(payment, bank, reason="Consulta desmarcada pela clínica")

        note = Invoice.objects.get(document_type="NC")
        year = clock.today().year
        assert note.number == f"NC FORM{year}/1"
        assert (note.credits, note.refund, note.payment) == (invoice, refund, payment)
        assert (note.net_total, note.vat_total, note.gross_total) == (
            invoice.net_total,
            invoice.vat_total,
            invoice.gross_total,
        )
        assert "*D:NC*" in note.qr
        text = pdf_text(note)
        assert "Nota de crédito" in text
        assert f"Relativa à {invoice.number}" in text
        assert "Consulta desmarcada pela clínica" in text
        mail = Message.objects.get(template="credit_note_issued")
        assert note.number in mail.subject
        call_command("verify_invoices")

    def test_the_same_refund_is_credited_once(
        self, client: APIClient, bank: Bank, held: Appointment
    ) -> None:
        refund = give_back(paid(client, held), bank)

        again = invoices.credit(refund.pk)

        assert again == Invoice.objects.get(document_type="NC")

    def test_part_of_the_money_can_go_back_and_never_more_than_all(
        self, client: APIClient, bank: Bank, held: Appointment
    ) -> None:
        payment = paid(client, held)

        give_back(payment, bank, "10.00")
        payment.refresh_from_db()
        assert payment.status == "paid"
        with pytest.raises(DomainError) as refused:
            give_back(payment, bank, "30.01")
        assert refused.value.code == "nothing_to_refund"
        give_back(payment, bank, "30.00")
        payment.refresh_from_db()

        assert payment.status == "refunded"
        notes = Invoice.objects.filter(document_type="NC").order_by("sequence")
        assert [note.gross_total for note in notes] == [Decimal("10.00"), Decimal("30.00")]
        assert [note.vat_total for note in notes] == [Decimal("1.87"), Decimal("5.61")]
        call_command("verify_invoices")

    def test_money_that_went_back_before_any_invoice_needs_no_note(
        self, client: APIClient, bank: Bank, held: Appointment
    ) -> None:
        payment = factories.multibanco(held)
        send(client, notice(payment))
        payment.refresh_from_db()
        Payment.objects.filter(pk=payment.pk).update(status="paid", paid_at=clock.now())
        refund = Refund.objects.create(
            payment=payment,
            amount=payment.amount,
            status="done",
            requested_at=clock.now(),
            settled_at=clock.now() + timedelta(seconds=1),
        )

        assert invoices.credit(refund.pk) is None

    def test_a_certified_note_has_its_own_chain(
        self, client: APIClient, bank: Bank, held: Appointment, certified: int
    ) -> None:
        payment = paid(client, held)

        give_back(payment, bank)

        note = Invoice.objects.get(document_type="NC")
        assert (note.number, note.atcud) == (f"NC {certified}A/1", "JFX7K2PA-1")
        public = SigningKey.objects.get().public_key
        assert chain.is_signed_by(public, numbering.signed_message(note, ""), note.hash)
        assert pdf.certified_phrase(note).startswith(chain.printed(note.hash))
        call_command("verify_invoices")

    def test_what_was_for_training_is_credited_for_training_by_a_certified_program(
        self, client: APIClient, bank: Bank, held: Appointment, settings: Settings, key_pem: str
    ) -> None:
        payment = paid(client, held)
        settings.INVOICE_SIGNING_KEY = key_pem
        year = certificate.certify()

        give_back(payment, bank)

        note = Invoice.objects.get(document_type="NC")
        assert (note.number, note.atcud, note.training) == (f"NC FORM{year}/1", "0", True)
        call_command("verify_invoices")

    def test_a_real_invoice_is_credited_once_there_is_a_certificate_again(
        self,
        client: APIClient,
        bank: Bank,
        held: Appointment,
        certified: int,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        payment = paid(client, held)
        rules.change_rules({"certificate_number": ""}, actor=MANAGER)

        give_back(payment, bank)

        assert not Invoice.objects.filter(document_type="NC").exists()
        with pytest.raises(CommandError):
            call_command("verify_invoices")
        assert "40.00 given back, and no credit note" in capsys.readouterr().err
        rules.change_rules({"certificate_number": "1234"}, actor=MANAGER)
        drain()
        assert Invoice.objects.get(document_type="NC").number == f"NC {certified}A/1"
        call_command("verify_invoices")
