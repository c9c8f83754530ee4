"""What nobody pressed yesterday is closed once the day is over, and only that."""

import pytest
import time_machine

from booking import tasks
from booking.models import Appointment
from booking.services import day_end
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from tests.booking.conftest import NINE, Book, Patients, Unchanged, at, minutes
from tests.conftest import Clinic


@pytest.mark.parametrize("status", ["booked", "arrived", "called"])
def test_who_was_never_treated_is_a_no_show_the_day_after(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller, status: str
) -> None:
    appointment = book(ana, at(10), status=status)
    at_nine.move_to(at(1, day=24))

    tasks.close_past_days()

    appointment.refresh_from_db()
    assert (appointment.status, appointment.closed_at) == ("no_show", at(1, day=24))
    entry = AuditEntry.objects.filter(action="appointment.no_show").get()
    assert (entry.actor_kind, entry.actor_id) == ("system", "day_end")
    assert entry.data == {"before": status}


def test_a_treatment_that_nobody_finished_ended_as_planned(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10), status="in_progress")
    at_nine.move_to(at(1, day=24))

    assert day_end.close_past_days() == 1

    appointment.refresh_from_db()
    assert appointment.status == "fulfilled"
    assert appointment.ended_at == NINE + minutes(45)
    assert appointment.closed_at == at(1, day=24)


def test_today_tomorrow_and_what_is_closed_stay_as_they_are(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    at_nine: time_machine.Traveller,
    unchanged: Unchanged,
) -> None:
    one, two, three = patients(3)
    visits = [
        book(one, at(10), status="fulfilled"),
        book(two, at(9, day=24)),
        book(three, at(10, day=25)),
    ]
    checks = [unchanged(visit) for visit in visits]
    at_nine.move_to(at(23, day=24))

    assert day_end.close_past_days() == 0

    for check in checks:
        check()


def test_a_treatment_over_midnight_may_go_on(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    at_nine.move_to(at(22))
    appointment = book(ana, at(23, 15), status="in_progress")

    at_nine.move_to(at(1, 59, day=24))
    assert day_end.close_past_days() == 0
    at_nine.move_to(at(2, 1, day=24))
    assert day_end.close_past_days() == 1

    assert Appointment.objects.get(pk=appointment.pk).status == "fulfilled"


def test_closing_twice_changes_nothing_more(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10))
    at_nine.move_to(at(3, day=24))
    day_end.close_past_days()
    appointment.refresh_from_db()
    check = unchanged(appointment)

    assert day_end.close_past_days() == 0

    check()
