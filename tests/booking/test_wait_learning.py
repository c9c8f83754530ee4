"""What history teaches, and how it is kept, told and reported."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from booking import selectors, waits
from booking.models import Appointment, LearnedTimes
from booking.services import learning, visit
from booking.tasks import learn_times
from booking.waits import History, Learned, Quoted, Visit
from booking.waits.learning import DAY_SPREAD, SPREAD, Tally
from clinic.accounts.models import User
from clinic.directory.models import Patient
from tests.bench import clinic_days
from tests.bench.clinic_days import simulate
from tests.booking.conftest import NINE, TESTER, Book, Patients, at, minutes
from tests.conftest import Clinic

MONDAY = date(2026, 11, 23)


def visit_of(
    hour: float = 0.0,
    *,
    arrives: float = 0.0,
    starts: float = 0.0,
    lasts: float = 45.0,
    who: str = "sousa",
    walk_in: bool = False,
) -> Visit:
    """A visit scheduled that many hours after nine; the other times in minutes after that."""
    scheduled = NINE + minutes(60 * hour)
    return Visit(
        specialty="massage",
        practitioner=who,
        planned_minutes=45.0,
        scheduled=scheduled,
        arrived=scheduled + minutes(arrives),
        started=scheduled + minutes(starts),
        ended=scheduled + minutes(starts + lasts),
        walk_in=walk_in,
    )


def after(days: int, *visits: Visit) -> Learned:
    history = History()
    for day in range(days):
        shift = timedelta(days=day)
        history.add_day(
            MONDAY + shift,
            [
                replace(
                    one,
                    scheduled=one.scheduled + shift,
                    arrived=one.arrived and one.arrived + shift,
                    started=one.started and one.started + shift,
                    ended=one.ended and one.ended + shift,
                )
                for one in visits
            ],
        )
    return history.learned()


def test_without_a_past_the_plan_holds() -> None:
    assert History().learned() == Learned()


def test_what_one_day_teaches_by_hand() -> None:
    """Two treatments of 45 planned minutes, of which each took 60 and began at once, 11 and 2
    minutes before their time; the second patient was there when the first one left."""
    pair = [
        visit_of(0, arrives=-11.0, starts=-11.0, lasts=60),
        visit_of(1, arrives=-20.0, starts=-8.0, lasts=60),
    ]
    ratio = math.log(60 / 45)
    error = ratio + SPREAD / 2
    clinic = (2 * ratio - 10 * SPREAD / 2) / 12
    specialty = (2 * ratio + 10 * clinic) / 12
    day_spread = (error**2 + 30 * DAY_SPREAD) / 31
    offset = (-11 - 20 - 10 * 5) / 12
    squares = (11**2 + 20**2 + 10 * (10**2 + 5**2)) / 12

    learned = after(1, *pair)

    assert learned.location == pytest.approx(clinic)
    assert learned.by_specialty == {"massage": pytest.approx(specialty)}
    assert learned.by_practitioner == {
        "massage sousa": pytest.approx((2 * ratio + 10 * specialty) / 12)
    }
    assert learned.day_spread == pytest.approx(day_spread)
    assert learned.spread == pytest.approx(
        (2 * error**2 + 20 * (SPREAD + DAY_SPREAD)) / 22 - day_spread
    )
    assert learned.punctuality_mean == pytest.approx(offset)
    assert learned.punctuality_sd == pytest.approx(math.sqrt(squares - offset**2))
    assert learned.show == pytest.approx((2 + 25 * 0.92) / 27)
    assert learned.eagerness == pytest.approx((1.0 + 8 / 11) / 7)
    assert learned.turnover_minutes == 0.0


def test_few_treatments_hardly_move_the_plan_many_replace_it() -> None:
    ratio = math.log(60 / 45)

    few = after(1, visit_of(lasts=60)).location_of("massage", "sousa")
    many = after(60, visit_of(lasts=60), visit_of(2, lasts=60)).location_of("massage", "sousa")

    assert -SPREAD / 2 < few < 0.1
    assert many == pytest.approx(ratio, abs=0.03)


def test_a_practitioner_differs_from_the_specialty_and_the_unknown_one_follows_it() -> None:
    quick = [visit_of(2 * hour, lasts=30) for hour in range(4)]
    slow = [visit_of(2 * hour, lasts=60, who="reis") for hour in range(4)]
    learned = after(40, *quick, *slow)

    sousa, reis, new = (learned.location_of("massage", who) for who in ("sousa", "reis", "new"))

    assert sousa == pytest.approx(math.log(30 / 45), abs=0.05)
    assert reis == pytest.approx(math.log(60 / 45), abs=0.05)
    assert sousa < new < reis
    assert learned.location_of("unknown", "sousa") == learned.location


def test_the_newest_weigh_most() -> None:
    history = History()
    for day in range(240):
        lasts = 60.0 if day < 120 else 30.0
        shift = timedelta(days=day)
        one = visit_of(lasts=lasts)
        history.add_day(MONDAY + shift, [replace(one, scheduled=one.scheduled + shift)] * 3)

    assert history.learned().location < (math.log(60 / 45) + math.log(30 / 45)) / 2 - 0.1


def test_what_was_seen_sixty_days_ago_weighs_half() -> None:
    tally = Tally()
    tally.add(1.0, day=0)
    tally.add(0.0, day=60)

    assert tally.mean(0.0, strength=0.0) == pytest.approx(1 / 3)
    assert tally.mean(1.0, strength=0.5) == pytest.approx(1 / 2)


def test_who_comes_and_when() -> None:
    came = [visit_of(hour, arrives=-12.0, starts=1.0) for hour in range(9)]
    missing = replace(visit_of(9), arrived=None, started=None, ended=None)

    learned = after(60, *came, missing)

    assert learned.show == pytest.approx(0.9, abs=0.01)
    assert learned.punctuality_mean == pytest.approx(-12.0, abs=0.5)
    assert learned.punctuality_sd < 4.0


def test_people_differ_by_a_minute_at_least_however_punctual_they_are() -> None:
    on_the_dot = [visit_of(arrives=-5.0)] * 30

    assert after(90, *on_the_dot).punctuality_sd == 1.0


def test_a_walk_in_says_nothing_of_punctuality() -> None:
    assert after(60, visit_of(walk_in=True)).punctuality_mean == Learned().punctuality_mean


def test_whether_treatments_wait_for_their_time_is_learned() -> None:
    by_the_plan = after(30, visit_of(arrives=-20.0, starts=0.0))
    at_once = after(30, visit_of(arrives=-20.0, starts=-20.0))

    assert by_the_plan.eagerness == 0.0
    assert at_once.eagerness > 0.8


def test_one_minute_is_too_little_to_tell_by() -> None:
    assert after(1, visit_of(arrives=-1.0, starts=-1.0)).eagerness == 0.0
    assert after(1, visit_of(arrives=-1.1, starts=-1.1)).eagerness == pytest.approx(1 / 6)


def test_the_pause_between_two_treatments_is_learned() -> None:
    pair = [visit_of(0, lasts=60), visit_of(0.5, arrives=-20.0, starts=36.0)]

    assert after(60, *pair).turnover_minutes == pytest.approx(6.0, abs=1.0)


def test_a_forgotten_finish_counts_as_four_times_the_plan_at_most() -> None:
    learned = after(60, visit_of(lasts=60 * 20))

    assert learned.location_of("massage", "sousa") <= math.log(4)


def test_the_laws_of_an_invented_clinic_are_found() -> None:
    history = History()
    days: dict[date, list[Visit]] = {}
    for row in simulate(clinic_days.Clinic(overrun=1.1), 60, seed=3):
        days.setdefault(row.visit.scheduled.date(), []).append(row.visit)
    for day in sorted(days):
        history.add_day(day, days[day])

    learned = history.learned()

    assert learned.location == pytest.approx(math.log(1.1) - SPREAD / 2, abs=0.02)
    assert math.sqrt(learned.spread) == pytest.approx(math.sqrt(SPREAD), abs=0.02)
    assert math.sqrt(learned.day_spread) == pytest.approx(0.08, abs=0.03)
    assert learned.punctuality_mean == pytest.approx(-8, abs=0.7)
    assert learned.punctuality_sd == pytest.approx(9, abs=0.5)
    assert learned.show == pytest.approx(0.92, abs=0.015)
    assert learned.eagerness > 0.95


# In the product ----------------------------------------------------------------------------------


def treat(
    appointment: Appointment, at_nine: time_machine.Traveller, *, begins: datetime, lasts: float
) -> None:
    """The visit of an arrived patient, at these instants."""
    at_nine.move_to(begins)
    visit.call(appointment.pk, actor=TESTER)
    visit.start(appointment.pk, actor=TESTER)
    at_nine.move_to(begins + minutes(lasts))
    visit.finish(appointment.pk, actor=TESTER)


def test_an_arrival_keeps_what_the_patient_was_told(
    clinic: Clinic, patients: Patients, book: Book, at_nine: time_machine.Traveller
) -> None:
    one, two = patients(2)
    book(one, at(9), status="in_progress")
    told = book(two, at(9, 45), status="arrived")

    assert (told.quoted_low_minutes, told.quoted_minutes, told.quoted_high_minutes) == (45, 45, 60)
    assert (told.shown_low_minutes, told.shown_high_minutes) == (45, 60)


def test_what_is_told_follows_from_the_planned_length_of_whoever_is_inside(
    clinic: Clinic, patients: Patients, book: Book, at_nine: time_machine.Traveller
) -> None:
    # Given a treatment of 45 minutes that began half an hour late
    one, two = patients(2)
    late = book(one, at(9))
    at_nine.move_to(at(9, 30))
    for press in (visit.arrive, visit.call, visit.start):
        press(late.pk, actor=TESTER)

    # When the next patient comes, then it is 44 minutes, the median of such a treatment
    told = book(two, at(9, 45), status="arrived")
    assert (told.quoted_low_minutes, told.quoted_minutes, told.quoted_high_minutes) == (35, 44, 60)


def test_the_night_learns_from_the_days_before_and_tomorrow_knows(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    treat(book(ana, at(9), status="arrived"), at_nine, begins=at(9), lasts=90)
    assert selectors.learned_times() == Learned()

    at_nine.move_to(at(3, 30, day=24))
    learn_times()

    expected = after(1, replace(visit_of(lasts=90), practitioner=str(clinic.sousa.pk)))
    assert selectors.learned_times() == expected
    assert LearnedTimes.objects.get().learned_at == at(3, 30, day=24)


def test_today_teaches_nothing_yet_and_a_second_night_changes_nothing(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    treat(book(ana, at(9), status="arrived"), at_nine, begins=at(9), lasts=90)

    assert learning.learn() == Learned()
    at_nine.move_to(at(3, day=24))
    assert learning.learn() == learning.learn() != Learned()


def test_a_treatment_that_nobody_finished_teaches_no_duration(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    from booking.services import day_end

    book(ana, at(9), status="in_progress")
    at_nine.move_to(at(4, day=24))
    day_end.close_past_days()

    (seen,) = selectors.past_visits(MONDAY, MONDAY)[MONDAY]

    assert seen.started is not None
    assert seen.ended is None


def test_the_report_holds_what_was_told_against_what_came(
    clinic: Clinic, patients: Patients, book: Book, at_nine: time_machine.Traveller
) -> None:
    one, two = patients(2)
    first = book(one, at(9), status="arrived")
    second = book(two, at(9, 45), status="arrived")
    treat(first, at_nine, begins=at(9, 2), lasts=68)
    treat(second, at_nine, begins=at(10, 10), lasts=45)

    quoted = sorted(selectors.quoted_waits(MONDAY, MONDAY), key=lambda one: one.waited_minutes)

    assert quoted == [Quoted(MONDAY, 0, 0, 5, 2.0), Quoted(MONDAY, 45, 45, 60, 70.0)]
    assert waits.by_day(quoted) == {
        MONDAY: waits.Accuracy(
            patients=2, mean_wait=36.0, error=13.5, bias=-13.5, coverage=0.5, beyond=0.5
        )
    }


def test_the_manager_reads_the_report_day_by_day(
    clinic: Clinic,
    patients: Patients,
    marta: User,
    client_of: Callable[[User], APIClient],
    book: Book,
    at_nine: time_machine.Traveller,
) -> None:
    first, second = (
        book(one, at(9 + place), status="arrived") for place, one in enumerate(patients(2))
    )
    treat(first, at_nine, begins=at(9, 2), lasts=45)
    treat(second, at_nine, begins=at(10, 30), lasts=45)
    manager = client_of(marta)

    report = manager.get("/api/staff/reports/waits").json()

    day = {
        "patients": 2,
        "mean_wait": 46.0,
        "error": 16.0,
        "bias": -16.0,
        "coverage": 0.5,
        "beyond": 0.5,
    }
    assert report == {"total": day, "days": [{"date": "2026-11-23", **day}]}
    assert manager.get("/api/staff/reports/waits?days=0").status_code == 400
    assert manager.get("/api/staff/reports/waits?days=367").status_code == 400
    at_nine.move_to(at(9, day=25))
    later = client_of(marta).get("/api/staff/reports/waits?days=2").json()
    assert later == {"total": None, "days": []}


def test_nobody_told_nothing_to_report(clinic: Clinic) -> None:
    assert waits.accuracy(selectors.quoted_waits(MONDAY, MONDAY)) is None
    assert Appointment.objects.count() == 0
