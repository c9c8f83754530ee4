"""Who is shown the day is written down with every patient on it."""

from collections.abc import Callable
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from booking.models import Appointment
from clinic.accounts.models import User
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from tests.booking.conftest import at
from tests.conftest import Clinic

ClientOf = Callable[[User], APIClient]
Book = Callable[..., Appointment]


def looks() -> set[tuple[str, str, UUID | None]]:
    rows = AuditEntry.objects.filter(action__endswith=".read")
    return {(row.action, row.actor_id, row.patient_id) for row in rows}


def test_a_look_at_the_day_is_written_down_for_every_patient_on_it(
    clinic: Clinic, ana: Patient, bruno: Patient, rita: User, client_of: ClientOf, book: Book
) -> None:
    book(ana, at(12))
    book(ana, at(14))
    book(bruno, at(12), practitioner=clinic.reis, status="cancelled")

    assert client_of(rita).get("/api/staff/day").status_code == 200
    assert client_of(rita).get("/api/staff/day").status_code == 200

    assert AuditEntry.objects.filter(action="day.read").count() == 2
    assert looks() == {
        ("day.read", str(rita.pk), ana.pk),
        ("day.read", str(rita.pk), bruno.pk),
    }


def test_only_who_was_on_the_answer_is_written_down(
    clinic: Clinic,
    patients: Callable[[int], list[Patient]],
    rita: User,
    client_of: ClientOf,
    book: Book,
) -> None:
    shown, of_another_day, of_another_practitioner, expired = patients(4)
    book(shown, at(12))
    book(of_another_day, at(12, day=24))
    book(of_another_practitioner, at(12), practitioner=clinic.reis)
    book(expired, at(15), status="expired")

    client_of(rita).get(f"/api/staff/day?date=2026-11-23&practitioner={clinic.sousa.pk}")

    assert looks() == {("day.read", str(rita.pk), shown.pk)}


def test_who_may_not_look_leaves_no_row(
    clinic: Clinic, ana: Patient, bruno: Patient, client_of: ClientOf, book: Book
) -> None:
    book(ana, at(12))

    assert client_of(bruno).get("/api/staff/day").status_code == 403
    assert APIClient().get("/api/staff/day").status_code == 401

    assert looks() == set()


def test_a_full_day_costs_two_queries_more_at_most(
    clinic: Clinic,
    patients: Callable[[int], list[Patient]],
    rita: User,
    client_of: ClientOf,
    book: Book,
) -> None:
    for number, patient in enumerate(patients(10)):
        book(patient, at(10 + number))
    client = client_of(rita)

    with CaptureQueriesContext(connection) as queries:
        client.get("/api/staff/day")

    of_the_log = [query["sql"] for query in queries if "core_auditentry" in query["sql"]]
    assert len([sql for sql in of_the_log if sql.startswith("INSERT")]) == 1
    assert len(of_the_log) == 2
    assert len(looks()) == 10
