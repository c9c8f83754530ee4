"""Money that the payer's bank took back: on the manager's list, never paid back as well."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice
from billing.payments import subscribers
from billing.payments.models import (
    Payment,
    PaymentEvent,
    PaymentIssue,
    PaymentStatus,
    Refund,
    WebhookDelivery,
)
from billing.payments.services import refunds
from booking.events import AppointmentCancelled
from booking.models import Appointment
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry, OutboxMessage
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from tests.billing import factories
from tests.billing.bank import Bank
from tests.billing.factories import drain, notice, send
from tests.billing.invoicing.test_invoice_api import logged_in
from tests.billing.payments.test_settlement import run_out, take

pytestmark = pytest.mark.django_db

MONEY = "/api/staff/money/"
MB_1 = {"transaction_id": "mb-1"}


@pytest.fixture
def manager() -> APIClient:
    return logged_in(factories.user("marta", role="manager"))


@pytest.fixture
def paid(client: APIClient, held: Appointment) -> Payment:
    """Ana's massage, paid by the money that the bank calls mb-1."""
    return tell(client, factories.multibanco(held))


def tell(client: APIClient, payment: Payment, **changes: Any) -> Payment:
    send(client, notice(payment, **MB_1 | changes))
    drain()
    payment.refresh_from_db()
    return payment


def charge_back(client: APIClient, payment: Payment, **changes: Any) -> Payment:
    return tell(client, payment, **{"type": "chargeback"} | changes)


def cancel(payment: Payment) -> None:
    Appointment.objects.filter(pk=payment.appointment_id).update(
        status="cancelled", closed_at=clock.now()
    )
    subscribers.on_appointment_cancelled(AppointmentCancelled(payment.appointment_id, True))
    drain()


def drain_but_refunds() -> None:
    """Do all that is due but refunds, whose turn comes later."""
    waiting = OutboxMessage.objects.filter(task="billing.refund", done_at=None)
    waiting.update(next_at=clock.now() + timedelta(hours=1))
    drain()
    waiting.update(next_at=clock.now())


def rows(manager: APIClient, state: str = "open") -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = manager.get(f"{MONEY}issues?state={state}").json()["results"]
    return listed


def advice(manager: APIClient) -> list[tuple[str, str]]:
    return [(row["kind"], row["action"]) for row in rows(manager)]


def give_back(manager: APIClient, payment: Payment, key: str = "k") -> tuple[int, str | None]:
    answer = manager.post(
        f"{MONEY}payments/{payment.pk}/refund",
        {"reason": "Pediu"},
        headers={"Idempotency-Key": key},
    )
    return answer.status_code, answer.json().get("code")


def accept(
    manager: APIClient, issue: PaymentIssue, reason: str = "Contestado"
) -> tuple[int, str | None]:
    answer = manager.post(f"{MONEY}issues/{issue.pk}/accept", {"reason": reason})
    return answer.status_code, answer.json().get("code")


def test_a_chargeback_is_for_a_person_and_moves_nothing(
    client: APIClient, manager: APIClient, paid: Payment
) -> None:
    charge_back(client, paid)

    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id, issue.about) == ("chargeback", paid.id, "sandbox:mb-1")
    assert WebhookDelivery.objects.latest("received_at").outcome == "charged_back"
    event = PaymentEvent.objects.latest("pk")
    assert (event.type, event.from_status, event.to_status) == ("chargeback", "paid", "paid")
    assert event.amount == paid.amount
    paid.appointment.refresh_from_db()
    assert (paid.status, paid.appointment.status) == (PaymentStatus.PAID, "booked")
    assert Invoice.objects.get().document_type == "FR"
    assert not Refund.objects.exists()
    assert manager.get(f"{MONEY}summary").json()["today"]["paid"]["sum"] == "40.00"
    (row,) = rows(manager)
    assert (row["patient_name"], row["amount"], row["expected"]) == (
        "Ana Margarida",
        "40.00",
        "40.00",
    )


def test_however_often_it_is_told_it_is_one_issue_and_a_settled_one_stays_settled(
    client: APIClient, paid: Payment
) -> None:
    occurred_at = clock.now().isoformat()
    body = notice(paid, type="chargeback", occurred_at=occurred_at, **MB_1)
    for _ in range(3):
        send(client, body)
    send(client, {**body, "event_id": "told again"})
    drain()
    assert PaymentIssue.objects.count() == 1
    PaymentIssue.objects.update(resolved_at=clock.now())

    send(client, {**body, "event_id": "and again"})
    drain()

    assert PaymentIssue.objects.get().resolved_at is not None
    assert PaymentEvent.objects.filter(type="chargeback").count() == 3


def test_money_that_is_taken_anew_after_a_person_was_done_is_another_issue(
    client: APIClient, paid: Payment
) -> None:
    charge_back(client, paid)
    PaymentIssue.objects.update(resolved_at=clock.now())

    later = (clock.now() + timedelta(minutes=1)).isoformat()
    for _ in range(2):
        charge_back(client, paid, event_id="second", occurred_at=later)

    (anew,) = PaymentIssue.objects.filter(resolved_at=None)
    assert (anew.kind, anew.about, anew.payment_id) == ("chargeback", "sandbox:second", paid.id)
    assert PaymentIssue.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "amount", "events"),
    [
        ({"amount": "15.50"}, "15.50", 1),
        ({"amount": "40.01"}, "40.01", 1),
        ({"amount": "43.10", "currency": "USD"}, "43.10", 0),
        ({"amount": "99999999.999"}, "99999999.999", 0),
    ],
)
def test_another_amount_is_told_as_it_is(
    client: APIClient,
    manager: APIClient,
    paid: Payment,
    change: dict[str, str],
    amount: str,
    events: int,
) -> None:
    charge_back(client, paid, **change)

    (row,) = rows(manager)
    assert (row["kind"], row["amount"], row["expected"]) == ("chargeback", amount, "40.00")
    assert PaymentEvent.objects.filter(type="chargeback").count() == events
    assert paid.status == PaymentStatus.PAID


@pytest.mark.parametrize(
    "change",
    [
        {"payment_id": "00000000-0000-4000-8000-000000000000"},
        {"payment_id": None, "reference": "999000002", "transaction_id": "mb-9"},
    ],
)
def test_a_chargeback_of_nothing_we_know_is_for_a_person(
    client: APIClient, manager: APIClient, paid: Payment, change: dict[str, object]
) -> None:
    for _ in range(2):
        charge_back(client, paid, **change)

    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id, issue.detail["amount"]) == ("chargeback", None, "40.00")
    assert WebhookDelivery.objects.latest("received_at").outcome == "unknown_payment"
    assert advice(manager) == [("chargeback", "settle")]
    assert accept(manager, issue) == (409, "nothing_to_refund")
    issue.refresh_from_db()
    assert (issue.resolved_at, Refund.objects.count()) == (None, 0)
    assert give_back(manager, paid)[0] == 201


@pytest.mark.parametrize(
    "change",
    [
        {"payment_id": None},
        {"payment_id": None, "reference": "", "entity": ""},
        {"method": "card", "reference": "", "entity": "", "transaction_id": "cb-1"},
    ],
)
def test_it_is_known_by_our_name_or_by_the_moneys_or_by_its_reference(
    client: APIClient, paid: Payment, change: dict[str, object]
) -> None:
    charge_back(client, paid, **change)

    assert PaymentIssue.objects.get().payment_id == paid.id


def test_a_chargeback_that_overtakes_the_payment_does_not_keep_it_from_counting(
    client: APIClient, manager: APIClient, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    charge_back(client, payment)
    assert (payment.status, advice(manager)) == ("pending", [("chargeback", "settle")])
    assert accept(manager, PaymentIssue.objects.get()) == (409, "nothing_to_refund")

    tell(client, payment)

    held.refresh_from_db()
    assert (payment.status, held.status) == (PaymentStatus.PAID, "booked")
    assert Invoice.objects.get().payment_id == payment.id
    assert advice(manager) == [("chargeback", "accept")]


def test_who_was_treated_left_proof_and_who_was_not_can_be_asked(
    client: APIClient, manager: APIClient, paid: Payment
) -> None:
    Patient.objects.filter(pk=paid.patient_id).update(phone="+351912345678")
    charge_back(client, paid)
    (row,) = rows(manager)
    assert (row["action"], row["patient_phone"]) == ("accept", "+351912345678")

    Appointment.objects.filter(pk=paid.appointment_id).update(started_at=clock.now())

    (row,) = rows(manager)
    assert (row["action"], row["patient_phone"]) == ("contest", None)


def test_a_chargeback_after_the_refund_is_answered_with_the_refund(
    client: APIClient, manager: APIClient, bank: Bank, paid: Payment
) -> None:
    bank.will(201, {"refund_id": "f-1"})
    assert give_back(manager, paid)[0] == 201
    drain()

    charge_back(client, paid)

    assert paid.status == PaymentStatus.REFUNDED
    assert advice(manager) == [("chargeback", "prove_refund")]
    issue = PaymentIssue.objects.get()
    assert accept(manager, issue) == (409, "nothing_to_refund")
    issue.refresh_from_db()
    assert issue.resolved_at is None
    assert Refund.objects.count() == 1


def test_nobody_gives_back_what_the_bank_has_taken(
    client: APIClient, manager: APIClient, bank: Bank, paid: Payment
) -> None:
    charge_back(client, paid)
    shown = manager.get(f"{MONEY}payments/{paid.pk}").json()

    assert give_back(manager, paid) == (409, "payment_disputed")

    assert (shown["disputed"], shown["refundable"]) == (True, "40.00")
    assert not Refund.objects.exists()
    assert bank.calls == []

    # When the clinic has won, and says so
    issue = PaymentIssue.objects.get()
    note = {"note": "O banco deu-nos razão"}
    assert manager.post(f"{MONEY}issues/{issue.pk}/settle", note).status_code == 204

    bank.will(201, {"refund_id": "f-1"})
    assert give_back(manager, paid, "again")[0] == 201
    drain()
    assert manager.get(f"{MONEY}payments/{paid.pk}").json()["disputed"] is False
    assert [call[:2] for call in bank.calls] == [("POST", "/refunds")]


def test_a_visit_that_is_called_off_meanwhile_is_free_and_its_refund_waits_for_a_person(
    client: APIClient, manager: APIClient, bank: Bank, paid: Payment
) -> None:
    charge_back(client, paid)

    cancel(paid)

    paid.refresh_from_db()
    assert (paid.status, Refund.objects.get().status) == (PaymentStatus.PAID, "failed")
    assert bank.calls == []
    assert advice(manager) == [("chargeback", "accept"), ("refund_failed", "hold")]

    # When the clinic wins the money back, the patient's refund is due
    PaymentIssue.objects.filter(kind="chargeback").update(resolved_at=clock.now())
    assert advice(manager) == [("refund_failed", "refund")]
    bank.will(201, {"refund_id": "f-1"})
    assert give_back(manager, paid)[0] == 201
    drain()
    assert rows(manager) == []


def test_a_refund_that_was_asked_for_just_before_is_not_sent(
    client: APIClient, bank: Bank, paid: Payment
) -> None:
    refund = refunds.give_back(paid.pk, actor=Actor.system("test"), reason="Pediu")
    send(client, notice(paid, type="chargeback", **MB_1))
    drain_but_refunds()

    drain()

    refund.refresh_from_db()
    assert (refund.status, bank.calls) == ("failed", [])
    issue = PaymentIssue.objects.get(kind="refund_failed")
    assert issue.detail["reason"] == "the payer's bank took the money back"


def test_a_refund_that_was_tried_without_an_answer_may_have_arrived(
    client: APIClient, manager: APIClient, bank: Bank, paid: Payment
) -> None:
    bank.will(503)
    refund = refunds.give_back(paid.pk, actor=Actor.system("test"), reason="Pediu")
    drain()
    send(client, notice(paid, type="chargeback", **MB_1))
    drain_but_refunds()

    drain()

    refund.refresh_from_db()
    assert (refund.status, len(bank.calls)) == ("sent", 1)
    assert PaymentIssue.objects.get(kind="refund_failed").detail["reason"] == "no answer"
    refund.sent_at = clock.now() - timedelta(minutes=1)
    refund.save()
    assert set(advice(manager)) == {("chargeback", "ask"), ("refund_failed", "ask")}


def test_late_money_that_was_taken_back_before_we_heard_of_it_is_promised_to_nobody(
    client: APIClient, manager: APIClient, bank: Bank, ana: Patient
) -> None:
    Patient.objects.filter(pk=ana.pk).update(phone="+351912345678")
    held = factories.appointment(ana)
    payment = factories.multibanco(held)
    run_out(held)
    take(held)
    charge_back(client, payment)

    tell(client, payment)

    assert payment.status == PaymentStatus.PAID
    assert not Refund.objects.exists()
    assert not Message.objects.filter(template="money_returned").exists()
    assert bank.calls == []
    assert advice(manager) == [("chargeback", "accept"), ("late", "hold")]


def test_a_loss_that_is_accepted_is_credited_once_and_nothing_is_sent(
    client: APIClient, manager: APIClient, bank: Bank, paid: Payment
) -> None:
    charge_back(client, paid)
    issue = PaymentIssue.objects.get()
    cancel(paid)

    first, again = accept(manager, issue, "Cartão roubado"), accept(manager, issue)
    drain()

    assert (first, again) == ((201, None), (409, "issue_settled"))
    assert bank.calls == []
    paid.refresh_from_db()
    assert paid.status == PaymentStatus.REFUNDED
    refund = Refund.objects.get(status="done")
    assert (refund.amount, refund.reason) == (paid.amount, "Cartão roubado")
    note = Invoice.objects.get(document_type="NC")
    assert (note.refund_id, note.gross_total, note.reason) == (
        refund.pk,
        paid.amount,
        "Cartão roubado",
    )
    assert rows(manager) == []
    settled = {row["kind"]: (row["note"], row["settled_by"]) for row in rows(manager, "settled")}
    assert settled == {
        "chargeback": ("Cartão roubado", "Ana Margarida"),
        "refund_failed": ("", "Ana Margarida"),
    }
    entry = AuditEntry.objects.get(action="chargeback.accepted")
    assert (entry.actor_role, entry.patient_id) == ("manager", paid.patient_id)
    assert (entry.subject_id, entry.data) == (str(refund.pk), {"amount": "40.00"})
    assert manager.get(f"{MONEY}summary").json()["today"]["refunded"] == {
        "count": 1,
        "sum": "40.00",
    }


@pytest.mark.parametrize(
    ("change", "lost", "status"),
    [
        ({"amount": "10.00"}, "10.00", "paid"),
        ({"amount": "-10.00"}, "10.00", "paid"),
        ({"amount": "0.01"}, "0.01", "paid"),
        ({"amount": "24.50"}, "24.50", "refunded"),
        ({"amount": "40.00"}, "24.50", "refunded"),
        ({"amount": "43.10", "currency": "USD"}, "24.50", "refunded"),
    ],
)
def test_as_much_is_lost_as_was_taken_and_never_more_than_was_left(
    client: APIClient,
    manager: APIClient,
    bank: Bank,
    paid: Payment,
    change: dict[str, str],
    lost: str,
    status: str,
) -> None:
    bank.will(201, {"refund_id": "f-1"})
    refunds.give_back(
        paid.pk, actor=Actor.system("test"), reason="Parte", amount=factories.amount("15.50")
    )
    drain()
    charge_back(client, paid, **change)

    assert accept(manager, PaymentIssue.objects.get()) == (201, None)
    drain()

    paid.refresh_from_db()
    newest = Refund.objects.latest("requested_at")
    assert (f"{newest.amount:.2f}", paid.status) == (lost, status)
    assert sorted(
        Invoice.objects.filter(document_type="NC").values_list("gross_total", flat=True)
    ) == sorted([factories.amount("15.50"), factories.amount(lost)])
    assert len(bank.calls) == 1


def test_a_loss_needs_a_reason_and_a_chargeback(
    client: APIClient, manager: APIClient, paid: Payment
) -> None:
    charge_back(client, paid)
    issue = PaymentIssue.objects.get()
    other = PaymentIssue.objects.create(kind="late", payment=paid, created_at=clock.now())

    assert accept(manager, issue, " ") == (400, "invalid")
    assert accept(manager, other) == (404, "not_found")

    assert PaymentIssue.objects.filter(resolved_at=None).count() == 2
    assert not Refund.objects.exists()


@pytest.mark.parametrize("role", ["patient", "practitioner", "reception"])
def test_only_the_manager_accepts_a_loss(client: APIClient, paid: Payment, role: str) -> None:
    charge_back(client, paid)

    answer = accept(logged_in(factories.user("rita", role=role)), PaymentIssue.objects.get())

    assert answer == (403, "permission_denied")
    assert PaymentIssue.objects.get().resolved_at is None
    assert not Refund.objects.exists()
