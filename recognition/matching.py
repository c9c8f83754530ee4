"""Who is it? Pure decisions on distances, which know neither engine nor database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Person = TypeVar("Person")


class Verdict(StrEnum):
    SURE = "sure"
    UNSURE = "unsure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Match(Generic[Person]):
    """`people` holds the one person of a sure match, or everybody whom an unsure one may mean."""

    verdict: Verdict
    people: tuple[Person, ...] = ()


def decide(
    nearest: Mapping[Person, float], *, accept: float, confirm: float, margin: float
) -> Match[Person]:
    """Judge each person's nearest distance.

    Sure: within `accept`, and the next person is at least `margin` farther. Otherwise everybody
    within `confirm` is a candidate, nearest first; with none the face is unknown.
    """
    near = sorted(
        ((distance, person) for person, distance in nearest.items() if distance <= confirm),
        key=lambda pair: pair[0],
    )
    if not near:
        return Match(Verdict.UNKNOWN)
    best, person = near[0]
    others = [distance for other, distance in nearest.items() if other != person]
    if best <= accept and all(distance - best >= margin for distance in others):
        return Match(Verdict.SURE, (person,))
    return Match(Verdict.UNSURE, tuple(candidate for _, candidate in near))


def odd_ones_out(distances: Sequence[Sequence[float]], accept: float) -> set[int]:
    """Of photos that should show one person, those that don't fit.

    For every pair farther apart than `accept`, names the photo that is farther from all the others.
    If both are equally far, it names the later one, since the first is the reference.
    """
    sums = [sum(row) for row in distances]
    odd: set[int] = set()
    for i, row in enumerate(distances):
        for j in range(i + 1, len(row)):
            if row[j] > accept:
                odd.add(max(i, j, key=lambda k: (sums[k], k)))
    return odd
