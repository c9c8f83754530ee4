"""How long a patient still waits: pure functions of what is known at one instant.

Per practitioner the queue is rolled forward. First the rest of the treatment that is running, then
each treatment ahead in the order in which the patients will be called. A patient who has arrived
isn't expected in before the appointment's own time; a patient who was called goes in at once.

A treatment's length is taken as lognormal around its plan with a coefficient of variation of 0.25.
Its rest after `elapsed` minutes is E[S - e | S > e]: while the treatment keeps to its plan this is
about what is left of it, and past the plan it falls only slowly and never to zero, which is how an
overrun shows. From twice the plan on it stays where it is, since somebody may have forgotten to
finish it. Sums are carried as mean and variance; the range spans the 10th to the 90th percentile of
the normal with the same two moments.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from booking.models import AppointmentStatus

VARIATION = 0.25
STEP = 5
Z_90 = 1.2815515655446004
LONGEST_SHARE = 2.0

_LOG_VARIANCE = math.log1p(VARIATION**2)
_LOG_SD = math.sqrt(_LOG_VARIANCE)


class Spread(NamedTuple):
    """Mean and variance of a time in minutes."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class WaitRange:
    """What a patient may read: a range in steps of five minutes, and the mean in whole minutes.

    0 to 5 means any moment now.
    """

    low_minutes: int
    high_minutes: int
    estimate_minutes: int

    def as_dict(self) -> dict[str, int]:
        return {
            "low_minutes": self.low_minutes,
            "high_minutes": self.high_minutes,
            "estimate_minutes": self.estimate_minutes,
        }


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit of today on the premises, as the estimate sees it."""

    id: UUID
    status: str
    start: datetime
    planned_minutes: float
    arrived_at: datetime
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A waiting patient's place in the practitioner's queue, 1 being next, and the wait."""

    position: int
    wait: WaitRange


def treatment(planned: float) -> Spread:
    """Length of a treatment that hasn't begun."""
    return Spread(planned, (VARIATION * planned) ** 2)


def rest(planned: float, elapsed: float) -> Spread:
    """What is left of a treatment that has been running for `elapsed` minutes."""
    share = min(elapsed / planned, LONGEST_SHARE)
    if share <= 0:
        return treatment(planned)
    location = -_LOG_VARIANCE / 2
    z = (location - math.log(share)) / _LOG_SD
    survivors = _below(z)
    mean = _below(z + _LOG_SD) / survivors
    square = (1 + VARIATION**2) * _below(z + 2 * _LOG_SD) / survivors
    return Spread(
        planned * max(mean - share, 0.0),
        planned**2 * max(square - mean**2, 0.0),
    )


def add(first: Spread, second: Spread) -> Spread:
    """One after the other, independent of each other."""
    return Spread(first.mean + second.mean, first.variance + second.variance)


def not_before(spread: Spread, earliest: float) -> Spread:
    """The later of a normal time and a fixed one, by its first two moments."""
    if spread.variance <= 0:
        return Spread(max(spread.mean, earliest), 0.0)
    sd = math.sqrt(spread.variance)
    z = (spread.mean - earliest) / sd
    above, below, density = _below(z), _below(-z), _density(z)
    mean = spread.mean * above + earliest * below + sd * density
    square = (
        (spread.mean**2 + spread.variance) * above
        + earliest**2 * below
        + (spread.mean + earliest) * sd * density
    )
    return Spread(mean, max(square - mean**2, 0.0))


def shown(free: Spread, earliest: float = 0.0) -> WaitRange:
    """Range and estimate of a wait until the practitioner is free, and not before `earliest`."""
    floor = max(earliest, 0.0)
    mean = not_before(free, floor).mean
    margin = Z_90 * math.sqrt(free.variance)
    low = STEP * math.floor(_tidy(max(free.mean - margin, floor)) / STEP)
    high = STEP * math.ceil(_tidy(max(free.mean + margin, mean)) / STEP)
    return WaitRange(low, max(high, low + STEP), round(mean))


def standings(entries: Iterable[Entry], now: datetime) -> dict[UUID, Standing]:
    """Place and wait of each arrived patient of one practitioner."""
    visits = list(entries)
    free = _running(visits, now)
    for entry in _in_order(visits, AppointmentStatus.CALLED):
        free = add(free, treatment(entry.planned_minutes))
    result: dict[UUID, Standing] = {}
    waiting = _in_order(visits, AppointmentStatus.ARRIVED)
    for position, entry in enumerate(waiting, start=1):
        earliest = max((entry.start - now).total_seconds() / 60, 0.0)
        result[entry.id] = Standing(position, shown(free, earliest))
        free = add(not_before(free, earliest), treatment(entry.planned_minutes))
    return result


def _running(visits: Sequence[Entry], now: datetime) -> Spread:
    """The longest rest of what is under way; nothing when the practitioner is free."""
    rests = [
        rest(entry.planned_minutes, (now - entry.started_at).total_seconds() / 60)
        for entry in visits
        if entry.status == AppointmentStatus.IN_PROGRESS and entry.started_at is not None
    ]
    return max(rests, default=Spread(0.0, 0.0))


def _in_order(visits: Sequence[Entry], status: AppointmentStatus) -> list[Entry]:
    """The order of calling: earliest appointment first."""
    chosen = (entry for entry in visits if entry.status == status)
    return sorted(chosen, key=lambda entry: (entry.start, entry.arrived_at, entry.id))


def _below(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def _density(z: float) -> float:
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _tidy(minutes: float) -> float:
    """Without the last bits of rounding, so that 15.000000000000002 isn't rounded up to 20."""
    return round(minutes, 6)
