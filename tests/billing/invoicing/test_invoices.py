import hashlib
import io
from decimal import Decimal
from typing import Any

import pypdf
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from rest_framework.test import APIClient

from billing.invoicing import pdf
from billing.invoicing.models import Invoice, InvoiceDocument, InvoiceLine, InvoiceSeries
from billing.invoicing.services import invoices
from billing.payments.models import CustomerKind, Payment, PaymentEvent
from billing.payments.services.checkout import Customer
from booking.models import Appointment
from clinic.core import clock
from clinic.directory.models import Organization, Patient, Specialty
from clinic.notifications.models import Message
from clinic.storage import private
from tests.billing import factories
from tests.billing.factories import drain, notice, send

pytestmark = pytest.mark.django_db

SELLER = (
    *("name", "legal_name", "tax_id", "address", "postal_code"),
    *("city", "phone", "email"),
)
TAXPAYER = Customer(
    kind=CustomerKind.TAXPAYER,
    tax_id="123456789",
    name="Ana Margarida, Lda.",
    address="Avenida da Liberdade 1, Lisboa",
    email="contas@example.org",
)


def paid(
    client: APIClient, appointment: Appointment, customer: Customer = factories.FINAL_CONSUMER
) -> Payment:
    payment = factories.multibanco(appointment, customer)
    send(client, notice(payment))
    drain()
    payment.refresh_from_db()
    return payment


def pdf_text(invoice: Invoice) -> str:
    data = private.get(invoice.document.storage_key)
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    text = "\n".join(page.extract_text() for page in pages)
    return text.replace("\u00a0", " ")


def test_an_invoice_for_a_massage_has_vat_inside(client: APIClient, held: Appointment) -> None:
    payment = paid(client, held)

    invoice = Invoice.objects.get()
    year = clock.today().year
    assert invoice.number == f"FR FORM{year}/1"
    assert (invoice.atcud, invoice.hash, invoice.training) == ("0", "0", True)
    assert (invoice.net_total, invoice.vat_total, invoice.gross_total) == (
        Decimal("32.52"),
        Decimal("7.48"),
        Decimal("40.00"),
    )
    assert (invoice.customer_name, invoice.customer_tax_id) == ("Consumidor final", "999999990")
    line = invoice.lines.get()
    assert (line.description, line.unit_net, line.vat_rate) == (
        "Massagem",
        Decimal("32.520325"),
        Decimal("23.00"),
    )
    assert invoice.paid_at == payment.paid_at
    assert invoice.qr == (
        f"A:510123457*B:999999990*C:PT*D:FR*E:N*F:{clock.today():%Y%m%d}*G:FR FORM{year}/1*H:0"
        "*I1:PT*I7:32.52*I8:7.48*N:7.48*O:40.00*Q:0*R:0"
    )


def test_an_invoice_keeps_who_sold_as_they_were_then(client: APIClient, held: Appointment) -> None:
    said = Organization.objects.get()
    paid(client, held)
    Organization.objects.update(name="Outra", phone="+351219999999", email="outra@vez.example")

    invoice = Invoice.objects.get()

    assert [getattr(invoice, f"seller_{field}") for field in SELLER] == [
        *(said.name, said.legal_name, said.tax_id, said.address_line, said.postal_code),
        *(said.city, said.phone, said.email),
    ]


def test_of_two_files_made_at_once_the_first_stays_and_is_mailed(
    client: APIClient, held: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an invoice whose file another worker stores while we store ours
    payment = factories.multibanco(held)
    send(client, notice(payment))
    monkeypatch.setattr(invoices, "render", lambda _: None)
    drain()
    monkeypatch.undo()
    invoice = Invoice.objects.get()
    InvoiceDocument.objects.all().delete()
    put, theirs = private.put, [lambda: invoices.render(invoice.pk)]
    kept: list[InvoiceDocument] = []

    def put_late(key: str, data: bytes, content_type: str) -> None:
        put(key, data, content_type)
        if theirs:
            kept.append(theirs.pop()())

    monkeypatch.setattr(private, "put", put_late)

    # When ours comes second
    ours = invoices.render(invoice.pk)

    # Then it is theirs that is told of, and one mail goes out
    assert [ours] == kept == list(InvoiceDocument.objects.all())
    assert Message.objects.filter(template="invoice_issued").count() == 1


def test_an_invoice_for_a_treatment_is_exempt_and_says_why(client: APIClient, ana: Patient) -> None:
    paid(client, factories.appointment(ana, "evaluation"), TAXPAYER)

    invoice = Invoice.objects.get()
    line = invoice.lines.get()
    assert (invoice.net_total, invoice.vat_total) == (Decimal("45.00"), Decimal("0.00"))
    assert (line.exemption_code, line.exemption_reason) == ("M07", "Isento artigo 9.º do CIVA")
    assert (invoice.customer_name, invoice.customer_tax_id) == ("Ana Margarida, Lda.", "123456789")
    assert "*I1:PT*I2:45.00*N:0.00*O:45.00*" in invoice.qr
    text = pdf_text(invoice)
    for words in ("M07", "Isento artigo 9.º do CIVA", "NIF 123456789", "Ana Margarida, Lda."):
        assert words in text


def test_a_small_business_is_exempt_and_says_why(client: APIClient, ana: Patient) -> None:
    Specialty.objects.filter(pk="evaluation").update(vat_exemption="M10")

    paid(client, factories.appointment(ana, "evaluation"))

    line = InvoiceLine.objects.get()
    assert (line.exemption_code, line.exemption_reason) == ("M10", "Regime de isenção")
    assert "M10 – Regime de isenção" in pdf_text(Invoice.objects.get())


@pytest.mark.parametrize(
    ("rate", "fields"),
    [
        ("6.00", "*I1:PT*I3:37.74*I4:2.26*N:2.26*O:40.00*"),
        ("13.00", "*I1:PT*I5:35.40*I6:4.60*N:4.60*O:40.00*"),
        ("23.00", "*I1:PT*I7:32.52*I8:7.48*N:7.48*O:40.00*"),
    ],
)
def test_each_rate_has_its_own_fields_in_the_code(
    client: APIClient, ana: Patient, rate: str, fields: str
) -> None:
    Specialty.objects.filter(pk="massage").update(vat_rate=rate)

    paid(client, factories.appointment(ana))

    assert fields in Invoice.objects.get().qr


def test_the_pdf_says_what_the_law_wants(client: APIClient, held: Appointment) -> None:
    paid(client, held)
    invoice = Invoice.objects.select_related("document").get()

    text = pdf_text(invoice)
    for words in (
        "Documento emitido para fins de Formação",
        invoice.number,
        "Vez Fisioterapia, Lda.",
        "NIF 510123457",
        "Consumidor final",
        f"{clock.today():%d-%m-%Y}",
        "Massagem",
        "23 %",
        "32,52 €",
        "7,48 €",
        "40,00 €",
        "ATCUD:0",
        "Página 1 de 1",
    ):
        assert words in text
    assert "999999990" not in text
    data = private.get(invoice.document.storage_key)
    assert invoice.document.sha256 == hashlib.sha256(data).hexdigest()
    assert invoice.document.standards == "a-3a ua-1"
    reader = pypdf.PdfReader(io.BytesIO(data))
    assert str(reader.root_object["/Lang"]) == "pt-PT"
    assert reader.metadata is not None
    assert reader.metadata.title == f"Fatura-recibo {invoice.number}"
    resources: Any = reader.pages[0]["/Resources"]
    fonts = {str(font.get_object()["/BaseFont"]) for font in resources["/Font"].values()}
    assert {font.split("+")[1].split("-")[0] for font in fonts} == {"AtkinsonHyperlegibleNext"}
    assert pdf.render(invoice).data == data


@pytest.mark.parametrize(
    "name",
    [
        '#eval("1+1") #read("/etc/passwd")',
        "{{7*7}} ${7*7} <script>alert(1)</script>",
        '=HYPERLINK("http://evil")',
        "*bold* _it_ $x$ @ref <label> \\ // /* ",
        '"},{"training":"',
        "Łukasz Şebnem Õ'Neill-Ção",
    ],
)
def test_a_hostile_name_prints_as_text(client: APIClient, held: Appointment, name: str) -> None:
    paid(client, held, Customer(kind=CustomerKind.TAXPAYER, tax_id="123456789", name=name))

    invoice = Invoice.objects.select_related("document").get()
    assert invoice.document.standards == "a-3a ua-1"
    squeezed = "".join(pdf_text(invoice).split())
    assert "".join(name.split()) in squeezed
    assert "DocumentoemitidoparafinsdeFormação" in squeezed


def test_a_name_in_letters_we_have_no_font_for_still_gets_its_invoice(
    client: APIClient, held: Appointment
) -> None:
    paid(client, held, Customer(kind=CustomerKind.TAXPAYER, tax_id="123456789", name="日本 😀"))

    invoice = Invoice.objects.select_related("document").get()
    assert invoice.document.standards == ""
    assert "40,00 €" in pdf_text(invoice)


def test_an_english_patient_reads_english_beside_the_legal_words(
    client: APIClient, db: None
) -> None:
    factories.clinic()
    john = factories.patient("john", language="en")
    paid(client, factories.appointment(john))

    invoice = Invoice.objects.select_related("document").get()
    text = pdf_text(invoice)
    assert invoice.lines.get().description == "Massage"
    for words in ("Fatura-recibo", "Total paid", "Documento emitido para fins de Formação"):
        assert words in text


def test_the_invoice_is_mailed_once_with_its_pdf(client: APIClient, held: Appointment) -> None:
    payment = paid(client, held, TAXPAYER)
    invoice = Invoice.objects.get()

    for _ in range(2):
        assert invoices.issue(payment.id) == invoice
        invoices.render(invoice.id)

    message = Message.objects.get(template="invoice_issued")
    assert message.to == "contas@example.org"
    assert invoice.number in message.subject
    assert [
        (part["name"], part["content_type"], part["storage_key"]) for part in message.attachments
    ] == [
        (
            f"FR-FORM{clock.today().year}-1.pdf",
            "application/pdf",
            invoice.document.storage_key,
        )
    ]
    assert (Invoice.objects.count(), InvoiceDocument.objects.count()) == (1, 1)


def test_without_an_address_the_invoice_waits_in_the_account(client: APIClient, db: None) -> None:
    factories.clinic()
    walk_in = factories.patient("walkin", email="")
    paid(client, factories.appointment(walk_in))

    assert InvoiceDocument.objects.count() == 1
    assert not Message.objects.filter(template="invoice_issued").exists()


def test_an_unpaid_payment_gets_no_invoice(held: Appointment) -> None:
    payment = factories.multibanco(held)

    assert invoices.issue(payment.id) is None
    assert not Invoice.objects.exists()
    assert not InvoiceSeries.objects.exists()


def test_numbers_have_no_gap_when_a_transaction_rolls_back(client: APIClient, ana: Patient) -> None:
    paid(client, factories.appointment(ana))
    second = factories.multibanco(factories.appointment(ana))
    send(client, notice(second))
    Payment.objects.filter(pk=second.pk).update(status="paid", paid_at=clock.now())
    with transaction.atomic():
        invoices.issue(second.pk)
        transaction.set_rollback(True)
    invoices.issue(second.pk)

    assert [invoice.sequence for invoice in Invoice.objects.order_by("sequence")] == [1, 2]
    assert InvoiceSeries.objects.get().last_number == 2


@pytest.mark.parametrize("model", [Invoice, InvoiceLine, PaymentEvent])
def test_what_was_written_down_is_never_changed_or_deleted(
    client: APIClient, held: Appointment, model: type[Invoice | InvoiceLine | PaymentEvent]
) -> None:
    paid(client, held)
    rows: Any = model.objects.all()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(id=rows.get().pk)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows._raw_delete(rows.db)
    truncation = f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {model._meta.db_table} CASCADE"
    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
    ):
        cursor.execute(truncation)

    assert model.objects.count() == 1


def test_verify_invoices_is_content_with_what_it_issued(
    client: APIClient, ana: Patient, capsys: pytest.CaptureFixture[str]
) -> None:
    for specialty in ("massage", "evaluation", "shock_waves"):
        paid(client, factories.appointment(ana, specialty))

    call_command("verify_invoices")

    assert "3 invoices" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE billing_invoice SET sequence = 5 WHERE sequence = 2", "missing"),
        ("UPDATE billing_invoiceline SET net = net + 1", "don't add up"),
        ("UPDATE billing_invoice SET qr = qr || 'x'", "QR"),
        ("UPDATE billing_invoice SET number = 'FR X/' || sequence", "series"),
        ("UPDATE billing_invoiceseries SET last_number = 9", "counts 9"),
        ("UPDATE billing_invoicedocument SET sha256 = repeat('0', 64)", "PDF"),
    ],
)
def test_verify_invoices_finds_what_was_tampered_with(
    client: APIClient, ana: Patient, capsys: pytest.CaptureFixture[str], statement: str, fault: str
) -> None:
    for _ in range(2):
        paid(client, factories.appointment(ana))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")

    with pytest.raises(CommandError, match="faults in 2 invoices"):
        call_command("verify_invoices")

    assert fault in capsys.readouterr().err


@override_settings(LANGUAGE_CODE="en")
def test_amounts_are_portuguese_whatever_the_server_speaks() -> None:
    assert pdf.euros(Decimal("1234567.5")) == "1\u00a0234\u00a0567,50\u00a0€"
    assert pdf.percent(Decimal("23.00")) == "23\u00a0%"
    assert pdf.percent(Decimal("6.50")) == "6,5\u00a0%"
    assert pdf.percent(Decimal("0.00")) == "0\u00a0%"
