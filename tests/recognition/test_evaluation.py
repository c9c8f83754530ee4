import numpy as np
import pytest

from recognition.evaluation import DISTANCE, SIMILARITY, Pairs, Trials

NO_VECTOR = np.inf


def pairs_of(owners: str, **distances: float) -> Pairs:
    """Photos of the owners, a letter each; `_0_2` is how far the first is from the third."""
    square = np.zeros((len(owners), len(owners)))
    for places, distance in distances.items():
        one, other = map(int, places.strip("_").split("_"))
        square[one, other] = square[other, one] = distance
    return Pairs.of(list(owners), square, DISTANCE)


@pytest.fixture
def two_people() -> Pairs:
    """Ana's photos 0, 1 and 2, Bia's photo 3."""
    return pairs_of("aaab", _0_1=0.30, _0_2=0.45, _1_2=0.48, _0_3=0.50, _1_3=0.61, _2_3=0.70)


def test_every_pair_is_counted_once_on_its_side(two_people: Pairs) -> None:
    assert two_people.same.tolist() == [0.30, 0.45, 0.48]
    assert two_people.different.tolist() == [0.50, 0.61, 0.70]


def test_a_threshold_belongs_to_what_it_lets_in(two_people: Pairs) -> None:
    same = two_people.same_person(accept=0.45, confirm=0.48)
    different = two_people.different_people(accept=0.45, confirm=0.50)

    assert same.as_dict() == {"pairs": 3, "accepted": 2, "confirm": 1, "unknown": 0}
    assert different.as_dict() == {"pairs": 3, "accepted": 0, "confirm": 1, "unknown": 2}


def test_the_sweep_counts_true_and_false_accepts_at_each_threshold(two_people: Pairs) -> None:
    sweep = {row["threshold"]: row for row in two_people.sweep()}

    assert (min(sweep), max(sweep), len(sweep)) == (0.20, 1.0, 41)
    assert list(sweep) == sorted(sweep)
    assert sweep[0.44] == {"threshold": 0.44, "true_accepts": 1, "false_accepts": 0}
    assert sweep[0.48] == {"threshold": 0.48, "true_accepts": 3, "false_accepts": 0}
    assert sweep[0.50] == {"threshold": 0.50, "true_accepts": 3, "false_accepts": 1}
    assert sweep[0.62] == {"threshold": 0.62, "true_accepts": 3, "false_accepts": 2}


@pytest.mark.parametrize(
    ("nearest", "highest"),
    [(0.50, 0.49), (0.501, 0.50), (0.7043, 0.70), (0.07, 0.06), (0.009, 0.0), (0.0, None)],
)
def test_the_highest_threshold_without_a_false_accept_is_below_the_nearest_two(
    nearest: float, highest: float | None
) -> None:
    pairs = pairs_of("ab", _0_1=nearest)

    assert pairs.nearest_different() == nearest
    assert pairs.zero_false_accepts() == highest


def test_a_photo_without_a_vector_is_unknown_and_says_nothing_about_the_rate() -> None:
    useless = dict.fromkeys(("_0_2", "_1_2", "_2_3"), NO_VECTOR)
    pairs = pairs_of("aabb", _0_1=0.2, _0_3=0.6, _1_3=0.6, **useless)

    assert pairs.same_person(accept=0.45, confirm=0.5).as_dict() == {
        "pairs": 2,
        "accepted": 1,
        "confirm": 0,
        "unknown": 1,
    }
    assert pairs.different_people(accept=0.45, confirm=0.5).unknown == 4
    assert pairs.compared_people() == 2


def test_none_in_so_many_pairs_bounds_the_rate() -> None:
    square = np.full((100, 100), 0.9)
    pairs = Pairs.of([f"person {number}" for number in range(100)], square, DISTANCE)

    assert pairs.compared_people() == 4950
    assert pairs.false_accept_rate_at_most(0.45) == pytest.approx(3 / 4950)
    assert pairs.false_accept_rate_at_most(0.9) is None


def test_a_single_person_bounds_nothing() -> None:
    pairs = pairs_of("aa", _0_1=0.2)

    assert pairs.nearest_different() is None
    assert pairs.zero_false_accepts() is None
    assert pairs.false_accept_rate_at_most(0.45) is None


def test_likenesses_are_counted_the_other_way_round() -> None:
    never = SIMILARITY.never
    square = np.array(
        [
            [100.0, 99.2, 40.0, never],
            [98.7, 100.0, 97.3, never],
            [45.0, 96.0, 100.0, never],
            [never, never, never, never],
        ]
    )
    pairs = Pairs.of(list("aabb"), square, SIMILARITY)

    same = pairs.same_person(accept=99.0, confirm=98.7)
    assert same.as_dict() == {"pairs": 2, "accepted": 0, "confirm": 1, "unknown": 1}
    different = pairs.different_people(accept=99.0, confirm=97.3)
    assert different.as_dict() == {"pairs": 4, "accepted": 0, "confirm": 1, "unknown": 3}
    assert (pairs.nearest_different(), pairs.zero_false_accepts()) == (97.3, 97.31)
    assert (pairs.compared_people(), pairs.false_accept_rate_at_most(97.3)) == (2, None)
    sweep = {row["threshold"]: row for row in pairs.sweep()}
    assert list(sweep) == sorted(sweep)
    assert sweep[96.0] == {"threshold": 96.0, "true_accepts": 1, "false_accepts": 1}
    assert sweep[98.0] == {"threshold": 98.0, "true_accepts": 1, "false_accepts": 0}


def test_where_two_people_are_one_to_the_engine_no_likeness_tells_them_apart() -> None:
    pairs = Pairs.of(["a", "b"], np.full((2, 2), 100.0), SIMILARITY)

    assert pairs.zero_false_accepts() is None


def test_the_first_photo_is_enrolled_and_the_others_are_shown_to_everybody() -> None:
    square = np.array(
        [
            [100.0, 0.0, 0.0, 0.0, 0.0],
            [96.0, 100.0, 0.0, 30.0, 0.0],
            [99.5, 0.0, 100.0, 95.0, 0.0],
            [0.0, 0.0, 0.0, 100.0, 0.0],
            [99.0, 0.0, 0.0, 80.0, 100.0],
        ]
    )
    trials = Trials.of(list("aaabb"), square, SIMILARITY)

    genuine = trials.genuine(accept=99.0, confirm=95.0)
    assert genuine.as_dict() == {"pairs": 3, "accepted": 1, "confirm": 1, "unknown": 1}
    false = trials.false(accept=99.0, confirm=95.0)
    assert false.as_dict() == {"pairs": 3, "accepted": 1, "confirm": 1, "unknown": 1}
    assert trials.missed(confirm=95.0) == 1
    assert trials.missed(confirm=80.0) == 0
