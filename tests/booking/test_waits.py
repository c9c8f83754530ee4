import math
from datetime import datetime, timedelta
from statistics import NormalDist
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking import waits
from booking.waits import Entry, Learned, WaitRange, forecast, normal
from booking.waits.learning import DAY_SPREAD, SPREAD
from booking.waits.shown import steady
from tests.booking.conftest import NINE, minutes

PROMPT = Learned(eagerness=1.0)


def entry(
    number: int,
    status: str = "arrived",
    *,
    start: float = -60.0,
    planned: float = 45.0,
    arrived: float = -60.0,
    started: float | None = None,
    ended: float | None = None,
) -> Entry:
    """A visit; times in minutes from now."""

    def at(offset: float | None) -> datetime | None:
        return None if offset is None else NINE + minutes(offset)

    return Entry(
        id=UUID(int=number),
        status=status,
        specialty="massage",
        start=NINE + minutes(start),
        planned_minutes=planned,
        arrived_at=None if status == "booked" else at(arrived),
        started_at=at(started),
        ended_at=at(ended),
    )


def standings(entries: list[Entry], learned: Learned | None = None) -> dict[UUID, waits.Standing]:
    return waits.standings(entries, NINE, learned or Learned())


def of(number: int, entries: list[Entry], learned: Learned | None = None) -> waits.Standing:
    return standings(entries, learned)[UUID(int=number)]


def test_alone_and_due_goes_in_any_moment() -> None:
    assert of(1, [entry(1)]) == waits.Standing(1, WaitRange(0, 5, 0))


def test_alone_and_early_waits_for_the_appointments_own_time() -> None:
    assert of(1, [entry(1, start=13)]).wait == WaitRange(10, 15, 13)


def test_where_treatments_start_as_soon_as_both_are_ready_the_own_time_isnt_waited_for() -> None:
    assert of(1, [entry(1, start=13)], PROMPT).wait == WaitRange(0, 5, 0)


def test_exactly_on_a_step_the_range_is_still_a_range() -> None:
    assert of(1, [entry(1, start=15)]).wait == WaitRange(15, 20, 15)


def test_one_treatment_ahead_is_a_lognormal_around_its_plan() -> None:
    # The treatment's own spread and the day's: quartile 48.9, median 58.2, 85th percentile 76.1
    law = NormalDist(math.log(60) - SPREAD / 2, math.sqrt(SPREAD + DAY_SPREAD))
    expected = [math.exp(law.inv_cdf(share)) for share in (0.25, 0.5, 0.85)]
    queue = [entry(1, planned=60, start=-30), entry(2, start=-15)]

    assert [round(value, 1) for value in expected] == [48.9, 58.2, 76.1]
    assert of(2, queue) == waits.Standing(2, WaitRange(45, 80, 58))


def test_whoever_is_called_goes_in_first_and_counts_in_full() -> None:
    queue = [entry(1, start=-40), entry(2, "called", planned=60, start=30)]

    assert of(1, queue) == waits.Standing(1, WaitRange(45, 80, 58))
    assert UUID(int=2) not in standings(queue)


def test_nobody_waits_for_who_missed_their_time_even_where_all_always_come() -> None:
    all_come = Learned(show=1.0)
    queue = [entry(2, "in_progress", planned=60, started=0), entry(3, start=-10)]
    late = entry(1, "booked", start=-44, planned=45)
    missed = entry(1, "booked", start=-45, planned=45)

    alone = of(3, queue, all_come).wait.estimate_minutes
    assert of(3, [late, *queue], all_come).wait.estimate_minutes > alone + 30
    assert abs(of(3, [missed, *queue], all_come).wait.estimate_minutes - alone) <= 2


def test_the_order_is_that_of_calling_earliest_appointment_first() -> None:
    queue = [
        entry(1, start=-10, arrived=-50),
        entry(2, start=-20, arrived=-5),
        entry(3, start=-10, arrived=-60),
    ]

    result = standings(queue)

    assert [result[UUID(int=number)].position for number in (2, 3, 1)] == [1, 2, 3]


def test_a_treatment_that_has_just_begun_is_all_ahead() -> None:
    queue = [entry(1, "in_progress", planned=60, started=0), entry(2)]

    assert of(2, queue).wait == WaitRange(45, 80, 58)


@pytest.mark.parametrize(("planned", "elapsed"), [(45, 10), (45, 40), (45, 60), (20, 30), (60, 90)])
def test_the_rest_of_a_running_treatment_is_the_truncated_lognormal(
    planned: int, elapsed: int
) -> None:
    law = NormalDist(math.log(planned) - SPREAD / 2, math.sqrt(SPREAD))
    gone = law.cdf(math.log(elapsed))
    median = math.exp(law.inv_cdf(gone + (1 - gone) / 2)) - elapsed
    queue = [entry(1, "in_progress", planned=planned, started=-elapsed), entry(2)]

    steady_day = Learned(day_spread=0.0)

    assert of(2, queue, steady_day).wait.estimate_minutes == pytest.approx(median, abs=0.6)


def test_an_overrun_is_never_over_any_moment() -> None:
    queue = [entry(1, "in_progress", started=-60), entry(2)]

    wait = of(2, queue).wait

    assert wait.estimate_minutes > 0
    assert wait.high_minutes >= 10


def test_a_treatment_that_nobody_finished_stays_where_it_was_at_twice_its_plan() -> None:
    def after(elapsed: float) -> WaitRange:
        return of(2, [entry(1, "in_progress", started=-elapsed), entry(2)]).wait

    assert after(24 * 60) == after(100)


def test_it_stays_at_what_is_left_after_twice_its_usual_length_however_much_lengths_differ() -> (
    None
):
    spread = 0.5
    law = NormalDist(math.log(90) - spread / 2, math.sqrt(spread))
    gone = law.cdf(math.log(180))
    median = math.exp(law.inv_cdf(gone + (1 - gone) / 2)) - 180
    learned = Learned(location=-spread / 2, spread=spread, day_spread=0.0)
    queue = [entry(1, "in_progress", planned=90, started=-600), entry(2)]

    assert of(2, queue, learned).wait.estimate_minutes == pytest.approx(median, abs=0.6)


def test_of_two_running_treatments_the_longer_rest_counts() -> None:
    queue = [
        entry(1, "in_progress", planned=60, started=0),
        entry(2, "in_progress", planned=20, started=-15),
        entry(3),
    ]

    assert of(3, queue).wait == WaitRange(45, 80, 58)


def test_a_gap_before_the_own_time_swallows_the_uncertainty_before_it() -> None:
    queue = [entry(1, planned=20, start=-30), entry(2, start=60)]

    assert of(2, queue).wait == WaitRange(60, 65, 60)


def test_a_patient_who_is_still_missing_counts_the_less_the_later_it_gets() -> None:
    def behind(minutes_late: float) -> int:
        queue = [
            entry(1, "in_progress", planned=45, started=0),
            entry(2, "booked", start=-minutes_late, planned=60),
            entry(3, start=10),
        ]
        return of(3, queue, Learned(eagerness=1.0, punctuality_sd=8.0)).wait.estimate_minutes

    alone = of(3, [entry(1, "in_progress", started=0), entry(3, start=10)], PROMPT)
    estimates = [behind(late) for late in (-5, 5, 15, 60)]

    assert estimates == sorted(estimates, reverse=True)
    assert estimates[0] > alone.wait.estimate_minutes + 45
    assert estimates[-1] == alone.wait.estimate_minutes


def test_a_later_appointment_that_is_here_too_changes_nothing() -> None:
    queue = [entry(1, "in_progress", started=-5), entry(2, start=-10)]
    later = entry(3, start=5, planned=60)

    assert of(2, [*queue, later]).wait == of(2, queue).wait


def test_a_slow_morning_makes_the_next_treatments_longer() -> None:
    slow = [
        entry(n, "fulfilled", start=-300 + 60 * n, started=-300 + 60 * n, ended=-300 + 60 * n + 60)
        for n in range(1, 5)
    ]
    queue = [entry(8, planned=60, start=-30), entry(9, start=-15)]

    assert of(9, queue).wait.estimate_minutes == 58
    assert of(9, [*slow, *queue]).wait.estimate_minutes == 64


def test_what_was_learned_of_a_practitioner_is_used_for_them_alone() -> None:
    learned = Learned(by_practitioner={"massage slow": math.log(1.5), "massage quick": 0.0})
    queue = [entry(1, planned=60), entry(2, start=-15)]

    slow, quick = (
        waits.standings(queue, NINE, learned, who)[UUID(int=2)].wait.estimate_minutes
        for who in ("slow", "quick")
    )

    assert (slow, quick) == (90, 60)


def test_even_beyond_what_ever_happens_a_draw_is_finite() -> None:
    shares = np.array([0.1, 0.9])

    assert normal.beyond(-9.0, shares) == pytest.approx([-1.28155, 1.28155], abs=1e-4)
    assert normal.beyond(9.0, shares) == pytest.approx([5.99781, 5.99781], abs=1e-3)


def test_draws_are_shares_spread_evenly_and_each_of_them_in_an_order_of_its_own() -> None:
    draws = forecast._draws()

    assert draws.shape == (401, 256)
    assert (np.sort(draws, axis=1) == (np.arange(256) + 0.5) / 256).all()
    assert len(np.unique(draws, axis=0)) == 401


# The range on show -------------------------------------------------------------------------------


def test_a_range_is_rounded_outward() -> None:
    assert steady(None, 11.2, 15.6, 18.4) == WaitRange(10, 20, 16)
    assert steady(None, -3.0, 0.0, 0.0) == WaitRange(0, 5, 0)
    assert steady(None, 15.0, 15.000000000000002, 15.000000000000002) == WaitRange(15, 20, 15)


def test_an_end_on_show_stays_until_the_new_one_is_noticeably_beyond_it() -> None:
    before = (10, 20)

    assert steady(before, 9.0, 15.0, 21.5) == WaitRange(10, 20, 15)
    assert steady(before, 8.0, 15.0, 22.0) == WaitRange(10, 20, 15)
    assert steady(before, 11.0, 12.0, 13.0) == WaitRange(10, 15, 12)
    assert steady(before, 7.9, 15.0, 22.1) == WaitRange(5, 25, 15)
    assert steady(before, 16.9, 15.0, 13.1) == WaitRange(10, 20, 15)
    assert steady(before, 17.0, 18.0, 18.0) == WaitRange(15, 20, 18)


@given(st.lists(st.floats(0, 60), min_size=2, max_size=30))
def test_however_the_estimate_moves_within_two_minutes_the_range_moves_once_at_most(
    moves: list[float],
) -> None:
    middle = 20.0
    shown = None
    seen = []
    for move in moves:
        low, high = middle - 7 + move / 60, middle + 7 + move / 60
        now = steady(shown, low, middle, high)
        shown = (now.low_minutes, now.high_minutes)
        seen.append(shown)

    assert len(set(seen)) == 1


# Properties --------------------------------------------------------------------------------------

planned = st.sampled_from([20.0, 40.0, 45.0, 60.0])
starts = st.floats(-240, 240)
visits = st.builds(
    lambda number, status, start, length, arrived, started: entry(
        number,
        status,
        start=start,
        planned=length,
        arrived=-arrived,
        started=-started if status == "in_progress" else None,
    ),
    st.integers(1, 10**9),
    st.sampled_from(["arrived", "arrived", "arrived", "called", "in_progress", "booked"]),
    starts,
    planned,
    st.floats(0, 300),
    st.floats(0, 600),
)
queues = st.lists(visits, max_size=8, unique_by=lambda one: one.id)
teachings = st.sampled_from([Learned(), PROMPT, Learned(day_spread=0.0, show=0.5)])


@given(queues, teachings)
def test_a_wait_is_never_negative_and_the_estimate_lies_in_its_range(
    queue: list[Entry], learned: Learned
) -> None:
    for standing in standings(queue, learned).values():
        wait = standing.wait
        assert 0 <= wait.low_minutes < wait.high_minutes
        assert wait.low_minutes <= wait.estimate_minutes <= wait.high_minutes
        assert wait.low_minutes % 5 == wait.high_minutes % 5 == 0


@given(queues)
def test_by_the_plan_nobody_is_promised_to_go_in_before_the_own_time(queue: list[Entry]) -> None:
    result = standings(queue)
    for one in queue:
        if one.id in result:
            until = (one.start - NINE) / timedelta(minutes=1)
            assert result[one.id].wait.estimate_minutes >= math.floor(until)


@given(queues, planned, starts)
def test_one_more_ahead_makes_the_wait_longer(
    queue: list[Entry], length: float, start: float
) -> None:
    present = [one for one in queue if one.status != "booked"]
    me = entry(2 * 10**9, start=200, arrived=0)
    ahead = entry(3 * 10**9, start=min(start, 199.0), planned=length)

    without = of(2 * 10**9, [*present, me], PROMPT)
    longer = of(2 * 10**9, [*present, ahead, me], PROMPT)

    assert longer.position == without.position + 1
    assert longer.wait.estimate_minutes > without.wait.estimate_minutes


@given(queues)
def test_places_count_from_one_without_gaps(queue: list[Entry]) -> None:
    places = sorted(standing.position for standing in standings(queue).values())

    assert places == list(range(1, len(places) + 1))


def test_the_same_facts_give_the_same_answer() -> None:
    queue = [entry(number, start=-number) for number in range(1, 6)]

    assert standings(queue) == standings(list(reversed(queue)))
