import math
from datetime import timedelta
from statistics import NormalDist
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking import waits
from booking.waits import Entry, Spread, WaitRange, standings
from tests.booking.conftest import NINE, minutes


def entry(
    number, status="arrived", *, start=-60.0, planned=45.0, arrived=-60.0, started=None
) -> Entry:
    """A visit; times in minutes from now."""
    return Entry(
        id=UUID(int=number),
        status=status,
        start=NINE + minutes(start),
        planned_minutes=planned,
        arrived_at=NINE + minutes(arrived),
        started_at=None if started is None else NINE + minutes(started),
    )


def of(number, entries) -> waits.Standing:
    return standings(entries, NINE)[UUID(int=number)]


def test_alone_and_due_goes_in_any_moment():
    assert of(1, [entry(1)]) == waits.Standing(1, WaitRange(0, 5, 0))


def test_alone_and_early_waits_for_the_appointments_own_time():
    assert of(1, [entry(1, start=13)]).wait == WaitRange(10, 15, 13)


def test_exactly_on_a_step_the_range_is_still_a_range():
    assert of(1, [entry(1, start=15)]).wait == WaitRange(15, 20, 15)


def test_one_treatment_ahead_is_its_plan_give_or_take_its_spread():
    # 60 ± 1.2816 · 15 = 40.8 … 79.2
    queue = [entry(1, planned=60, start=-30), entry(2, start=-15)]

    assert of(2, queue) == waits.Standing(2, WaitRange(40, 80, 60))


def test_two_treatments_ahead_add_their_means_and_their_variances():
    # 45 + 20 = 65; sd √(11.25² + 5²) = 12.31; 49.2 … 80.8
    queue = [entry(1, start=-40), entry(2, planned=20, start=-30), entry(3, start=-20)]

    assert of(3, queue).wait == WaitRange(45, 85, 65)


def test_whoever_is_called_goes_in_first_and_counts_in_full():
    queue = [
        entry(1, start=-40),
        entry(2, "called", planned=60, start=30),
    ]

    assert of(1, queue) == waits.Standing(1, WaitRange(40, 80, 60))
    assert UUID(int=2) not in standings(queue, NINE)


def test_the_order_is_that_of_calling_earliest_appointment_first():
    queue = [
        entry(1, start=-10, arrived=-50),
        entry(2, start=-20, arrived=-5),
        entry(3, start=-10, arrived=-60),
    ]

    result = standings(queue, NINE)

    assert [result[UUID(int=number)].position for number in (2, 3, 1)] == [1, 2, 3]


def test_a_treatment_that_has_just_begun_is_all_ahead():
    queue = [entry(1, "in_progress", planned=60, started=0), entry(2)]

    assert of(2, queue).wait == WaitRange(40, 80, 60)


def test_a_treatment_that_keeps_to_its_plan_has_the_rest_of_it_left():
    # E[S - 20 | S > 20] of a 45-minute treatment: 25.02, sd 11.23
    queue = [entry(1, "in_progress", started=-20), entry(2)]

    assert of(2, queue).wait == WaitRange(10, 40, 25)


def test_an_overrun_is_never_over_any_moment():
    # 60 minutes into 45: 7.75, sd 7.37
    queue = [entry(1, "in_progress", started=-60), entry(2)]

    assert of(2, queue).wait == WaitRange(0, 20, 8)


def test_a_treatment_that_nobody_finished_stays_at_twice_its_plan():
    forgotten = waits.rest(45, 60 * 24)

    assert forgotten == waits.rest(45, 90)
    assert forgotten.mean == pytest.approx(6.823068606377374)


def test_of_two_running_treatments_the_longer_rest_counts():
    queue = [
        entry(1, "in_progress", planned=60, started=0),
        entry(2, "in_progress", planned=20, started=-15),
        entry(3),
    ]

    assert of(3, queue).wait == WaitRange(40, 80, 60)


def test_a_gap_before_the_own_time_swallows_the_uncertainty_before_it():
    # The treatment ahead takes 20 ± 5; the own appointment is in 60 minutes.
    queue = [entry(1, planned=20, start=-30), entry(2, start=60)]

    assert of(2, queue).wait == WaitRange(60, 65, 60)


def numerical(planned, elapsed):
    """Mean and variance of S - e given S > e, by summing a fine grid of the lognormal."""
    log_variance = math.log(1 + waits.VARIATION**2)
    law = NormalDist(math.log(planned) - log_variance / 2, math.sqrt(log_variance))
    step, weight, first, second = 0.005, 0.0, 0.0, 0.0
    length = elapsed + step / 2
    while length < planned * 6:
        density = law.pdf(math.log(length)) / length
        rest = length - elapsed
        weight += density
        first += density * rest
        second += density * rest * rest
        length += step
    mean = first / weight
    return mean, second / weight - mean**2


@pytest.mark.parametrize(("planned", "elapsed"), [(45, 10), (45, 40), (45, 60), (20, 30), (60, 90)])
def test_the_closed_form_is_the_truncated_lognormal(planned, elapsed):
    mean, variance = numerical(planned, elapsed)

    rest = waits.rest(planned, elapsed)

    assert rest.mean == pytest.approx(mean, abs=0.01)
    assert rest.variance == pytest.approx(variance, rel=0.005)


def test_the_later_of_two_times_agrees_with_sampled_normals():
    law = NormalDist(30, 10)
    sampled = [max(law.inv_cdf((number + 0.5) / 20_000), 35.0) for number in range(20_000)]
    mean = sum(sampled) / len(sampled)
    variance = sum((one - mean) ** 2 for one in sampled) / len(sampled)

    later = waits.not_before(Spread(30, 100), 35)

    assert later.mean == pytest.approx(mean, abs=0.01)
    assert later.variance == pytest.approx(variance, rel=0.01)


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
    st.sampled_from(["arrived", "arrived", "arrived", "called", "in_progress"]),
    starts,
    planned,
    st.floats(0, 300),
    st.floats(0, 600),
)
queues = st.lists(visits, max_size=8, unique_by=lambda one: one.id)


@given(queues)
def test_a_wait_is_never_negative_and_the_estimate_lies_in_its_range(queue):
    for standing in standings(queue, NINE).values():
        wait = standing.wait
        assert 0 <= wait.low_minutes < wait.high_minutes
        assert wait.low_minutes <= wait.estimate_minutes <= wait.high_minutes
        assert wait.low_minutes % 5 == wait.high_minutes % 5 == 0


@given(queues)
def test_nobody_is_promised_to_go_in_before_the_own_time(queue):
    result = standings(queue, NINE)
    for one in queue:
        if one.id in result:
            until = (one.start - NINE) / timedelta(minutes=1)
            assert result[one.id].wait.estimate_minutes >= math.floor(until)


@given(queues, planned, starts)
def test_one_more_ahead_never_shortens_the_wait(queue, length, start):
    me = entry(2 * 10**9, start=200, arrived=0)
    ahead = entry(3 * 10**9, start=min(start, 199.0), planned=length)

    without = of(2 * 10**9, [*queue, me])
    longer = of(2 * 10**9, [*queue, ahead, me])

    assert longer.position == without.position + 1
    assert longer.wait.estimate_minutes >= without.wait.estimate_minutes
    assert longer.wait.high_minutes >= without.wait.high_minutes


@given(queues)
def test_places_count_from_one_without_gaps(queue):
    places = sorted(standing.position for standing in standings(queue, NINE).values())

    assert places == list(range(1, len(places) + 1))


@given(st.floats(1, 240), st.floats(0, 10_000))
def test_the_rest_of_a_treatment_is_finite_positive_and_shrinks(length, elapsed):
    rest = waits.rest(length, elapsed)

    assert math.isfinite(rest.mean)
    assert math.isfinite(rest.variance)
    assert rest.mean > 0
    assert rest.variance >= 0
    assert waits.rest(length, elapsed + 1).mean <= rest.mean + 1e-9


def test_the_same_facts_give_the_same_answer():
    queue = [entry(number, start=-number) for number in range(1, 6)]

    assert standings(queue, NINE) == standings(reversed(queue), NINE)
