"""The SAF-T file against the tax authority's own schema, and against the ledger."""

import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree

import pytest
import saft_mcp
import xmlschema
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from rest_framework.test import APIClient

from billing.invoicing import saft
from billing.invoicing.models import Invoice, InvoiceLine
from billing.invoicing.saft import NAMESPACE
from billing.invoicing.services import exports
from billing.payments.models import CustomerKind
from billing.payments.services.checkout import Customer
from booking.models import Appointment
from clinic.core import clock
from clinic.directory.models import Organization, Patient
from tests.billing import factories
from tests.billing.bank import Bank
from tests.billing.invoicing.test_certified import certified, give_back, key_pem
from tests.billing.invoicing.test_invoices import TAXPAYER, paid

__all__ = ["certified", "key_pem"]  # fixtures of the certified program

pytestmark = pytest.mark.django_db

SCHEMA = Path(saft_mcp.__file__).parent / "schemas" / "saftpt1.04_01.xsd"
LUKASZ = Customer(kind=CustomerKind.TAXPAYER, tax_id="299999998", name="Łukasz & Ação, Lda. <x>")


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema11:
    return xmlschema.XMLSchema11(SCHEMA)


@pytest.fixture
def a_year(client: APIClient, bank: Bank, ana: Patient, certified: int) -> int:
    """Three invoices by three rules of VAT and customer, and two credit notes; the year."""
    massage = paid(client, factories.appointment(ana), TAXPAYER)
    paid(client, factories.appointment(ana, "evaluation"), LUKASZ)
    evaluation = paid(client, factories.appointment(ana, "shock_waves"))
    give_back(massage, bank, "15.00", reason="Sessão mais curta")
    give_back(evaluation, bank)
    return certified


def errors(schema: xmlschema.XMLSchema11, text: bytes) -> list[str]:
    tree = ElementTree.fromstring(text)
    return [str(error.reason) for error in schema.iter_errors(tree)]


def export(year: int, folder: Path, month: int | None = None) -> bytes:
    target = folder / "saft.xml"
    exports.saft_file(target, year=year, month=month)
    return target.read_bytes()


def texts(file: bytes, path: str) -> list[str]:
    root = ElementTree.fromstring(file)
    steps = "/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/"))
    return [found.text or "" for found in root.iterfind(steps)]


def test_the_file_of_a_year_has_no_error_by_the_official_schema(
    a_year: int, tmp_path: Path, schema: xmlschema.XMLSchema11
) -> None:
    file = export(a_year, tmp_path)

    assert errors(schema, file) == []
    assert file.startswith(b'<?xml version="1.0" encoding="windows-1252"?>')
    assert file.decode("windows-1252")


def test_its_totals_are_the_ledgers(a_year: int, tmp_path: Path) -> None:
    file = export(a_year, tmp_path)

    sales = "SourceDocuments/SalesInvoices"
    net = {
        kind: InvoiceLine.objects.filter(invoice__document_type=kind).aggregate(sum=Sum("net"))
        for kind in ("FR", "NC")
    }
    assert texts(file, f"{sales}/NumberOfEntries") == ["5"]
    assert texts(file, f"{sales}/TotalCredit") == [str(net["FR"]["sum"])]
    assert texts(file, f"{sales}/TotalDebit") == [str(net["NC"]["sum"])]
    gross = sum(Decimal(text) for text in texts(file, f"{sales}/Invoice/DocumentTotals/GrossTotal"))
    assert gross == Invoice.objects.aggregate(sum=Sum("gross_total"))["sum"]


def test_each_document_is_in_it_as_it_was_issued(a_year: int, tmp_path: Path) -> None:
    file = export(a_year, tmp_path)

    invoice = "SourceDocuments/SalesInvoices/Invoice"
    assert texts(file, f"{invoice}/InvoiceNo") == [
        f"FR {a_year}A/1",
        f"FR {a_year}A/2",
        f"FR {a_year}A/3",
        f"NC {a_year}A/1",
        f"NC {a_year}A/2",
    ]
    stored = Invoice.objects.order_by("document_type", "sequence")
    assert texts(file, f"{invoice}/Hash") == [one.hash for one in stored]
    assert texts(file, f"{invoice}/ATCUD")[0] == "JFX7K2P9-1"
    assert texts(file, f"{invoice}/Line/References/Reference") == [
        f"FR {a_year}A/1",
        f"FR {a_year}A/3",
    ]
    assert texts(file, f"{invoice}/Line/TaxExemptionCode") == ["M07", "M07", "M07"]
    assert texts(file, "MasterFiles/Customer/CompanyName") == [
        "Ana Margarida, Lda.",
        "Łukasz & Ação, Lda. <x>",
        "Consumidor final",
    ]
    assert texts(file, "Header/SoftwareCertificateNumber") == ["1234"]


def test_a_month_holds_only_its_documents(
    a_year: int, tmp_path: Path, schema: xmlschema.XMLSchema11
) -> None:
    month = clock.today().month
    other = month % 12 + 1

    assert len(texts(export(a_year, tmp_path, month), "SourceDocuments/SalesInvoices/Invoice")) == 5
    empty = export(a_year, tmp_path, other)
    assert texts(empty, "SourceDocuments/SalesInvoices/NumberOfEntries") == ["0"]
    assert errors(schema, empty) == []


def test_while_training_the_file_holds_the_training_documents(
    client: APIClient, held: Appointment, tmp_path: Path, schema: xmlschema.XMLSchema11
) -> None:
    paid(client, held)

    file = export(clock.today().year, tmp_path)

    assert errors(schema, file) == []
    assert texts(file, "Header/SoftwareCertificateNumber") == ["0"]
    assert texts(file, "SourceDocuments/SalesInvoices/Invoice/Hash") == ["0"]


def test_documents_for_training_stay_out_of_the_real_file(
    client: APIClient, ana: Patient, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    paid(client, factories.appointment(ana))
    year = request.getfixturevalue("certified")
    paid(client, factories.appointment(ana))

    numbers = texts(export(year, tmp_path), "SourceDocuments/SalesInvoices/Invoice/InvoiceNo")
    assert numbers == [f"FR {year}A/1"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"<TaxExemptionReason>Isento artigo 9.\xba do CIVA</TaxExemptionReason>", b""),
        (b"<InvoiceType>NC</InvoiceType>", b"<InvoiceType>RC</InvoiceType>"),
        (b"<CustomerID>CF</CustomerID><Line>", b"<CustomerID>nobody</CustomerID><Line>"),
        (b"<ATCUD>JFX7K2P9-1</ATCUD>", b""),
        (b"<PaymentMechanism>MB<", b"<PaymentMechanism>MW<"),
        (b"<TaxExemptionCode>M07<", b"<TaxExemptionCode>M7<"),
        (b"<InvoiceNo>FR ", b"<InvoiceNo>FR/"),
    ],
)
def test_the_schema_would_have_caught_what_often_goes_wrong(
    a_year: int, tmp_path: Path, schema: xmlschema.XMLSchema11, right: bytes, wrong: bytes
) -> None:
    file = export(a_year, tmp_path)
    assert right in file

    assert errors(schema, file.replace(right, wrong)) != []


def without_the_rule() -> None:
    """Documents as they were before the database had the rule of text."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_invoice DROP CONSTRAINT invoice_text_is_plain")
        cursor.execute("ALTER TABLE billing_invoiceline DROP CONSTRAINT invoice_line_text_is_plain")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE billing_invoice SET customer_name = E'Ana\\uFFFFSilva'")
        cursor.execute("UPDATE billing_invoiceline SET description = E'Mass\\x0Bagem\\u202E'")
        cursor.execute("SET session_replication_role = DEFAULT")


def test_a_document_that_was_issued_before_the_rule_of_text_leaves_the_file_readable(
    client: APIClient,
    held: Appointment,
    certified: int,
    tmp_path: Path,
    schema: xmlschema.XMLSchema11,
    capsys: pytest.CaptureFixture[str],
) -> None:
    paid(client, held, TAXPAYER)
    without_the_rule()

    file = export(certified, tmp_path)

    assert errors(schema, file) == []
    assert texts(file, "MasterFiles/Customer/CompanyName") == ["AnaSilva"]
    assert texts(file, "MasterFiles/Product/ProductDescription") == ["Massagem"]
    with pytest.raises(CommandError, match="2 faults in 1 invoices"):
        call_command("verify_invoices")
    told = capsys.readouterr().err
    assert f"FR {certified}A/1: its customer_name has characters that no file may hold" in told
    assert f"FR {certified}A/1: its description has characters that no file may hold" in told


def test_the_database_takes_no_document_that_no_file_could_hold(
    client: APIClient, held: Appointment, certified: int
) -> None:
    paid(client, held, TAXPAYER)
    invoice = Invoice.objects.get()
    invoice.pk, invoice.sequence, invoice.number = uuid4(), 2, "FR X/2"
    invoice.customer_name = "Ana\uffffSilva"

    with pytest.raises(IntegrityError, match="invoice_text_is_plain"), transaction.atomic():
        invoice.save(force_insert=True)

    assert Invoice.objects.count() == 1


@pytest.mark.parametrize(
    ("right", "wrong"), [(b"<Line>", b"<Line"), (b"</Invoice>", b""), (b"Vez", b"V\x0bz")]
)
def test_a_file_that_nobody_could_read_is_found_before_it_is_handed_out(
    a_year: int, tmp_path: Path, right: bytes, wrong: bytes
) -> None:
    file = export(a_year, tmp_path)
    totals = saft.Totals(documents=5, debit=Decimal(0), credit=Decimal(0), left_out=0)
    saft.check(io.BytesIO(file), totals)

    with pytest.raises(saft.UnreadableFileError):
        saft.check(io.BytesIO(file.replace(right, wrong, 1)), totals)
    with pytest.raises(saft.UnreadableFileError, match="5 documents of 6"):
        saft.check(io.BytesIO(file), replace(totals, documents=6))


def test_the_command_writes_the_whole_file_or_none(
    a_year: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "accountant"
    folder.mkdir()
    target = folder / "saft.xml"

    call_command("export_saft", "--year", str(a_year), "--output", str(target))
    assert "5 documents" in capsys.readouterr().out
    before = target.read_bytes()
    Organization.objects.all().delete()
    with pytest.raises(CommandError):
        call_command("export_saft", "--year", str(a_year), "--output", str(target))

    assert target.read_bytes() == before
    assert list(folder.iterdir()) == [target]


def test_a_folder_that_is_not_there_is_a_clear_error(a_year: int, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("export_saft", "--year", "2026", "--output", str(tmp_path / "no" / "x.xml"))
