"""The demo's day, laid around the present instant: who is treated, waits, comes later.

A pure function from an instant to a list of visits. Near midnight the whole pattern moves into the
day, so that there are patients to see at any hour.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from clinic.core import clock
from clinic.directory.catalogue import CATALOGUE

MINUTES = {entry.code: entry.duration_minutes for entry in CATALOGUE}
STEP = timedelta(minutes=5)
# The part of an evening that the plan leaves free, so that there is a time to book before midnight.
LEFT_FREE = timedelta(minutes=45)


class Part(StrEnum):
    """How far a visit has come by now."""

    FULFILLED = "fulfilled"
    NO_SHOW = "no_show"
    IN_PROGRESS = "in_progress"
    CALLED = "called"
    WAITING = "waiting"
    AWAITED = "awaited"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Visit:
    """One appointment of the day. `is_guest`: it belongs to the demo's patient account."""

    therapist: int
    specialty: str
    part: Part
    start: datetime
    is_guest: bool = False
    arrived: datetime | None = None
    called: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=MINUTES[self.specialty])


@dataclass(frozen=True, slots=True)
class _Card:
    specialty: str
    part: Part
    gap: int = 0
    is_guest: bool = False

    @property
    def minutes(self) -> int:
        return MINUTES[self.specialty]


@dataclass(frozen=True, slots=True)
class _Column:
    """One therapist's day: what is over, what is going on (since `begins` minutes from now), the
    rest."""

    over: tuple[_Card, ...]
    begins: int
    present: tuple[_Card, ...]
    rest: tuple[_Card, ...]


COLUMNS = (
    _Column(
        over=(
            _Card("evaluation", Part.FULFILLED),
            _Card("musculoskeletal", Part.FULFILLED),
            _Card("shock_waves", Part.FULFILLED),
        ),
        begins=-40,
        present=(
            _Card("musculoskeletal", Part.IN_PROGRESS),
            _Card("shock_waves", Part.WAITING),
            _Card("evaluation", Part.WAITING),
        ),
        rest=(
            _Card("musculoskeletal", Part.LATER, gap=45),
            _Card("shock_waves", Part.LATER, gap=30),
        ),
    ),
    _Column(
        over=(_Card("massage", Part.FULFILLED), _Card("massage", Part.NO_SHOW)),
        begins=-55,
        present=(
            _Card("therapeutic_massage", Part.IN_PROGRESS),
            _Card("massage", Part.WAITING),
            _Card("massage", Part.WAITING),
        ),
        rest=(_Card("massage", Part.LATER, gap=60), _Card("therapeutic_massage", Part.LATER)),
    ),
    _Column(
        over=(_Card("musculoskeletal", Part.FULFILLED), _Card("evaluation", Part.FULFILLED)),
        begins=-45,
        present=(
            _Card("evaluation", Part.AWAITED),
            _Card("musculoskeletal", Part.CALLED),
            _Card("therapeutic_massage", Part.WAITING),
        ),
        rest=(_Card("evaluation", Part.LATER, gap=75),),
    ),
    _Column(
        over=(_Card("musculoskeletal", Part.FULFILLED),),
        begins=-55,
        present=(
            _Card("massage", Part.IN_PROGRESS),
            _Card("shock_waves", Part.AWAITED),
            _Card("musculoskeletal", Part.WAITING),
            _Card("massage", Part.LATER, is_guest=True),
        ),
        rest=(_Card("shock_waves", Part.LATER, gap=60),),
    ),
)


def visits(now: datetime) -> list[Visit]:
    """The visits of the civil day of `now`, in the order of their start."""
    opens, midnight = clock.day_bounds(clock.local(now).date())
    closes = midnight - LEFT_FREE
    found = [
        _with_times(visit, now, opens, position)
        for number, column in enumerate(COLUMNS)
        for position, visit in enumerate(_placed(number, column, now, opens, closes))
    ]
    return sorted(found, key=lambda visit: (visit.start, visit.therapist))


def _placed(
    number: int, column: _Column, now: datetime, opens: datetime, closes: datetime
) -> Iterator[Visit]:
    length = sum((_length(card) for card in column.present), timedelta())
    begins = _on_step(now) + timedelta(minutes=column.begins)
    begins = min(max(begins, opens), closes - length)
    over = list(_backwards(number, column.over, begins, opens))
    yield from reversed(over)
    cursor = begins
    for card in column.present:
        yield _visit(number, card, cursor)
        cursor += _length(card)
    for card in column.rest:
        cursor += timedelta(minutes=card.gap)
        if cursor + _length(card) > closes:
            return
        yield _visit(number, card, cursor)
        cursor += _length(card)


def _backwards(
    number: int, cards: Sequence[_Card], end: datetime, opens: datetime
) -> Iterator[Visit]:
    for card in reversed(cards):
        start = end - _length(card) - STEP
        if start < opens:
            return
        yield _visit(number, card, start)
        end = start


def _with_times(visit: Visit, now: datetime, opens: datetime, position: int) -> Visit:
    """When the patient arrived, was called and so on: in order, within the day, never after now."""

    def within(instant: datetime) -> datetime:
        return min(max(instant, opens), now)

    early = timedelta(minutes=7 + 3 * (position % 3), seconds=11 * visit.therapist)
    arrived = within(min(visit.start, now) - early)
    if visit.part == Part.WAITING:
        return replace(visit, arrived=arrived)
    if visit.part == Part.CALLED:
        return replace(visit, arrived=arrived, called=within(now - timedelta(seconds=40)))
    if visit.part == Part.IN_PROGRESS:
        most = timedelta(minutes=MINUTES[visit.specialty] * 2 / 3)
        started = within(max(visit.start + timedelta(minutes=2), now - most))
        called = within(started - timedelta(minutes=1))
        return replace(visit, arrived=min(arrived, called), called=called, started=started)
    if visit.part == Part.FULFILLED:
        started = within(visit.start + timedelta(minutes=2))
        return replace(
            visit,
            arrived=arrived,
            called=within(visit.start + timedelta(minutes=1)),
            started=started,
            ended=within(visit.end - timedelta(minutes=1)),
        )
    if visit.part == Part.NO_SHOW:
        return replace(visit, ended=within(visit.start + timedelta(minutes=20)))
    return visit


def _visit(number: int, card: _Card, start: datetime) -> Visit:
    return Visit(number, card.specialty, card.part, start, card.is_guest)


def _length(card: _Card) -> timedelta:
    return timedelta(minutes=card.minutes)


def _on_step(instant: datetime) -> datetime:
    return instant - timedelta(
        minutes=instant.minute % 5, seconds=instant.second, microseconds=instant.microsecond
    )
