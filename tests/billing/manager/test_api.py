"""The manager's money: what is read, given back, settled and set."""

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.invoicing import chain, checks
from billing.invoicing.models import InvoiceSeries, InvoicingRules
from billing.payments.models import Payment, PaymentIssue, PaymentStatus, Reconciliation, Refund
from booking.models import Appointment
from clinic.core import clock
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient, Specialty
from tests.answers import Answer
from tests.billing import factories
from tests.billing.bank import Bank
from tests.billing.factories import drain, notice, send
from tests.billing.invoicing.test_invoice_api import logged_in
from tests.billing.payments.eupago_double import Eupago

pytestmark = pytest.mark.django_db

MONEY = "/api/staff/money/"


@pytest.fixture
def manager() -> APIClient:
    return logged_in(factories.user("marta", role="manager"))


def pay(client: APIClient, held: Appointment, method: str = "multibanco") -> Payment:
    payment: Payment = getattr(factories, method)(held)
    if method == "mb_way":
        Payment.objects.filter(pk=payment.pk).update(request_id=f"r-{payment.pk}")
        payment.refresh_from_db()
    send(client, notice(payment))
    drain()
    payment.refresh_from_db()
    return payment


@pytest.fixture
def paid(client: APIClient, held: Appointment) -> Payment:
    return pay(client, held)


def give_back(manager: APIClient, payment: Payment, key: str = "k", **order: str) -> Answer:
    return manager.post(
        f"{MONEY}payments/{payment.pk}/refund", order, headers={"Idempotency-Key": key}
    )


def test_sums_are_exact_and_cost_the_same_for_one_payment_and_for_many(
    client: APIClient, manager: APIClient, ana: Patient
) -> None:
    price = Decimal("33.33")
    pay(client, factories.appointment(ana, price=price))
    with CaptureQueriesContext(connection) as few:
        manager.get(f"{MONEY}summary")
    for _ in range(2):
        pay(client, factories.appointment(ana, price=price))
    pay(client, factories.appointment(ana, "shock_waves", price=Decimal("10.10")), "mb_way")
    factories.multibanco(factories.appointment(ana, price=Decimal("7.05")))
    with CaptureQueriesContext(connection) as many:
        body = manager.get(f"{MONEY}summary").json()

    assert len(many) == len(few)
    assert body["today"] == {
        "paid": {"count": 4, "sum": "110.09"},
        "pending": {"count": 1, "sum": "7.05"},
        "refunded": {"count": 0, "sum": "0.00"},
    }
    period = body["period"]
    assert [(row["method"], row["count"], row["sum"]) for row in period["by_method"]] == [
        ("mb_way", 1, "10.10"),
        ("multibanco", 3, "99.99"),
    ]
    assert [(row["code"], row["sum"]) for row in period["by_specialty"]] == [
        ("massage", "99.99"),
        ("shock_waves", "10.10"),
    ]
    assert len(period["by_day"]) == 30
    assert period["by_day"][-1] == {
        "date": clock.today().isoformat(),
        "paid": {"count": 4, "sum": "110.09"},
        "refunded": {"count": 0, "sum": "0.00"},
    }


def test_a_payment_counts_on_its_civil_day(manager: APIClient, paid: Payment) -> None:
    """Half past midnight in a Lisbon summer is still yesterday in UTC."""
    midnight, _ = clock.day_bounds(clock.today().replace(year=2026, month=7, day=2))
    Payment.objects.filter(pk=paid.pk).update(paid_at=midnight + timedelta(minutes=30))

    days = manager.get(f"{MONEY}summary?from=2026-07-01&to=2026-07-02").json()["period"]["by_day"]

    assert [day["paid"]["sum"] for day in days] == ["0.00", "40.00"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("summary?from=2026-02-30", "/from"),
        ("summary?to=0001-01-01", "/to"),
        ("statement?to=0001-01-29", "/to"),
        ("payments?to=9999-12-31", "/to"),
        ("payments?from=0001-01-01", "/from"),
        ("summary?from=2026-02-02&to=2026-02-01", "/to"),
        ("summary?from=2024-01-01&to=2025-01-01", "/from"),
        ("payments?status=lost", "/status"),
        ("issues?state=half", "/state"),
        ("saft?year=2026&month=13", "/month"),
        ("saft?month=1", "/year"),
        ("statement?from=2024-01-01&to=2025-01-01", "/from"),
    ],
)
def test_what_cannot_be_asked_names_its_field(manager: APIClient, query: str, pointer: str) -> None:
    answer = manager.get(MONEY + query)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_payments_are_found_by_name_document_state_and_day(
    client: APIClient, manager: APIClient, paid: Payment
) -> None:
    bruno = factories.patient("bruno", full_name="Bruno Dias")
    other = factories.multibanco(factories.appointment(bruno))
    number = paid.documents.get().number

    def found(query: str) -> list[str]:
        return [row["id"] for row in manager.get(f"{MONEY}payments?{query}").json()["results"]]

    assert found("") == [str(other.pk), str(paid.pk)]
    assert found("q=dias bru") == [str(other.pk)]
    assert found(f"q={number}") == [str(paid.pk)]
    assert found("status=paid") == [str(paid.pk)]
    assert found(f"from={clock.today() + timedelta(days=1)}") == []
    looks = AuditEntry.objects.filter(action="payment.read").values_list("patient_id", flat=True)
    assert set(looks) == {paid.patient_id, bruno.pk}


def test_a_part_then_the_rest_each_with_its_credit_note_and_never_more(
    bank: Bank, manager: APIClient, paid: Payment
) -> None:
    bank.will(201, {"refund_id": "f-1"})
    first = give_back(manager, paid, "one", amount="15.50", reason="Saiu mais cedo")
    again = give_back(manager, paid, "one", amount="15.50", reason="Saiu mais cedo")
    drain()
    too_much = give_back(manager, paid, "two", amount="24.51", reason="Tudo")

    assert (first.status_code, again.json()) == (201, first.json())
    assert (too_much.status_code, too_much.json()["code"]) == (409, "nothing_to_refund")
    assert too_much.json()["errors"][0]["pointer"] == "/amount"
    assert Refund.objects.count() == 1

    bank.will(201, {"refund_id": "f-2"})
    assert give_back(manager, paid, "three", reason="O resto").status_code == 201
    drain()
    shown = manager.get(f"{MONEY}payments/{paid.pk}").json()

    assert (shown["status"], shown["returned"], shown["refundable"]) == (
        "refunded",
        "40.00",
        "0.00",
    )
    assert [(row["amount"], row["status"], row["reason"]) for row in shown["refunds"]] == [
        ("24.50", "done", "O resto"),
        ("15.50", "done", "Saiu mais cedo"),
    ]
    assert all(row["credit_note"].startswith("NC ") for row in shown["refunds"])
    assert (
        give_back(manager, paid, "four", reason="Outra vez").json()["code"] == "nothing_to_refund"
    )
    assert manager.get(f"{MONEY}summary").json()["today"]["refunded"] == {
        "count": 2,
        "sum": "40.00",
    }
    notes = manager.get("/api/invoices").json()["results"]
    assert {(row["document_type"], row["credits"]) for row in notes} == {
        ("FR", None),
        ("NC", shown["invoice_number"]),
    }


@pytest.mark.parametrize(
    ("order", "pointer"),
    [
        ({"amount": "0", "reason": "x"}, "/amount"),
        ({"amount": "-1.00", "reason": "x"}, "/amount"),
        ({"amount": "1.001", "reason": "x"}, "/amount"),
        ({"amount": "NaN", "reason": "x"}, "/amount"),
        ({"amount": "1.00"}, "/reason"),
        ({"amount": "1.00", "reason": "a\nb"}, "/reason"),
    ],
)
def test_a_refund_that_is_not_well_said_changes_nothing(
    manager: APIClient, paid: Payment, order: dict[str, str], pointer: str
) -> None:
    answer = give_back(manager, paid, **order)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)
    assert not Refund.objects.exists()


def test_what_was_never_paid_or_never_was_is_not_given_back(
    manager: APIClient, held: Appointment
) -> None:
    payment = factories.multibanco(held)

    assert give_back(manager, payment, reason="x").json()["code"] == "nothing_to_refund"
    assert (
        manager.post(
            f"{MONEY}payments/{held.pk}/refund", {"reason": "x"}, headers={"Idempotency-Key": "k"}
        ).json()["code"]
        == "not_found"
    )
    assert manager.post(f"{MONEY}payments/{payment.pk}/refund", {"reason": "x"}).status_code == 400
    assert not Refund.objects.exists()


def open_issue(kind: str, payment: Payment | None, **detail: str) -> PaymentIssue:
    return PaymentIssue.objects.create(
        kind=kind, payment=payment, detail=detail, created_at=clock.now()
    )


def test_each_issue_suggests_what_can_be_done_about_it(
    client: APIClient, manager: APIClient, ana: Patient, paid: Payment
) -> None:
    twice = factories.mb_way(factories.appointment(ana))
    Payment.objects.filter(pk=twice.pk).update(status="paid", paid_at=clock.now())
    leaving = pay(client, factories.appointment(ana))
    Refund.objects.create(payment=leaving, amount="40.00", requested_at=clock.now())
    for kind, payment in (
        ("refund_failed", paid),
        ("duplicate", twice),
        ("late", leaving),
        ("amount_mismatch", paid),
        ("orphan", None),
    ):
        open_issue(kind, payment, amount="41.00")

    rows = manager.get(f"{MONEY}issues").json()["results"]

    assert [(row["kind"], row["action"]) for row in rows] == [
        ("refund_failed", "refund"),
        ("duplicate", "refund"),
        ("late", "wait"),
        ("amount_mismatch", "contact"),
        ("orphan", "settle"),
    ]
    asked = {row["kind"] for row in rows if row["patient_phone"] is not None}
    assert asked <= {"duplicate", "amount_mismatch"}
    assert (rows[3]["amount"], rows[3]["expected"]) == ("41.00", "40.00")


@pytest.mark.parametrize(
    ("kind", "seconds", "action"),
    [
        ("late", 30, "wait"),
        ("late", 60, "ask"),
        ("duplicate", 60, "ask"),
        ("amount_mismatch", 60, "ask"),
        ("refund_failed", 0, "ask"),
    ],
)
def test_a_refund_that_was_sent_without_an_answer_is_asked_about_and_not_suggested_again(
    manager: APIClient, paid: Payment, kind: str, seconds: int, action: str
) -> None:
    sent_at = clock.now() - timedelta(seconds=seconds)
    Refund.objects.create(
        payment=paid, amount="40.00", status="sent", requested_at=sent_at, sent_at=sent_at
    )
    Patient.objects.filter(pk=paid.patient_id).update(phone="+351912345678")
    issue = open_issue(kind, paid)

    (row,) = manager.get(f"{MONEY}issues").json()["results"]

    assert row["action"] == action
    assert row["patient_phone"] == ("+351912345678" if action == "ask" else None)
    again = give_back(manager, paid, reason="Outra vez")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_refund")
    assert Refund.objects.count() == 1
    settled = manager.post(f"{MONEY}issues/{issue.pk}/settle", {"note": "Chegou, diz a Ana"})
    assert settled.status_code == 204
    assert manager.get(f"{MONEY}issues").json()["count"] == 0


@pytest.mark.parametrize(
    ("method", "kind", "action"),
    [
        ("multibanco", "late", "contact"),
        ("multibanco", "refund_failed", "contact"),
        ("mb_way", "late", "refund"),
        ("mb_way", "refund_failed", "refund"),
    ],
)
def test_what_the_provider_does_not_send_back_is_agreed_on_with_the_patient(
    eupago: Eupago, manager: APIClient, held: Appointment, method: str, kind: str, action: str
) -> None:
    payment: Payment = getattr(factories, method)(held)
    Payment.objects.filter(pk=payment.pk).update(
        status="paid",
        paid_at=clock.now(),
        request_state="accepted",
        entity="11249" if method == "multibanco" else "",
        reference="005000000" if method == "multibanco" else "",
    )
    Refund.objects.create(
        payment=payment,
        amount="40.00",
        status="failed",
        requested_at=clock.now(),
        settled_at=clock.now(),
    )
    issue = open_issue(kind, payment)

    (row,) = manager.get(f"{MONEY}issues").json()["results"]
    shown = manager.get(f"{MONEY}payments/{payment.pk}").json()

    assert row["action"] == action
    assert (shown["provider"], shown["refundable"]) == ("eupago", "40.00")
    assert shown["provider_refunds"] == (method == "mb_way")
    assert manager.post(f"{MONEY}issues/{issue.pk}/settle", {"note": "Por IBAN"}).status_code == 204
    assert Refund.objects.count() == 1
    assert eupago.refunds == []


def test_a_provider_that_is_no_longer_here_sends_nothing_back(
    settings: Settings, manager: APIClient, paid: Payment
) -> None:
    settings.CLINIC_SANDBOX = False
    open_issue("late", paid)

    (row,) = manager.get(f"{MONEY}issues").json()["results"]
    (shown,) = manager.get(f"{MONEY}payments").json()["results"]

    assert row["action"] == "contact"
    assert not shown["provider_refunds"]


def test_an_issue_is_settled_once_with_a_note(manager: APIClient, paid: Payment) -> None:
    issue = open_issue("amount_mismatch", paid, amount="41.00")
    settle = f"{MONEY}issues/{issue.pk}/settle"

    assert manager.post(settle, {"note": " "}).json()["errors"][0]["pointer"] == "/note"
    issue.refresh_from_db()
    assert issue.resolved_at is None
    assert manager.post(settle, {"note": "Devolvido ao balcão"}).status_code == 204
    again = manager.post(settle, {"note": "Outra coisa"})

    assert (again.status_code, again.json()["code"]) == (409, "issue_settled")
    issue.refresh_from_db()
    assert issue.note == "Devolvido ao balcão"
    assert AuditEntry.objects.filter(action="payment_issue.settled").count() == 1
    assert manager.get(f"{MONEY}issues").json()["count"] == 0
    settled = manager.get(f"{MONEY}issues?state=settled").json()["results"][0]
    assert (settled["note"], settled["settled_how"], settled["settled_by"]) == (
        "Devolvido ao balcão",
        "person",
        "Ana Margarida",
    )


def test_an_issue_that_a_refund_settled_says_so(
    bank: Bank, manager: APIClient, paid: Payment
) -> None:
    issue = open_issue("late", paid)
    shown = manager.get(f"{MONEY}issues").json()["results"][0]
    assert (shown["settled_how"], shown["settled_by"]) == (None, None)

    bank.will(201, {"refund_id": "f-1"})
    give_back(manager, paid, reason="Pagou tarde")
    drain()
    settled = manager.get(f"{MONEY}issues?state=settled").json()["results"]

    assert [(row["id"], row["settled_how"], row["settled_by"]) for row in settled] == [
        (str(issue.pk), "refund", None)
    ]


def compared(hours_ago: float, **values: Any) -> Reconciliation:
    moment = clock.now() - timedelta(hours=hours_ago)
    return Reconciliation.objects.create(
        **{
            "provider": "sandbox",
            "since": moment - timedelta(days=7),
            "until": moment,
            "started_at": moment,
            "finished_at": moment,
            "asked": 3,
            "unanswered": 0,
            "listed": 5,
            **values,
        }
    )


def test_the_nightly_comparisons_are_listed_with_what_differed(manager: APIClient) -> None:
    difference = {"about": "movement:m-1", "ours": "none", "theirs": "paid", "outcome": "orphan"}
    older = compared(25, differences=[difference])
    newer = compared(1)

    rows = manager.get(f"{MONEY}reconciliations").json()["results"]

    assert [row["id"] for row in rows] == [str(newer.pk), str(older.pk)]
    assert (rows[1]["asked"], rows[1]["listed"], rows[1]["differences"]) == (3, 5, [difference])
    assert rows[0]["differences"] == []


@pytest.mark.parametrize(
    ("hours_ago", "values", "state"),
    [
        (25.9, {}, "good"),
        (26.1, {}, "late"),
        (1, {"unanswered": 1}, "incomplete"),
        (1, {"listed": None}, "incomplete"),
        (1, {"provider": "another"}, "never"),
    ],
)
def test_a_night_that_was_missed_or_cut_short_is_said(
    manager: APIClient, hours_ago: float, values: dict[str, object], state: str
) -> None:
    last = compared(hours_ago, **values)

    (shown,) = manager.get(f"{MONEY}reconciliations/standings").json()

    assert (shown["provider"], shown["state"]) == ("sandbox", state)
    assert (shown["last_at"] is None) == (state == "never")
    assert Reconciliation.objects.get().pk == last.pk


def test_a_certificate_without_a_key_is_refused_and_with_one_is_kept(
    settings: Settings, manager: APIClient
) -> None:
    settings.INVOICE_SIGNING_KEY = ""
    assert checks.signing_key() == []
    change = {"certificate_number": "1234", "producer_name": "Vez, Lda."}

    refused = manager.patch(f"{MONEY}rules", change)

    assert (refused.status_code, refused.json()["code"]) == (409, "signing_key_missing")
    assert not InvoicingRules.objects.exclude(certificate_number="", producer_name="").exists()
    assert not AuditEntry.objects.filter(action="invoicing_rules.changed").exists()
    settings.INVOICE_SIGNING_KEY = pem_of(rsa.generate_private_key(65537, 1024))
    assert checks.signing_key() == []
    assert manager.patch(f"{MONEY}rules", change).json() == {
        "certificate_number": "1234",
        "producer_name": "Vez, Lda.",
        "producer_tax_id": "",
        "mb_way_mechanism": "OU",
        "can_sign": True,
        "issuer": "own",
    }
    assert AuditEntry.objects.get(action="invoicing_rules.changed").data == {"changes": change}


def pem_of(key: PrivateKeyTypes, password: bytes = b"") -> str:
    lock = serialization.BestAvailableEncryption(password) if password else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        lock or serialization.NoEncryption(),
    ).decode()


def public_half() -> str:
    return chain.public_pem(rsa.generate_private_key(65537, 1024))


@pytest.mark.parametrize(
    "make",
    [
        lambda: "a key",
        lambda: pem_of(rsa.generate_private_key(65537, 2048)),
        lambda: pem_of(rsa.generate_private_key(65537, 1024), b"a password"),
        lambda: pem_of(ec.generate_private_key(ec.SECP256R1())),
        public_half,
    ],
    ids=["text", "too long", "locked", "elliptic", "public"],
)
def test_a_certificate_with_a_key_that_cannot_sign_is_refused(
    settings: Settings, manager: APIClient, make: Callable[[], str]
) -> None:
    settings.INVOICE_SIGNING_KEY = make()

    refused = manager.patch(f"{MONEY}rules", {"certificate_number": "1234", "producer_name": "V"})

    assert (refused.status_code, refused.json()["code"]) == (409, "signing_key_invalid")
    assert refused.json()["errors"][0]["pointer"] == "/certificate_number"
    assert not InvoicingRules.objects.exists()
    assert not AuditEntry.objects.filter(action="invoicing_rules.changed").exists()
    assert manager.get(f"{MONEY}rules").json()["can_sign"] is False
    assert [error.id for error in checks.signing_key()] == ["billing.E006"]
    assert manager.patch(f"{MONEY}rules", {"producer_name": "V"}).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"certificate_number": "0"},
        {"certificate_number": "12345"},
        {"producer_tax_id": "123456780"},
        {"mb_way_mechanism": "XX"},
    ],
)
def test_rules_that_are_none_change_nothing(manager: APIClient, change: dict[str, str]) -> None:
    answer = manager.patch(f"{MONEY}rules", {"producer_name": "Vez", **change})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(change))}"
    assert not InvoicingRules.objects.exists()


def test_a_series_is_opened_once_and_only_as_the_authority_takes_it(manager: APIClient) -> None:
    year = clock.today().year
    wish = {
        "document_type": "FR",
        "name": f"{year}A",
        "year": year,
        "validation_code": "JFX7K2P9",
    }
    for change in (
        {"document_type": "FT"},
        {"name": "a b"},
        {"year": year - 1},
        {"validation_code": "SHORT"},
    ):
        refused = manager.post(f"{MONEY}series", wish | change)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["pointer"] == f"/{next(iter(change))}"
    assert not InvoiceSeries.objects.exists()

    assert manager.post(f"{MONEY}series", wish).status_code == 201
    assert manager.post(f"{MONEY}series", wish).json()["code"] == "series_taken"
    assert manager.get(f"{MONEY}series").json() == [wish | {"training": False, "last_number": 0}]


def test_the_saft_file_arrives_whole(manager: APIClient, paid: Payment) -> None:
    today = clock.today()

    answer = manager.get(f"{MONEY}saft?year={today.year}&month={today.month}")

    name = f"saft-{today.year}-{today.month:02}.xml"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    text = answer.getvalue().decode("windows-1252")
    assert paid.documents.get().number in text
    assert text.rstrip().endswith("</AuditFile>")
    assert paid.status == PaymentStatus.PAID


def statement(manager: APIClient, query: str = "") -> list[list[str]]:
    raw = manager.get(f"{MONEY}statement?{query}").getvalue()
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_table_for_a_spreadsheet_adds_up_to_the_ledger(
    bank: Bank, client: APIClient, manager: APIClient, ana: Patient, paid: Payment
) -> None:
    Specialty.objects.filter(pk="shock_waves").update(name_pt='=1+1; "x"')
    odd = factories.appointment(ana, "shock_waves", price=Decimal("10.10"))
    other = pay(client, odd, "mb_way")
    bank.will(201, {"refund_id": "f-1"})
    give_back(manager, paid, amount="15.50", reason="Saiu mais cedo")
    drain()
    receipt, note = paid.documents.order_by("issued_at")
    today = clock.today().isoformat()

    head, *rows = statement(manager)

    assert ";".join(head) == "Data;Movimento;Método;Tratamento;Documento;Líquido;IVA;Total"
    number = other.documents.get().number
    assert [(row[0], row[1], row[2], row[4], row[7]) for row in rows] == [
        (today, "Pagamento", "Multibanco", receipt.number, "40,00"),
        (today, "Pagamento", "MB WAY", number, "10,10"),
        (today, "Devolução", "Multibanco", note.number, "-15,50"),
    ]
    assert rows[1][3] == '\'=1+1; "x"'
    net, vat, gross = (
        sum((Decimal(row[column].replace(",", ".")) for row in rows), Decimal(0))
        for column in (5, 6, 7)
    )
    assert net + vat == gross
    sums = manager.get(f"{MONEY}summary").json()["today"]
    assert gross == Decimal(sums["paid"]["sum"]) - Decimal(sums["refunded"]["sum"])
    taken = AuditEntry.objects.get(action="payments.exported")
    assert (taken.data["last"], taken.data["rows"]) == (today, 3)


def test_the_table_keeps_to_its_civil_days_and_is_one_pass_however_long(
    client: APIClient, manager: APIClient, ana: Patient, paid: Payment
) -> None:
    midnight, _ = clock.day_bounds(clock.today().replace(year=2026, month=7, day=2))
    Payment.objects.filter(pk=paid.pk).update(paid_at=midnight + timedelta(minutes=30))

    assert len(statement(manager, "from=2026-07-02&to=2026-07-02")) == 2
    assert len(statement(manager, "from=2026-07-01&to=2026-07-01")) == 1
    with CaptureQueriesContext(connection) as few:
        statement(manager)
    pay(client, factories.appointment(ana))
    with CaptureQueriesContext(connection) as many:
        assert len(statement(manager)) == 2
    assert len(many) == len(few)
