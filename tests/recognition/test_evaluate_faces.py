import io
import json
import signal
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.recognition import faces
from tests.recognition.conftest import COLLECTION, Photo
from tests.recognition.rekognition_double import RefusedError, Rekognition

KEYS = [
    "engine",
    "people",
    "photos",
    "accepted",
    "confirm",
    "rejected",
    "false_accepts",
    "false_confirms",
    "impostor_pairs",
    "median_ms",
    "thresholds",
    "same_person",
    "different_people",
    "nearest_different_people",
    "zero_false_accepts_up_to",
    "false_accept_rate_at_most",
    "sweep",
    "people_missed",
]


def evaluate(folder: Path) -> dict[str, Any]:
    return evaluate_in_words(folder)[0]


def evaluate_in_words(folder: Path, *flags: str) -> tuple[dict[str, Any], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    call_command("evaluate_faces", str(folder), *flags, stdout=out, stderr=err, skip_checks=True)
    return json.loads(out.getvalue()), err.getvalue().splitlines()


def save(folder: Path, **photos: Photo) -> None:
    folder.mkdir()
    for name, photo in photos.items():
        (folder / f"{name}.jpg").write_bytes(
            photo if isinstance(photo, bytes) else faces.jpeg(photo)
        )


@pytest.mark.engine
@pytest.mark.usefixtures("_looked_at_anew")
def test_one_person_is_accepted_from_the_other_photos(tmp_path: Path) -> None:
    copies = faces.altered_copies()
    save(tmp_path / "ana", a=faces.astronaut(), b=copies["mirrored"], c=copies["cropped"])

    report = evaluate(tmp_path)

    assert list(report) == KEYS
    median = report.pop("median_ms")
    assert 1 < median < 5000
    sweep = report.pop("sweep")
    assert {row["false_accepts"] for row in sweep} == {0}
    assert sweep[-1] == {"threshold": 1.0, "true_accepts": 3, "false_accepts": 0}
    assert report == {
        "engine": "dlib",
        "people": 1,
        "photos": 3,
        "accepted": 2,
        "confirm": 0,
        "rejected": 0,
        "false_accepts": 0,
        "false_confirms": 0,
        "impostor_pairs": 0,
        "thresholds": {"accept": 0.45, "confirm": 0.5},
        "same_person": {"pairs": 3, "accepted": 3, "confirm": 0, "unknown": 0},
        "different_people": {"pairs": 0, "accepted": 0, "confirm": 0, "unknown": 0},
        "nearest_different_people": None,
        "zero_false_accepts_up_to": None,
        "false_accept_rate_at_most": None,
        "people_missed": 0,
    }


@pytest.mark.engine
def test_impostors_are_counted_and_useless_photos_are_rejected(tmp_path: Path) -> None:
    copies = faces.altered_copies()
    save(tmp_path / "ana", a=faces.astronaut(), b=copies["mirrored"], c=faces.blank())
    save(tmp_path / "bia", a=copies["cropped"], b=copies["tilted"], c=b"damaged")
    save(tmp_path / "one-photo-only", a=faces.astronaut())
    (tmp_path / "notes.md").write_text("not a person")

    report = evaluate(tmp_path)

    del report["median_ms"], report["sweep"]
    nearest = report.pop("nearest_different_people")
    assert 0 < nearest < 0.35  # they are one and the same
    assert report.pop("zero_false_accepts_up_to") < nearest
    assert report == {
        "engine": "dlib",
        "people": 2,
        "photos": 6,
        "accepted": 2,
        "confirm": 0,
        "rejected": 2,
        "false_accepts": 2,
        "false_confirms": 0,
        "impostor_pairs": 4,
        "thresholds": {"accept": 0.45, "confirm": 0.5},
        "same_person": {"pairs": 6, "accepted": 2, "confirm": 0, "unknown": 4},
        "different_people": {"pairs": 9, "accepted": 4, "confirm": 0, "unknown": 5},
        "false_accept_rate_at_most": None,
        "people_missed": 0,
    }


@pytest.mark.engine
def test_two_builds_of_one_face_are_told_apart_or_asked_about(tmp_path: Path) -> None:
    mirrored = faces.altered_copies()["mirrored"]
    other = faces.strangers()["remodelled"]
    save(tmp_path / "ana", a=faces.astronaut(), b=mirrored, c=faces.look_alike())
    save(tmp_path / "bia", a=other, b=other.resize((500, 500)))

    report, words = evaluate_in_words(tmp_path)

    # Ana's third photo is some 0.48 from her first: near enough to ask, too far to be sure.
    assert (report["accepted"], report["confirm"], report["rejected"]) == (2, 1, 0)
    assert report["same_person"]["pairs"] == 4
    assert report["different_people"]["pairs"] == 6
    assert report["people_missed"] == 0
    highest = report["zero_false_accepts_up_to"]
    assert highest < report["nearest_different_people"] <= highest + 0.01
    assert f"no false accept among these pairs up to a threshold of {highest:.2f}" in words
    assert [row["false_accepts"] > 0 for row in report["sweep"]] == [
        row["threshold"] > highest for row in report["sweep"]
    ]
    assert not any("ana" in line or "bia" in line for line in words)


@pytest.mark.engine
def test_whoever_is_recognised_from_no_other_photo_is_missed(tmp_path: Path) -> None:
    save(tmp_path / "ana", a=faces.astronaut(), b=faces.strangers()["remodelled"])
    save(tmp_path / "bia", a=faces.astronaut(), b=faces.blank())

    report, words = evaluate_in_words(tmp_path)

    assert report["people_missed"] == 2
    assert "bia/b.jpg: no_face" in words
    assert "2 of 2 people are not recognised from any other photo" in words


@pytest.mark.engine
def test_the_folder_of_test_people_has_no_false_accept() -> None:
    faces.people()

    report = evaluate(faces.FOLDER)

    assert report["people"] >= 5
    assert report["rejected"] == 0
    assert (report["false_accepts"], report["false_confirms"]) == (0, 0)
    assert report["impostor_pairs"] > 0
    assert report["same_person"] == {"pairs": 10, "accepted": 10, "confirm": 0, "unknown": 0}
    different = report["different_people"]
    assert different["pairs"] >= 50
    assert (different["accepted"], different["confirm"]) == (0, 0)
    assert report["people_missed"] == 0
    assert report["zero_false_accepts_up_to"] > report["thresholds"]["confirm"]


def unreadable(folder: Path) -> None:
    """A photo that is no longer where its link points, and a folder by the name of a photo."""
    (folder / "c.jpg").symlink_to(folder / "moved-away.jpg")
    (folder / "d.jpg").mkdir()


UNREADABLE = ["ana/c.jpg: image_unreadable", "ana/d.jpg: image_unreadable"]


@pytest.mark.engine
def test_a_photo_that_cannot_be_read_is_named_and_counts_as_useless(tmp_path: Path) -> None:
    unreadable(two_photos(tmp_path) / "ana")
    before = sorted(tmp_path.rglob("*"))

    report, words = evaluate_in_words(tmp_path)

    assert words[:2] == UNREADABLE
    assert (report["photos"], report["accepted"], report["rejected"]) == (4, 1, 2)
    assert report["same_person"] == {"pairs": 6, "accepted": 1, "confirm": 0, "unknown": 5}
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no folder with two or more photos"):
        evaluate(tmp_path)
    with pytest.raises(CommandError, match="is not a folder"):
        evaluate(tmp_path / "missing")


def two_photos(folder: Path) -> Path:
    save(folder / "ana", a=faces.astronaut(), b=faces.altered_copies()["mirrored"])
    return folder


def test_nothing_goes_to_amazon_unasked(rekognition: Rekognition, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"2 photos .* 8 calls .* Nothing was sent"):
        evaluate(two_photos(tmp_path))

    assert rekognition.asked == []


@pytest.mark.engine
def test_amazon_finds_everybody_in_the_folder_of_test_people_and_keeps_nobody(
    rekognition: Rekognition,
) -> None:
    faces.people()

    report, words = evaluate_in_words(faces.FOLDER, "--send-to-amazon")

    assert "go to Amazon Rekognition in eu-west-1" in words[0]
    assert report["thresholds"] == {"accept": 99.0, "confirm": 95.0}
    assert (report["rejected"], report["people_missed"]) == (0, 0)
    assert (report["false_accepts"], report["false_confirms"]) == (0, 0)
    assert report["different_people"]["accepted"] == 0
    assert report["zero_false_accepts_from"] < 95.0
    assert rekognition.collections == {}
    named = {body["CollectionId"] for _, body in rekognition.asked if "CollectionId" in body}
    assert len(named) == 1
    assert named.pop().startswith(f"{COLLECTION}-trial-")


@pytest.mark.engine
@pytest.mark.parametrize("fault", ["ThrottlingException", "cut", "AccessDeniedException"])
def test_amazon_keeps_nobody_after_a_failure_in_the_middle(
    rekognition: Rekognition, tmp_path: Path, fault: str
) -> None:
    def fail(operation: str) -> None:
        if operation == "IndexFaces" and not rekognition.faults:
            rekognition.faults.extend([fault, fault] if fault[0] != "A" else [fault])

    rekognition.on_request = fail

    with pytest.raises(CommandError, match="it has kept no face"):
        evaluate_in_words(two_photos(tmp_path), "--send-to-amazon")
    assert rekognition.collections == {}


@pytest.mark.engine
def test_amazon_keeps_nobody_after_ctrl_c(rekognition: Rekognition, tmp_path: Path) -> None:
    def interrupt(operation: str) -> None:
        if operation == "SearchFacesByImage":
            main = threading.main_thread().ident
            assert main is not None
            signal.pthread_kill(main, signal.SIGINT)

    rekognition.on_request = interrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_in_words(two_photos(tmp_path), "--send-to-amazon")
    assert rekognition.collections == {}


@pytest.mark.engine
def test_a_collection_that_cannot_be_deleted_is_named(
    rekognition: Rekognition, tmp_path: Path
) -> None:
    def refuse(operation: str) -> None:
        if operation == "DeleteCollection":
            raise RefusedError("AccessDeniedException")

    rekognition.on_request = refuse

    with pytest.raises(CommandError, match=f"{COLLECTION}-trial-.*AccessDenied"):
        evaluate_in_words(two_photos(tmp_path), "--send-to-amazon")


@pytest.mark.engine
def test_only_old_trial_collections_of_this_clinic_are_deleted(
    rekognition: Rekognition, tmp_path: Path
) -> None:
    old, new = (f"{COLLECTION}-trial-{uuid.uuid4()}" for _ in range(2))
    spared = [COLLECTION, f"{COLLECTION}-trial-x", f"other-trial-{uuid.uuid4()}"]
    for name in [old, new, *spared]:
        rekognition.collections[name] = []
        rekognition.made_at[name] = time.time() - (3000 if name == new else 4000)

    evaluate_in_words(two_photos(tmp_path), "--send-to-amazon")

    assert set(rekognition.collections) == {new, *spared}


@pytest.mark.engine
def test_a_photo_that_cannot_be_read_does_not_go_to_amazon(
    rekognition: Rekognition, tmp_path: Path
) -> None:
    unreadable(two_photos(tmp_path) / "ana")

    report, words = evaluate_in_words(tmp_path, "--send-to-amazon")

    assert words[2:4] == UNREADABLE
    assert (report["photos"], report["accepted"], report["rejected"]) == (4, 1, 2)
    asked = [operation for operation, _ in rekognition.asked]
    assert (asked.count("IndexFaces"), asked.count("SearchFacesByImage")) == (2, 2)
    assert rekognition.collections == {}


@pytest.mark.engine
def test_a_photo_that_goes_away_meanwhile_is_named_and_nobody_is_kept(
    rekognition: Rekognition, tmp_path: Path
) -> None:
    photos = two_photos(tmp_path) / "ana"

    def remove_the_second(operation: str) -> None:
        if operation == "SearchFacesByImage":
            (photos / "b.jpg").unlink()

    rekognition.on_request = remove_the_second

    report, words = evaluate_in_words(tmp_path, "--send-to-amazon")

    assert words[2] == "ana/b.jpg: image_unreadable"
    assert (report["photos"], report["accepted"], report["rejected"]) == (2, 0, 1)
    assert [operation for operation, _ in rekognition.asked].count("SearchFacesByImage") == 1
    assert rekognition.collections == {}


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (
            4096,
            "4096 photos of 1 people go to Amazon Rekognition in eu-west-1, in up to 16384 calls"
            " that it bills. Nothing was sent: add --send-to-amazon if they agreed to that.",
        ),
        (4097, "4097 photos: one search names 4096 faces at most"),
    ],
)
def test_more_photos_than_one_search_names_are_refused_at_once(
    rekognition: Rekognition, tmp_path: Path, count: int, message: str
) -> None:
    folder = tmp_path / "ana"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.jpg").touch()
    flags = ["--send-to-amazon"] if count > 4096 else []

    with pytest.raises(CommandError) as refused:
        evaluate_in_words(tmp_path, *flags)

    assert str(refused.value) == message
    assert rekognition.asked == []
    assert rekognition.collections == {}
