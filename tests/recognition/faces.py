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
import skimage.transform
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("FACES_DIR") or ROOT.parent / "shared" / "faces")


@cache
def astronaut() -> Image.Image:
    return Image.fromarray(skimage.data.astronaut())


@cache
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


@cache
def people() -> dict[str, list[Image.Image]]:
    """Everybody in the folder with their photos by name; skips the test where there is none."""
    if not FOLDER.is_dir():
        pytest.skip(
            f"needs licensed photos of several people, which are not ours to copy: no folder"
            f" {FOLDER} (set FACES_DIR)"
        )
    found = {
        person.name: [Image.open(photo).convert("RGB") for photo in sorted(person.glob("*.jpg"))]
        for person in sorted(FOLDER.iterdir())
        if person.is_dir()
    }
    return {name: photos for name, photos in found.items() if len(photos) >= 2}


@cache
def strangers() -> dict[str, Image.Image]:
    """Faces of somebody who isn't the astronaut: one remodelled from hers, which is always there,
    and the first of the folder where there is one."""
    found = {"remodelled": remodelled(bulge=-0.5, eyes=0.3)}
    if FOLDER.is_dir():
        found["real"] = next(iter(people().values()))[0]
    return found


@cache
def look_alike() -> Image.Image:
    """A face so near to the astronaut's that it may be hers and may not: 0.48 away."""
    return remodelled(bulge=-0.385)


def remodelled(*, bulge: float, eyes: float = 0.0) -> Image.Image:
    """The astronaut with another build of face: blown up or drawn in around the nose, and with the
    eyes moved together or apart. The engine measures how far that takes her from herself."""
    picture = np.asarray(astronaut().crop((80, 0, 380, 300)).resize((600, 600)))
    nose = np.array([284.0, 220.0])

    def origin_of(points: np.ndarray) -> np.ndarray:
        offset = points - nose
        nearness = np.clip(1 - np.hypot(offset[:, 0], offset[:, 1]) / 130, 0, None)
        offset = offset * (1 - bulge * nearness**2)[:, None]
        offset[:, 0] *= 1 + eyes * np.exp(-(((offset[:, 1] + 25) / 40) ** 2))
        return np.asarray(offset + nose)

    warped = skimage.transform.warp(picture, origin_of, mode="edge", preserve_range=True)
    return Image.fromarray(warped.clip(0, 255).astype(np.uint8))


def turned(
    picture: Image.Image, degrees: float, *, between_eyes: tuple[float, float], eye_distance: float
) -> Image.Image:
    """Somebody who turns the head: the face laid on an egg with a nose, and that seen aside."""
    middle, angle = np.array(between_eyes), np.radians(degrees)
    radius = 1.35

    def origin_of(points: np.ndarray) -> np.ndarray:
        seen = (points - middle) / eye_distance
        x, y = seen[:, 0].copy(), seen[:, 1]
        for _ in range(12):
            egg = 1 - (x / radius) ** 2 - ((y - 0.3) / (1.4 * radius)) ** 2
            nose = 0.3 * np.exp(-((x / 0.22) ** 2) - ((y - 0.6) / 0.3) ** 2)
            depth = radius * (np.sqrt(egg.clip(0)) - 1) + nose
            x = (x + (seen[:, 0] - depth * np.sin(angle)) / np.cos(angle)) / 2
        return np.asarray(np.stack([x, y], axis=1) * eye_distance + middle)

    warped = skimage.transform.warp(
        np.asarray(picture), origin_of, mode="edge", preserve_range=True
    )
    return Image.fromarray(warped.clip(0, 255).astype(np.uint8))


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
