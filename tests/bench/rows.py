"""Every long job of the product once, over 100,000 rows of what it walks through.

For each: seconds, peak memory, statements, the longest of them, and the longest time that it held
rows for others to wait for. A process of its own runs the job; the database is asked all the while
what that process is at. What one person has most of is counted in VISITS.
"""

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
from django.db import connection
from django.db.models import Model, QuerySet
from django.test import override_settings
from rest_framework.test import APIRequestFactory, force_authenticate

import billing.invoicing.tasks
import billing.payments.services.reconciliation
import billing.payments.tasks
import booking.tasks
import clinic.accounts.tasks
import clinic.core.tasks
import clinic.notifications.tasks
import recognition.tasks
from billing.invoicing.services import exports, verification
from billing.manager.services import statements
from billing.payments.models import Payment, WebhookDelivery
from billing.payments.providers.sandbox import SandboxProvider
from booking.models import Appointment
from clinic.accounts.choices import Role
from clinic.accounts.models import Device
from clinic.accounts.services import erase_patient, sessions
from clinic.config.work import StuckWorkView
from clinic.core import clock, outbox
from clinic.core.models import IdempotentRequest, OutboxMessage, RateWindow
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from recognition.models import CheckIn, Enrolment, LivenessSession, Picture
from tests.bench import invoices, servers, waiting_room
from tests.billing import factories
from tests.billing.bank import open_bank

ROWS = 100_000
VISITS = 2_000
STATEMENT_SECONDS = 5.0
HELD_SECONDS = 1.0
MEMORY_MB = 200.0
LOOK_SECONDS = 0.01
DAY = timedelta(days=1)
_books: list[bytes] = []


@dataclass(frozen=True)
class Job:
    name: str
    fill: Callable[[], object]
    run: Callable[[], object]


@dataclass(frozen=True)
class Figures:
    """What one run took; what a statement brought row by row isn't part of its time."""

    seconds: float
    peak_mb: float
    statements: int
    statement: float
    longest: str
    held: float

    @property
    def within(self) -> bool:
        return (
            self.statement <= STATEMENT_SECONDS
            and self.held <= HELD_SECONDS
            and self.peak_mb <= MEMORY_MB
        )


def main() -> None:
    load = os.getloadavg()
    with (
        tempfile.TemporaryDirectory() as folder,
        override_settings(STORAGES=invoices._stored_in(folder)),
    ):
        took = {job.name: measure(job) for job in jobs()}
    path = servers.write_raw(
        "rows",
        {"load": load, "rows": ROWS, "jobs": {name: vars(one) for name, one in took.items()}},
    )
    print(f"\nlong jobs over {ROWS} rows (a person with {VISITS} visits); load {load[0]:.1f}")
    print(f"{'':34}{'s':>7}{'MB':>6}{'statements':>12}{'longest':>9}{'held':>7}")
    for name, one in took.items():
        print(
            f"{name:34}{one.seconds:7.1f}{one.peak_mb:6.0f}{one.statements:12}"
            f"{one.statement:9.2f}{one.held:7.2f}{'' if one.within else '  beyond the limits'}"
        )
    print(
        f"limits: {STATEMENT_SECONDS:g} s a statement, {HELD_SECONDS:g} s holding rows,"
        f" {MEMORY_MB:g} MB\nevery measurement: {path.relative_to(servers.REPOSITORY)}"
    )


def jobs() -> list[Job]:
    """Those of the clock first, in the order of the settings, then those that a person asks for."""
    return [
        Job("holds that ran out", visits("pending"), booking.tasks.expire_holds),
        Job("waits of now", nothing, booking.tasks.refresh_waits),
        Job("end of past days", visits("booked"), booking.tasks.close_past_days),
        Job("learning", visits("fulfilled"), booking.tasks.learn_times),
        Job("payments that are over", waiting_payments, billing.payments.tasks.expire_payments),
        Job("reconciliation", paid_and_listed, reconcile(200)),
        Job("reconciliation, nobody answers", doubtful_payments, reconcile(503)),
        Job("faces and check-ins", old_check_ins, recognition.tasks.expire),
        Job("faces that expire", due_faces, recognition.tasks.expire),
        Job("pictures", late_check_ins, recognition.tasks.sweep),
        Job("outbox, keys and counts", old_work, clinic.core.tasks.clean),
        Job("texts", old_texts, clinic.notifications.tasks.forget_old_texts),
        Job("notices", old_notices, billing.payments.tasks.forget_old_bodies),
        Job("sessions", old_sessions, clinic.accounts.tasks.clean_sessions),
        Job("erasure", one_persons, erase),
        Job("SAF-T", documents, write_saft),
        Job("verify_invoices", nothing, verify),
        Job("table of payments", nothing, write_statement),
        Job("PDFs that are missing", nothing, billing.invoicing.tasks.render_overdue),
        Job("stuck work", undone_work, list_stuck_work),
        Job("work that waited", nothing, lambda: outbox.wake("billing.issue_invoice")),
    ]


def measure(job: Job) -> Figures:
    """Fill, then run once in a process that has done nothing else, and look at it meanwhile."""
    job.fill()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    connection.close()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_run, args=(job, theirs))
    process.start()
    theirs.close()
    try:
        held = _held_meanwhile(ours)
        figures: Figures = ours.recv()
    except EOFError:
        raise SystemExit(f"{job.name} failed") from None
    finally:
        process.join()
    return Figures(**{**vars(figures), "held": held})


def _run(job: Job, parent: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        parent.send(cursor.fetchone()[0])
    statements: list[tuple[float, str]] = []

    def timed(execute: Any, sql: str, *arguments: Any) -> Any:
        began = time.monotonic()
        try:
            return execute(sql, *arguments)
        finally:
            statements.append((time.monotonic() - began, sql[:300]))

    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, began = _peak_mb(), time.monotonic()
    with connection.execute_wrapper(timed):
        job.run()
    seconds, peak = time.monotonic() - began, _peak_mb() - before
    longest, text = max(statements)
    parent.send(Figures(seconds, peak, len(statements), longest, text, 0.0))


def _held_meanwhile(child: Connection) -> float:
    """The longest that a transaction of the child's held rows, seen from the database until the
    child sends its figures."""
    backend = child.recv()
    longest, transaction, since = 0.0, None, 0.0
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as watcher:
        while not child.poll(LOOK_SECONDS):
            row = watcher.execute(
                "SELECT backend_xid::text FROM pg_stat_activity WHERE pid = %s", [backend]
            ).fetchone()
            holding = row[0] if row else None
            if holding != transaction:
                transaction, since = holding, time.monotonic()
            elif holding is not None:
                longest = max(longest, time.monotonic() - since)
    return longest


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def multiply(row: Model, each: str, **columns: str) -> None:
    """A row like this one for each row of that SQL, but for the columns that are given in SQL."""
    table = row._meta.db_table
    taken = {
        str(field.column): columns.get(str(field.column), f'model."{field.column}"')
        for field in row._meta.concrete_fields
        if field.column in columns or not field.primary_key
    }
    key = row._meta.pk
    assert key is not None
    assert key.column is not None
    if key.get_internal_type() == "UUIDField":
        taken.setdefault(key.column, "gen_random_uuid()")
    names = ", ".join(f'"{name}"' for name in taken)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            f'INSERT INTO "{table}" ({names}) SELECT {", ".join(taken.values())}'
            f' FROM "{table}" AS model, ({each}) AS each WHERE model."{key.column}" = %s',
            [row.pk],
        )


def count(rows: int) -> str:
    return f"SELECT generate_series(1, {rows}) AS n"


def numbered(table: str, where: str) -> str:
    return f"SELECT id, row_number() OVER (ORDER BY id) AS n FROM {table} WHERE {where}"


def nothing() -> None:
    """What was filled for the job before is walked through again."""


VISIT_STAMPS = {
    "pending": {"hold_expires_at": "now() - interval '1 s'"},
    "booked": {},
    "fulfilled": {
        "arrived_at": "{start} - interval '5 min'",
        "called_at": "{start} - interval '1 min'",
        "started_at": "{start}",
        "ended_at": "{start} + interval '3 min'",
        "closed_at": "{start} + interval '3 min'",
        "call_number": "1",
        "ticket": "'T' || to_hex(n)",
        "ticket_on": "date '2000-01-01'",
        "quoted_low_minutes": "0",
        "quoted_minutes": "5",
        "quoted_high_minutes": "10",
    },
}
NOT_THERE = {"arrived_at": "NULL", "ticket": "''", "ticket_on": "NULL"}


def visits(status: str) -> Callable[[], None]:
    """Of one therapist's past year, one after the other: nobody is in two at once."""
    start = f"now() - interval '30 h' - ({ROWS} - n) * interval '5 min'"
    stamps = {name: sql.format(start=start) for name, sql in VISIT_STAMPS[status].items()}
    place = list(VISIT_STAMPS).index(status)

    def fill() -> None:
        multiply(
            Appointment.objects.filter(ticket=f"B{place * waiting_room.EACH + 1:03d}").get(),
            count(ROWS),
            start=start,
            end=f"{start} + interval '4 min'",
            booked_at=start,
            status=f"'{status}'",
            check_in_code=f"'{place}' || lpad(to_hex(n), 5, '0')",
            **{**NOT_THERE, **stamps},
        )

    return fill


def payments(of: str, **columns: str) -> None:
    """One for each of those visits."""
    name = "translate(md5(each.id::text || random()), '0123456789abcdef', 'BCDFGHJKLMNPQRST')"
    multiply(
        _payment(),
        numbered("booking_appointment", of),
        appointment_id="each.id",
        reference_held="false",
        order_id=f"substr({name}, 1, 15)",
        created_at="now() - interval '2 days'",
        expires_at="now() - interval '1 day'",
        **columns,
    )


def waiting_payments() -> None:
    payments("check_in_code LIKE '0%%'")


def paid_payments() -> None:
    payments(
        "status = 'fulfilled'",
        status="'paid'",
        paid_at="now() - interval '1 day'",
        transaction_id="'t' || n",
    )


def doubtful_payments() -> None:
    payments("status = 'fulfilled'", status="'expired'", request_state="'accepted'")


def paid_and_listed() -> None:
    """The bank's list is written before, so that the job's own memory is measured."""
    paid_payments()
    paid = Payment.objects.filter(status="paid").exclude(transaction_id="")
    books = [
        {
            "type": "paid",
            "payment_id": str(each.pk),
            "method": each.method,
            "entity": each.entity,
            "reference": each.reference,
            "request_id": "",
            "transaction_id": each.transaction_id,
            "amount": f"{each.amount:.2f}",
            "currency": "EUR",
            "occurred_at": each.paid_at.isoformat() if each.paid_at else "",
        }
        for each in paid.iterator()
    ]
    _books.append(json.dumps({"movements": books}).encode())


def reconcile(status: int) -> Callable[[], None]:
    """With a bank that gives its list, or that answers nothing."""

    def run() -> None:
        with open_bank() as bank, override_settings(SANDBOX_BANK_URL=bank.url):
            bank.will(status, _books[-1] if status == 200 else None)
            billing.payments.services.reconciliation.reconcile(SandboxProvider())

    return run


def old_check_ins() -> None:
    """Forty days of a kiosk where nobody was known."""
    multiply(
        _check_in(),
        count(ROWS),
        status="'not_recognised'",
        created_at="now() - interval '31 days' - mod(n, 40) * interval '1 day'",
        decided_at="now() - interval '31 days' - mod(n, 40) * interval '1 day'",
    )


def due_faces() -> None:
    patient = _patient()
    multiply(patient, count(ROWS), username="'face' || n")
    enrolment = Enrolment.objects.create(
        patient=patient, status="enrolled", enrolled_at=clock.now(), expires_at=clock.now()
    )
    multiply(
        enrolment,
        numbered("accounts_user", "username LIKE 'face%%'"),
        patient_id="each.id",
        attempt="gen_random_uuid()",
        expires_at="now() - interval '1 day'",
    )


def late_check_ins() -> None:
    multiply(_check_in(), count(ROWS), created_at="now() - interval '1 hour'")
    picture = Picture.objects.create(storage_key="faces/0.jpg")
    multiply(
        picture,
        numbered("recognition_checkin", "status = 'processing'"),
        storage_key="'faces/' || n || '.jpg'",
        check_in_id="each.id",
        created_at="now() - interval '1 hour'",
    )
    session = LivenessSession.objects.create(id=uuid4(), device=_kiosk())
    multiply(session, count(ROWS), created_at="now() - interval '1 hour'")


def old_work() -> None:
    long_ago = {"created_at": "now() - interval '40 days'"}
    message = OutboxMessage.objects.create(
        key="0", task="none", created_at=clock.now(), next_at=clock.now()
    )
    multiply(message, count(ROWS), key="'done' || n", done_at=long_ago["created_at"], **long_ago)
    request = IdempotentRequest.objects.create(scope="s", key="0", created_at=clock.now())
    multiply(request, count(ROWS), key="'old' || n", **long_ago)
    window = RateWindow.objects.create(scope="s", subject="0", expires_at=clock.now())
    multiply(window, count(ROWS), subject="n::text", expires_at=long_ago["created_at"])


def old_texts() -> None:
    multiply(_message(), count(ROWS), key="'old' || n", created_at="now() - interval '91 days'")


def old_notices() -> None:
    multiply(
        _notice(),
        count(ROWS),
        sha256="md5(n::text) || 'old'",
        received_at="now() - interval '91 days'",
        processed_at="now() - interval '91 days'",
    )


def old_sessions() -> None:
    session = sessions.open_session(_patient()).session
    multiply(session, count(ROWS), expires_at="now() - interval '31 days'")


def one_persons() -> None:
    """Visits with notes, payments and messages of one, among as many of everybody's as elsewhere;
    every request and notice of the last days names somebody else."""
    visit = Appointment.objects.filter(status="fulfilled")[0]
    multiply(
        visit,
        count(VISITS),
        patient_id=f"'{_person().pk}'::uuid",
        note="'said'",
        ticket="'E' || n",
    )
    theirs = f"patient_id = '{_person().pk}'"
    payments(theirs, status="'expired'", patient_id=f"'{_person().pk}'::uuid")
    for about in ("booked", "cancelled"):
        multiply(
            _message(),
            numbered("booking_appointment", theirs),
            key=f"'appointment:' || each.id || ':{about}'",
        )
    multiply(_message(), count(ROWS), key="'other' || n")
    said = "json_build_object('id', gen_random_uuid(), 'to', repeat('x', 300))::jsonb"
    request = IdempotentRequest.objects.create(scope="s", key="1", created_at=clock.now())
    multiply(request, count(ROWS), key="'new' || n", response=said)
    multiply(_notice(), count(ROWS), sha256="md5(n::text)", body=said, processed_at="now()")


def erase() -> None:
    erase_patient(_person().pk, actor=waiting_room.SETUP)


def documents() -> None:
    """A series of invoices that are like the first one, each for a payment of its own."""
    paid = invoices._paid()  # as the measurement of invoices has them
    with clock.replaying(clock.now() - timedelta(hours=3)):  # long enough for a PDF to be missed
        first = invoices._issued(paid)
    Payment.objects.filter(provider="bench").delete()
    payments(
        "ticket LIKE 'T%%'",
        status="'paid'",
        paid_at="now()",
        provider="'bench'",
    )
    number = "replace(model.number, '/1', '/' || n + 1)"
    multiply(
        first,
        numbered("billing_payment", "provider = 'bench'"),
        payment_id="each.id",
        sequence="n + 1",
        number=number,
        qr=f"replace(model.qr, 'G:' || model.number, 'G:' || {number})",
    )
    line = first.lines.get()
    multiply(line, numbered("billing_invoice", f"id <> '{first.pk}'"), invoice_id="each.id")
    assert first.series is not None
    first.series.last_number = ROWS + 1
    first.series.save()


def write_saft() -> None:
    with tempfile.TemporaryDirectory() as folder:
        totals = exports.saft_file(Path(folder) / "saft.xml", year=clock.today().year)
    _expect(totals.documents, ROWS + 1)


def verify() -> None:
    checked, faults = verification.verify()
    _expect((checked, faults), (ROWS + 1, []))
    verification.missing()


def write_statement() -> None:
    with tempfile.TemporaryDirectory() as folder:
        statements.write(
            Path(folder) / "table.csv",
            first=clock.today() - 2 * DAY,
            last=clock.today(),
            actor=waiting_room.SETUP,
        )


def undone_work() -> None:
    message = OutboxMessage.objects.get(key="0")
    multiply(
        message,
        count(ROWS),
        key="'undone' || n",
        task="'billing.issue_invoice'",
        args=f"""'{{"payment_id": "{_payment().pk}"}}'""",
        created_at="now() - interval '1 day'",
        due_at="now() - interval '1 day'",
        next_at="now() + interval '10 min'",
        failures="7",
    )


def list_stuck_work() -> None:
    request = APIRequestFactory().get("/api/staff/work")
    force_authenticate(request, factories.user("manager", Role.MANAGER))
    _expect(StuckWorkView.as_view()(request).status_code, 200)


def _payment() -> Payment:
    """Over a reference that nobody has paid."""
    return _once(
        Payment.objects.filter(patient=_patient(), status="pending", provider="sandbox"),
        lambda: factories.multibanco(factories.appointment(_patient())),
    )


def _patient(username: str = "walked") -> Patient:
    return _once(Patient.objects.filter(username=username), lambda: factories.patient(username))


def _person() -> Patient:
    """Who has been there for years, and wants their account erased."""
    return _patient("long known")


def _kiosk() -> Device:
    waiting = Device.objects.filter(kind="kiosk")
    if not waiting.exists():
        waiting_room.kiosk_tokens(1)
    return waiting.earliest("pk")


def _check_in() -> CheckIn:
    return _once(
        CheckIn.objects.filter(detail="model"),
        lambda: CheckIn.objects.create(device=_kiosk(), kind="photo", detail="model"),
    )


def _message() -> Message:
    return _once(
        Message.objects.filter(key="model"),
        lambda: Message.objects.create(
            key="model",
            channel="sms",
            template="appointment_booked",
            language="pt",
            to="+351912345678",
            body="x" * 140,
            created_at=clock.now(),
        ),
    )


def _notice() -> WebhookDelivery:
    return _once(
        WebhookDelivery.objects.filter(sha256="model"),
        lambda: WebhookDelivery.objects.create(
            provider="sandbox",
            sha256="model",
            verified=True,
            body={"said": "x" * 300},
            received_at=clock.now(),
        ),
    )


Kept = TypeVar("Kept", bound=Model)


def _once(kept: QuerySet[Kept], make: Callable[[], Kept]) -> Kept:
    return kept.first() or make()


def _expect(found: object, expected: object) -> None:
    if found != expected:
        raise SystemExit(f"{str(found)[:500]} instead of {expected}")
