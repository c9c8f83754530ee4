"""The past replayed: what would have been forecast at each arrival, from what was known then.

Nothing later than that instant is looked at, and a day teaches only the days after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from booking.choices import AppointmentStatus
from booking.waits.forecast import Entry, standings
from booking.waits.learning import History, Learned, Visit

if TYPE_CHECKING:
    from datetime import date, datetime

    from booking.waits.shown import WaitRange

NAMES = UUID("6f0f2a54-6b1d-4a39-9c51-0d3f5b0b7f6e")


@dataclass(frozen=True, slots=True)
class Row:
    """One visit, and the name under which its forecast is reported."""

    name: str
    visit: Visit


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What was forecast when somebody arrived."""

    name: str
    at: datetime
    wait: WaitRange


def replay(
    rows: Iterable[Row],
    *,
    day_of: Callable[[datetime], date],
    history: History | None = None,
) -> Iterator[CheckIn]:
    """The forecast at every arrival, in order. A day is learned from once it is over."""
    history = history or History()
    days: defaultdict[date, list[Row]] = defaultdict(list)
    for row in rows:
        days[day_of(row.visit.scheduled)].append(row)
    for day in sorted(days):
        yield from _replay_day(days[day], history.learned())
        history.add_day(day, (row.visit for row in days[day]))


def _replay_day(rows: Sequence[Row], learned: Learned) -> Iterator[CheckIn]:
    lists: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        lists[row.visit.practitioner].append(row)
    arrivals = [(row.visit.arrived, row.name, row) for row in rows if row.visit.arrived is not None]
    for at, name, row in sorted(arrivals, key=lambda item: item[:2]):
        practitioner = row.visit.practitioner
        known = [
            entry
            for other in lists[practitioner]
            if (entry := _as_known(other, at, itself=other is row)) is not None
        ]
        own = standings(known, at, learned, practitioner)[uuid5(NAMES, name)]
        yield CheckIn(name, at, own.wait)


def _as_known(row: Row, at: datetime, *, itself: bool) -> Entry | None:
    """The visit as it stood at that instant; None where nothing was known of it.

    Whoever checks in is waiting, also when the treatment begins in the same second.
    """
    visit = row.visit
    arrived, started, ended = (
        instant if instant is not None and instant <= at else None
        for instant in (visit.arrived, visit.started, visit.ended)
    )
    if itself:
        started = ended = None
    if visit.walk_in and arrived is None:
        return None
    status = (
        AppointmentStatus.FULFILLED
        if ended is not None
        else AppointmentStatus.IN_PROGRESS
        if started is not None
        else AppointmentStatus.ARRIVED
        if arrived is not None
        else AppointmentStatus.BOOKED
    )
    return Entry(
        id=uuid5(NAMES, row.name),
        status=status,
        specialty=visit.specialty,
        start=visit.scheduled,
        planned_minutes=visit.planned_minutes,
        arrived_at=arrived,
        started_at=started,
        ended_at=ended,
    )
