import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.test import TestCase, override_settings
from pytest_django import DjangoDbBlocker

from billing.invoicing.models import Invoice
from billing.invoicing.services import invoices
from billing.payments.models import Payment
from booking.models import Appointment
from booking.screens import board
from clinic.accounts import selectors as accounts
from clinic.accounts.choices import LabelChoice
from clinic.accounts.models import User
from clinic.accounts.services import verify_credentials
from clinic.core import clock
from clinic.core.models import AuditEntry, OutboxMessage
from clinic.directory import nif
from clinic.directory.models import Organization, Patient, Practitioner, Room
from clinic.notifications.models import Message

MORNING = datetime(2026, 11, 23, 11, 7, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """The clinic as it was filled once at MORNING, for every test of this module to look at."""
    var = tmp_path_factory.mktemp("var")
    with django_db_blocker.unblock(), transaction.atomic():
        with (
            time_machine.travel(MORNING, tick=False),
            override_settings(VAR_DIR=var),
            TestCase.captureOnCommitCallbacks(execute=True),
            transaction.atomic(durable=False),
        ):
            call_command("seed_demo")
        yield var
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _filled(folder: Path, db: None) -> None:
    """Each test's own changes are undone after it."""


def statuses(day: date) -> Counter[str]:
    opens, closes = clock.day_bounds(day)
    found = Appointment.objects.filter(start__gte=opens, start__lt=closes)
    return Counter(found.values_list("status", flat=True))


def test_the_clinic_is_complete_and_its_day_goes_on() -> None:
    assert Organization.objects.get().name == "Clínica Vez"
    assert nif.parse(Organization.objects.get().tax_id) == "510123457"
    assert Room.objects.count() == 4
    assert Practitioner.objects.count() == 4
    assert statuses(date(2026, 11, 23)) == {
        "fulfilled": 7,
        "no_show": 1,
        "in_progress": 3,
        "called": 1,
        "arrived": 6,
        "booked": 9,
        "pending": 1,
    }
    with time_machine.travel(MORNING, tick=False):
        shown = board.body()
    states = Counter(entry["state"] for entry in shown["entries"])
    assert states == {"called": 1, "in_room": 3, "waiting": 6}
    tickets = Appointment.objects.filter(ticket_on=date(2026, 11, 23)).order_by("arrived_at")
    assert [visit.ticket for visit in tickets] == [f"A{n:03d}" for n in range(1, 18)]
    labels = Counter(Patient.objects.values_list("label_choice", flat=True))
    assert min(labels[choice] for choice in LabelChoice) == 3


def test_the_file_opens_every_door(folder: Path) -> None:
    file = folder / "demo-accounts.json"
    written = json.loads(file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(written) == ["accounts", "devices"]
    roles = {}
    for name, account in written["accounts"].items():
        user = verify_credentials(**account, address="127.0.0.1")
        roles[name] = user.role
    assert roles == {
        "patient": "patient",
        "practitioner": "practitioner",
        "reception": "reception",
        "manager": "manager",
    }
    for kind, device in written["devices"].items():
        found = accounts.device_from_token(device["token"])
        assert found is not None
        assert found.kind == kind
    practitioner = User.objects.get(username="practitioner")
    assert Practitioner.objects.get(user=practitioner).name == "Inês Carvalho"


def test_the_patient_has_a_paid_past_an_invoice_to_come_and_a_future() -> None:
    guest = User.objects.get(username="patient")
    of_guest = Appointment.objects.filter(patient_id=guest.pk).order_by("start")
    assert list(of_guest.values_list("status", "specialty_id")) == [
        ("fulfilled", "evaluation"),
        ("booked", "massage"),
        ("booked", "musculoskeletal"),
    ]
    assert guest.birth_date is not None
    assert guest.birth_date.year < 2008
    payments = Payment.objects.filter(patient_id=guest.pk)
    assert list(payments.values_list("status", "method")) == [("paid", "multibanco")] * 2
    waiting = OutboxMessage.objects.filter(task="billing.issue_invoice")
    assert waiting.count() == 2
    for row in waiting:
        invoices.issue(row.args["payment_id"])
    assert Invoice.objects.count() == 2


def test_only_the_patients_own_messages_go_out() -> None:
    guest = User.objects.get(username="patient")
    assert set(Message.objects.values_list("to", flat=True)) == {guest.phone}
    deliveries = OutboxMessage.objects.filter(task__startswith="notifications.")
    assert deliveries.count() == Message.objects.count()
    code = Appointment.objects.get(patient_id=guest.pk, specialty="massage").check_in_code
    newest = Message.objects.order_by("created_at").last()
    assert newest is not None
    assert code in newest.body


def test_every_change_is_in_the_audit_log_at_its_own_time() -> None:
    arrivals = AuditEntry.objects.filter(action="appointment.arrived")
    midnight, _ = clock.day_bounds(MORNING.date())
    today = Appointment.objects.filter(arrived_at__gte=midnight)
    assert today.count() > 10
    for visit in today:
        assert arrivals.get(subject_id=str(visit.pk)).at == visit.arrived_at
    assert not AuditEntry.objects.filter(at__gt=MORNING).exists()
