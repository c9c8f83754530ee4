"""What can be taken away, and how long a screen may then be wrong without saying so."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.soak.clinic import Clinic
from tests.chaos.soak.screens import SILENCE_SECONDS

# Changes a wire in the thread that it lives in.
Call = Callable[[Callable[[], None]], None]
Step = Callable[[Clinic, Call], None]

RIGHT_SECONDS = 5.0
UNSAID_SECONDS = 10.0
# Nothing tells a dead wire from a quiet one but a heartbeat that doesn't come.
SILENT_UNSAID_SECONDS = 8.0


@dataclass(frozen=True)
class Fault:
    """`weight`: in how many of 100 cycles. `away`: for how many seconds. `right`: how soon after it
    all must be right. `unsaid`: how long a screen may be wrong without saying so. `lingers`: for
    how long connections that died in it may go unnoticed."""

    weight: int
    take: Step
    give: Step
    away: tuple[float, float] = (1.5, 4.5)
    right: float = RIGHT_SECONDS
    unsaid: float = UNSAID_SECONDS
    lingers: float = 0.0


def _kill_web(clinic: Clinic, _: Call) -> None:
    clinic.web.kill()


def _stop_web(clinic: Clinic, _: Call) -> None:
    clinic.web.stop()


def _start_web(clinic: Clinic, _: Call) -> None:
    clinic.start_web()


def _silence_both(clinic: Clinic, call: Call) -> None:
    call(clinic.to_redis.silence)
    call(clinic.to_postgres.silence)


def _mend_both(clinic: Clinic, call: Call) -> None:
    call(clinic.to_redis.mend)
    call(clinic.to_postgres.mend)


FAULTS = {
    "redis": Fault(
        14, lambda clinic, _: clinic.redis.kill(), lambda clinic, _: clinic.redis.start()
    ),
    "postgres": Fault(
        14, lambda clinic, _: clinic.postgres.kill(), lambda clinic, _: clinic.postgres.start()
    ),
    # To start takes some seconds anyway.
    "web": Fault(12, _kill_web, _start_web, away=(0, 1)),
    "web_stopped": Fault(12, _stop_web, _start_web, away=(0, 1)),
    "network": Fault(
        14,
        lambda clinic, call: call(clinic.to_web.drop),
        lambda clinic, call: call(clinic.to_web.mend),
    ),
    "network_silent": Fault(
        10,
        lambda clinic, call: call(clinic.to_web.silence),
        lambda clinic, call: call(clinic.to_web.mend),
        unsaid=SILENT_UNSAID_SECONDS,
    ),
    "network_silent_for_good": Fault(
        6,
        lambda clinic, call: call(clinic.to_web.silence),
        lambda clinic, call: call(clinic.to_web.mend_for_newcomers),
        # A browser may ask by a connection that is dead too, until it gives that up as well.
        right=SILENCE_SECONDS + RIGHT_SECONDS,
        unsaid=SILENT_UNSAID_SECONDS,
        lingers=SILENCE_SECONDS,
    ),
    "redis_silent": Fault(
        6,
        lambda clinic, call: call(clinic.to_redis.silence),
        lambda clinic, call: call(clinic.to_redis.mend),
        away=(6.5, 9.5),
    ),
    "postgres_silent": Fault(
        6,
        lambda clinic, call: call(clinic.to_postgres.silence),
        lambda clinic, call: call(clinic.to_postgres.mend),
        away=(6.5, 9.5),
    ),
    "both_silent": Fault(6, _silence_both, _mend_both, away=(15, 20)),
}


def deck(cycles: int, seed: int) -> list[str]:
    """So many faults in random order, each about as often as its weight says."""
    hundred = [kind for kind, fault in FAULTS.items() for _ in range(fault.weight)]
    drawn: list[str] = []
    shuffler = random.Random(seed)
    while len(drawn) < cycles:
        shuffler.shuffle(hundred)
        drawn.extend(hundred)
    return drawn[:cycles]
