from datetime import UTC, date, datetime, timedelta

import time_machine
from pytest_django import Settings

from clinic.core import clock


def test_a_lisbon_day_is_23_24_or_25_hours_long() -> None:
    lengths = {
        day: end - start
        for day in (date(2026, 3, 29), date(2026, 11, 23), date(2026, 10, 25))
        for start, end in [clock.day_bounds(day)]
    }

    assert lengths == {
        date(2026, 3, 29): timedelta(hours=23),
        date(2026, 11, 23): timedelta(hours=24),
        date(2026, 10, 25): timedelta(hours=25),
    }


def test_the_civil_day_starts_at_lisbons_midnight() -> None:
    start, _ = clock.day_bounds(date(2026, 7, 1))

    assert start == datetime(2026, 6, 30, 23, 0, tzinfo=UTC)


def test_a_clinic_in_the_azores_has_its_day_an_hour_later(settings: Settings) -> None:
    settings.TIME_ZONE = "Atlantic/Azores"

    start, end = clock.day_bounds(date(2026, 11, 27))

    assert (start, end) == (
        datetime(2026, 11, 27, 1, 0, tzinfo=UTC),
        datetime(2026, 11, 28, 1, 0, tzinfo=UTC),
    )
    with time_machine.travel(datetime(2026, 11, 28, 0, 30, tzinfo=UTC), tick=False):
        assert clock.today() == date(2026, 11, 27)
        assert clock.local(clock.now()).hour == 23
