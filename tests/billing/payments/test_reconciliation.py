"""A night's comparison with the provider: what was lost is found, once, and nothing else moves."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice
from billing.payments import providers, tasks
from billing.payments.models import (
    Payment,
    PaymentEvent,
    PaymentIssue,
    PaymentStatus,
    Reconciliation,
    Refund,
    RefundStatus,
    RequestState,
)
from billing.payments.services import reconciliation
from booking.models import Appointment
from clinic.config.celery import app as celery
from clinic.core import clock
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from tests.billing import factories, moments
from tests.billing.bank import Bank
from tests.billing.factories import drain, notice, send
from tests.billing.payments.eupago_double import Eupago

pytestmark = pytest.mark.django_db

AN_HOUR = timedelta(hours=1)


def an_hour_passes() -> None:
    """Everything in the ledger happened an hour earlier; documents and events don't change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_payment SET created_at = created_at - interval '1 hour',"
            " sent_at = sent_at - interval '1 hour', paid_at = paid_at - interval '1 hour'"
        )
        cursor.execute("UPDATE billing_refund SET sent_at = sent_at - interval '1 hour'")


def movement(payment: Payment, name: str, **changes: Any) -> dict[str, Any]:
    """An entry in the bank's books."""
    entry = notice(payment, transaction_id=name, **changes)
    del entry["event_id"]
    return entry


def books(bank: Bank, *entries: dict[str, Any]) -> None:
    bank.answers.clear()
    bank.will(200, {"movements": list(entries)})


def tonight(provider: str = "sandbox") -> Reconciliation:
    tasks.reconcile()
    drain()
    return Reconciliation.objects.filter(provider=provider).latest("started_at")


def outcomes(run: Reconciliation) -> list[str]:
    return [difference["outcome"] for difference in run.differences]


def test_money_whose_notice_was_lost_is_found_books_the_slot_and_is_found_once(
    bank: Bank, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    an_hour_passes()
    books(bank, movement(payment, "mb-1"))

    first, second = tonight(), tonight()

    payment.refresh_from_db()
    held.refresh_from_db()
    assert (payment.status, payment.transaction_id, held.status) == ("paid", "mb-1", "booked")
    assert (outcomes(first), outcomes(second)) == (["applied"], [])
    assert (first.listed, first.asked, first.unanswered) == (1, 0, 0)
    assert Invoice.objects.count() == 1
    assert not PaymentIssue.objects.exists()
    entry = AuditEntry.objects.filter(action="payments.reconciled").earliest("at")
    assert entry.subject_id == str(first.pk)
    assert entry.data == {"provider": "sandbox", "differences": 1, "unanswered": 0}


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_moment_that_can_not_be_in_the_books_pays_and_is_told(
    bank: Bank, held: Appointment, when: str
) -> None:
    payment = factories.multibanco(held)
    an_hour_passes()
    books(bank, movement(payment, "mb-1", occurred_at=when))

    first, second = tonight(), tonight()

    assert (outcomes(first), outcomes(second)) == (["applied"], [])
    moments.expect_that_of_receipt(payment)


def test_what_both_books_say_is_no_difference_and_a_late_notice_neither(
    client: APIClient, bank: Bank, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    body = notice(payment, transaction_id="mb-1")
    send(client, body)
    drain()
    an_hour_passes()
    books(bank, movement(payment, "mb-1"))

    assert tonight().differences == []
    send(client, {**body, "event_id": "the same money, told again"})
    drain()
    assert not PaymentIssue.objects.exists()
    assert PaymentEvent.objects.filter(payment=payment, to_status="paid").count() == 2


def test_money_that_the_bank_never_saw_is_for_a_person_once(
    client: APIClient, bank: Bank, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    send(client, notice(payment, transaction_id="mb-1"))
    drain()
    an_hour_passes()
    books(bank)

    first, second = tonight(), tonight()
    PaymentIssue.objects.update(resolved_at=clock.now())
    third = tonight()

    assert outcomes(first) == outcomes(second) == ["unreconciled"]
    assert third.differences == []
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id) == ("unreconciled", payment.id)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PAID


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"reference": "999000002"}, "orphan"),
        ({"amount": "39.99"}, "amount_mismatch"),
        ({"currency": "USD"}, "amount_mismatch"),
    ],
)
def test_money_that_fits_nothing_is_for_a_person_once_though_settled(
    bank: Bank, held: Appointment, change: dict[str, str], kind: str
) -> None:
    payment = factories.multibanco(held)
    an_hour_passes()
    books(bank, movement(payment, "mb-9", **change))
    tonight()
    PaymentIssue.objects.update(resolved_at=clock.now())

    again = tonight()

    assert [issue.kind for issue in PaymentIssue.objects.all()] == [kind]
    assert again.differences == []
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PENDING


def test_a_second_payment_of_one_reference_goes_back_whoever_told_of_it(
    client: APIClient, bank: Bank, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    send(client, notice(payment, transaction_id="mb-1"))
    drain()
    an_hour_passes()
    books(bank, movement(payment, "mb-1"), movement(payment, "mb-2"))

    first, second = tonight(), tonight()
    send(client, notice(payment, transaction_id="mb-2"))
    drain()

    assert (outcomes(first), outcomes(second)) == (["paid_twice"], [])
    assert PaymentIssue.objects.get().kind == "duplicate"
    again = Payment.objects.get(repeats=payment)
    assert (again.transaction_id, again.refunds.get().amount) == ("mb-2", payment.amount)


def test_a_push_that_was_paid_after_we_gave_it_up_is_asked_about(
    bank: Bank, held: Appointment
) -> None:
    push = factories.mb_way(held)
    Payment.objects.filter(pk=push.pk).update(
        status="expired", closed_at=clock.now(), request_state="accepted", request_id="r-1"
    )
    push.refresh_from_db()
    an_hour_passes()
    bank.will(200, {**notice(push), "transaction_id": "mw-1"})
    bank.will(200, {"movements": [movement(push, "mw-1")]})

    run = tonight()

    push.refresh_from_db()
    assert push.status == PaymentStatus.PAID
    assert [call[1].partition("?")[0] for call in bank.calls] == [
        f"/payments/{push.id}",
        "/movements",
    ]
    assert run.asked == 1
    assert [(one["ours"], one["theirs"], one["outcome"]) for one in run.differences] == [
        ("expired", "paid", "paid")
    ]


def test_a_bank_that_is_down_is_written_down_and_changes_nothing(
    bank: Bank, held: Appointment
) -> None:
    push = factories.mb_way(held)
    Payment.objects.filter(pk=push.pk).update(request_state=RequestState.UNKNOWN)
    an_hour_passes()
    bank.will(503)

    run = tonight()

    assert (run.asked, run.unanswered, run.listed, run.differences) == (1, 1, None, [])
    push.refresh_from_db()
    assert push.status == PaymentStatus.PENDING
    assert not PaymentIssue.objects.exists()


def test_a_chargeback_whose_notice_was_lost_is_found_once(
    client: APIClient, bank: Bank, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    send(client, notice(payment, transaction_id="mb-1"))
    drain()
    an_hour_passes()
    books(bank, movement(payment, "mb-1"), movement(payment, "mb-1", type="chargeback"))

    first, second = tonight(), tonight()
    PaymentIssue.objects.update(resolved_at=clock.now())
    third = tonight()

    assert (outcomes(first), outcomes(second), outcomes(third)) == (["charged_back"], [], [])
    (difference,) = first.differences
    assert (difference["about"], difference["theirs"]) == ("movement:mb-1", "chargeback")
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id) == ("chargeback", payment.id)
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PAID


def test_money_is_booked_though_all_that_was_heard_of_it_is_that_it_was_taken_back(
    client: APIClient, bank: Bank, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    send(client, notice(payment, transaction_id="mb-1", type="chargeback"))
    drain()
    an_hour_passes()
    books(bank, movement(payment, "mb-1"), movement(payment, "mb-1", type="chargeback"))

    first, second = tonight(), tonight()

    assert (outcomes(first), outcomes(second)) == (["applied"], [])
    payment.refresh_from_db()
    assert (payment.status, payment.transaction_id) == (PaymentStatus.PAID, "mb-1")
    assert PaymentIssue.objects.get().kind == "chargeback"


def test_a_payment_of_which_the_books_know_the_chargeback_alone_is_for_a_person(
    client: APIClient, bank: Bank, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    send(client, notice(payment, transaction_id="mb-1"))
    drain()
    an_hour_passes()
    books(bank, movement(payment, "mb-1", type="chargeback"))

    assert outcomes(tonight()) == ["charged_back", "unreconciled"]


def test_money_of_the_same_name_and_another_amount_is_for_a_person(
    client: APIClient, bank: Bank, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    send(client, notice(payment, transaction_id="mb-1"))
    drain()
    an_hour_passes()
    books(bank, movement(payment, "mb-1", amount="39.00"))

    assert outcomes(tonight()) == ["other_amount"]
    assert PaymentIssue.objects.get().kind == "amount_mismatch"


def test_what_is_still_on_its_way_is_left_alone(
    client: APIClient, bank: Bank, held: Appointment
) -> None:
    send(client, notice(factories.multibanco(held)))
    drain()
    books(bank)

    tonight()

    (call,) = bank.calls
    until = call[1].partition("until=")[2]
    assert until < clock.now().isoformat()
    assert not PaymentIssue.objects.exists()


@pytest.fixture
def unheard(eupago: Eupago, held: Appointment, settings: Settings) -> Payment:
    """A push of eupago's that was paid while its notices were lost."""
    settings.CLINIC_SANDBOX = False
    payment = factories.mb_way(held)
    payment.request_id = str(eupago.make(str(payment.id), payment.amount, None).number)
    payment.request_state = RequestState.ACCEPTED
    payment.expires_at = clock.now() - AN_HOUR
    payment.save()
    eupago.pay(payment.request_id)
    an_hour_passes()
    return payment


def test_eupago_lists_nothing_so_it_is_asked_about_every_payment(
    eupago: Eupago, unheard: Payment
) -> None:
    first, second = tonight("eupago"), tonight("eupago")
    assert (outcomes(first), outcomes(second)) == (["paid"], [])
    assert (first.listed, first.asked, second.asked) == (None, 1, 1)
    an_hour_passes()
    eupago.close(unheard.request_id, "pendente")
    third = tonight("eupago")
    PaymentIssue.objects.update(resolved_at=clock.now())
    fourth = tonight("eupago")

    assert (outcomes(third), outcomes(fourth)) == (["unreconciled"], [])
    assert PaymentIssue.objects.get().kind == "unreconciled"
    unheard.refresh_from_db()
    assert unheard.status == PaymentStatus.PAID


def test_a_refund_that_was_sent_by_a_worker_that_died_is_for_a_person(
    eupago: Eupago, unheard: Payment
) -> None:
    tonight("eupago")
    Refund.objects.create(
        payment=unheard,
        amount=Decimal("40.00"),
        status=RefundStatus.SENT,
        requested_at=clock.now(),
        sent_at=clock.now() - AN_HOUR,
    )

    runs = [tonight("eupago"), tonight("eupago")]
    PaymentIssue.objects.update(resolved_at=clock.now())
    runs.append(tonight("eupago"))

    assert [outcomes(run) for run in runs] == [["refund_failed"], ["refund_failed"], []]
    assert PaymentIssue.objects.get().kind == "refund_failed"
    assert eupago.refunds == []


def test_every_night_runs_what_it_names(db: None) -> None:
    celery.loader.import_default_modules()
    entry = django_settings.CELERY_BEAT_SCHEDULE["reconcile-payments"]

    assert celery.tasks[str(entry["task"])].run is tasks.reconcile.run


def test_the_night_has_the_time_that_asking_every_provider_may_take() -> None:
    asking = len(providers.known()) * reconciliation.PATIENCE_SECONDS

    assert tasks.reconcile.soft_time_limit is not None
    assert tasks.reconcile.time_limit is not None
    assert asking < tasks.reconcile.soft_time_limit / 2
    assert tasks.reconcile.time_limit < django_settings.CELERY_VISIBILITY_TIMEOUT


def test_whom_a_night_has_no_time_to_ask_about_counts_as_unanswered(
    bank: Bank,
    ana: Patient,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Given many whose fate nobody knows, the rest is counted and not gone through."""
    for number in range(3):
        factories.mb_way(factories.appointment(ana), phone=f"+35191234567{number}")
    Payment.objects.update(
        status="expired", request_state=RequestState.ACCEPTED, created_at=clock.now() - AN_HOUR
    )
    monkeypatch.setattr(reconciliation, "PATIENCE_SECONDS", -1.0)
    found = reconciliation._Findings()
    since = clock.now() - 2 * AN_HOUR

    with django_assert_num_queries(1):
        reconciliation._ask_about(
            reconciliation._doubtful(providers.get("sandbox"), since, clock.now()), found
        )

    assert (found.asked, found.unanswered) == (3, 3)
    assert bank.calls == []
