"""The one place that asks what time it is. Instants are aware and in UTC; days are the clinic's.

The time is that of the database, since there is only one. Hosts have clocks of their own, which may
be hours apart, or jump: going by those, one host would end holds and sessions that another keeps.
So each connection to the database says what time it is there, and a stopwatch that nobody sets
counts on from it until the next connection.

The clinic's time zone is the setting `TIME_ZONE`: Lisbon, unless the installation says otherwise.
"""

import time as host
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

YEARS = range(2000, 2101)
"""A day or moment outside these years is a mistake, whoever gives it. Within them, calendar and
time zone arithmetic can't overflow."""

_replayed: ContextVar[datetime | None] = ContextVar("replayed", default=None)
# A clock that goes on while the machine sleeps, where there is one.
_STOPWATCH = getattr(host, "CLOCK_BOOTTIME", host.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The database's time when the stopwatch showed so many seconds."""

    epoch: float
    at: float

    def now(self) -> float:
        return self.epoch + _stopwatch() - self.at


_reading: _Reading | None = None


def now() -> datetime:
    """The present instant, aware, in UTC: the database's, once there has been a connection to it.

    If the setting `CLOCK_FOLLOWS_DATABASE` is off, as in a test that moves its clock, it is the
    host's.
    """
    if instant := _replayed.get():
        return instant
    if _reading is None or not settings.CLOCK_FOLLOWS_DATABASE:
        return datetime.now(UTC)
    return datetime.fromtimestamp(_reading.now(), UTC)


def follow(ask: Callable[[], float]) -> None:
    """Set the clock by the seconds since 1970 that `ask` gets from the database.

    The answer belongs to some moment between asking and receiving it. A difference within that span
    is ignored, so the clock doesn't jitter, and a slow answer does no harm.
    """
    global _reading
    asked = _stopwatch()
    epoch = ask()
    took = _stopwatch() - asked
    reading = _Reading(epoch, asked + took / 2)
    if _reading is None or abs(reading.now() - _reading.now()) > took:
        _reading = reading


def _stopwatch() -> float:
    return host.clock_gettime(_STOPWATCH)


@contextmanager
def replaying(instant: datetime) -> Iterator[None]:
    """Inside the block `now` is `instant`, for this thread or task alone: to replay past events."""
    token = _replayed.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _replayed.reset(token)


def zone() -> ZoneInfo:
    """The clinic's time zone."""
    return ZoneInfo(settings.TIME_ZONE)


def local(instant: datetime) -> datetime:
    """The same instant on the clinic's wall clock; at the very ends of the calendar, which only a
    mistake can reach, the instant itself."""
    try:
        return instant.astimezone(zone())
    except OverflowError:
        return instant


def today() -> date:
    """The clinic's civil date at this instant."""
    return local(now()).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The first instant of a civil day and of the next one: 23, 24 or 25 hours apart."""
    start = datetime.combine(day, time(), zone())
    end = datetime.combine(day + timedelta(days=1), time(), zone())
    return start.astimezone(UTC), end.astimezone(UTC)
