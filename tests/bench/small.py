"""Each measurement with next to nothing to do: that it runs is seen, not what it measures.

The suite runs them so, that none breaks unseen until somebody measures again.
"""

from types import ModuleType
from typing import Any

from tests.bench.clinic_days import Clinic

CONSTANTS: dict[str, dict[str, Any]] = {
    "fanout": {
        "CROWDS": {2: 3},
        "USUAL_CALLS": 3,
        "PAUSE_SECONDS": 0.0,
        "STATISTICS_SECONDS": 0.0,
    },
    "calls": {"DISPLAYS": 2, "CALLS": 2, "PAUSE_SECONDS": 0.0},
    "slow_readers": {
        "DISPLAYS": 3,
        "STOPPING": 1,
        "EVERY_SECONDS": 0.0,
        "BEFORE": 2,
        "DURING": 4,
    },
    "waits": {"DAYS": 2, "CUSTOMERS": 200, "CURVE": (1,), "CLINICS": {"on time": Clinic()}},
    "page": {"CHANGES": 40, "WARM_UP_SECONDS": 0.0, "SAMPLE_EVERY": 20},
    "webhooks": {"NOTICES": 3, "BUSY_CONNECTIONS": 1},
    "invoices": {"ISSUED": 1, "SIZES": (3, 20)},
    "rows": {"ROWS": 20, "VISITS": 2},
    "faces": {
        "IMAGES": 2,
        "DECISIONS": 2,
        "SHOWN": 2,
        "KIOSKS": 1,
        "KIOSK_SECONDS": 0.1,
        "CROWD": 2,
        "GALLERIES": (2,),
        "SEARCHES": 2,
        "OPENINGS": 2,
        "COLD_STARTS": 1,
        "PROCESSES": 1,
        "WARM_UP": 1,
        "SAMPLES": 2,
    },
    "memory": {"DISPLAYS": 2, "MINUTES": 0.02, "SAMPLE_SECONDS": 0.2},
    "storm": {"EVENTS": 20},
}


def make_small(measurement: ModuleType) -> None:
    """Give a measurement the smallest numbers that still go through all of it."""
    name = measurement.__name__.rpartition(".")[2]
    unknown = CONSTANTS[name].keys() - vars(measurement).keys()
    if unknown:
        raise SystemExit(f"{name} has no {', '.join(sorted(unknown))}")
    vars(measurement).update(CONSTANTS[name])
