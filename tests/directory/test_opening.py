from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic.directory.models import HoursException, Practitioner, Room, WorkingHours
from clinic.directory.opening import Opening, OpeningHours

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(hour: int, minute: int = 0, *, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


@pytest.fixture
def hours() -> list[Practitioner]:
    """Monday to Friday: one from 9 to 13 and 15 to 19, another from 8:30 to 12."""
    room = Room.objects.create(name="9")
    people = [Practitioner.objects.create(name=name, room=room) for name in ("Rui", "Eva")]
    for weekday in range(5):
        for person, start, end in (
            (people[0], time(9), time(13)),
            (people[0], time(15), time(19)),
            (people[1], time(8, 30), time(12)),
        ):
            WorkingHours.objects.create(practitioner=person, weekday=weekday, start=start, end=end)
    return people


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(8, 29), Opening(None, at(8, 30))),
        (at(8, 30), Opening(at(19), at(8, 30, day=1))),
        # Nobody works from 13 to 15, and the clinic is open: who waits there needn't leave.
        (at(14), Opening(at(19), at(8, 30, day=1))),
        (at(18, 59), Opening(at(19), at(8, 30, day=1))),
        (at(19), Opening(None, at(8, 30, day=1))),
        (at(20, day=4), Opening(None, at(8, 30, day=7))),
    ],
)
def test_the_day_runs_from_the_first_start_to_the_last_end(
    hours: Any, moment: datetime, expected: Opening
) -> None:
    assert OpeningHours().around(moment) == expected


def test_a_closed_day_and_who_no_longer_works_count_for_nothing(hours: Any) -> None:
    HoursException.objects.create(starts_at=at(0, day=1), ends_at=at(0, day=2))
    Practitioner.objects.filter(pk=hours[1].pk).update(is_active=False)

    assert OpeningHours().around(at(20)) == Opening(None, at(9, day=2))


def test_a_clinic_without_hours_says_so() -> None:
    assert OpeningHours().around(at(12)) == Opening(None, None)


def test_it_is_read_once_a_minute(
    hours: Any, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    elapsed = [1000.0]
    monkeypatch.setattr("clinic.directory.opening.time.monotonic", lambda: elapsed[0])
    opening_hours = OpeningHours()

    with django_assert_num_queries(3):
        for minute in range(30):
            opening_hours.around(at(9, minute))
    elapsed[0] += 61
    WorkingHours.objects.all().delete()

    assert opening_hours.around(at(9)) == Opening(None, None)
