"""Which visit a person has come for, and which they have missed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import time_machine

from booking.due import due, is_missed
from booking.events import WaitsChanged
from booking.models import Appointment
from booking.screens.day import body as day_body
from booking.services import screens, visit
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from tests.booking.conftest import NINE, TESTER, Announced, Book, Patients, Unchanged, at
from tests.conftest import Clinic


@dataclass(frozen=True)
class Visit:
    start: datetime
    end: datetime
    status: str = "booked"


def day(*visits: str) -> list[Visit]:
    """From `8:00-8:45` and, where it isn't booked, `8:00-8:45 arrived`."""
    made = []
    for written in visits:
        hours, _, status = written.partition(" ")
        start, end = (at(*map(int, time.split(":"))) for time in hours.split("-"))
        made.append(Visit(start, end, status or "booked"))
    return made


@pytest.mark.parametrize(
    ("visits", "now", "expected"),
    [
        # One was missed hours ago, the next is near.
        (["8:00-8:45", "20:45-21:30"], (19, 21), 1),
        # One was missed long ago, and somebody comes hours too early for the next.
        (["8:00-8:45", "20:45-21:30"], (12, 0), 1),
        # One was missed just now: for that one they have come.
        (["8:00-8:45", "20:45-21:30"], (8, 50), None),
        (["8:00-8:45", "10:00-10:45"], (9, 10), 1),
        # Late, but within their time.
        (["8:00-8:45", "20:45-21:30"], (8, 20), 0),
        (["8:00-8:45"], (8, 44), 0),
        # Over is over.
        (["8:00-8:45"], (8, 45), None),
        (["8:00-8:45", "9:00-9:45"], (19, 0), None),
        # Two in a row: the first as long as it lasts, then the second.
        (["10:00-10:45", "10:45-11:30"], (9, 50), 0),
        (["10:00-10:45", "10:45-11:30"], (10, 44), 0),
        (["10:00-10:45", "10:45-11:30"], (10, 45), 1),
        # Early by hours.
        (["20:45-21:30"], (7, 0), 0),
        # The one under way, however near the next is.
        (["10:00-10:45 arrived", "10:45-11:30"], (10, 40), 0),
        (["10:00-10:45 in_progress", "16:00-16:45"], (10, 20), 0),
        # The clinic runs late: the first goes on waiting, until the next one is near.
        (["10:00-10:45 arrived", "16:00-16:45"], (11, 30), 0),
        (["10:00-10:45 arrived", "10:45-11:30"], (10, 50), 1),
        (["8:00-8:45 in_progress", "20:45-21:30"], (19, 21), 1),
        (["8:00-8:45", "10:00-10:45 called"], (10, 50), 1),
        ([], (9, 0), None),
    ],
)
def test_the_visit_that_is_due(
    visits: list[str], now: tuple[int, int], expected: int | None
) -> None:
    made = day(*visits)

    chosen = due(reversed(made), at(*now))

    assert chosen == (None if expected is None else made[expected])


@pytest.mark.parametrize(
    ("visit", "now", "missed"),
    [
        ("8:00-8:45", (8, 44), False),
        ("8:00-8:45", (8, 45), True),
        ("8:00-8:45 arrived", (9, 0), False),
        ("8:00-8:45 pending", (9, 0), False),
        ("8:00-8:45 fulfilled", (9, 0), False),
    ],
)
def test_missed_is_what_is_booked_and_over(visit: str, now: tuple[int, int], missed: bool) -> None:
    (made,) = day(visit)

    assert is_missed(made, at(*now)) is missed


def test_the_day_shows_who_did_not_come_and_changes_nothing(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    at_nine: time_machine.Traveller,
    unchanged: Unchanged,
) -> None:
    one, two = patients(2)
    missed, later = book(one, at(9, 15)), book(two, at(10))
    checks = [unchanged(each) for each in (missed, later)]

    at_nine.move_to(at(9, 59))
    assert [shown["is_missed"] for shown in shown_today()] == [False, False]
    at_nine.move_to(at(10))
    assert [shown["is_missed"] for shown in shown_today()] == [True, False]

    for check in checks:
        check()


def shown_today() -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = day_body(NINE.date())["practitioners"][0]["appointments"]
    return shown


def test_the_screens_hear_of_it_when_a_visit_is_missed(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller, announced: Announced
) -> None:
    book(ana, at(9, 15))
    screens.refresh_waits()
    heard = announced(WaitsChanged)

    at_nine.move_to(at(9, 59))
    assert screens.refresh_waits() is False
    at_nine.move_to(at(10))
    assert screens.refresh_waits() is True
    at_nine.move_to(at(10, 1))
    assert screens.refresh_waits() is False

    assert len(heard) == 1


def test_the_desk_still_lets_in_who_missed_their_time(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    missed, later = book(ana, at(9, 15)), book(ana, at(14))
    at_nine.move_to(at(10, 5))

    assert visit.arrive(missed.pk, actor=TESTER).status == "arrived"

    assert Appointment.objects.get(pk=later.pk).status == "booked"


def test_a_no_show_is_of_the_visit_that_was_missed(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    missed, later = book(ana, at(9, 15)), book(ana, at(14))
    at_nine.move_to(at(10, 5))

    visit.no_show(missed.pk, actor=TESTER)

    assert Appointment.objects.get(pk=missed.pk).status == "no_show"
    assert AuditEntry.objects.get(action="appointment.no_show").subject_id == str(missed.pk)
    assert Appointment.objects.get(pk=later.pk).status == "booked"
