"""Working hours as instants: civil time expanded day by day, with closures cut out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from clinic.core import clock


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open stretch of work. `anchor` is the start of the working interval before anything
    was cut."""

    anchor: datetime
    start: datetime
    end: datetime


def days(first: date, last: date) -> Iterator[date]:
    """Every civil date from first to last, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def expand(day: date, start: time, end: time) -> Interval | None:
    """One day's interval of civil time as instants; None if a clock change swallows it.

    An end of 00:00 is the midnight that closes the day. A wall time that doesn't exist on that day
    is read with the offset before the change.
    """
    opens = datetime.combine(day, start, clock.zone()).astimezone(UTC)
    closing_day = day + timedelta(days=1) if end == time() else day
    closes = datetime.combine(closing_day, end, clock.zone()).astimezone(UTC)
    return Interval(opens, opens, closes) if closes > opens else None


def cut(interval: Interval, closures: Iterable[tuple[datetime, datetime]]) -> list[Interval]:
    """What remains of an interval after taking out closures. The anchor stays."""
    pieces: list[Interval] = []
    start = interval.start
    for closed_from, closed_to in sorted(closures):
        if closed_to <= start or closed_from >= interval.end:
            continue
        if closed_from > start:
            pieces.append(Interval(interval.anchor, start, closed_from))
        start = closed_to
    if start < interval.end:
        pieces.append(Interval(interval.anchor, start, interval.end))
    return pieces
