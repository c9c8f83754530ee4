"""What every engine owes its callers, whatever it keeps and wherever."""

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from pytest_django import Settings

from recognition.engines.base import FaceEngine, Flaw, Known, Refused
from recognition.engines.dlib import DlibEngine
from recognition.engines.rekognition import RekognitionEngine, client_of
from recognition.matching import Match, Verdict
from tests.recognition import faces

pytestmark = pytest.mark.engine

ANA, BIA = uuid.UUID(int=1), uuid.UUID(int=2)
UPLOAD, OTHER = uuid.UUID(int=11), uuid.UUID(int=12)


@pytest.fixture
def amazon(settings: Settings) -> Iterator[None]:
    """A collection of this test's own on a real account, deleted afterwards."""
    region = os.environ.get("AWS_CONTRACT_REGION")
    if not region:
        pytest.fail("not run: AWS_CONTRACT_REGION names no region of a real account")
    settings.AWS_ENDPOINT_URL = None
    settings.AWS_REGION = region
    settings.FACE_COLLECTION = f"vez-contract-{uuid.uuid4()}"
    client = client_of(None, region)
    client.create_collection(CollectionId=settings.FACE_COLLECTION)
    yield
    client.delete_collection(CollectionId=settings.FACE_COLLECTION)


@pytest.fixture(params=["dlib", "rekognition", pytest.param("amazon", marks=pytest.mark.aws)])
def engine(request: pytest.FixtureRequest) -> FaceEngine:
    if request.param == "dlib":
        return DlibEngine()
    request.getfixturevalue(request.param)
    return RekognitionEngine()


def photos(*pictures: Image.Image) -> dict[int, bytes]:
    return {position: faces.jpeg(picture) for position, picture in enumerate(pictures, start=1)}


def learn(engine: FaceEngine, person: uuid.UUID, upload: uuid.UUID, *pictures: Any) -> list[Known]:
    found = engine.enrol(upload, photos(*pictures))
    assert not isinstance(found, Refused), found
    assert len(found) == len(pictures)
    return [Known(person, template) for template in found]


@pytest.mark.parametrize("copy", list(faces.altered_copies()))
def test_who_is_known_is_found_from_another_picture(engine: FaceEngine, copy: str) -> None:
    known = learn(engine, ANA, UPLOAD, faces.astronaut())

    found = engine.search(faces.jpeg(faces.altered_copies()[copy]), known)

    assert found == Match(Verdict.SURE, (ANA,))


def test_everybody_is_found_by_the_other_photo_and_taken_for_nobody_else(
    engine: FaceEngine,
) -> None:
    people = {uuid.uuid4(): pictures for pictures in faces.people().values()}
    known = {
        person: learn(engine, person, uuid.uuid4(), pictures[0])
        for person, pictures in people.items()
    }
    everybody = [template for templates in known.values() for template in templates]

    for person, pictures in people.items():
        frame = faces.jpeg(pictures[1])
        others = [one for one in everybody if one.person != person]
        assert engine.search(frame, everybody) == Match(Verdict.SURE, (person,))
        assert engine.search(frame, others) == Match(Verdict.UNKNOWN)


def test_who_enrolled_but_is_not_among_those_given_is_never_named(engine: FaceEngine) -> None:
    hers = learn(engine, ANA, UPLOAD, faces.astronaut())
    frame = faces.jpeg(faces.astronaut())

    assert engine.search(frame, []) == Match(Verdict.UNKNOWN)
    assert engine.search(frame, hers) == Match(Verdict.SURE, (ANA,))


def test_of_two_with_one_face_nobody_is_sure(engine: FaceEngine) -> None:
    known = learn(engine, ANA, UPLOAD, faces.astronaut())
    known += learn(engine, BIA, OTHER, faces.astronaut())

    found = engine.search(faces.jpeg(faces.astronaut()), known)

    assert isinstance(found, Match)
    assert (found.verdict, set(found.people)) == (Verdict.UNSURE, {ANA, BIA})


@pytest.mark.parametrize(
    ("picture", "flaw"),
    [
        (faces.blank(), Flaw.NO_FACE),
        (
            faces.side_by_side(faces.astronaut(), faces.altered_copies()["mirrored"]),
            Flaw.MULTIPLE_FACES,
        ),
    ],
    ids=["blank", "two"],
)
def test_a_picture_without_one_face_says_why(
    engine: FaceEngine, picture: Image.Image, flaw: Flaw
) -> None:
    known = learn(engine, ANA, UPLOAD, faces.astronaut())

    assert engine.search(faces.jpeg(picture), known) == flaw
    assert engine.enrol(OTHER, photos(faces.astronaut(), picture)) == Refused({2: flaw})


def test_a_photo_of_somebody_else_is_named_by_its_position(engine: FaceEngine) -> None:
    somebody = next(iter(faces.people().values()))[0]
    pictures = photos(faces.astronaut(), somebody, faces.altered_copies()["mirrored"])

    assert engine.enrol(UPLOAD, pictures) == Refused({2: "different_person"})


def test_the_same_upload_may_come_again(engine: FaceEngine) -> None:
    learn(engine, ANA, UPLOAD, faces.astronaut())
    known = learn(engine, ANA, UPLOAD, faces.astronaut())

    assert engine.search(faces.jpeg(faces.astronaut()), known) == Match(Verdict.SURE, (ANA,))


def test_erasing_one_upload_twice_leaves_the_others(engine: FaceEngine) -> None:
    learn(engine, ANA, UPLOAD, faces.astronaut())
    known = learn(engine, BIA, OTHER, faces.astronaut())

    engine.erase(UPLOAD)
    engine.erase(UPLOAD)

    assert engine.search(faces.jpeg(faces.astronaut()), known) == Match(Verdict.SURE, (BIA,))


def test_what_made_a_template_has_a_lasting_name(engine: FaceEngine) -> None:
    assert engine.name in {"dlib", "rekognition"}
    assert len(engine.model_hash) == 64
    assert engine.model_hash == type(engine)().model_hash
