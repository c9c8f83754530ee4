"""How well an engine tells people apart, counted on pairs of photos. Pure; it knows no engine."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SWEEP = tuple(step / 100 for step in range(20, 101, 2))
# Of N tries without an event, an event in 3/N of all of them would still be found once in twenty
# such trials ("rule of three").
RULE_OF_THREE = 3.0

Distances = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What becomes of pairs: of photos of one person, or of two people."""

    accepted: int
    confirm: int
    unknown: int

    @property
    def pairs(self) -> int:
        return self.accepted + self.confirm + self.unknown

    def as_dict(self) -> dict[str, int]:
        return {
            "pairs": self.pairs,
            "accepted": self.accepted,
            "confirm": self.confirm,
            "unknown": self.unknown,
        }


@dataclass(frozen=True, slots=True)
class Pairs:
    """The distances of all pairs of photos, sorted. A pair with a photo from which nothing came out
    is infinitely far apart: it is recognised at no threshold."""

    same: Distances
    different: Distances

    @classmethod
    def of(cls, owners: Sequence[str], distances: Distances) -> "Pairs":
        """From a square of distances between photos; `owners` names whose photo each row is."""
        one, other = np.triu_indices(len(owners), k=1)
        names = np.array(owners)
        is_same = names[one] == names[other]
        apart = distances[one, other]
        return cls(np.sort(apart[is_same]), np.sort(apart[~is_same]))

    def same_person(self, *, accept: float, confirm: float) -> Outcomes:
        return _judge(self.same, accept, confirm)

    def different_people(self, *, accept: float, confirm: float) -> Outcomes:
        return _judge(self.different, accept, confirm)

    def sweep(self) -> list[dict[str, float]]:
        """At each threshold how many pairs would be accepted, rightly and wrongly."""
        return [
            {
                "threshold": threshold,
                "true_accepts": _within(self.same, threshold),
                "false_accepts": _within(self.different, threshold),
            }
            for threshold in SWEEP
        ]

    def nearest_different(self) -> float | None:
        """How near two people came to each other; from this threshold on there are false accepts.
        None where no two people could be compared."""
        near = self.different[np.isfinite(self.different)]
        return float(near[0]) if near.size else None

    def zero_false_accepts_up_to(self) -> float | None:
        """The highest threshold of two decimals at which no pair of people is accepted; None where
        no two people could be compared, or where two are one to the engine."""
        nearest = self.nearest_different()
        if nearest is None:
            return None
        hundredths = int(np.ceil(nearest * 100)) - 1
        return hundredths / 100 if hundredths >= 0 else None

    def compared_people(self) -> int:
        """Pairs of different people's photos of which both could be used."""
        return int(np.isfinite(self.different).sum())

    def false_accept_rate_at_most(self, accept: float) -> float | None:
        """What none in so many pairs says about the rate, with 95 % confidence; None where nothing
        was compared, or something was accepted. Photos of the same few people say less than so many
        independent pairs would, so this is the best that can be claimed."""
        compared = self.compared_people()
        if not compared or _within(self.different, accept):
            return None
        return min(RULE_OF_THREE / compared, 1.0)


def _within(distances: Distances, threshold: float) -> int:
    return int(np.searchsorted(distances, threshold, side="right"))


def _judge(distances: Distances, accept: float, confirm: float) -> Outcomes:
    accepted, near = _within(distances, accept), _within(distances, confirm)
    return Outcomes(accepted, near - accepted, len(distances) - near)
