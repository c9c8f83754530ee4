"""What every face engine offers, and the words for what it found."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Vector = NDArray[np.float32]


class Flaw(StrEnum):
    """Why a picture can't be used. The values are reason codes of the API."""

    NO_FACE = "no_face"
    MULTIPLE_FACES = "multiple_faces"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"


@dataclass(frozen=True, slots=True)
class Box:
    """Place of a face, in pixels of the picture that was given."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Quality:
    """What was measured, and what is wrong, if anything."""

    face_px: int
    sharpness: float
    brightness: float
    flaw: Flaw | None


@dataclass(frozen=True, slots=True)
class Face:
    """One face. `vector` is there only when it is alone in the picture and good enough: of
    bystanders and of useless pictures nothing is computed."""

    box: Box
    quality: Quality
    vector: Vector | None


class FaceEngine(Protocol):
    """Finds faces and turns them into vectors that are near for the same person.

    Vectors compare only within one `name` and `model_hash`. A distance up to `accept` is the same
    person; up to `confirm` it may be.
    """

    @property
    def name(self) -> str: ...

    @property
    def model_hash(self) -> str: ...

    @property
    def accept(self) -> float: ...

    @property
    def confirm(self) -> float: ...

    def detect_and_embed(self, image: Pixels) -> list[Face]:
        """The faces of an RGB picture, the largest first; empty when there is none."""
        ...

    def distance(self, one: Vector, other: Vector) -> float: ...

    def distances(self, probe: Vector, gallery: NDArray[np.float32]) -> NDArray[np.float32]:
        """Distance of one vector to each row of a gallery."""
        ...


def sole_face(faces: Sequence[Face]) -> Vector | Flaw:
    """The one usable vector of a picture, or what stands in the way."""
    if not faces:
        return Flaw.NO_FACE
    if len(faces) > 1:
        return Flaw.MULTIPLE_FACES
    face = faces[0]
    if face.quality.flaw is not None:
        return face.quality.flaw
    if face.vector is None:
        raise ValueError("an engine gives a vector with every good face that is alone")
    return face.vector
