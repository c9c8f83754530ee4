"""Real faces for the tests.

`astronaut()` ships with scikit-image, so what needs one person always runs. Other people come from
the folder FACES_DIR, else from `../shared/faces` beside the checkout: one folder per person, two
or more photos. They are test data under their own licences and never enter the repository.
"""

import io
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("FACES_DIR") or ROOT.parent / "shared" / "faces")
FACE_AREA = (130, 0, 330, 220)


@cache
def astronaut() -> Image.Image:
    return Image.fromarray(skimage.data.astronaut())


def altered_copies() -> dict[str, Image.Image]:
    """The astronaut as five other pictures might show her."""
    picture = astronaut()
    return {
        "cropped": picture.crop((100, 0, 400, 320)),
        "brighter": ImageEnhance.Brightness(picture).enhance(1.3),
        "tilted": picture.rotate(5, resample=Image.Resampling.BICUBIC),
        "mirrored": ImageOps.mirror(picture),
        "larger": picture.resize((900, 900), Image.Resampling.BICUBIC),
    }


def people() -> dict[str, list[Image.Image]]:
    """Everybody in the folder with their photos by name; skips the test where there is none."""
    if not FOLDER.is_dir():
        pytest.skip(f"needs photos of several people: no folder {FOLDER} (set FACES_DIR)")
    found = {
        person.name: [Image.open(photo).convert("RGB") for photo in sorted(person.glob("*.jpg"))]
        for person in sorted(FOLDER.iterdir())
        if person.is_dir()
    }
    return {name: photos for name, photos in found.items() if len(photos) >= 2}


def stranger() -> Image.Image:
    """Somebody who isn't the astronaut."""
    return next(iter(people().values()))[0]


def blank() -> Image.Image:
    return Image.new("RGB", (640, 480), (120, 120, 120))


def side_by_side(one: Image.Image, other: Image.Image) -> Image.Image:
    """Two people in front of one camera."""
    height = max(one.height, other.height)
    both = Image.new("RGB", (one.width + other.width, height), (90, 90, 90))
    both.paste(one, (0, 0))
    both.paste(other, (one.width, 0))
    return both


def darkened(picture: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(picture).enhance(0.12)


def blurred(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(2))


def far_away(picture: Image.Image) -> Image.Image:
    """The same picture at a size that leaves the face some 45 px wide."""
    small = Image.new("RGB", (640, 480), (90, 90, 90))
    small.paste(picture.resize((256, 256), Image.Resampling.LANCZOS), (190, 110))
    return small


def jpeg(picture: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", **({"quality": 95} | options))
    return out.getvalue()


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB"))
