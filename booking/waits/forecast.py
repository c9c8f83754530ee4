"""The day of one practitioner, simulated many times from one instant.

In each simulated day ("roll") every treatment gets a length, and every patient who isn't here yet
an arrival, or none. Then the practitioner treats as this clinic does: first whoever is called, then
the earliest appointment among those present, and with nobody there whoever comes next. How long the
running treatment goes on depends on how long it has lasted, and the later it gets, the less likely
a missing patient is to come. A patient's wait is the spread of the starts over all rolls.

The random numbers are drawn once and are the same in every forecast: two forecasts differ because
something happened, not by chance. Each column of draws is stratified, so that 256 are enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from booking.choices import AppointmentStatus
from booking.due import is_missed
from booking.waits import normal
from booking.waits.learning import Learned, minutes_between
from booking.waits.shown import WaitRange, steady

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from booking.waits.normal import Floats

ROLLS: Final = 256
MOST_VISITS: Final = 100
PURPOSES: Final = 4
LOW, HIGH = 0.25, 0.85
"""The quantiles that are shown, before rounding outward. Promising too short a wait hurts more than
too long a one, so the upper end lies further out."""
LONGEST_SHARE: Final = 2.0
"""After twice its usual length, the expected rest of a treatment no longer changes: somebody may
have forgotten to finish it."""
JUST_BEGUN: Final = 0.01
NEVER: Final = np.inf

_S = AppointmentStatus


@dataclass(frozen=True, slots=True)
class Entry:
    """One visit of today with this practitioner, as the forecast sees it."""

    id: UUID
    status: str
    specialty: str
    start: datetime
    planned_minutes: float
    arrived_at: datetime | None = None
    called_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    shown: tuple[int, int] | None = None

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.planned_minutes)


@dataclass(frozen=True, slots=True)
class Standing:
    """A waiting patient's place in the practitioner's queue, 1 being next, and the wait."""

    position: int
    wait: WaitRange


def standings(
    entries: Iterable[Entry], now: datetime, learned: Learned, practitioner: str = ""
) -> dict[UUID, Standing]:
    """Place and wait of each arrived patient of one practitioner.

    `entries` are the visits of today, whatever their state: finished ones show how fast the day
    goes, and those still to come may be treated before somebody who is here.
    """
    visits = list(entries)
    waiting = sorted(
        (entry for entry in visits if entry.status == _S.ARRIVED),
        key=lambda entry: (entry.start, entry.arrived_at or entry.start, entry.id),
    )
    if not waiting:
        return {}
    waits = _Day(visits, now, learned, practitioner).waits(waiting)
    low, middle, high = np.quantile(waits, (LOW, 0.5, HIGH), axis=1)
    return {
        entry.id: Standing(
            place + 1,
            steady(entry.shown, float(low[place]), float(middle[place]), float(high[place])),
        )
        for place, entry in enumerate(waiting)
    }


class _Day:
    """All rolls of one practitioner's day from `now` on. Times are minutes from now, a column for
    each roll."""

    def __init__(
        self, visits: Sequence[Entry], now: datetime, learned: Learned, practitioner: str
    ) -> None:
        self._visits = sorted(visits, key=lambda entry: (entry.start, entry.id))
        self._places = {entry.id: place for place, entry in enumerate(self._visits)}
        self._now = now
        self._learned = learned
        self._practitioner = practitioner
        self._pace = self._find_pace()

    def waits(self, waiting: Sequence[Entry]) -> Floats:
        """The minutes until each waiting patient's start, a row for each."""
        last = max(entry.start for entry in waiting)
        queue = [
            entry
            for entry in self._visits
            if entry.status == _S.ARRIVED
            or (
                entry.status == _S.BOOKED
                and entry.start <= last
                and not is_missed(entry, self._now)
            )
        ]
        rows = {entry.id: row for row, entry in enumerate(queue)}
        starts: Floats = self._treat(queue, self._free())[[rows[entry.id] for entry in waiting]]
        return starts

    def _free(self) -> Floats:
        """When the practitioner will have treated those inside and those called."""
        free = np.zeros(ROLLS)
        for entry in self._visits:
            if entry.status == _S.IN_PROGRESS and entry.started_at is not None:
                elapsed = minutes_between(entry.started_at, self._now)
                free = np.maximum(free, self._rest(entry, elapsed))
        called = [entry for entry in self._visits if entry.status == _S.CALLED]
        return free + self._lengths(called).sum(axis=0) if called else free

    def _treat(self, queue: Sequence[Entry], free: Floats) -> Floats:
        """When each visit of the queue, in the order of the appointments, starts."""
        lengths = self._lengths(queue) + self._learned.turnover_minutes
        arrivals = np.stack([self._arrival(entry) for entry in queue])
        due = np.array([minutes_between(self._now, entry.start) for entry in queue])
        eager = _draws()[self._columns(queue, 3)] < self._learned.eagerness
        starts = np.full(arrivals.shape, NEVER)
        rolls = np.arange(ROLLS)
        for _ in queue:
            here = arrivals <= free
            chosen = here.argmax(axis=0)
            if not (somebody := here.any(axis=0)).all():
                chosen = np.where(somebody, chosen, arrivals.argmin(axis=0))
            at = chosen * ROLLS + rolls
            ready = np.maximum(free, arrivals.take(at))
            start = np.where(eager.take(at), ready, np.maximum(ready, due[chosen]))
            comes = np.isfinite(start)
            np.put(starts, at[comes], start[comes])
            free = np.where(comes, start + lengths.take(at), free)
            np.put(arrivals, at, NEVER)
        return starts

    def _find_pace(self) -> Floats:
        """How much slower than usual the day goes, as a logarithm, given what is already over."""
        learned = self._learned
        if learned.day_spread <= 0:
            return np.zeros(ROLLS)
        seen = [
            math.log(max(minutes_between(entry.started_at, entry.ended_at), 1.0))
            - self._location(entry)
            for entry in self._visits
            if entry.started_at is not None and entry.ended_at is not None
        ]
        precision = 1 / learned.day_spread + len(seen) / learned.spread
        mean = sum(seen) / learned.spread / precision
        pace: Floats = mean + _normals()[0] / math.sqrt(precision)
        return pace

    def _location(self, entry: Entry) -> float:
        usual = self._learned.location_of(entry.specialty, self._practitioner)
        return math.log(entry.planned_minutes) + usual

    def _lengths(self, entries: Sequence[Entry]) -> Floats:
        """The lengths of treatments that haven't begun, a row for each."""
        usual = np.array([self._location(entry) for entry in entries])[:, None]
        spread = math.sqrt(self._learned.spread) * _normals()[self._columns(entries, 0)]
        lengths: Floats = np.exp(usual + self._pace + spread)
        return lengths

    def _rest(self, entry: Entry, elapsed: float) -> Floats:
        """What is left of a running treatment, given that it has lasted until now."""
        usual = self._location(entry)
        longest = LONGEST_SHARE * math.exp(usual + self._learned.spread / 2)
        elapsed = min(max(elapsed, JUST_BEGUN), longest)
        sd = math.sqrt(self._learned.spread)
        bound = (math.log(elapsed) - usual - self._pace) / sd
        whole = np.exp(usual + self._pace + sd * normal.beyond(bound, self._draw(entry, 0)))
        return np.maximum(whole - elapsed, 0.0)

    def _arrival(self, entry: Entry) -> Floats:
        """When the patient is here: at once for whoever is, NEVER in the rolls without them."""
        if entry.status != _S.BOOKED:
            return np.zeros(ROLLS)
        learned = self._learned
        expected = minutes_between(self._now, entry.start) + learned.punctuality_mean
        bound = -expected / learned.punctuality_sd
        late = 1.0 - float(normal.below(bound))
        show = learned.show * late / (learned.show * late + 1 - learned.show)
        when = expected + learned.punctuality_sd * normal.beyond(bound, self._draw(entry, 1))
        return np.where(self._draw(entry, 2) < show, np.maximum(when, 0.0), NEVER)

    def _draw(self, entry: Entry, purpose: int) -> Floats:
        column: Floats = _draws()[self._columns([entry], purpose)[0]]
        return column

    def _columns(self, entries: Sequence[Entry], purpose: int) -> list[int]:
        """Where the draws of these visits for one purpose are: the same as long as the day's list
        is."""
        return [1 + self._places[entry.id] % MOST_VISITS * PURPOSES + purpose for entry in entries]


@cache
def _draws() -> Floats:
    """Columns of shares between 0 and 1, each evenly spread, in independent orders."""
    even = (np.arange(ROLLS) + 0.5) / ROLLS
    generator = np.random.default_rng(20240229)
    return np.stack([generator.permutation(even) for _ in range(1 + PURPOSES * MOST_VISITS)])


@cache
def _normals() -> Floats:
    """The same columns as draws from a standard normal."""
    return normal.quantile(_draws())
