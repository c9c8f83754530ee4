"""How good the estimates are, on invented days whose laws the product has to learn.

Beside them what clinics usually show: position × planned duration, the mean of the last thirty
waits, also of those in the last four hours alone (the better one: a morning doesn't wait as long as
the evening before), the wait of the practitioner's last patient (LES), how long the first in line
has waited (HOL). All are asked once, at the check-in, and know only the past. The harness first
shows on a queue whose theory is known that it measures what it says.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from booking.choices import AppointmentStatus
from booking.waits import Entry, History, Learned, Visit, standings
from booking.waits.learning import minutes_between
from booking.waits.replay import CheckIn, Row, replay
from tests.bench import queue_theory, servers
from tests.bench.clinic_days import OPENS, SPREAD, Clinic, simulate

Floats = npt.NDArray[np.float64]

DAYS: Final = 250
SEED: Final = 1
CUSTOMERS: Final = 400_000
CURVE: Final = (1, 5, 20, 60)
BEFORE_ANY: Final = 8.0
RECENT: Final = 30
WINDOW: Final = timedelta(hours=4)
CLINICS: Final = {
    "on time": Clinic(),
    "overrun": Clinic(overrun=1.1),
    "with walk-ins": Clinic(overrun=1.1, walk_ins=1.0, filled=0.85),
}


def main() -> None:
    result = measure()
    path = servers.write_raw("waits", result)
    _print(result)
    print(f"every figure: {path.relative_to(servers.REPOSITORY)}")


def measure() -> dict[str, Any]:
    """Every figure of this page, as JSON."""
    return {
        "theory": {
            f"{arrivals} {servers}": asdict(queue_theory.ratios(arrivals, servers, CUSTOMERS))
            for arrivals in queue_theory.ARRIVALS
            for servers in (1, 4, 100)
        },
        "clinics": {name: measure_clinic(clinic, DAYS) for name, clinic in CLINICS.items()},
        "board_of_100_ms": measure_board(),
    }


def measure_clinic(clinic: Clinic, days: int) -> dict[str, Any]:
    """The estimators on one clinic, and ours by how many days it had to learn from."""
    rows = list(simulate(clinic, days, SEED))
    visits = {row.name: row.visit for row in rows}
    check_ins = list(replay(rows, day_of=lambda instant: instant.date()))
    truth = np.array([_waited(visits[one.name]) for one in check_ins])
    day = np.array([(visits[one.name].scheduled - OPENS).days for one in check_ins])
    estimates = {"ours": np.array([float(one.wait.estimate_minutes) for one in check_ins])}
    told = replay(rows, day_of=lambda instant: instant.date(), history=_Told(clinic))
    estimates["told the laws"] = np.array([float(one.wait.estimate_minutes) for one in told])
    for name, estimator in BASELINES.items():
        estimates[name] = _ask(estimator, rows, check_ins)
    estimates["last 30"] = _last_30(rows, check_ins)
    maes = {name: float(np.abs(values - truth).mean()) for name, values in estimates.items()}
    return {
        "check_ins": len(check_ins),
        "mean_wait": float(truth.mean()),
        "errors": {name: _errors(values, truth) for name, values in estimates.items()},
        "shown": _shown(check_ins, truth),
        "over_last_30": maes["ours"] / maes["last 30"],
        "over_last_30_in_4_h": maes["ours"] / maes["last 30 in 4 h"],
        "over_last_to_start": maes["ours"] / maes["last to start"],
        "told_over_last_30_in_4_h": maes["told the laws"] / maes["last 30 in 4 h"],
        "learning_curve": {
            f"day {learned + 1} on": {
                name: float(np.abs(estimates[name] - truth)[_days(day, learned)].mean())
                for name in ("ours", "position")
            }
            for learned in (0, *CURVE)
            if learned < days
        },
    }


class _Told(History):
    """Learns nothing and knows the laws of the clinic: what ours could reach at best."""

    def __init__(self, clinic: Clinic) -> None:
        super().__init__()
        self._laws = Learned(
            location=math.log(clinic.overrun) - SPREAD / 2,
            spread=SPREAD,
            day_spread=clinic.speed_sd**2,
            punctuality_mean=clinic.arrival_mean,
            punctuality_sd=clinic.arrival_sd,
            show=1 - clinic.no_shows,
            eagerness=1.0,
        )

    def learned(self) -> Learned:
        return self._laws


def _days(day: npt.NDArray[np.int64], learned: int) -> npt.NDArray[np.bool_]:
    """The check-ins after so many days of learning: the first day alone, else a stretch."""
    return (day >= learned) & (day < learned + (1 if learned == 0 else max(learned, 5)))


def _errors(values: Floats, truth: Floats) -> dict[str, float]:
    error = values - truth
    return {
        "mae": float(np.abs(error).mean()),
        "median": float(np.median(np.abs(error))),
        "rmse": float(np.sqrt((error**2).mean())),
        "bias": float(error.mean()),
        "too_low_by_5": float((error < -5).mean()),
    }


def _shown(check_ins: Sequence[CheckIn], truth: Floats) -> dict[str, float]:
    low = np.array([one.wait.low_minutes for one in check_ins])
    high = np.array([one.wait.high_minutes for one in check_ins])
    return {
        "coverage": float(((truth >= low) & (truth <= high)).mean()),
        "beyond_by_5": float((truth > high + 5).mean()),
        "width": float((high - low).mean()),
    }


# What clinics usually show ------------------------------------------------------------------------

Estimator = Callable[["_Past", Visit], float]


class _Past:
    """What is known of one day at a moment that moves on."""

    def __init__(self, visits: Iterable[Visit]) -> None:
        self.visits = list(visits)
        treated = sorted(
            (visit.started, _waited(visit), visit.practitioner)
            for visit in self.visits
            if visit.started is not None
        )
        self._starts = [start for start, _, _ in treated]
        self._waits = [wait for _, wait, _ in treated]
        self._who = [who for _, _, who in treated]

    def recent(self, visit: Visit) -> list[float]:
        """The waits of those who started in the last hours, oldest first."""
        assert visit.arrived is not None
        first = bisect_left(self._starts, visit.arrived - WINDOW)
        return self._waits[first : bisect_left(self._starts, visit.arrived)]

    def last_of(self, visit: Visit) -> float | None:
        """The wait of whom this practitioner took in last."""
        assert visit.arrived is not None
        for place in range(bisect_left(self._starts, visit.arrived) - 1, -1, -1):
            if self._who[place] == visit.practitioner:
                return self._waits[place]
        return None

    def waiting(self, visit: Visit) -> list[Visit]:
        """Who waits for the same practitioner already."""
        at = visit.arrived
        assert at is not None
        return [
            other
            for other in self.visits
            if other.practitioner == visit.practitioner
            and other.arrived is not None
            and other.arrived < at
            and other.started is not None
            and other.started > at
        ]


def _position(past: _Past, visit: Visit) -> float:
    treated = [other.planned_minutes for other in past.visits]
    return len(past.waiting(visit)) * float(np.mean(treated))


def _last_30_in_4_h(past: _Past, visit: Visit) -> float:
    recent = past.recent(visit)[-RECENT:]
    return float(np.mean(recent)) if recent else BEFORE_ANY


def _last_to_start(past: _Past, visit: Visit) -> float:
    last = past.last_of(visit)
    return BEFORE_ANY if last is None else last


def _head_of_line(past: _Past, visit: Visit) -> float:
    assert visit.arrived is not None
    ahead = [other.arrived for other in past.waiting(visit) if other.arrived is not None]
    return minutes_between(min(ahead), visit.arrived) if ahead else 0.0


BASELINES: Final[dict[str, Estimator]] = {
    "position": _position,
    "last 30 in 4 h": _last_30_in_4_h,
    "last to start": _last_to_start,
    "head of line": _head_of_line,
}


def _ask(estimator: Estimator, rows: Sequence[Row], check_ins: Sequence[CheckIn]) -> Floats:
    days: defaultdict[Any, list[Visit]] = defaultdict(list)
    for row in rows:
        days[row.visit.scheduled.date()].append(row.visit)
    pasts = {day: _Past(visits) for day, visits in days.items()}
    visits = {row.name: row.visit for row in rows}
    return np.array(
        [estimator(pasts[visits[one.name].scheduled.date()], visits[one.name]) for one in check_ins]
    )


def _last_30(rows: Sequence[Row], check_ins: Sequence[CheckIn]) -> Floats:
    """The rolling mean that knows no days: in the morning it still tells of the evening before."""
    treated = sorted(
        (row.visit.started, _waited(row.visit)) for row in rows if row.visit.started is not None
    )
    starts = [start for start, _ in treated]
    sums = np.concatenate(([0.0], np.cumsum([wait for _, wait in treated])))
    last = np.array([bisect_left(starts, one.at) for one in check_ins])
    first = np.maximum(last - RECENT, 0)
    means = (sums[last] - sums[first]) / np.maximum(last - first, 1)
    return np.where(last > 0, means, BEFORE_ANY)


def _waited(visit: Visit) -> float:
    if visit.arrived is None or visit.started is None:
        raise ValueError("only who came and was treated has waited")
    return minutes_between(visit.arrived, visit.started)


# How fast -----------------------------------------------------------------------------------------


def measure_board(rounds: int = 50) -> float:
    """The median time for the waits of a board of 100 patients, ten with each practitioner."""
    now = OPENS + timedelta(hours=4)
    queues = [_full_waiting_room(now) for _ in range(10)]
    learned = Learned()
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        for queue in queues:
            standings(queue, now, learned)
        took.append((time.perf_counter() - began) * 1000)
    return float(np.median(took))


def _full_waiting_room(now: Any) -> list[Entry]:
    def entry(number: int, status: AppointmentStatus, **times: Any) -> Entry:
        start = now + timedelta(minutes=15 * number - 60)
        return Entry(uuid4(), status, "massage", start, 45.0, **times)

    running = entry(
        0,
        AppointmentStatus.IN_PROGRESS,
        arrived_at=now - timedelta(minutes=70),
        started_at=now - timedelta(minutes=20),
    )
    waiting = [
        entry(number, AppointmentStatus.ARRIVED, arrived_at=now - timedelta(minutes=5))
        for number in range(1, 11)
    ]
    return [running, *waiting]


def _print(result: dict[str, Any]) -> None:
    print("\nEstimators on a queue whose theory is known, mean squared error over that of QL")
    for name, ratios in result["theory"].items():
        shown = "  ".join(f"{key} {value:5.2f}" for key, value in ratios.items())
        print(f"  {name:8}{shown}")
    for name, clinic in result["clinics"].items():
        print(f"\n{name}: {clinic['check_ins']} check-ins, mean wait {clinic['mean_wait']:.1f} min")
        print(f"  {'':16}{'mae':>7}{'median':>8}{'rmse':>7}{'bias':>7}{'too low by 5':>14}")
        for estimator, errors in clinic["errors"].items():
            print(
                f"  {estimator:16}{errors['mae']:7.2f}{errors['median']:8.2f}{errors['rmse']:7.2f}"
                f"{errors['bias']:7.2f}{errors['too_low_by_5']:14.0%}"
            )
        print(
            f"  over last 30: {clinic['over_last_30']:.3f}, in 4 h: "
            f"{clinic['over_last_30_in_4_h']:.3f} (told the laws: "
            f"{clinic['told_over_last_30_in_4_h']:.3f}), over last to start: "
            f"{clinic['over_last_to_start']:.3f}; range holds {clinic['shown']['coverage']:.1%}, "
            f"{clinic['shown']['beyond_by_5']:.1%} wait over 5 min beyond it"
        )
        curve = clinic["learning_curve"]
        print("  " + "; ".join(f"{day}: {maes['ours']:.1f}" for day, maes in curve.items()))
    print(f"\nwaits of a board of 100 patients: {result['board_of_100_ms']:.1f} ms")
