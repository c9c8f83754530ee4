from datetime import UTC, date, datetime, timedelta

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
