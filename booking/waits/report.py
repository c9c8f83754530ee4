"""How accurate the waits were that patients were told at their arrival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

NOTICED: Final = 5.0


@dataclass(frozen=True, slots=True)
class Quoted:
    """What one patient was told, and how long they really waited."""

    on: date
    low_minutes: int
    estimate_minutes: int
    high_minutes: int
    waited_minutes: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Minutes, and shares between 0 and 1. A bias below zero says that the waits were longer than
    told; `beyond` is the share that waited more than five minutes longer than the range."""

    patients: int
    mean_wait: float
    error: float
    bias: float
    coverage: float
    beyond: float

    def as_dict(self) -> dict[str, float]:
        """Rounded to what is worth reading."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


def accuracy(quoted: Sequence[Quoted]) -> Accuracy | None:
    """None where nobody was told anything."""
    if not quoted:
        return None
    count = len(quoted)
    errors = [one.estimate_minutes - one.waited_minutes for one in quoted]
    return Accuracy(
        patients=count,
        mean_wait=sum(one.waited_minutes for one in quoted) / count,
        error=sum(map(abs, errors)) / count,
        bias=sum(errors) / count,
        coverage=sum(one.low_minutes <= one.waited_minutes <= one.high_minutes for one in quoted)
        / count,
        beyond=sum(one.waited_minutes > one.high_minutes + NOTICED for one in quoted) / count,
    )


def by_day(quoted: Iterable[Quoted]) -> dict[date, Accuracy]:
    """The accuracy of each day on which somebody was told something, in order."""
    days: defaultdict[date, list[Quoted]] = defaultdict(list)
    for one in quoted:
        days[one.on].append(one)
    return {day: found for day in sorted(days) if (found := accuracy(days[day])) is not None}
