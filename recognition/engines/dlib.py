"""The local engine: dlib's HOG detector, five landmarks, and its ResNet of 128 numbers.

Everything runs in the calling thread, on the CPU, without network. The figures below were measured
on photographs of consenting adults of several skin tones: a picture too blurred, too dark or with
the face turned aside is refused once its distance to a good photo of the same person passes about
0.35, well before an accepted match becomes doubtful.
"""

import hashlib
import importlib.util
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image

from recognition import images, matching
from recognition.engines.base import (
    OTHER_PERSON,
    Box,
    Face,
    Flaw,
    Known,
    Pixels,
    Quality,
    Refused,
    Vector,
    sole_face,
)

WORKING_SIDE = 1024
CHIP_SIDE = 150
# The detector's window is nominally 80 px; the box it reports for that is 73.
MIN_FACE_PX = 72
# Busy backgrounds score up to about 0.7, upright faces from 0.9 on. Beside a sure face a weaker hit
# is a pattern, or somebody who looks away; without one the best hit may still be a tilted face.
SURE_SCORE = 0.8
MIN_SCORE = 0.3
# A face this much smaller than the largest stands in the background and isn't at the kiosk.
BYSTANDER_SHARE = 0.5
MIN_SHARPNESS = 0.004
MIN_BRIGHTNESS = 25.0
MAX_BRIGHTNESS = 225.0
# A share of the distance between the eyes. Photos as they were taken stay within 0.04. Two men were
# filmed turning their heads: pictures past 0.15 reach 0.24, and are 0.23 to 0.38 from their frontal
# ones. Of 13 photos of six people, turned by computer by 5 to 50 degrees (with a mesh of each
# face), 41 pass this limit: 39 of them are more than 0.35 from the same photo unturned, 17 more
# than 0.45, and none is turned by less than 30 degrees.
MAX_TURN = 0.35
VECTOR_LENGTH = 128
# The error that a distance by squares may have, for vectors of length about 1.4 in 32 bits.
ROUNDING = 0.01

_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Models:
    detector: Any
    landmarks: Any
    network: Any
    sha256: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """The templates of a search as one matrix, one row each; `people` names the owner of each
    row."""

    people: Sequence[uuid.UUID]
    vectors: NDArray[np.float32]
    squares: NDArray[np.float32]

    @classmethod
    def of(cls, known: Sequence[Known]) -> "Gallery":
        rows = np.frombuffer(b"".join([one.template for one in known]), dtype=np.float32)
        vectors = rows.reshape(len(known), VECTOR_LENGTH)
        return cls([one.person for one in known], vectors, np.vecdot(vectors, vectors))

    def nearest(self, probe: Vector, reach: float) -> dict[uuid.UUID, float]:
        """The distance to each person's nearest template, of those within `reach`."""
        # |a - b|² = |a|² - 2ab + |b|² needs one pass over the matrix, but loses digits where two
        # vectors are near. So it only picks the rows, with room to spare, whose distance is then
        # computed exactly. Not `@`: that wakes one thread for each core, and on a busy machine
        # waits for all of them.
        squares = self.squares - 2 * np.vecdot(self.vectors, probe) + probe @ probe
        rows = np.flatnonzero(squares <= (reach + ROUNDING) ** 2)
        found: dict[uuid.UUID, float] = {}
        for row, distance in zip(
            rows.tolist(), distances(probe, self.vectors[rows]).tolist(), strict=True
        ):
            if distance <= reach:
                person = self.people[row]
                found[person] = min(distance, found.get(person, distance))
        return found


class DlibEngine:
    """`FaceEngine` of dlib. One instance per process; its models load at the first use.

    A template is a vector; those of one person are near each other. Up to a distance of `accept` it
    is the same person; up to `confirm` it may be. The detector keeps state while it works, so
    threads take turns.
    """

    name = "dlib"

    def __init__(self) -> None:
        self._turn = threading.RLock()

    @property
    def accept(self) -> float:
        return float(settings.FACE_ACCEPT_DISTANCE)

    @property
    def confirm(self) -> float:
        return float(settings.FACE_CONFIRM_DISTANCE)

    @property
    def model_hash(self) -> str:
        with self._turn:
            return self._models.sha256

    def enrol(self, upload: uuid.UUID, photos: Mapping[int, bytes]) -> list[bytes] | Refused:
        """See `FaceEngine`. Nothing is kept here, so tries needn't be told apart."""
        vectors: dict[int, Vector] = {}
        flaws: dict[int, str] = {}
        for position, photo in photos.items():
            found = sole_face(self.detect_and_embed(images.decode(photo)))
            if isinstance(found, Flaw):
                flaws[position] = found
            else:
                vectors[position] = found
        if flaws:
            return Refused(flaws)
        positions = list(vectors)
        distances = [
            [self.distance(one, other) for other in vectors.values()] for one in vectors.values()
        ]
        odd = matching.odd_ones_out(distances, self.accept)
        if odd:
            return Refused({positions[index]: OTHER_PERSON for index in sorted(odd)})
        return [vector.astype(np.float32).tobytes() for vector in vectors.values()]

    def erase(self, upload: uuid.UUID) -> None:
        """See `FaceEngine`. Nothing ever left this installation."""

    def search(self, frame: bytes, known: Sequence[Known]) -> matching.Match[uuid.UUID] | Flaw:
        """See `FaceEngine`. Each person counts by the nearest photo."""
        probe = sole_face(self.detect_and_embed(images.decode(frame)))
        if isinstance(probe, Flaw):
            return probe
        return self.recognise(probe, Gallery.of(known))

    def recognise(self, probe: Vector, gallery: Gallery) -> matching.Match[uuid.UUID]:
        """Who of the gallery a vector belongs to, by the clinic's thresholds."""
        accept, confirm, margin = self.accept, self.confirm, float(settings.FACE_MARGIN)
        # Whoever is farther changes no answer.
        reach = max(confirm, accept + margin)
        return matching.decide(
            gallery.nearest(probe, reach), accept=accept, confirm=confirm, margin=margin
        )

    def detect_and_embed(self, image: Pixels) -> list[Face]:
        """The faces of an RGB picture, the largest first; empty when there is none.

        When the first look finds no face, a second, finer one looks for faces too small to use, so
        that the answer can be "come closer".
        """
        pixels, scale = _working_copy(image)
        with self._turn:
            boxes = self._detect(pixels, upsample=0) or self._detect(pixels, upsample=1)
            largest = max((box.width() for box in boxes), default=0)
            near = [box for box in boxes if box.width() >= BYSTANDER_SHARE * largest]
            near.sort(key=lambda box: -box.width())
            return [self._face(pixels, box, scale, embed=len(near) == 1) for box in near]

    def distance(self, one: Vector, other: Vector) -> float:
        return float(np.linalg.norm(one - other))

    def distances(self, probe: Vector, gallery: NDArray[np.float32]) -> NDArray[np.float32]:
        """Distance of one vector to each row of a gallery."""
        return distances(probe, gallery)

    @cached_property
    def _models(self) -> _Models:
        return _load()

    def _detect(self, pixels: Pixels, *, upsample: int) -> list[Any]:
        found, scores, _ = self._models.detector.run(pixels, upsample, 0.0)
        hits = sorted(zip(scores, found, strict=True), key=lambda hit: -hit[0])
        sure = [box for score, box in hits if score >= SURE_SCORE]
        return sure or [box for score, box in hits[:1] if score >= MIN_SCORE]

    def _face(self, pixels: Pixels, box: Any, scale: float, *, embed: bool) -> Face:
        shape = self._models.landmarks(pixels, box)
        chip = dlib.get_face_chip(pixels, shape, size=CHIP_SIDE)
        points = np.array([(point.x, point.y) for point in shape.parts()], dtype=np.float32)
        quality = _quality(chip, box.width(), turn(points))
        vector = None
        if embed and quality.flaw is None:
            vector = np.array(self._models.network.compute_face_descriptor(chip), dtype=np.float32)
        place = Box(
            left=round(box.left() / scale),
            top=round(box.top() / scale),
            width=round(box.width() / scale),
            height=round(box.height() / scale),
        )
        return Face(place, quality, vector)


def turn(landmarks: NDArray[np.float32]) -> float:
    """How far a face is turned aside: how far the base of the nose is from the middle between the
    eyes, along the line through them, as a share of their distance. 0 is straight ahead, however
    the head is tilted; the sign tells the side. `landmarks` are both corners of one eye, both of
    the other, and the base of the nose."""
    one, other, nose = landmarks[:2].mean(axis=0), landmarks[2:4].mean(axis=0), landmarks[4]
    line = other - one
    return float((nose - (one + other) / 2) @ line / max(float(line @ line), 1.0))


def distances(probe: Vector, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance of one vector to each row of a matrix."""
    found: NDArray[np.float32] = np.linalg.norm(rows - probe, axis=1).astype(np.float32)
    return found


def _load() -> _Models:
    # The package's own module needs pkg_resources just to say where its files are.
    package = importlib.util.find_spec("face_recognition_models")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("face_recognition_models is not installed")
    folder = Path(package.submodule_search_locations[0]) / "models"
    landmarks = folder / "shape_predictor_5_face_landmarks.dat"
    network = folder / "dlib_face_recognition_resnet_model_v1.dat"
    digest = hashlib.sha256(landmarks.read_bytes())
    digest.update(network.read_bytes())
    return _Models(
        detector=dlib.get_frontal_face_detector(),
        landmarks=dlib.shape_predictor(str(landmarks)),
        network=dlib.face_recognition_model_v1(str(network)),
        sha256=digest.hexdigest(),
    )


def _working_copy(image: Pixels) -> tuple[Pixels, float]:
    """The picture at no more than WORKING_SIDE, and the factor it was reduced by."""
    longest = max(image.shape[:2])
    if longest <= WORKING_SIDE:
        return np.ascontiguousarray(image), 1.0
    scale = WORKING_SIDE / longest
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    reduced = Image.fromarray(image).resize(size, Image.Resampling.BOX)
    return np.asarray(reduced), scale


def _quality(chip: Pixels, face_px: int, turned: float) -> Quality:
    """Measure the aligned face. Sharpness is the Laplacian's variance over the picture's own, so
    that dark skin and dim light aren't mistaken for blur. Whether the face is turned is judged
    last: in a poor picture the landmarks can't be trusted."""
    luma = chip.astype(np.float32) @ _LUMA
    laplacian = (
        luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
    )
    sharpness = float(laplacian.var() / max(float(luma.var()), 1.0))
    edge = CHIP_SIDE // 5
    brightness = float(luma[edge:-edge, edge:-edge].mean())
    flaw = None
    if face_px < MIN_FACE_PX:
        flaw = Flaw.TOO_SMALL
    elif brightness < MIN_BRIGHTNESS:
        flaw = Flaw.TOO_DARK
    elif brightness > MAX_BRIGHTNESS:
        flaw = Flaw.TOO_BRIGHT
    elif sharpness < MIN_SHARPNESS:
        flaw = Flaw.BLURRED
    elif abs(turned) > MAX_TURN:
        flaw = Flaw.TURNED
    return Quality(face_px, sharpness, brightness, flaw)
