from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from booking.models import Appointment
from clinic.accounts.models import User
from clinic.core import clock
from clinic.directory.models import HoursException, Patient, Specialty, WorkingHours
from tests.answers import Answer
from tests.booking.conftest import Book, Patients, at
from tests.conftest import Clinic


@pytest.fixture
def short_hours(clinic: Clinic) -> Clinic:
    """Sousa works 9:10-11:00, Reis 10:00-11:00, on Mondays."""
    WorkingHours.objects.all().delete()
    WorkingHours.objects.create(
        practitioner=clinic.sousa, weekday=0, start=time(9, 10), end=time(11)
    )
    WorkingHours.objects.create(practitioner=clinic.reis, weekday=0, start=time(10), end=time(11))
    return clinic


def ask(**query: object) -> Answer:
    params = {"from" if key == "from_" else key: str(value) for key, value in query.items()}
    return APIClient(headers={"Accept-Language": "en"}).get("/api/slots", params)


def listed(**query: object) -> list[tuple[datetime, str]]:
    answer = ask(**query)
    assert answer.status_code == 200, answer.content
    return [
        (datetime.fromisoformat(slot["start"]), slot["practitioner"]["name"].split()[-1])
        for slot in answer.json()
    ]


def test_slots_stand_every_15_minutes_from_the_start_of_work_where_the_treatment_fits(
    short_hours: Clinic,
) -> None:
    found = listed(specialty="massage", from_="2026-11-23", to="2026-11-23")

    assert found == [
        (at(9, 10), "Sousa"),
        (at(9, 25), "Sousa"),
        (at(9, 40), "Sousa"),
        (at(9, 55), "Sousa"),
        (at(10, 0), "Reis"),
        (at(10, 10), "Sousa"),
        (at(10, 15), "Reis"),
    ]


def test_a_slot_says_when_it_ends_and_with_whom(short_hours: Clinic) -> None:
    slots = ask(
        specialty="therapeutic_massage",
        practitioner=short_hours.reis.pk,
        from_="2026-11-23",
        to="2026-11-23",
    ).json()

    assert slots == [
        {
            "start": "2026-11-23T10:00:00+00:00",
            "end": "2026-11-23T11:00:00+00:00",
            "practitioner": {"id": str(short_hours.reis.pk), "name": "Tiago Reis"},
        }
    ]


def test_nothing_before_now_is_offered(
    short_hours: Clinic, at_nine: time_machine.Traveller
) -> None:
    at_nine.move_to(at(9, 26))

    found = listed(specialty="massage", practitioner=short_hours.sousa.pk, to="2026-11-23")

    assert [start for start, _ in found] == [at(9, 40), at(9, 55), at(10, 10)]


def test_a_slot_that_starts_this_very_moment_is_offered(
    short_hours: Clinic, at_nine: time_machine.Traveller
) -> None:
    at_nine.move_to(at(9, 25))

    found = listed(specialty="massage", practitioner=short_hours.sousa.pk, to="2026-11-23")

    assert found[0][0] == at(9, 25)


def test_live_appointments_take_their_time_and_back_to_back_is_free(
    short_hours: Clinic, ana: Patient, book: Book
) -> None:
    book(ana, at(9, 55))

    massage = listed(specialty="massage", practitioner=short_hours.sousa.pk, to="2026-11-23")
    waves = listed(specialty="shock_waves", practitioner=short_hours.sousa.pk, to="2026-11-23")

    assert [start for start, _ in massage] == [at(9, 10)]
    assert [start for start, _ in waves] == [at(9, 10), at(9, 25), at(10, 40)]


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_an_appointment_that_is_off_takes_no_time(
    short_hours: Clinic, ana: Patient, book: Book, status: str
) -> None:
    book(ana, at(9, 55), status=status)

    found = listed(specialty="massage", practitioner=short_hours.sousa.pk, to="2026-11-23")

    assert at(9, 55) in [start for start, _ in found]


def test_a_hold_that_ran_out_is_free_before_anybody_sweeps_it(
    short_hours: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    book(ana, at(9, 55), status="pending")

    at_nine.shift(timedelta(minutes=15))

    found = listed(specialty="massage", practitioner=short_hours.sousa.pk, to="2026-11-23")
    assert at(9, 55) in [start for start, _ in found]


def test_closures_are_left_out_and_the_grid_stays_where_it_was(short_hours: Clinic) -> None:
    HoursException.objects.create(starts_at=at(9, 30), ends_at=at(10, 5), reason="fire drill")

    found = listed(specialty="shock_waves", practitioner=short_hours.sousa.pk, to="2026-11-23")

    assert [start for start, _ in found] == [at(9, 10), at(10, 10), at(10, 25), at(10, 40)]


def test_without_a_free_room_there_is_no_slot(
    short_hours: Clinic, ana: Patient, book: Book
) -> None:
    book(ana, at(10), practitioner=short_hours.reis)
    Appointment.objects.update(room=short_hours.room_1)
    short_hours.room_2.practitioners.update(room=short_hours.room_1)
    short_hours.room_2.delete()

    found = listed(specialty="shock_waves", practitioner=short_hours.sousa.pk, to="2026-11-23")

    assert [start for start, _ in found] == [at(9, 10), at(9, 25), at(9, 40)]


def test_a_practitioner_without_the_specialty_has_no_slots(short_hours: Clinic) -> None:
    short_hours.reis.specialties.set([Specialty.objects.get(pk="massage")])

    assert listed(specialty="shock_waves", practitioner=short_hours.reis.pk) == []


def test_fourteen_days_are_shown_unless_asked_otherwise(short_hours: Clinic) -> None:
    days = {clock.local(start).date().isoformat() for start, _ in listed(specialty="massage")}

    assert days == {"2026-11-23", "2026-11-30"}


def test_instants_bound_the_starts_half_open(short_hours: Clinic) -> None:
    found = listed(
        specialty="massage",
        practitioner=short_hours.sousa.pk,
        from_="2026-11-23T10:25:00+01:00",
        to="2026-11-23T09:55:00Z",
    )

    assert [start for start, _ in found] == [at(9, 25), at(9, 40)]


@pytest.mark.parametrize(
    ("day", "first", "count"),
    [
        ("2027-03-27", datetime(2027, 3, 27, 0, tzinfo=UTC), 16),
        ("2027-03-28", datetime(2027, 3, 28, 0, tzinfo=UTC), 12),
        ("2027-10-30", datetime(2027, 10, 29, 23, tzinfo=UTC), 16),
        ("2027-10-31", datetime(2027, 10, 30, 23, tzinfo=UTC), 20),
    ],
)
def test_a_night_of_slots_over_a_clock_change(
    clinic: Clinic, day: str, first: datetime, count: int
) -> None:
    WorkingHours.objects.update(end=time(4))

    found = listed(specialty="shock_waves", practitioner=clinic.sousa.pk, from_=day, to=day)

    # 20 minutes fit from the first quarter on; the last two quarters before the end are too short.
    assert found[0][0] == first
    assert len(found) == count - 1
    assert len({start for start, _ in found}) == len(found)


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ({}, "/specialty", "required"),
        ({"specialty": "palmistry"}, "/specialty", "unknown_specialty"),
        ({"specialty": "massage", "practitioner": "me"}, "/practitioner", "invalid"),
        ({"specialty": "massage", "from_": "2026-11-24T10:00:00"}, "/from", "naive"),
        ({"specialty": "massage", "from_": "2027-03-28T01:30"}, "/from", "naive"),
        ({"specialty": "massage", "to": "2027-10-31T01:30:00"}, "/to", "naive"),
        ({"specialty": "massage", "from_": "tomorrow"}, "/from", "invalid"),
        ({"specialty": "massage", "from_": "2026-13-01"}, "/from", "invalid"),
        ({"specialty": "massage", "to": "9999-12-31"}, "/to", "out_of_range"),
        ({"specialty": "massage", "to": "0001-01-01T00:00:00+14:00"}, "/to", "out_of_range"),
        ({"specialty": "massage", "from_": "2026-11-25", "to": "2026-11-24"}, "/to", "backwards"),
        (
            {"specialty": "massage", "from_": "2026-11-25T10:00Z", "to": "2026-11-25T10:00Z"},
            "/to",
            "backwards",
        ),
        (
            {"specialty": "massage", "from_": "2026-12-01", "to": "2027-02-02"},
            "/to",
            "range_too_long",
        ),
        (
            {"specialty": "massage", "from_": "2026-12-01T00:00Z", "to": "2027-02-02T00:00Z"},
            "/to",
            "range_too_long",
        ),
        ({"specialty": "massage", "to": "2036-11-23"}, "/to", "range_too_long"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_field(
    clinic: Clinic, query: dict[str, str], pointer: str, code: str
) -> None:
    answer = ask(**query)

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)


def test_an_unknown_practitioner_is_refused(clinic: Clinic) -> None:
    answer = ask(specialty="massage", practitioner="00000000-0000-4000-8000-000000000000")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_practitioner")


def test_62_days_may_be_asked_for_at_once(clinic: Clinic) -> None:
    assert ask(specialty="massage", from_="2026-12-01", to="2027-01-31").status_code == 200
    assert (
        ask(specialty="massage", from_="2026-12-01T00:00Z", to="2027-02-01T00:00Z").status_code
        == 200
    )


def test_the_number_of_queries_depends_neither_on_days_nor_on_appointments(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number, patient in enumerate(patients(4)):
        book(patient, at(10 + number))

    for to in ("2026-11-23", "2027-01-20"):
        with django_assert_num_queries(6):
            assert ask(specialty="massage", to=to).status_code == 200


def test_what_is_offered_can_be_held_until_nothing_is_offered(
    short_hours: Clinic, patients: Patients, client_of: Callable[[User], APIClient]
) -> None:
    holders = iter(patients(9))
    held = []

    while offered := ask(specialty="shock_waves", to="2026-11-23").json():
        slot = offered[0]
        answer = client_of(next(holders)).post(
            "/api/appointments",
            {
                "specialty": "shock_waves",
                "practitioner": slot["practitioner"]["id"],
                "start": slot["start"],
            },
        )
        assert answer.status_code == 201, answer.content
        assert (answer.json()["start"], answer.json()["end"]) == (slot["start"], slot["end"])
        held.append((datetime.fromisoformat(slot["start"]), slot["practitioner"]["name"][:4]))

    assert held == [
        (at(9, 10), "Inês"),
        (at(9, 40), "Inês"),
        (at(10, 0), "Tiag"),
        (at(10, 10), "Inês"),
        (at(10, 30), "Tiag"),
        (at(10, 40), "Inês"),
    ]
