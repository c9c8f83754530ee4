"""What every face engine offers, and the words for what it found."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinic.core.errors import UnansweredError
from recognition.matching import Match

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
    TURNED = "turned"


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
    """One face. `vector` is there only when the face is alone in the picture and good enough:
    nothing is computed of bystanders or from poor pictures."""

    box: Box
    quality: Quality
    vector: Vector | None


OTHER_PERSON = "different_person"


@dataclass(frozen=True, slots=True)
class Known:
    """One template of a person, as the engine's `enrol` gave it."""

    person: uuid.UUID
    template: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an upload can't be enrolled: a `Flaw` or OTHER_PERSON for each faulty photo, by its
    position."""

    reasons: Mapping[int, str]


class EngineError(Exception):
    """The engine can't answer. The message is a code and tells nothing of photo or person."""


class EngineUnavailableError(EngineError, UnansweredError):
    """Not now; another try may help."""


class EngineRefusedError(EngineError):
    """Settings, rights or the picture's form are at fault; somebody has to look."""


class FaceEngine(Protocol):
    """Learns faces from photos, and finds a face again among the people it is given.

    Photos are JPEGs that `images.clean` made. Templates mean something only to an engine of the
    same `name` and `model_hash`; the caller seals and keeps them. Any call may raise EngineError.
    """

    @property
    def name(self) -> str: ...

    @property
    def model_hash(self) -> str: ...

    def enrol(self, upload: uuid.UUID, photos: Mapping[int, bytes]) -> Sequence[bytes] | Refused:
        """One template for each photo, by position; or what is wrong, if a photo can't be used or
        shows somebody else. `upload` names the try: the same one may come again."""
        ...

    def erase(self, upload: uuid.UUID) -> None:
        """Erase what `enrol` left outside this installation under that name. Safe to repeat."""
        ...

    def search(self, frame: bytes, known: Sequence[Known]) -> Match[uuid.UUID] | Flaw:
        """Which of the `known` people the picture shows, by the clinic's thresholds, or what is
        wrong with it. Nobody else is ever named."""
        ...


@dataclass(frozen=True, slots=True)
class StreamKey:
    """Lets a browser stream to the provider for a few minutes, and do nothing else there."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Filming:
    """One video that may be streamed, to that region and with that key."""

    id: uuid.UUID
    region: str
    key: StreamKey


@dataclass(frozen=True, slots=True)
class Filmed:
    """Whether the video showed a living person, and the picture taken from it, if there is one.
    Without a living person there is no picture."""

    lives: bool
    picture: bytes | None = field(default=None, repr=False)


class LivenessCheck(Protocol):
    """Finds out whether a living person stands at a kiosk, from a video that the kiosk sends to the
    provider. Any call may raise EngineError."""

    def begin(self, kiosk: uuid.UUID) -> Filming:
        """A session for one video at this kiosk, and the key to stream it with."""
        ...

    def outcome(self, session: uuid.UUID) -> Filmed:
        """What a session's video showed; may be asked again. Raises EngineUnavailableError if the
        video was not streamed to its end, or was streamed too long ago."""
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
