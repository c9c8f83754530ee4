"""References that can still be paid are looked at ever more rarely, and never twice for nothing."""

from datetime import timedelta

import httpx
import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from billing.invoicing.models import Invoice
from billing.payments import tasks
from billing.payments.models import Payment, PaymentEvent, PaymentStatus, RequestState
from billing.payments.providers import eupago as adapter
from billing.payments.services import watching
from booking.models import Appointment
from clinic.config.celery import app as celery
from clinic.core import clock
from clinic.directory.models import Patient
from tests.billing import factories
from tests.billing.bank import Bank
from tests.billing.doubles import Answer
from tests.billing.factories import drain
from tests.billing.payments.eupago_double import ENTITY, Eupago
from tests.billing.test_concurrency import at_once

pytestmark = pytest.mark.django_db

INFO = "clientes/rest_api/multibanco/info"


@pytest.fixture(autouse=True)
def _short_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "TIMEOUT", httpx.Timeout(0.4))


def reference(eupago: Eupago, held: Appointment, *, minutes: int = 60) -> Payment:
    """A reference that eupago made so long ago and that waits for its money."""
    payment = factories.multibanco(held)
    made = eupago.make(str(payment.id), payment.amount, ENTITY)
    payment.entity, payment.reference = str(ENTITY), str(made.number).zfill(9)
    payment.request_state = RequestState.ACCEPTED
    payment.created_at = clock.now() - timedelta(minutes=minutes)
    payment.save()
    return payment


def looked_at(payment: Payment, *, minutes: int, looks: int) -> None:
    Payment.objects.filter(pk=payment.pk).update(
        looked_at=clock.now() - timedelta(minutes=minutes), looks=looks
    )


@pytest.mark.parametrize("status", ["pending", "expired"])
def test_money_whose_notice_was_lost_books_the_slot_within_the_hour(
    eupago: Eupago, held: Appointment, status: str
) -> None:
    payment = reference(eupago, held)
    closed_at = None if status == "pending" else clock.now()
    Payment.objects.filter(pk=payment.pk).update(status=status, closed_at=closed_at)
    eupago.pay(payment.reference)

    tasks.look_at_references()
    tasks.look_at_references()
    drain()

    payment.refresh_from_db()
    held.refresh_from_db()
    assert (payment.status, held.status, payment.looks) == (PaymentStatus.PAID, "booked", 1)
    assert eupago.created(INFO) == 1
    assert PaymentEvent.objects.filter(payment=payment).count() == 1
    assert Invoice.objects.count() == 1


def test_what_waits_still_changes_nothing_but_its_look(eupago: Eupago, held: Appointment) -> None:
    payment = reference(eupago, held)

    assert watching.look_at_references() == 1

    payment.refresh_from_db()
    assert (payment.status, payment.looks) == (PaymentStatus.PENDING, 1)
    assert not PaymentEvent.objects.exists()


def test_a_reference_of_this_hour_is_left_alone(eupago: Eupago, held: Appointment) -> None:
    reference(eupago, held, minutes=54)

    assert watching.look_at_references() == 0
    assert eupago.calls == []


@pytest.mark.parametrize(
    ("looks", "minutes", "due"),
    [
        (1, 109, 0),
        (1, 110, 1),
        (2, 219, 0),
        (2, 220, 1),
        (5, 32 * 55 - 1, 0),
        (5, 32 * 55, 1),
        (6, 100_000, 0),
    ],
)
def test_each_look_waits_twice_as_long_as_the_one_before_and_six_are_enough(
    eupago: Eupago, held: Appointment, looks: int, minutes: int, due: int
) -> None:
    looked_at(reference(eupago, held, minutes=5_000), minutes=minutes, looks=looks)

    assert watching.look_at_references() == due
    assert eupago.created(INFO) == due


@pytest.mark.parametrize("answer", ["break", "hang", (503, {}), (200, b"?")])
def test_without_an_answer_nothing_changes_and_the_others_are_asked_all_the_same(
    eupago: Eupago, ana: Patient, answer: Answer | str
) -> None:
    first, second = (
        reference(eupago, factories.appointment(ana), minutes=minutes) for minutes in (61, 60)
    )
    eupago.pay(first.reference)
    eupago.pay(second.reference)
    eupago.will(INFO, answer)

    assert watching.look_at_references() == 2
    assert watching.look_at_references() == 0

    states = [Payment.objects.get(pk=one.pk).status for one in (first, second)]
    assert states == [PaymentStatus.PENDING, PaymentStatus.PAID]
    looked_at(first, minutes=110, looks=1)
    watching.look_at_references()
    first.refresh_from_db()
    assert first.status == PaymentStatus.PAID


def test_a_run_asks_so_many_and_leaves_the_rest_to_the_next(
    eupago: Eupago, ana: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "BATCH", 2)
    for _ in range(3):
        reference(eupago, factories.appointment(ana))

    assert [watching.look_at_references() for _ in range(3)] == [2, 1, 0]
    assert eupago.created(INFO) == 3


def test_a_run_that_has_no_time_left_asks_nothing(
    eupago: Eupago, held: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "PATIENCE_SECONDS", 0.0)
    payment = reference(eupago, held)

    assert watching.look_at_references() == 0

    payment.refresh_from_db()
    assert payment.looks == 0


@pytest.mark.parametrize(("age", "asked"), [(timedelta(days=4), 0), (timedelta(hours=95), 1)])
def test_what_is_long_past_paying_is_not_asked_about(
    eupago: Eupago, held: Appointment, age: timedelta, asked: int
) -> None:
    payment = reference(eupago, held, minutes=age // timedelta(minutes=1))

    assert watching.look_at_references() == asked

    payment.refresh_from_db()
    assert (payment.looks, eupago.created(INFO)) == (asked, asked)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_ask_once(eupago: Eupago, held: Appointment) -> None:
    reference(eupago, held)

    asked = at_once(2, lambda _: watching.look_at_references())

    assert sorted(asked) == [0, 1]
    assert eupago.created(INFO) == 1


def test_what_nobody_has_to_be_asked_about_is_not_asked(
    eupago: Eupago, bank: Bank, ana: Patient, settings: Settings
) -> None:
    settings.PAYMENT_PROVIDER = "sandbox"
    factories.multibanco(factories.appointment(ana))
    settings.PAYMENT_PROVIDER = "eupago"
    for change in (
        {"request_state": RequestState.UNKNOWN},
        {"status": "paid", "paid_at": clock.now()},
        {"status": "refused", "closed_at": clock.now()},
    ):
        payment = reference(eupago, factories.appointment(ana))
        Payment.objects.filter(pk=payment.pk).update(**change)
    Payment.objects.update(created_at=clock.now() - timedelta(hours=2))

    assert watching.look_at_references() == 0
    assert (eupago.calls, bank.calls) == ([], [])


def test_every_hour_runs_what_it_names() -> None:
    celery.loader.import_default_modules()
    entry = django_settings.CELERY_BEAT_SCHEDULE["look-at-references"]

    assert entry["schedule"] == 3600.0
    assert celery.tasks[str(entry["task"])].run is tasks.look_at_references.run
