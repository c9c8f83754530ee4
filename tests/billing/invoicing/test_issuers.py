"""Whoever issues the documents: our own program and a third party keep the same promises, and what
a third party is asked for is asked for once, whatever becomes of the answers."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from rest_framework.test import APIClient

from billing.invoicing import checks
from billing.invoicing.issuers import invoicexpress as adapter
from billing.invoicing.models import DocumentRequest, Invoice, InvoiceDocument, InvoiceSeries
from billing.invoicing.saft import NAMESPACE
from billing.invoicing.services import exports, invoices, issuance
from billing.manager import selectors as money
from billing.manager.serializers import IssueBody
from billing.payments.models import CustomerKind, IssueKind, PaymentIssue, PaymentStatus
from billing.payments.services.checkout import Customer
from booking.models import Appointment
from clinic.core import clock
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from clinic.storage import private
from tests.billing import factories
from tests.billing.bank import Bank
from tests.billing.doubles import Answer
from tests.billing.factories import drain
from tests.billing.invoicing.invoicexpress_double import InvoiceXpress
from tests.billing.invoicing.test_certified import give_back
from tests.billing.invoicing.test_invoices import TAXPAYER, paid
from tests.billing.test_concurrency import at_once

pytestmark = pytest.mark.django_db

CREATE, FINALIZE = "POST invoice_receipts", "PUT change-state"
FORTY = (Decimal("32.52"), Decimal("7.48"), Decimal("40.00"))
NAMESAKE = Customer(kind=CustomerKind.TAXPAYER, tax_id="501964843", name=TAXPAYER.name)


@pytest.fixture(autouse=True)
def _short_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "TIMEOUT", httpx.Timeout(0.4))


@pytest.fixture
def _noon() -> Iterator[None]:
    """Far from midnight, so that minutes later it is the same day."""
    with clock.replaying(clock.day_bounds(clock.today())[0] + timedelta(hours=12)):
        yield


@pytest.fixture(params=["own", "invoicexpress"])
def issuer(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name != "own":
        request.getfixturevalue(name)
    return name


def totals(invoice: Invoice) -> tuple[Decimal, Decimal, Decimal]:
    return invoice.net_total, invoice.vat_total, invoice.gross_total


@pytest.fixture
def settle(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> Callable[..., Any]:
    """Do something, then what waits for its commit, and what that leads to."""

    def settle(act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            result = act(*arguments, **named)
            drain()
        drain()
        return result

    return settle


@pytest.fixture
def after(settle: Callable[..., Any]) -> Callable[..., int]:
    """How many documents the clockwork asks about when so much time has passed."""

    def after(**time: int) -> int:
        with clock.replaying(clock.now() + timedelta(**time)):
            return int(settle(issuance.follow_due))

    return after


def open_issues() -> list[tuple[str, str]]:
    found = PaymentIssue.objects.filter(resolved_at=None).order_by("created_at")
    return [(issue.kind, str(issue.detail.get("reason"))) for issue in found]


def refusals() -> list[tuple[str | None, str]]:
    """What the manager's page says of the open issues."""
    shown = [IssueBody(issue).data for issue in money.issues(settled=False)]
    return [(issue["refusal"], issue["refusal_told"]) for issue in shown]


def test_every_issuer_gives_money_one_document_with_its_file(
    issuer: str, client: APIClient, bank: Bank, ana: Patient, settle: Callable[..., Any]
) -> None:
    payment = settle(paid, client, factories.appointment(ana), TAXPAYER)
    unpaid = factories.multibanco(factories.appointment(ana))
    for _ in range(2):
        settle(invoices.issue, payment.pk)
        assert settle(invoices.issue, unpaid.pk) is None

    invoice = Invoice.objects.select_related("document").get()
    assert (invoice.issuer, invoice.payment, totals(invoice)) == (issuer, payment, FORTY)
    assert (invoice.issued_on, invoice.customer_tax_id) == (clock.today(), "123456789")
    assert invoice.number.startswith("FR ")
    (line,) = invoice.lines.all()
    assert (line.description, line.unit_net) == ("Massagem", Decimal("32.520325"))

    refund = settle(give_back, payment, bank, "15.00", reason="Sessão mais curta")
    for _ in range(2):
        settle(invoices.credit, refund.pk)

    note = Invoice.objects.select_related("document").get(document_type="NC")
    assert (note.issuer, note.credits, note.refund) == (issuer, invoice, refund)
    assert totals(note) == (Decimal("12.20"), Decimal("2.80"), Decimal("15.00"))
    for document in (invoice.document, note.document):
        data = private.get(document.storage_key)
        assert data.startswith(b"%PDF-")
        assert (document.sha256, document.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert Message.objects.filter(attachments__0__content_type="application/pdf").count() == 2
    assert open_issues() == []
    for change in ({"number": "FR X/1"}, {"gross_total": 1}):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Invoice.objects.update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Invoice.objects.all()._raw_delete("default")
    call_command("verify_invoices")


def test_what_invoicexpress_is_asked_for(
    client: APIClient,
    bank: Bank,
    ana: Patient,
    invoicexpress: InvoiceXpress,
    settle: Callable[..., Any],
) -> None:
    today = clock.today().strftime("%d/%m/%Y")
    massage = settle(paid, client, factories.appointment(ana), TAXPAYER)
    settle(paid, client, factories.appointment(ana, "evaluation"))
    settle(give_back, massage, bank, reason="Cancelada a tempo")

    first, second, note = Invoice.objects.order_by("issued_at", "external_id")
    common = {"date": today, "due_date": today}
    item = {"quantity": "1", "unit": "service"}
    client_of = {"name": "Ana Margarida, Lda.", "code": "123456789"}
    taxed = {
        **item,
        "name": "massage",
        "description": "Massagem",
        "unit_price": "32.520325",
        "tax": {"name": "IVA23"},
    }
    exempt = {
        **item,
        "name": "evaluation",
        "description": second.lines.get().description,
        "unit_price": "45.000000",
        "tax": {"name": "Isento"},
    }
    assert invoicexpress.wanted == [
        {**common, "reference": str(first.id), "client": client_of, "items": [taxed]},
        {
            **common,
            "reference": str(second.id),
            "client": {"name": "Consumidor final", "code": "999999990"},
            "items": [exempt],
            "tax_exemption": "M07",
        },
        {
            **common,
            "reference": str(note.id),
            "client": client_of,
            "items": [taxed],
            "owner_invoice_id": first.external_id,
            "observations": "Cancelada a tempo",
        },
    ]
    assert [(one.number, one.atcud) for one in (first, second, note)] == [
        ("FR CLINICA/1", "ABCD1234-1"),
        ("FR CLINICA/2", "ABCD1234-2"),
        ("NC CLINICA/1", "ABCD1234-1"),
    ]
    for one in (first, second, note):
        assert (one.hash, one.hash_control, one.qr, one.certificate) == ("", "", "", "")
        assert (one.series, one.sequence, one.training) == (None, None, False)
    assert invoicexpress.clients["123456789"]["address"] == TAXPAYER.address
    assert list(DocumentRequest.objects.values_list("draft", flat=True)) == [[], [], []]
    assert invoicexpress.calls.count(CREATE) == invoicexpress.calls.count("POST credit_notes") + 1


@pytest.mark.usefixtures("_noon")
@pytest.mark.parametrize(
    ("call", "fault", "creations", "finalizations"),
    [
        (CREATE, "break", 2, 1),
        (CREATE, "hang", 2, 1),
        (CREATE, "lose", 1, 1),
        (FINALIZE, "break", 1, 2),
        (FINALIZE, "lose", 1, 1),
        (CREATE, (502, b"<html>"), 2, 1),
        (FINALIZE, (200, {"invoice_receipt": {"status": "settled"}}), 1, 2),
        ("GET taxes", (429, {}), 1, 1),
        ("GET find-by-code", "break", 1, 1),
    ],
)
def test_after_a_call_without_an_answer_the_document_is_looked_up_first(
    client: APIClient,
    held: Appointment,
    invoicexpress: InvoiceXpress,
    call: str,
    fault: Answer | str,
    creations: int,
    finalizations: int,
    settle: Callable[..., Any],
    after: Callable[..., int],
) -> None:
    invoicexpress.will(call, fault)

    settle(paid, client, held)

    assert not Invoice.objects.exists()
    assert issuance.follow_due() == 0
    before = len(invoicexpress.calls)
    assert after(minutes=3) == 1
    assert invoicexpress.calls[before] == "GET invoices"
    (issued,) = invoicexpress.issued()
    invoice = Invoice.objects.select_related("document").get()
    assert (invoice.external_id, totals(invoice)) == (str(issued["id"]), FORTY)
    assert invoicexpress.calls.count(CREATE) == creations
    assert invoicexpress.calls.count(FINALIZE) == finalizations
    assert not InvoiceSeries.objects.exists()
    assert after(hours=3) == 0
    assert open_issues() == []


def test_nobody_issues_while_the_third_party_is_down_and_a_person_is_told_once(
    client: APIClient,
    held: Appointment,
    invoicexpress: InvoiceXpress,
    settle: Callable[..., Any],
    after: Callable[..., int],
) -> None:
    invoicexpress.will("GET taxes", *["break"] * 9)
    invoicexpress.will("GET invoices", *["break"] * 4)

    payment = settle(paid, client, held)
    assert after(minutes=30) == 1
    assert open_issues() == []
    assert [after(hours=hours) for hours in (2, 4)] == [1, 1]

    assert open_issues() == [(IssueKind.NOT_ISSUED, "no answer")]
    assert refusals() == [("no_answer", "")]
    assert not Invoice.objects.exists()
    assert not InvoiceSeries.objects.exists()
    assert money.suggestion(money.issues(settled=False).get()) == "issue"
    assert payment.status == PaymentStatus.PAID

    invoicexpress.rules.clear()
    assert after(hours=6) == 1
    assert Invoice.objects.get().number == "FR CLINICA/1"
    assert open_issues() == []
    (settled,) = money.with_settlers(list(money.issues(settled=True)))
    shown = IssueBody(settled).data
    assert (shown["settled_how"], shown["settled_by"]) == ("issue", None)


def test_a_refusal_is_told_at_once_and_asked_again_until_it_is_mended(
    client: APIClient,
    ana: Patient,
    held: Appointment,
    invoicexpress: InvoiceXpress,
    settle: Callable[..., Any],
    after: Callable[..., int],
) -> None:
    usual = invoicexpress.taxes
    invoicexpress.taxes = [tax for tax in usual if tax["name"] != "IVA23"]
    settle(paid, client, held)
    assert open_issues() == [(IssueKind.NOT_ISSUED, "InvoiceXpress has no tax of 23 %")]
    assert refusals() == [("no_tax", "23")]
    assert after(minutes=3) == 1
    assert CREATE not in invoicexpress.calls

    invoicexpress.taxes = usual
    assert after(hours=1) == 1
    assert [totals(invoice) for invoice in Invoice.objects.all()] == [FORTY]
    assert open_issues() == []


@pytest.mark.parametrize(
    ("change", "reason", "refusal"),
    [
        (
            {"total": 40.01, "taxes": 7.49},
            "its draft comes to 40.01, 7.49 of it VAT",
            ("other_totals", "40.01"),
        ),
        (
            {"client": {"id": 1, "name": "Outra"}},
            "its draft is for another customer",
            ("other_customer", ""),
        ),
    ],
)
def test_a_draft_that_is_not_ours_is_never_finalized(
    client: APIClient,
    held: Appointment,
    invoicexpress: InvoiceXpress,
    change: dict[str, object],
    reason: str,
    refusal: tuple[str, str],
    settle: Callable[..., Any],
) -> None:
    draft = {
        "id": 5,
        "status": "draft",
        "before_taxes": 32.52,
        "taxes": 7.48,
        "total": 40.0,
        "client": {"id": 1, "name": "Consumidor final"},
        **change,
    }
    invoicexpress.will(CREATE, (201, {"invoice_receipt": draft}))

    settle(paid, client, held)

    assert FINALIZE not in invoicexpress.calls
    assert not Invoice.objects.exists()
    assert open_issues() == [(IssueKind.NOT_ISSUED, reason)]
    assert refusals() == [refusal]


def test_the_manager_reads_the_newest_reason(
    client: APIClient,
    held: Appointment,
    invoicexpress: InvoiceXpress,
    settle: Callable[..., Any],
    after: Callable[..., int],
) -> None:
    usual = invoicexpress.taxes
    invoicexpress.taxes = [tax for tax in usual if tax["name"] != "IVA23"]
    settle(paid, client, held)
    assert refusals() == [("no_tax", "23")]

    invoicexpress.taxes = usual
    invoicexpress.will("GET invoices", (401, None))
    assert after(hours=2) == 1
    assert refusals() == [("no_access", "")]

    assert after(hours=4) == 1
    assert refusals() == []
    assert Invoice.objects.count() == 1
    assert DocumentRequest.objects.get().refusal == ""


def test_a_document_of_another_amount_is_kept_as_it_is_and_told_of(
    client: APIClient,
    held: Appointment,
    invoicexpress: InvoiceXpress,
    settle: Callable[..., Any],
    after: Callable[..., int],
) -> None:
    invoicexpress.surcharge = Decimal("0.01")

    settle(paid, client, held)

    invoice = Invoice.objects.select_related("document").get()
    assert totals(invoice) == (Decimal("32.53"), Decimal("7.48"), Decimal("40.01"))
    issue = money.issues(settled=False).get()
    assert (issue.kind, issue.detail["amount"]) == (IssueKind.INVOICE_MISMATCH, "40.01")
    assert money.suggestion(issue) == "correct"
    assert after(hours=3) == 0
    assert len(invoicexpress.issued()) == 1


def test_a_draft_of_another_day_is_deleted_and_made_anew(
    client: APIClient,
    held: Appointment,
    invoicexpress: InvoiceXpress,
    settle: Callable[..., Any],
    after: Callable[..., int],
) -> None:
    invoicexpress.will(FINALIZE, "break")
    settle(paid, client, held)

    assert after(days=1) == 1

    old, new = invoicexpress.documents.values()
    assert (old["status"], new["status"]) == ("deleted", "settled")
    invoice = Invoice.objects.get()
    assert invoice.external_id == str(new["id"])
    assert invoice.issued_on == clock.today() + timedelta(days=1)


def test_a_document_that_somebody_cancelled_over_there_is_left_to_a_person(
    client: APIClient,
    held: Appointment,
    invoicexpress: InvoiceXpress,
    settle: Callable[..., Any],
    after: Callable[..., int],
) -> None:
    invoicexpress.will(FINALIZE, "lose")
    settle(paid, client, held)
    (issued,) = invoicexpress.issued()
    issued["status"] = "canceled"

    assert [after(hours=hours) for hours in (2, 4)] == [1, 1]

    assert open_issues() == [(IssueKind.NOT_ISSUED, "no answer")]
    assert (invoicexpress.calls.count(CREATE), Invoice.objects.count()) == (1, 0)


def test_money_given_back_before_its_invoice_came_is_credited_when_it_comes(
    client: APIClient,
    held: Appointment,
    bank: Bank,
    invoicexpress: InvoiceXpress,
    settle: Callable[..., Any],
    after: Callable[..., int],
) -> None:
    invoicexpress.will(FINALIZE, "lose")
    payment = settle(paid, client, held)
    settle(give_back, payment, bank)
    payment.refresh_from_db()
    assert (payment.status, Invoice.objects.count()) == (PaymentStatus.REFUNDED, 0)

    assert after(minutes=3) == 1

    assert [(one.number, one.gross_total) for one in Invoice.objects.order_by("number")] == [
        ("FR CLINICA/1", Decimal("40.00")),
        ("NC CLINICA/1", Decimal("40.00")),
    ]


@pytest.mark.django_db(transaction=True)
def test_several_who_ask_at_once_issue_once(
    client: APIClient, held: Appointment, invoicexpress: InvoiceXpress
) -> None:
    invoicexpress.will(CREATE, "break")
    paid(client, held)
    DocumentRequest.objects.update(next_at=clock.now())

    looked_at = at_once(6, lambda _: issuance.follow_due())

    assert sorted(looked_at) == [0, 0, 0, 0, 0, 1]
    assert (invoicexpress.calls.count(CREATE), len(invoicexpress.issued())) == (2, 1)
    assert Invoice.objects.count() == 1


def test_a_customer_is_put_right_and_a_namesake_never_taken_for_them(
    client: APIClient, ana: Patient, invoicexpress: InvoiceXpress, settle: Callable[..., Any]
) -> None:
    settle(paid, client, factories.appointment(ana), TAXPAYER)
    moved = Customer(
        kind=CustomerKind.TAXPAYER, tax_id="123456789", name=TAXPAYER.name, address="Porto"
    )
    settle(paid, client, factories.appointment(ana), moved)
    assert invoicexpress.clients["123456789"]["address"] == "Porto"
    assert invoicexpress.calls.count("PUT clients") == 1

    settle(paid, client, factories.appointment(ana), NAMESAKE)

    assert open_issues() == [(IssueKind.NOT_ISSUED, "InvoiceXpress answered 422")]
    assert refusals() == [("rejected", "422")]
    assert [invoice.customer_tax_id for invoice in Invoice.objects.all()] == ["123456789"] * 2


def test_a_file_that_is_not_there_yet_is_asked_for_again(
    client: APIClient, held: Appointment, invoicexpress: InvoiceXpress, settle: Callable[..., Any]
) -> None:
    elsewhere = (200, {"output": {"pdfUrl": "file:///etc/passwd"}})
    invoicexpress.will("GET pdf", (202, None), "break", elsewhere)
    invoicexpress.will("GET files", (200, b"<html>Sorry</html>"), (404, None), "break")
    waiting = OutboxMessage.objects.filter(task="billing.render_invoice")

    settle(paid, client, held)

    for _ in range(6):
        assert not InvoiceDocument.objects.exists()
        assert not Message.objects.filter(template="invoice_issued").exists()
        waiting.update(next_at=clock.now())
        drain()
    assert waiting.get().failures == 6
    assert private.get(InvoiceDocument.objects.get().storage_key) == (
        b"%PDF-1.7\nABCD1234-1\n%%EOF\n"
    )
    assert Message.objects.filter(template="invoice_issued").count() == 1


def test_our_own_files_leave_the_third_partys_documents_out_and_say_so(
    client: APIClient,
    bank: Bank,
    ana: Patient,
    settings: Settings,
    invoicexpress: InvoiceXpress,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    settle: Callable[..., Any],
) -> None:
    theirs = settle(paid, client, factories.appointment(ana))
    settings.INVOICE_ISSUER = "billing.invoicing.issuers.own.OwnIssuer"
    ours = settle(paid, client, factories.appointment(ana))
    settle(give_back, theirs, bank)
    year = clock.today().year

    assert [one.issuer for one in Invoice.objects.filter(payment=theirs)] == ["invoicexpress"] * 2
    assert [one.number for one in Invoice.objects.filter(payment=ours)] == [f"FR FORM{year}/1"]
    call_command("verify_invoices")
    assert "1 invoices: numbers" in (said := capsys.readouterr().out)
    assert "2 documents of a third party were left out" in said

    written = exports.saft_file(tmp_path / "saft.xml", year=year)
    assert (written.documents, written.left_out) == (1, 2)
    root = ElementTree.fromstring((tmp_path / "saft.xml").read_bytes())
    comment = root.findtext(f"{{{NAMESPACE}}}Header/{{{NAMESPACE}}}HeaderComment")
    assert comment == "Sem 2 documentos que outro programa certificado emitiu"
    call_command("export_saft", "--year", str(year), "--output", str(tmp_path / "again.xml"))
    assert "2 documents of a third party" in capsys.readouterr().out


def test_without_its_credentials_a_third_partys_document_waits(
    client: APIClient,
    held: Appointment,
    settings: Settings,
    invoicexpress: InvoiceXpress,
    settle: Callable[..., Any],
    after: Callable[..., int],
) -> None:
    invoicexpress.will(FINALIZE, "lose")
    settle(paid, client, held)
    settings.INVOICE_ISSUER = "billing.invoicing.issuers.own.OwnIssuer"
    settings.INVOICEXPRESS_API_KEY = ""

    assert after(hours=2) == 1

    assert open_issues() == [(IssueKind.NOT_ISSUED, "no answer")]
    assert refusals() == [("no_access", "")]
    assert not Invoice.objects.exists()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, []),
        (
            {
                "INVOICE_ISSUER": "billing.invoicing.issuers.own.OwnIssuer",
                "INVOICEXPRESS_API_KEY": "",
            },
            [],
        ),
        ({"INVOICE_ISSUER": "billing.invoicing.issuers.own.Nobody"}, ["billing.E007"]),
        ({"INVOICEXPRESS_API_KEY": ""}, ["billing.E008"]),
        ({"INVOICEXPRESS_URL": ""}, ["billing.E008"]),
        ({"PRODUCTION": True}, []),
        ({"PRODUCTION": True, "INVOICEXPRESS_API_KEY": ""}, ["billing.E008"]),
        (
            {"PRODUCTION": True, "INVOICEXPRESS_URL": "http://vez.app.invoicexpress.com"},
            ["billing.E009"],
        ),
        (
            {"PRODUCTION": True, "INVOICEXPRESS_URL": "https://app.invoicexpress.com.evil.pt"},
            ["billing.E009"],
        ),
    ],
)
def test_an_issuer_that_cannot_issue_stops_the_start(
    settings: Settings, change: dict[str, object], found: list[str]
) -> None:
    settings.INVOICE_ISSUER = "billing.invoicing.issuers.invoicexpress.InvoiceXpressIssuer"
    settings.INVOICEXPRESS_API_KEY = "a key"
    settings.INVOICEXPRESS_URL = "https://vez.app.invoicexpress.com"
    for name, value in change.items():
        setattr(settings, name, value)

    assert [error.id for error in checks.invoice_issuer()] == found
