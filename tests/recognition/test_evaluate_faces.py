import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.recognition import faces

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
]


def evaluate(folder: Path) -> dict[str, object]:
    out, err = io.StringIO(), io.StringIO()
    call_command("evaluate_faces", str(folder), stdout=out, stderr=err, skip_checks=True)
    return json.loads(out.getvalue())


def save(folder: Path, **photos: object) -> None:
    folder.mkdir()
    for name, photo in photos.items():
        (folder / f"{name}.jpg").write_bytes(
            photo if isinstance(photo, bytes) else faces.jpeg(photo)
        )


@pytest.mark.engine
@pytest.mark.usefixtures("_looked_at_anew")
def test_one_person_is_accepted_from_the_other_photos(tmp_path):
    copies = faces.altered_copies()
    save(tmp_path / "ana", a=faces.astronaut(), b=copies["mirrored"], c=copies["cropped"])

    report = evaluate(tmp_path)

    assert list(report) == KEYS
    median = report.pop("median_ms")
    assert 1 < median < 5000
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
    }


@pytest.mark.engine
def test_impostors_are_counted_and_useless_photos_are_rejected(tmp_path):
    copies = faces.altered_copies()
    save(tmp_path / "ana", a=faces.astronaut(), b=copies["mirrored"], c=faces.blank())
    save(tmp_path / "bia", a=copies["cropped"], b=copies["tilted"], c=b"damaged")
    save(tmp_path / "one-photo-only", a=faces.astronaut())
    (tmp_path / "notes.md").write_text("not a person")

    report = evaluate(tmp_path)

    del report["median_ms"]
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
    }


@pytest.mark.engine
def test_the_folder_of_test_people_has_no_false_accept():
    faces.people()

    report = evaluate(faces.FOLDER)

    assert report["people"] >= 5
    assert report["rejected"] == 0
    assert (report["false_accepts"], report["false_confirms"]) == (0, 0)
    assert report["impostor_pairs"] > 0


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(CommandError, match="no folder with two or more photos"):
        evaluate(tmp_path)
    with pytest.raises(CommandError, match="is not a folder"):
        evaluate(tmp_path / "missing")
