from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise

import pytest

from clinic.core import clock
from clinic.demo.cast import EXTRAS, THERAPISTS
from clinic.demo.day import Part, Visit, visits

WINTER_DAY = date(2026, 11, 23)
SPRING_FORWARD = date(2026, 3, 29)
FALL_BACK = date(2026, 10, 25)


def instants(day: date) -> list[datetime]:
    """Every half hour of a civil day, and the seconds around midnight."""
    opens, closes = clock.day_bounds(day)
    steps = int((closes - opens) / timedelta(minutes=30))
    found = [opens + timedelta(minutes=30 * step, seconds=17 * step) for step in range(steps)]
    return [opens, opens + timedelta(seconds=1), *found, closes - timedelta(seconds=1)]


@pytest.mark.parametrize("day", [WINTER_DAY, SPRING_FORWARD, FALL_BACK])
def test_at_every_hour_somebody_is_treated_called_waiting_and_to_come(day: date) -> None:
    for now in instants(day):
        parts = [visit.part for visit in visits(now)]

        assert parts.count(Part.IN_PROGRESS) == 3, now
        assert parts.count(Part.CALLED) == 1, now
        assert parts.count(Part.WAITING) == 6, now
        assert parts.count(Part.AWAITED) == 2, now
        assert parts.count(Part.LATER) >= 1, now


@pytest.mark.parametrize("day", [WINTER_DAY, SPRING_FORWARD, FALL_BACK])
def test_everything_lies_in_the_day_and_happened_in_its_order(day: date) -> None:
    opens, closes = clock.day_bounds(day)
    for now in instants(day):
        for visit in visits(now):
            assert opens <= visit.start < visit.end <= closes
            stamps = [visit.arrived, visit.called, visit.started, visit.ended]
            known = [stamp for stamp in stamps if stamp is not None]
            assert known == sorted(known)
            assert all(opens <= stamp <= now for stamp in known)


def test_nobody_treats_two_people_at_once() -> None:
    for now in instants(WINTER_DAY):
        columns: dict[int, list[Visit]] = {}
        for visit in visits(now):
            columns.setdefault(visit.therapist, []).append(visit)
        assert sorted(columns) == [0, 1, 2, 3]
        for column in columns.values():
            for earlier, later in pairwise(column):
                assert earlier.end <= later.start


def test_a_treatment_begins_after_the_one_before_it_ended() -> None:
    for now in instants(WINTER_DAY):
        for therapist in range(4):
            column = [visit for visit in visits(now) if visit.therapist == therapist]
            over = [visit.ended for visit in column if visit.started and visit.ended]
            running = [visit.started for visit in column if visit.part == Part.IN_PROGRESS]
            assert all(start is not None and end <= start for end in over for start in running)


def test_the_guest_comes_later_today_once() -> None:
    for now in instants(WINTER_DAY):
        [guest] = [visit for visit in visits(now) if visit.is_guest]
        assert guest.part == Part.LATER


def test_by_day_the_past_and_the_future_are_there() -> None:
    parts = [visit.part for visit in visits(datetime(2026, 11, 23, 11, 7, tzinfo=UTC))]

    assert parts.count(Part.FULFILLED) == 7
    assert parts.count(Part.NO_SHOW) == 1
    assert parts.count(Part.LATER) == 7


def test_everybody_is_treated_by_somebody_who_can() -> None:
    for visit in visits(datetime(2026, 11, 23, 11, 7, tzinfo=UTC)):
        assert visit.specialty in THERAPISTS[visit.therapist].specialties


def test_there_are_enough_people_for_the_longest_day() -> None:
    most = max(len(visits(now)) for now in instants(WINTER_DAY))

    assert most + 1 <= len(EXTRAS)
    assert len({person.full_name for person in EXTRAS}) == len(EXTRAS)


def test_every_specialty_has_at_least_two_therapists() -> None:
    offered = [code for person in THERAPISTS for code in person.specialties]

    assert {code: offered.count(code) >= 2 for code in offered} == {
        "evaluation": True,
        "massage": True,
        "musculoskeletal": True,
        "shock_waves": True,
        "therapeutic_massage": True,
    }


def test_a_last_time_of_the_day_stays_free_until_half_an_hour_before_midnight() -> None:
    _, midnight = clock.day_bounds(WINTER_DAY)
    last = midnight - timedelta(minutes=30)
    able = [number for number, one in enumerate(THERAPISTS) if "shock_waves" in one.specialties]
    for now in instants(WINTER_DAY):
        ends: dict[int, list[datetime]] = {number: [] for number in able}
        for visit in visits(now):
            if visit.therapist in ends:
                ends[visit.therapist].append(visit.end)

        assert all(max(busy) <= last for busy in ends.values()), now


@pytest.mark.parametrize("day", [WINTER_DAY, SPRING_FORWARD, FALL_BACK])
def test_at_every_hour_each_therapist_treats_one_patient_at_a_time(day: date) -> None:
    for now in instants(day):
        treated = [visit for visit in visits(now) if visit.started is not None]
        for visit, following in combinations(treated, 2):
            if visit.therapist == following.therapist:
                assert visit.ended is not None
                assert following.started is not None
                assert visit.ended <= following.started, now
