"""A worker that is killed in the middle of its work loses nothing and does nothing twice."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from decimal import Decimal

import httpx
import psutil
import pytest
from django.db import connection, transaction

from billing.invoicing.models import Invoice
from billing.payments.models import Payment
from booking.models import Appointment
from clinic.core import clock, locks
from clinic.core.models import AuditEntry, OutboxMessage
from clinic.directory.models import Patient, Specialty
from clinic.launcher.processes import wait_until
from clinic.sandbox.models import SandboxMessage
from recognition.models import CheckIn, Enrolment, Picture, Template
from tests.chaos.conftest import Stack
from tests.conftest import Clinic, Screen
from tests.contract.test_access import notice_of
from tests.recognition.faces import altered_copies, jpeg

PATIENCE_SECONDS = 45


def is_being_done(task: str) -> bool:
    """Whether a worker holds that task's message at this moment: its row, or the name of whoever
    makes its calls."""
    undone = OutboxMessage.objects.filter(task=task, done_at=None)
    with transaction.atomic():
        free = {message.pk for message in undone.select_for_update(skip_locked=True)}
        calls = {locks.OUTBOX(message.pk) for message in undone}
        return len(free) < len(calls) or bool(locks.held(calls))


def kill_outright(stack: Stack) -> None:
    """kill -9 of the worker and all its children."""
    assert stack.worker.pid is not None
    os.killpg(os.getpgid(stack.worker.pid), signal.SIGKILL)
    assert wait_until(lambda: not stack.worker.is_running(), seconds=5)


def kill_during(stack: Stack, task: str) -> None:
    assert wait_until(lambda: is_being_done(task), seconds=PATIENCE_SECONDS), (
        f"no worker took {task}:\n{stack.worker.last_lines()}"
    )
    kill_outright(stack)
    assert wait_until(lambda: not is_being_done(task), seconds=10)


def everything_is_done() -> bool:
    return not OutboxMessage.objects.filter(done_at=None).exists()


def assert_settles(stack: Stack, settled: Callable[[], bool]) -> None:
    reached = wait_until(settled, seconds=PATIENCE_SECONDS)
    undone = OutboxMessage.objects.filter(done_at=None).values_list("task", "last_error")
    assert reached, f"{list(undone)}\n{stack.worker.last_lines()}"


def expect_today(patient: Patient, clinic: Clinic) -> None:
    """A booked visit that begins now, at whatever hour of the day."""
    moment = clock.now()
    Appointment.objects.create(
        patient=patient,
        specialty=Specialty.objects.get(code="massage"),
        practitioner=clinic.sousa,
        room=clinic.room_1,
        start=moment,
        end=moment + timedelta(minutes=45),
        status="booked",
        price=Decimal("40.00"),
        vat_rate=Decimal(23),
        check_in_code="K7M2PQ",
        booked_at=moment,
        created_at=moment,
    )


@contextmanager
def another_kiosk_letting_in(patient: Patient) -> Iterator[None]:
    """Holds what lets one kiosk at a time admit a patient: a worker that has recognised the face
    stands still half-way."""
    other = connection.copy()
    other.set_autocommit(False)
    with closing(other), other.cursor() as cursor:
        cursor.execute(locks.TAKE, [locks.CHECK_IN(patient.pk).name])
        yield
        other.rollback()


@pytest.mark.chaos
@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_enrolment_and_check_in_finish_once_after_the_worker_was_killed(
    stack: Stack, clinic: Clinic, ana: Patient, screen: Callable[[str], Screen]
) -> None:
    photos = [
        ("images", (f"{name}.jpg", jpeg(picture), "image/jpeg"))
        for name, picture in list(altered_copies().items())[:5]
    ]

    accepted = stack.browser_of(ana).put("/api/me/face", files=photos, data={"consent": "true"})
    assert accepted.status_code == 202, accepted.text
    kill_during(stack, "recognition.enrol")
    assert not Template.objects.exists()
    assert Enrolment.objects.get().status == "processing"

    stack.worker.start()

    assert_settles(stack, everything_is_done)
    assert Enrolment.objects.get().status == "enrolled"
    assert Template.objects.count() == len(photos)

    expect_today(ana, clinic)
    kiosk = httpx.Client(
        base_url=stack.origin, headers={"Authorization": f"Device {screen('kiosk').token}"}
    )
    with another_kiosk_letting_in(ana):
        frame = {"image": ("frame.jpg", jpeg(altered_copies()["mirrored"]), "image/jpeg")}
        check_in = kiosk.post("/api/check-ins", files=frame).json()["id"]
        kill_during(stack, "recognition.identify")
    assert CheckIn.objects.get().status == "processing"

    stack.worker.start()

    assert_settles(stack, everything_is_done)
    answer = kiosk.get(f"/api/check-ins/{check_in}").json()
    assert (answer["status"], answer["label"]) == ("arrived", "Ana M.")
    assert AuditEntry.objects.filter(action="appointment.arrived").count() == 1
    assert not Picture.objects.exists()
    assert wait_until(lambda: threads_of_each(stack) == [1, 1], seconds=10), threads_of_each(stack)


def threads_of_each(stack: Stack) -> list[int]:
    """Of each process of the worker; a core more for one picture is a core less for another."""
    return [process.num_threads() for process in psutil.Process(stack.worker.pid).children()]


@contextmanager
def somebody_numbering_invoices() -> Iterator[None]:
    """Holds the series on a connection of its own: a worker that issues stands still half-way."""
    other = connection.copy()
    other.set_autocommit(False)
    with closing(other), other.cursor() as cursor:
        cursor.execute("SELECT 1 FROM billing_invoiceseries FOR UPDATE")
        yield
        other.rollback()


def book_and_pay(browser: httpx.Client, slot: int) -> None:
    """Book one of the free massages and let the bank confirm its reference."""
    free = browser.get("/api/slots", params={"specialty": "massage"}).json()
    held = browser.post(
        "/api/appointments", json={"specialty": "massage", "start": free[slot]["start"]}
    )
    assert held.status_code == 201, held.text
    token = held.json()["checkout_url"].rsplit("/", 1)[1]
    payment = browser.post(
        f"/api/checkout/{token}/payments",
        json={"method": "multibanco", "invoice": {"kind": "final_consumer"}},
        headers={"Idempotency-Key": token},
    )
    assert payment.status_code == 201, payment.text
    body, signature = notice_of(payment.json())
    confirmed = browser.post(
        "/api/webhooks/payments/sandbox",
        content=body,
        headers={"Content-Type": "application/json", "X-Signature": signature},
    )
    assert confirmed.status_code == 200, confirmed.text


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_an_invoice_is_issued_once_after_the_worker_was_killed(
    stack: Stack, clinic: Clinic, ana: Patient, bruno: Patient
) -> None:
    first, second = stack.browser_of(ana), stack.browser_of(bruno)
    book_and_pay(first, slot=0)
    assert_settles(stack, lambda: Invoice.objects.count() == 1 and everything_is_done())

    with somebody_numbering_invoices():
        book_and_pay(second, slot=-1)
        kill_during(stack, "billing.issue_invoice")
    assert Invoice.objects.count() == 1

    stack.worker.start()

    assert_settles(stack, everything_is_done)
    sequences = Invoice.objects.order_by("sequence").values_list("sequence", flat=True)
    assert list(sequences) == [1, 2]
    assert Payment.objects.filter(status="paid").count() == 2
    assert sorted(SandboxMessage.objects.filter(channel="email").values_list("to", flat=True)) == [
        "ana@example.com",
        "bruno@example.com",
    ]
