import pytest

from recognition.matching import Match, Verdict, decide, odd_ones_out


@pytest.mark.parametrize(
    ("nearest", "expected"),
    [
        ({}, Match(Verdict.UNKNOWN)),
        ({"a": 0.51}, Match(Verdict.UNKNOWN)),
        ({"a": 0.45}, Match(Verdict.SURE, ("a",))),
        ({"a": 0.4501}, Match(Verdict.UNSURE, ("a",))),
        ({"a": 0.50}, Match(Verdict.UNSURE, ("a",))),
        ({"a": 0.30, "b": 0.36}, Match(Verdict.SURE, ("a",))),
        ({"a": 0.30, "b": 0.34}, Match(Verdict.UNSURE, ("a", "b"))),
        ({"b": 0.48, "a": 0.44}, Match(Verdict.UNSURE, ("a", "b"))),
        ({"a": 0.44, "b": 0.51, "c": 0.9}, Match(Verdict.SURE, ("a",))),
        ({"a": 0.449, "b": 0.4989, "c": 0.52}, Match(Verdict.UNSURE, ("a", "b"))),
        ({"a": 0.30, "b": 0.30}, Match(Verdict.UNSURE, ("a", "b"))),
    ],
)
def test_sure_unsure_unknown(nearest: dict[str, float], expected: Match[str]) -> None:
    assert decide(nearest, accept=0.45, confirm=0.50, margin=0.05) == expected


@pytest.mark.parametrize(
    ("distances", "odd"),
    [
        ([[0.0]], set()),
        ([[0.0, 0.45], [0.45, 0.0]], set()),
        ([[0.0, 0.46], [0.46, 0.0]], {1}),
        ([[0.0, 0.7, 0.2], [0.7, 0.0, 0.7], [0.2, 0.7, 0.0]], {1}),
        ([[0.0, 0.7, 0.7], [0.7, 0.0, 0.2], [0.7, 0.2, 0.0]], {0}),
    ],
)
def test_the_photo_that_shows_somebody_else_is_named(
    distances: list[list[float]], odd: set[int]
) -> None:
    assert odd_ones_out(distances, accept=0.45) == odd
