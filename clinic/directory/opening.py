"""When the clinic is open: each day from the first practitioner's start to the last one's end."""

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from clinic.core import clock
from clinic.directory import selectors
from clinic.directory.models import Practitioner

if TYPE_CHECKING:
    from clinic.directory.hours import Interval

DAYS_AHEAD = 28
KEPT_SECONDS = 60.0

Day = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Opening:
    """`closes_at` is when the clinic closes, None while it is closed; `opens_at` is when it opens
    next, None if that isn't known."""

    closes_at: datetime | None
    opens_at: datetime | None


class OpeningHours:
    """The opening hours of the next weeks, read at most once a minute, since each board frame
    asks."""

    def __init__(self) -> None:
        self._days: list[Day] = []
        self._first: date | None = None
        self._read_at = float("-inf")

    def around(self, at: datetime) -> Opening:
        """The opening hours around an instant."""
        days = self._days_from(clock.local(at).date())
        return Opening(
            closes_at=next((end for start, end in days if start <= at < end), None),
            opens_at=next((start for start, _ in days if start > at), None),
        )

    def forget(self) -> None:
        """Read them anew the next time that somebody asks."""
        self._read_at = float("-inf")

    def _days_from(self, first: date) -> list[Day]:
        moment = time.monotonic()
        if self._first != first or moment - self._read_at >= KEPT_SECONDS:
            self._days = read_days(first, first + timedelta(days=DAYS_AHEAD))
            self._first, self._read_at = first, moment
        return self._days


def read_days(first: date, last: date) -> list[Day]:
    """The opening hours of each civil day on which somebody works. Three queries."""
    active = Practitioner.objects.filter(is_active=True).values_list("pk", flat=True)
    working = selectors.working_intervals(list(active), first, last)
    by_day: defaultdict[date, list[Interval]] = defaultdict(list)
    for interval in chain.from_iterable(working.values()):
        by_day[clock.local(interval.start).date()].append(interval)
    return [
        (min(one.start for one in worked), max(one.end for one in worked))
        for _, worked in sorted(by_day.items())
    ]


opening_hours = OpeningHours()
