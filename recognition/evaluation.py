"""How well an engine tells people apart, counted on pairs of photos. Pure; it knows no engine."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# If N tries show no event, its true rate is below 3/N with 95 % confidence ("rule of three").
RULE_OF_THREE = 3.0

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """The units in which an engine says how near two photos are. A value times `sign` grows with
    how far apart they are; `best` is the value of two photos that are the same to the engine.
    `reach` says, in `unit`, what a threshold lets in, and `sweep` holds the thresholds worth
    trying."""

    sign: int
    best: float
    reach: str
    unit: str
    sweep: tuple[float, ...]

    @property
    def never(self) -> float:
        """The value of a pair that couldn't be compared: it never passes a threshold."""
        return self.sign * np.inf


DISTANCE = Scale(
    sign=1, best=0.0, reach="up to", unit="", sweep=tuple(step / 100 for step in range(20, 101, 2))
)
SIMILARITY = Scale(
    sign=-1,
    best=100.0,
    reach="from",
    unit=" %",
    sweep=(*map(float, range(50, 100, 2)), 99.0, 99.5, 99.9),
)


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
    """How far apart all pairs of photos are, sorted. Thresholds and answers are in the scale's
    units."""

    scale: Scale
    same: Values
    different: Values

    @classmethod
    def of(cls, owners: Sequence[str], values: Values, scale: Scale) -> "Pairs":
        """From a square of what the engine said of each photo (row) and each other one; `owners`
        names whose photo each row is. Where its two answers on a pair differ, the worse one
        counts."""
        one, other = np.triu_indices(len(owners), k=1)
        names = np.array(owners)
        is_same = names[one] == names[other]
        there, back = scale.sign * values[one, other], scale.sign * values[other, one]
        farther, nearer = np.maximum(there, back), np.minimum(there, back)
        return cls(scale, np.sort(farther[is_same]), np.sort(nearer[~is_same]))

    def same_person(self, *, accept: float, confirm: float) -> Outcomes:
        return _judge(self.scale, self.same, accept, confirm)

    def different_people(self, *, accept: float, confirm: float) -> Outcomes:
        return _judge(self.scale, self.different, accept, confirm)

    def sweep(self) -> list[dict[str, float]]:
        """At each threshold how many pairs would be accepted, rightly and wrongly."""
        return [
            {
                "threshold": threshold,
                "true_accepts": _within(self.scale, self.same, threshold),
                "false_accepts": _within(self.scale, self.different, threshold),
            }
            for threshold in self.scale.sweep
        ]

    def nearest_different(self) -> float | None:
        """How near any two people came to each other; a threshold that lets this in has false
        accepts. None if no two people could be compared."""
        near = self.different[np.isfinite(self.different)]
        return self.scale.sign * float(near[0]) if near.size else None

    def zero_false_accepts(self) -> float | None:
        """The most lenient threshold, to two decimals, at which no pair of people is accepted. None
        if no two people could be compared, or if the engine sees two of them as one."""
        nearest = self.nearest_different()
        if nearest is None:
            return None
        sign = self.scale.sign
        hundredths = int(np.floor(sign * nearest * 100))
        while hundredths / 100 >= sign * nearest:
            hundredths -= 1
        return sign * hundredths / 100 if hundredths / 100 >= sign * self.scale.best else None

    def compared_people(self) -> int:
        """Pairs of photos of different people, both of them usable."""
        return int(np.isfinite(self.different).sum())

    def false_accept_rate_at_most(self, accept: float) -> float | None:
        """The highest rate that no false accept among these pairs leaves open, with 95 %
        confidence. None if nothing was compared, or something was accepted. Photos of the same few
        people say less than as many independent pairs would, so this is the best that can be
        claimed."""
        compared = self.compared_people()
        if not compared or _within(self.scale, self.different, accept):
            return None
        return min(RULE_OF_THREE / compared, 1.0)


@dataclass(frozen=True, slots=True)
class Trials:
    """Each person is enrolled from their first photo. Every other photo is tried on its owner, and
    on everybody else as an impostor. `nearest_own` is how near each person's best photo came."""

    scale: Scale
    own: Values
    impostors: Values
    nearest_own: Values

    @classmethod
    def of(cls, owners: Sequence[str], values: Values, scale: Scale) -> "Trials":
        """From the same square as `Pairs`: rows are the photos tried, columns the ones enrolled."""
        names = np.array(owners)
        people, enrolled = np.unique(names, return_index=True)
        shown = np.setdiff1d(np.arange(len(names)), enrolled)
        apart = scale.sign * values[np.ix_(shown, enrolled)]
        is_own = names[shown][:, None] == people
        nearest = np.where(is_own, apart, np.inf).min(axis=0)
        return cls(scale, np.sort(apart[is_own]), np.sort(apart[~is_own]), nearest)

    def genuine(self, *, accept: float, confirm: float) -> Outcomes:
        return _judge(self.scale, self.own, accept, confirm)

    def false(self, *, accept: float, confirm: float) -> Outcomes:
        return _judge(self.scale, self.impostors, accept, confirm)

    def missed(self, *, confirm: float) -> int:
        """How many people are neither accepted nor asked to confirm from any photo shown."""
        return int((self.nearest_own > self.scale.sign * confirm).sum())


def _within(scale: Scale, apart: Values, threshold: float) -> int:
    return int(np.searchsorted(apart, scale.sign * threshold, side="right"))


def _judge(scale: Scale, apart: Values, accept: float, confirm: float) -> Outcomes:
    accepted, near = _within(scale, apart, accept), _within(scale, apart, confirm)
    return Outcomes(accepted, near - accepted, len(apart) - near)
