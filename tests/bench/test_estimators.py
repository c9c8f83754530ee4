"""The harness that judges the estimates can be trusted, and they are as good as they are said."""

import pytest

from tests.bench import queue_theory, waits
from tests.bench.clinic_days import Clinic


@pytest.mark.parametrize("servers", [1, 4])
@pytest.mark.parametrize(("arrivals", "variation"), [("D", 0.0), ("M", 1.0), ("H2", 4.0)])
def test_the_ratios_of_the_theory_come_out(arrivals: str, variation: float, servers: int) -> None:
    found = queue_theory.ratios(arrivals, servers, 150_000)

    assert found.les == pytest.approx(1 + variation, rel=0.2)
    assert found.hol == pytest.approx(1 + variation, rel=0.2)
    assert found.les < found.recent


@pytest.mark.parametrize(
    ("clinic", "over_last_30", "over_last_30_in_4_h", "over_last_to_start"),
    [(Clinic(), 0.35, 0.40, 0.50), (Clinic(overrun=1.1), 0.35, 0.38, 0.52)],
    ids=["on time", "overrun"],
)
def test_the_learned_estimates_beat_what_clinics_usually_show(
    clinic: Clinic, over_last_30: float, over_last_30_in_4_h: float, over_last_to_start: float
) -> None:
    measured = waits.measure_clinic(clinic, days=60)

    assert measured["over_last_30"] < over_last_30
    assert measured["over_last_30_in_4_h"] < over_last_30_in_4_h
    assert measured["over_last_to_start"] < over_last_to_start
    assert 0.75 < measured["shown"]["coverage"] < 0.89
    assert measured["shown"]["beyond_by_5"] < 0.07
    first_day = measured["learning_curve"]["day 1 on"]
    assert first_day["ours"] <= first_day["position"]
