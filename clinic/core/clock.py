"""The one place that asks what time it is. Instants are aware and in UTC; days are the clinic's.

The clinic's zone is the setting `TIME_ZONE`: Lisbon's, unless the installation says otherwise.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

_replayed: ContextVar[datetime | None] = ContextVar("replayed", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _replayed.get() or datetime.now(UTC)


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
    """The same instant on the clinic's wall clock."""
    return instant.astimezone(zone())


def today() -> date:
    """The clinic's civil date at this instant."""
    return local(now()).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First instant of a civil day and first instant of the next: 23, 24 or 25 hours apart."""
    start = datetime.combine(day, time(), zone())
    end = datetime.combine(day + timedelta(days=1), time(), zone())
    return start.astimezone(UTC), end.astimezone(UTC)
