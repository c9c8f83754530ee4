from datetime import UTC, date, datetime, time, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from clinic.directory import hours, selectors
from clinic.directory.hours import Interval
from clinic.directory.models import HoursException, WorkingHours
from tests.conftest import Clinic

SPRING_FORWARD = date(2026, 3, 29)
FALL_BACK = date(2026, 10, 25)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        (date(2026, 3, 28), utc(2026, 3, 28, 9), utc(2026, 3, 28, 17)),
        (SPRING_FORWARD, utc(2026, 3, 29, 8), utc(2026, 3, 29, 16)),
        (date(2026, 10, 24), utc(2026, 10, 24, 8), utc(2026, 10, 24, 16)),
        (FALL_BACK, utc(2026, 10, 25, 9), utc(2026, 10, 25, 17)),
    ],
)
def test_the_same_civil_hours_are_other_instants_after_a_clock_change(
    day: date, opens: datetime, closes: datetime
) -> None:
    interval = hours.expand(day, time(9), time(17))

    assert interval == Interval(opens, opens, closes)


def test_a_night_in_march_is_an_hour_shorter_and_one_in_october_an_hour_longer() -> None:
    spring = hours.expand(SPRING_FORWARD, time(0), time(4))
    autumn = hours.expand(FALL_BACK, time(0), time(4))

    assert spring is not None
    assert autumn is not None
    assert spring.end - spring.start == timedelta(hours=3)
    assert autumn.end - autumn.start == timedelta(hours=5)


def test_hours_that_lie_in_the_gap_of_march_start_by_the_offset_before_it() -> None:
    interval = hours.expand(SPRING_FORWARD, time(1, 30), time(4))

    assert interval is not None
    assert (interval.start, interval.end) == (utc(2026, 3, 29, 1, 30), utc(2026, 3, 29, 3))


def test_hours_that_the_gap_of_march_swallows_are_no_work() -> None:
    assert hours.expand(SPRING_FORWARD, time(1, 45), time(2, 15)) is None


def test_an_end_at_midnight_closes_the_day() -> None:
    interval = hours.expand(date(2026, 11, 23), time(18), time(0))

    assert interval is not None
    assert interval.end == utc(2026, 11, 24)


def test_closures_are_cut_out_and_the_anchor_stays() -> None:
    whole = Interval(utc(2026, 11, 23, 9), utc(2026, 11, 23, 9), utc(2026, 11, 23, 17))

    pieces = hours.cut(
        whole,
        [
            (utc(2026, 11, 23, 16, 30), utc(2026, 11, 23, 19)),
            (utc(2026, 11, 23, 12, 10), utc(2026, 11, 23, 13)),
            (utc(2026, 11, 23, 12, 30), utc(2026, 11, 23, 12, 40)),
            (utc(2026, 11, 22), utc(2026, 11, 23, 9)),
        ],
    )

    assert pieces == [
        Interval(whole.anchor, utc(2026, 11, 23, 9), utc(2026, 11, 23, 12, 10)),
        Interval(whole.anchor, utc(2026, 11, 23, 13), utc(2026, 11, 23, 16, 30)),
    ]


def test_working_time_of_several_days_takes_two_queries(
    clinic: Clinic, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    WorkingHours.objects.all().delete()
    WorkingHours.objects.create(practitioner=clinic.sousa, weekday=0, start=time(9), end=time(12))
    WorkingHours.objects.create(practitioner=clinic.reis, weekday=1, start=time(14), end=time(18))
    HoursException.objects.create(
        practitioner=clinic.sousa,
        starts_at=utc(2026, 11, 23, 10),
        ends_at=utc(2026, 11, 23, 11),
        reason="training",
    )
    HoursException.objects.create(starts_at=utc(2026, 12, 1), ends_at=utc(2026, 12, 2))

    with django_assert_num_queries(2):
        found = selectors.working_intervals(
            [clinic.sousa.pk, clinic.reis.pk], date(2026, 11, 23), date(2026, 12, 1)
        )

    assert [(i.start, i.end) for i in found[clinic.sousa.pk]] == [
        (utc(2026, 11, 23, 9), utc(2026, 11, 23, 10)),
        (utc(2026, 11, 23, 11), utc(2026, 11, 23, 12)),
        (utc(2026, 11, 30, 9), utc(2026, 11, 30, 12)),
    ]
    assert [(i.start, i.end) for i in found[clinic.reis.pk]] == [
        (utc(2026, 11, 24, 14), utc(2026, 11, 24, 18)),
    ]
