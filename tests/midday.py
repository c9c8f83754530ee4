"""A clinic whose day neither begins nor ends while a test runs, at whatever hour that is.

A test of real processes can't hold the clock still for all of them. What it says of today (a time
is free, a frame tells of it) would fail in the last hour before midnight, so that its clinic lives
where it is the middle of the day.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.test.utils import override_settings

NOON = timedelta(hours=12)
# A third of the way round the world apart, none with a summer time of its own but Lisbon.
ZONES = ("Europe/Lisbon", "Asia/Tokyo", "Pacific/Honolulu")


def zone_at_midday(instant: datetime) -> str:
    """The first of those zones in which it is nearest to noon: between 6:30 and 17:30."""
    return min(ZONES, key=lambda zone: abs(_time_of_day(instant, zone) - NOON))


def at_midday() -> override_settings:
    """Inside the block this process's clinic lives there; the processes that it starts are told by
    `CLINIC_TIME_ZONE`."""
    return override_settings(TIME_ZONE=zone_at_midday(datetime.now(UTC)))


def _time_of_day(instant: datetime, zone: str) -> timedelta:
    wall = instant.astimezone(ZoneInfo(zone))
    return timedelta(hours=wall.hour, minutes=wall.minute)
