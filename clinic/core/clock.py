"""The one place that asks what time it is. Instants are aware and in UTC; days are the clinic's.

The time is the database's, of which there is one. Hosts have clocks of their own, which may be
hours apart or jump; whoever went by them would end holds and sessions that others keep. So each
connection to the database tells what time it is there, and until the next one a stopwatch goes on
from that, which nobody sets.

The clinic's zone is the setting `TIME_ZONE`: Lisbon's, unless the installation says otherwise.
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
"""A day or moment of another year, told by whoever, is a mistake. The bounds leave room on both
sides of what the calendar and a time zone can reckon with."""

_replayed: ContextVar[datetime | None] = ContextVar("replayed", default=None)
# One that goes on while the machine sleeps, where there is one.
_STOPWATCH = getattr(host, "CLOCK_BOOTTIME", host.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What time it was in the database when the stopwatch showed so many seconds."""

    epoch: float
    at: float

    def now(self) -> float:
        return self.epoch + _stopwatch() - self.at


_reading: _Reading | None = None


def now() -> datetime:
    """The present instant, aware, in UTC: the database's, as soon as there was a connection to it.

    Where the setting `CLOCK_FOLLOWS_DATABASE` is off, as in a test that moves its clock, this
    host's.
    """
    if instant := _replayed.get():
        return instant
    if _reading is None or not settings.CLOCK_FOLLOWS_DATABASE:
        return datetime.now(UTC)
    return datetime.fromtimestamp(_reading.now(), UTC)


def follow(ask: Callable[[], float]) -> None:
    """Set the clock by the seconds since 1970 that `ask` brings from the database.

    The answer is from some moment between the question and its arrival. What differs by no more
    than that says nothing new, so that the clock doesn't tremble and a slow answer spoils nothing.
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
    """Inside the block it is `instant`, for this thread or task alone: to replay past events."""
    token = _replayed.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _replayed.reset(token)


def zone() -> ZoneInfo:
    """Where the clinic is, for its wall clock."""
    return ZoneInfo(settings.TIME_ZONE)


def local(instant: datetime) -> datetime:
    """The same instant on the clinic's wall clock; at the very ends of the calendar, where only a
    fault can lead, the instant itself."""
    try:
        return instant.astimezone(zone())
    except OverflowError:
        return instant


def today() -> date:
    """The clinic's civil date at this instant."""
    return local(now()).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First instant of a civil day and first instant of the next: 23, 24 or 25 hours apart."""
    start = datetime.combine(day, time(), zone())
    end = datetime.combine(day + timedelta(days=1), time(), zone())
    return start.astimezone(UTC), end.astimezone(UTC)
