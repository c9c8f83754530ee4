"""What the clinic's own past shows: how long treatments last, and who comes when.

Each figure is a weighted mean of what was seen. A day's weight halves every 60 days, so the newest
counts most. Where little was seen, the mean is shrunk: a practitioner's treatments of a specialty
towards that specialty, the specialty towards the whole clinic, the clinic towards the plan.
Treatments are lognormal around these means; a practitioner's day is faster or slower as a whole.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from datetime import date, datetime

HALF_LIFE_DAYS: Final = 60.0
SHRINKAGE: Final = 10.0
LONGEST_RATIO: Final = 4.0
SHORTEST_RATIO: Final = 0.1
NOTICEABLE_MINUTES: Final = 1.0
LONGEST_TURNOVER: Final = 30.0

# Before anything was seen: the spread of treatments in general, and a usual share of no-shows.
SPREAD: Final = math.log1p(0.25**2)
DAY_SPREAD: Final = 0.08**2
PUNCTUALITY: Final = (-5.0, 10.0)
SHOW: Final = 0.92


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit of the past; None where it never happened. A walk-in was never scheduled."""

    specialty: str
    practitioner: str
    planned_minutes: float
    scheduled: datetime
    arrived: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    walk_in: bool = False


@dataclass(slots=True)
class Tally:
    """A weighted mean that forgets."""

    weight: float = 0.0
    total: float = 0.0
    day: int = 0

    def add(self, value: float, day: int) -> None:
        self._age(day)
        self.weight += 1.0
        self.total += value

    def mean(self, prior: float, strength: float = SHRINKAGE) -> float:
        """The mean, shrunk towards `prior` as if that had been seen `strength` times."""
        return (self.total + strength * prior) / (self.weight + strength)

    def _age(self, day: int) -> None:
        if day > self.day:
            kept = 0.5 ** ((day - self.day) / HALF_LIFE_DAYS)
            self.weight *= kept
            self.total *= kept
            self.day = day


@dataclass(frozen=True, slots=True)
class Learned:
    """The figures at one instant; without arguments, those before anything was seen.

    Locations are means of the logarithm of actual over planned duration, `spread` and `day_spread`
    variances of it: of one treatment, and of a practitioner's whole day. Punctuality is in minutes
    after the scheduled time, early is negative. `eagerness` is how often a treatment starts as soon
    as both are ready, rather than at its scheduled time.
    """

    location: float = -SPREAD / 2
    by_specialty: dict[str, float] = field(default_factory=dict)
    by_practitioner: dict[str, float] = field(default_factory=dict)
    spread: float = SPREAD
    day_spread: float = DAY_SPREAD
    punctuality_mean: float = PUNCTUALITY[0]
    punctuality_sd: float = PUNCTUALITY[1]
    show: float = SHOW
    eagerness: float = 0.0
    turnover_minutes: float = 0.0

    def __hash__(self) -> int:
        return hash((self.location, self.spread, self.show, self.punctuality_mean))

    def location_of(self, specialty: str, practitioner: str) -> float:
        """The mean log ratio of one practitioner's treatments of a specialty."""
        known = self.by_practitioner.get(_pair(specialty, practitioner))
        return self.by_specialty.get(specialty, self.location) if known is None else known

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class History:
    """Collects whole days, in order, and learns from them."""

    def __init__(self) -> None:
        self._clinic = Tally()
        self._specialties: defaultdict[str, Tally] = defaultdict(Tally)
        self._pairs: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
        self._squares = Tally()
        self._products = Tally()
        self._offset, self._offset_squares = Tally(), Tally()
        self._shows = Tally()
        self._eagerness = Tally()
        self._turnover = Tally()

    def add_day(self, day: date, visits: Iterable[Visit]) -> None:
        """Learn from all visits of one finished day."""
        number = day.toordinal()
        by_practitioner: defaultdict[str, list[Visit]] = defaultdict(list)
        for visit in visits:
            self._learn_arrival(visit, number)
            if visit.started is not None:
                by_practitioner[visit.practitioner].append(visit)
        learned = self.learned()
        for treated in by_practitioner.values():
            treated.sort(key=lambda visit: visit.started or visit.scheduled)
            self._learn_durations(treated, learned, number)
            self._learn_starts(treated, number)

    def learned(self) -> Learned:
        """What has been learned so far."""
        clinic = self._clinic.mean(-SPREAD / 2)
        by_specialty = {
            specialty: tally.mean(clinic) for specialty, tally in self._specialties.items()
        }
        by_practitioner = {
            _pair(specialty, practitioner): tally.mean(by_specialty[specialty])
            for (specialty, practitioner), tally in self._pairs.items()
        }
        day_spread = max(self._products.mean(DAY_SPREAD, 30.0), 0.0)
        both = self._squares.mean(SPREAD + DAY_SPREAD, 20.0)
        mean, sd = PUNCTUALITY
        offset = self._offset.mean(mean)
        squares = self._offset_squares.mean(sd**2 + mean**2)
        return Learned(
            location=clinic,
            by_specialty=by_specialty,
            by_practitioner=by_practitioner,
            spread=max(both - day_spread, 0.01),
            day_spread=day_spread,
            punctuality_mean=offset,
            punctuality_sd=math.sqrt(max(squares - offset**2, 1.0)),
            show=self._shows.mean(SHOW, 25.0),
            eagerness=self._eagerness.mean(0.0, 5.0),
            turnover_minutes=self._turnover.mean(0.0, 5.0),
        )

    def _learn_arrival(self, visit: Visit, day: int) -> None:
        if visit.walk_in:
            return
        self._shows.add(float(visit.arrived is not None), day)
        if visit.arrived is not None:
            offset = minutes_between(visit.scheduled, visit.arrived)
            self._offset.add(offset, day)
            self._offset_squares.add(offset**2, day)

    def _learn_durations(self, treated: list[Visit], learned: Learned, day: int) -> None:
        before: float | None = None
        for visit in treated:
            ratio = log_ratio(visit)
            if ratio is None:
                continue
            self._clinic.add(ratio, day)
            self._specialties[visit.specialty].add(ratio, day)
            self._pairs[visit.specialty, visit.practitioner].add(ratio, day)
            error = ratio - learned.location_of(visit.specialty, visit.practitioner)
            self._squares.add(error**2, day)
            if before is not None:
                self._products.add(before * error, day)
            before = error

    def _learn_starts(self, treated: list[Visit], day: int) -> None:
        free: datetime | None = None
        for visit in treated:
            if visit.started is None or visit.arrived is None:
                continue
            ready = visit.arrived if free is None else max(free, visit.arrived)
            early = minutes_between(ready, visit.scheduled)
            if not visit.walk_in and early > NOTICEABLE_MINUTES:
                taken = minutes_between(visit.started, visit.scheduled) / early
                self._eagerness.add(min(max(taken, 0.0), 1.0), day)
            elif free is not None and visit.arrived <= free:
                gap = minutes_between(free, visit.started)
                self._turnover.add(min(max(gap, 0.0), LONGEST_TURNOVER), day)
            free = visit.ended


def log_ratio(visit: Visit) -> float | None:
    """The logarithm of actual over planned duration; None for a treatment without an end."""
    if visit.started is None or visit.ended is None or visit.planned_minutes <= 0:
        return None
    ratio = minutes_between(visit.started, visit.ended) / visit.planned_minutes
    return math.log(min(max(ratio, SHORTEST_RATIO), LONGEST_RATIO))


def minutes_between(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60


def _pair(specialty: str, practitioner: str) -> str:
    return f"{specialty} {practitioner}"
