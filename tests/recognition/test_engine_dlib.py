import itertools
import uuid

import numpy as np
import pytest
from PIL import Image
from pytest_django import Settings

from recognition.engines import dlib
from recognition.engines.base import Flaw, Known, sole_face
from recognition.engines.dlib import DlibEngine, Gallery, turn
from tests.recognition import faces

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def engine() -> DlibEngine:
    return DlibEngine()


def vector(engine: DlibEngine, picture: Image.Image) -> np.ndarray:
    found = sole_face(engine.detect_and_embed(faces.pixels(picture)))
    assert isinstance(found, np.ndarray), found
    return found


def test_a_face_is_found_where_it_is(engine: DlibEngine) -> None:
    (face,) = engine.detect_and_embed(faces.pixels(faces.astronaut()))

    assert face.vector is not None
    assert face.vector.shape == (128,)
    assert face.vector.dtype == np.float32
    assert 150 < face.box.left < 200
    assert 60 < face.box.top < 120
    assert 80 <= face.quality.face_px <= 100


@pytest.mark.parametrize("copy", list(faces.altered_copies()))
def test_an_altered_copy_is_the_same_person(engine: DlibEngine, copy: str) -> None:
    distance = engine.distance(
        vector(engine, faces.astronaut()), vector(engine, faces.altered_copies()[copy])
    )

    assert distance <= 0.35


def test_everybody_is_accepted_from_another_photo_and_nobody_as_somebody_else(
    engine: DlibEngine,
) -> None:
    vectors = {
        name: [vector(engine, photo) for photo in photos] for name, photos in faces.people().items()
    }
    vectors["astronaut"] = [vector(engine, faces.astronaut())]

    same = [
        engine.distance(one, other)
        for photos in vectors.values()
        for one, other in itertools.combinations(photos, 2)
    ]
    different = [
        engine.distance(one, other)
        for first, second in itertools.combinations(vectors.values(), 2)
        for one in first
        for other in second
    ]

    assert len(same) == 10
    assert max(same) <= engine.accept
    assert len(different) >= 50
    assert min(different) > engine.confirm + 0.1


@pytest.mark.parametrize(
    ("picture", "flaw"),
    [
        (faces.blank(), Flaw.NO_FACE),
        (faces.darkened(faces.astronaut()), Flaw.TOO_DARK),
        (faces.blurred(faces.astronaut()), Flaw.BLURRED),
        (faces.far_away(faces.astronaut()), Flaw.TOO_SMALL),
    ],
    ids=["blank", "dark", "blurred", "far-away"],
)
def test_a_useless_picture_says_why_and_gives_no_vector(
    engine: DlibEngine, picture: Image.Image, flaw: Flaw
) -> None:
    found = engine.detect_and_embed(faces.pixels(picture))

    assert sole_face(found) == flaw
    assert [face.vector for face in found] == [None] * len(found)


@pytest.mark.parametrize(
    ("corners", "nose", "aside"),
    [
        ([(70, 40), (50, 40), (10, 40), (30, 40)], (40, 70), 0.0),
        ([(70, 40), (50, 40), (10, 40), (30, 40)], (54, 70), -0.35),
        ([(70, 40), (50, 40), (10, 40), (30, 40)], (26, 70), 0.35),
        # The head tilted by a quarter turn: down the face is along the rows.
        ([(40, 70), (40, 50), (40, 10), (40, 30)], (70, 54), -0.35),
        ([(70, 70), (50, 50), (10, 10), (30, 30)], (60, 20), 0.0),
        ([(40, 40), (40, 40), (40, 40), (40, 40)], (54, 70), 0.0),
    ],
    ids=["ahead", "to-one-side", "to-the-other", "tilted", "tilted-ahead", "no-eyes"],
)
def test_a_turn_is_how_far_the_nose_stands_aside(
    corners: list[tuple[int, int]], nose: tuple[int, int], aside: float
) -> None:
    assert turn(np.array([*corners, nose], dtype=np.float32)) == pytest.approx(aside)


@pytest.mark.usefixtures("_looked_at_anew")
@pytest.mark.parametrize(("limit", "flaw"), [(0.05, Flaw.TURNED), (0.3, None)])
def test_a_face_past_the_limit_is_told_turned_and_gives_no_vector(
    engine: DlibEngine, monkeypatch: pytest.MonkeyPatch, limit: float, flaw: Flaw | None
) -> None:
    monkeypatch.setattr(dlib, "MAX_TURN", limit)
    aside = faces.turned(faces.astronaut(), 25, between_eyes=(225, 103), eye_distance=43)

    (face,) = engine.detect_and_embed(faces.pixels(aside))
    (ahead,) = engine.detect_and_embed(faces.pixels(faces.astronaut()))

    assert face.quality.flaw == flaw
    assert (face.vector is None) == (flaw is not None)
    assert ahead.quality.flaw is None


def test_a_gentle_turn_is_recognised_and_a_turn_aside_is_told(engine: DlibEngine) -> None:
    picture = faces.people()["london_024"][0]

    def looking(degrees: float) -> Image.Image:
        return faces.turned(picture, degrees, between_eyes=(320, 286), eye_distance=87)

    gentle = vector(engine, looking(25))
    (aside,) = engine.detect_and_embed(faces.pixels(looking(45)))

    assert engine.distance(vector(engine, picture), gentle) <= 0.35
    assert (aside.quality.flaw, aside.vector) == (Flaw.TURNED, None)


def test_of_two_people_no_vector_is_computed(engine: DlibEngine) -> None:
    two = faces.side_by_side(faces.astronaut(), faces.altered_copies()["mirrored"])

    found = engine.detect_and_embed(faces.pixels(two))

    assert len(found) == 2
    assert [face.vector for face in found] == [None, None]
    assert sole_face(found) == Flaw.MULTIPLE_FACES


def test_a_large_photo_is_reduced_and_the_box_still_fits_the_original(engine: DlibEngine) -> None:
    huge = faces.astronaut().resize((3072, 3072), Image.Resampling.BICUBIC)

    (face,) = engine.detect_and_embed(faces.pixels(huge))

    assert 6 * 150 < face.box.left < 6 * 200
    distance = engine.distance(vector(engine, faces.astronaut()), vector(engine, huge))
    assert distance <= 0.35


@pytest.mark.parametrize("size", [(1, 1), (1600, 1), (1, 1600), (50, 50)])
def test_odd_sizes_hold_no_face(engine: DlibEngine, size: tuple[int, int]) -> None:
    assert engine.detect_and_embed(faces.pixels(Image.new("RGB", size))) == []


def test_distances_to_a_gallery_are_those_of_each_pair(engine: DlibEngine) -> None:
    one = vector(engine, faces.astronaut())
    other = vector(engine, faces.altered_copies()["mirrored"])

    distances = engine.distances(one, np.stack([one, other]))

    assert distances.tolist() == pytest.approx([0.0, engine.distance(one, other)], abs=1e-6)


@pytest.mark.parametrize("people", [0, 1, 2_000])
def test_a_gallery_finds_who_is_near_exactly_as_each_distance_says(
    engine: DlibEngine, people: int
) -> None:
    dice = np.random.default_rng(people)
    vectors = dice.normal(size=(people * 3, 128)).astype(np.float32)
    vectors *= 1.4 / np.linalg.norm(vectors, axis=1, keepdims=True) if people else 1
    names = [uuid.UUID(int=row // 3 + 1) for row in range(len(vectors))]
    known = [Known(name, row.tobytes()) for name, row in zip(names, vectors, strict=True)]
    # A face somewhere between the first person's photos, from where some others are in reach too.
    probe = vectors[:3].mean(axis=0) if people else np.ones(128, dtype=np.float32)
    distances = [engine.distance(probe, row) for row in vectors]
    reach = float(np.quantile(distances, 0.02)) if people else 0.5

    found = Gallery.of(known).nearest(probe, reach)

    expected: dict[uuid.UUID, float] = {}
    for name, distance in zip(names, distances, strict=True):
        if distance <= reach:
            expected[name] = min(distance, expected.get(name, distance))
    assert found == pytest.approx(expected, abs=1e-6)
    assert len(found) == {0: 0, 1: 1, 2_000: len(expected)}[people]
    if people > 1:
        assert 50 < len(found) < 200


@pytest.mark.parametrize("away", [0.0, 1e-4, 0.3])
def test_a_gallery_loses_no_digits_where_two_are_near(engine: DlibEngine, away: float) -> None:
    one = vector(engine, faces.astronaut())
    step = np.zeros(128, dtype=np.float32)
    step[7] = away
    person = uuid.uuid4()

    found = Gallery.of([Known(person, one.tobytes())]).nearest(one + step, 0.5)

    assert found == {person: pytest.approx(away, abs=1e-6)}


@pytest.mark.parametrize(("second", "verdict"), [(0.34, "unsure"), (0.36, "sure")])
def test_the_next_person_counts_up_to_the_margin(
    engine: DlibEngine, second: float, verdict: str
) -> None:
    one = vector(engine, faces.astronaut())
    first, other = uuid.uuid4(), uuid.uuid4()

    def beside(person: uuid.UUID, away: float) -> Known:
        step = np.zeros(128, dtype=np.float32)
        step[7] = away
        return Known(person, (one + step).tobytes())

    gallery = Gallery.of([beside(other, second), beside(first, 0.30), beside(first, 0.44)])
    match = engine.recognise(one, gallery)

    assert match.verdict == verdict
    assert match.people == ((first,) if verdict == "sure" else (first, other))


def test_the_model_is_named_by_its_content(engine: DlibEngine) -> None:
    assert engine.name == "dlib"
    assert len(engine.model_hash) == 64
    assert engine.model_hash == DlibEngine().model_hash


def test_the_thresholds_are_the_clinics(engine: DlibEngine, settings: Settings) -> None:
    assert (engine.accept, engine.confirm) == (0.45, 0.50)

    settings.FACE_ACCEPT_DISTANCE = 0.4

    assert engine.accept == 0.4
