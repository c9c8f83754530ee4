"""Estimators of waits on a queue whose theory is known, so that the harness can be trusted.

One queue, first come first served, exponential treatments of mean 1, 95 % busy. Counted are those
who wait and find at least one waiting ahead. In heavy traffic the mean squared error of what the
last patient waited (LES) or the first in line has waited so far (HOL), over that of the queue's
length (QL), tends to 1 plus the squared variation of the times between arrivals.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

BUSY: Final = 0.95
WARM_UP: Final = 1000
RECENT: Final = 30
H2_SHARE: Final = (1 + (3 / 5) ** 0.5) / 2

Floats = npt.NDArray[np.float64]
Gaps = Callable[[np.random.Generator, int], Floats]


def constant(_generator: np.random.Generator, count: int) -> Floats:
    return np.ones(count)


def poisson(generator: np.random.Generator, count: int) -> Floats:
    return generator.exponential(1.0, count)


def bursts(generator: np.random.Generator, count: int) -> Floats:
    """Hyper-exponential with balanced means and a squared variation of 4."""
    fast = generator.random(count) < H2_SHARE
    rates = np.where(fast, 2 * H2_SHARE, 2 * (1 - H2_SHARE))
    return generator.exponential(1.0, count) / rates


ARRIVALS: Final[dict[str, Gaps]] = {"D": constant, "M": poisson, "H2": bursts}


@dataclass(frozen=True, slots=True)
class Ratios:
    """Mean squared errors over that of QL."""

    les: float
    hol: float
    recent: float


def ratios(arrivals: str, servers: int, customers: int, seed: int = 1) -> Ratios:
    """Simulate that many customers and compare the estimators on them."""
    generator = np.random.default_rng(seed)
    gaps = ARRIVALS[arrivals](generator, customers) / (BUSY * servers)
    arrived = np.cumsum(gaps)
    started = _starts(arrived, generator.exponential(1.0, customers), servers)
    waited = started - arrived
    # Starts follow the order of arrival, so those inside at an arrival are the first so many.
    inside = np.minimum(np.searchsorted(started, arrived, side="right"), np.arange(customers))
    ahead = np.arange(customers) - inside
    counted = (np.arange(customers) >= WARM_UP) & (ahead >= 1)
    inside, ahead, truth = inside[counted], ahead[counted], waited[counted]
    sums = np.concatenate(([0.0], np.cumsum(waited)))
    estimates = {
        "ql": (ahead + 1) / servers,
        "les": waited[inside - 1],
        "hol": arrived[counted] - arrived[inside],
        "recent": (sums[inside] - sums[inside - RECENT]) / RECENT,
    }
    errors = {name: float(np.mean((value - truth) ** 2)) for name, value in estimates.items()}
    return Ratios(*(errors[name] / errors["ql"] for name in ("les", "hol", "recent")))


def _starts(arrived: Floats, lasts: Floats, servers: int) -> Floats:
    free = [0.0] * servers
    starts = np.empty(len(arrived))
    for place, (at, service) in enumerate(zip(arrived.tolist(), lasts.tolist(), strict=True)):
        start = max(at, free[0])
        starts[place] = start
        heapq.heapreplace(free, start + service)
    return starts
