import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import close_old_connections, connection
from pytest_django import Settings

from clinic.core import clock

# What a busy machine may take between two statements.
A_MOMENT = timedelta(seconds=1)


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


@pytest.fixture
def followed(db: None, settings: Settings) -> Callable[[], datetime]:
    """The clock follows the database from here on; what the time is there."""
    settings.CLOCK_FOLLOWS_DATABASE = True
    assert connection.is_usable()

    def there() -> datetime:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            instant: datetime = cursor.fetchone()[0]
        return instant

    return there


@pytest.mark.parametrize("hours", [-24, -1, 1, 24 * 365])
def test_a_host_whose_clock_is_wrong_goes_by_the_databases(
    followed: Callable[[], datetime], hours: int
) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours)):
        before, now, after = followed(), clock.now(), followed()

    assert before - A_MOMENT < now < after + A_MOMENT


def test_a_host_whose_clock_jumps_meanwhile_doesnt_notice(
    followed: Callable[[], datetime],
) -> None:
    first = clock.now()
    with time_machine.travel(datetime.now(UTC) - timedelta(hours=2)):
        second = clock.now()
    third = clock.now()

    assert first < second < third < followed() + A_MOMENT


def test_a_past_that_is_replayed_is_nobodys_clock(followed: Callable[[], datetime]) -> None:
    past = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    with clock.replaying(past):
        assert clock.now() == past


def test_a_slow_answer_doesnt_move_the_clock_but_a_true_difference_does(
    followed: Callable[[], datetime],
) -> None:
    def slow() -> float:
        asked = clock.now().timestamp()
        time.sleep(0.2)
        return asked

    def an_hour_later() -> float:
        return clock.now().timestamp() + 3600

    right = clock.now() - followed()
    clock.follow(slow)
    assert abs(clock.now() - followed() - right) < A_MOMENT / 20

    clock.follow(an_hour_later)
    assert clock.now() - followed() > timedelta(minutes=59)

    # The next look at the database puts it right again.
    assert connection.is_usable()
    assert abs(clock.now() - followed()) < A_MOMENT


def test_every_request_and_task_looks_at_the_databases_clock_first(
    transactional_db: None, settings: Settings
) -> None:
    settings.CLOCK_FOLLOWS_DATABASE = True
    clock.follow(lambda: datetime(2020, 1, 1, tzinfo=UTC).timestamp())
    assert clock.now().year == 2020

    close_old_connections()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    assert abs(clock.now() - datetime.now(UTC)) < A_MOMENT
