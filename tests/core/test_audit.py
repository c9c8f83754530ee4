import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.core import audit
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry


def truncate(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda: AuditEntry.objects.update(action="nothing happened"),
        lambda: AuditEntry.objects.all().delete(),
        lambda: truncate("core_auditentry"),
    ],
    ids=["update", "delete", "truncate"],
)
def test_the_audit_log_can_only_grow(change: Callable[[], object]) -> None:
    audit.record("appointment.booked", actor=Actor.system("tests"))

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()

    assert AuditEntry.objects.get().action == "appointment.booked"


def looks() -> list[tuple[str, str, uuid.UUID | None, datetime]]:
    rows = AuditEntry.objects.order_by("id")
    return [(row.actor_id, row.action, row.patient_id, row.at) for row in rows]


@pytest.mark.django_db
def test_a_look_is_kept_once_for_each_actor_patient_action_and_hour() -> None:
    rita, sousa = (Actor("user", name, "reception") for name in ("rita", "sousa"))
    ana, bruno = uuid.UUID(int=1), uuid.UUID(int=2)
    early, late, next_hour = (
        datetime(2026, 11, 23, hour, minute, tzinfo=UTC)
        for hour, minute in ((9, 0), (9, 59), (10, 0))
    )

    with time_machine.travel(early, tick=False):
        audit.record_reads("day.read", actor=rita, patient_ids=[bruno, ana, ana])
    with time_machine.travel(late, tick=False):
        audit.record_reads("day.read", actor=rita, patient_ids=[ana, bruno])
        audit.record_reads("day.read", actor=sousa, patient_ids=[ana])
        audit.record_reads("invoice.read", actor=rita, patient_ids=[ana])
    with time_machine.travel(next_hour, tick=False):
        audit.record_reads("day.read", actor=rita, patient_ids=[ana])

    assert looks() == [
        ("rita", "day.read", ana, early),
        ("rita", "day.read", bruno, early),
        ("sousa", "day.read", ana, late),
        ("rita", "invoice.read", ana, late),
        ("rita", "day.read", ana, next_hour),
    ]
    first = AuditEntry.objects.first()
    assert first is not None
    assert first.actor_role == "reception"


@pytest.mark.django_db
def test_looks_cost_one_query_and_nobody_looks_at_themselves() -> None:
    patients = [uuid.UUID(int=number) for number in range(200)]

    with CaptureQueriesContext(connection) as queries:
        audit.record_reads(
            "day.read", actor=Actor("user", str(patients[0]), "patient"), patient_ids=patients
        )
        audit.record_reads("day.read", actor=Actor.system("tests"), patient_ids=[])

    statements = [query["sql"] for query in queries if "core_auditentry" in query["sql"]]
    assert len(statements) == 1
    assert AuditEntry.objects.count() == 199


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_simultaneous_looks_leave_one_row_each() -> None:
    patients = [uuid.UUID(int=number) for number in range(30)]
    barrier = threading.Barrier(8)
    failures: list[Exception] = []

    def look(number: int) -> None:
        barrier.wait()
        mine = patients if number % 2 else patients[::-1]
        try:
            audit.record_reads("day.read", actor=Actor("user", "rita"), patient_ids=mine)
        except DatabaseError as error:
            failures.append(error)
        finally:
            connection.close()

    with time_machine.travel(datetime(2026, 11, 23, 9, tzinfo=UTC), tick=False):
        threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failures == []
    assert AuditEntry.objects.count() == 30
