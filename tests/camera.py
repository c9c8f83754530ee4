"""Pictures for the browser tests: photos to enrol from, and what a fake camera shows.

Chromium plays a file of JPEG frames as its camera (`--use-file-for-fake-video-capture`); one file
for each thing that may stand in front of the kiosk.

    person/enrol-1.jpg … enrol-5.jpg   photos of one person
    enrol-1.mjpeg … enrol-3.mjpeg      the first three of them, as a camera shows them
    person.mjpeg                       another photo of the same person
    dark.mjpeg                         that photo with the light switched off
    stranger.mjpeg                     somebody else
    blank.mjpeg                        a grey wall
    two-people.mjpeg                   both of them

python -m tests.camera FOLDER
"""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

ROOT = Path(__file__).resolve().parent.parent
FRAME = (640, 480)
FRAMES = 30
WALL = (118, 118, 118)
ENROL_FROM = 5
POSES = 3
DARK = 0.12
THUMBNAIL = 6


@dataclass(frozen=True)
class Cast:
    """Who plays in the browser tests."""

    person: list[Image.Image]
    person_at_the_kiosk: Image.Image
    stranger: Image.Image


def write_pictures(folder: Path) -> None:
    """Write every picture the browser tests use into `folder`."""
    cast = choose_cast()
    (folder / "person").mkdir(parents=True, exist_ok=True)
    for number, photo in enumerate(cast.person[:ENROL_FROM], start=1):
        photo.save(folder / "person" / f"enrol-{number}.jpg", quality=92)
    for number, photo in enumerate(cast.person[:POSES], start=1):
        (folder / f"enrol-{number}.mjpeg").write_bytes(_film(photo))
    wall = Image.new("RGB", FRAME, WALL)
    both = wall.copy()
    half = (FRAME[0] // 2, FRAME[1])
    for left, photo in ((0, cast.person_at_the_kiosk), (half[0], cast.stranger)):
        both.paste(ImageOps.pad(photo, half, color=WALL), (left, 0))
    for name, picture in {
        "person": cast.person_at_the_kiosk,
        "dark": ImageEnhance.Brightness(cast.person_at_the_kiosk).enhance(DARK),
        "stranger": cast.stranger,
        "blank": wall,
        "two-people": both,
    }.items():
        (folder / f"{name}.mjpeg").write_bytes(_film(picture))


def choose_cast() -> Cast:
    """People of a folder of photos (FACES_DIR, or ../shared/faces), else public-domain ones.

    The folder has one folder per person. Without it the person is the astronaut Eileen Collins of
    scikit-image, whose other photos are altered copies, and the stranger is one of the thumbnails
    of faces in the same package, enlarged.
    """
    people = _people(Path(os.environ.get("FACES_DIR") or ROOT.parent / "shared" / "faces"))
    if len(people) > 1:
        *enrol, probe = people[0]
        return Cast(_at_least_three(enrol), probe, people[1][0])
    portrait = _astronaut()
    copies = [_altered(portrait, turn, light) for turn, light in ((0, 1.0), (4, 1.15), (-4, 0.88))]
    return Cast(copies, _altered(portrait, 2, 1.08), _thumbnail_of_somebody_else())


def _people(folder: Path) -> list[list[Image.Image]]:
    """Photos by person, the person with most photos first."""
    if not folder.is_dir():
        return []
    people = [
        [Image.open(file).convert("RGB") for file in sorted(person.glob("*.jpg"))]
        for person in sorted(folder.iterdir())
        if person.is_dir()
    ]
    return sorted((photos for photos in people if len(photos) > 1), key=len, reverse=True)


def _at_least_three(photos: list[Image.Image]) -> list[Image.Image]:
    return (photos + [_altered(photo, 3, 1.1) for photo in photos])[: max(3, len(photos))]


def _astronaut() -> Image.Image:
    from skimage import data

    return Image.fromarray(data.astronaut()).crop((100, 0, 360, 260)).resize((640, 640))


def _altered(photo: Image.Image, degrees: float, brightness: float) -> Image.Image:
    turned = photo.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=WALL)
    return ImageEnhance.Brightness(turned).enhance(brightness)


def _thumbnail_of_somebody_else() -> Image.Image:
    from skimage import data

    thumbnail = Image.fromarray((data.lfw_subset()[THUMBNAIL] * 255).astype("uint8"))
    large = thumbnail.convert("RGB").resize((240, 240), Image.Resampling.BICUBIC)
    return ImageOps.expand(large, border=120, fill=WALL)


def _film(picture: Image.Image) -> bytes:
    frame = io.BytesIO()
    ImageOps.pad(picture, FRAME, color=WALL).save(frame, "JPEG", quality=92)
    return frame.getvalue() * FRAMES


if __name__ == "__main__":
    write_pictures(Path(sys.argv[1]))
