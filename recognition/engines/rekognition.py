"""Amazon Rekognition: faces are kept in a collection of the clinic's, photos never.

A template here is the photo's external id, opaque and ours. The provider searches its collection as
a whole; its answer is reduced to the people that the caller named before anything is decided.
"""

import hashlib
import itertools
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from recognition import matching
from recognition.engines.base import (
    OTHER_PERSON,
    EngineRefusedError,
    EngineUnavailableError,
    Flaw,
    Known,
    Refused,
)
from recognition.matching import Match, Verdict

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_rekognition.type_defs import (
        ComparedFaceTypeDef,
        FaceDetailTypeDef,
        FaceTypeDef,
    )

# The service's own limits: botocore checks neither patterns nor upper bounds.
MAX_PHOTO_BYTES: Final = 5_242_880
PAGE: Final = 4096
COLLECTION_ID: Final = re.compile(r"[a-zA-Z0-9_.\-]{1,255}")
FACE_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

QUALITY: Final = "AUTO"
# As for the local engine: a face this much smaller than the largest stands in the background.
BYSTANDER_SHARE: Final = 0.5
NOT_FOUND: Final = "ResourceNotFoundException"
NO_FACE: Final = "InvalidParameterException"

_AGAIN = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "ServiceUnavailableException",
        "ThrottlingException",
    }
)
_FLAWS = {
    "EXCEEDS_MAX_FACES": Flaw.MULTIPLE_FACES,
    "LOW_BRIGHTNESS": Flaw.TOO_DARK,
    "SMALL_BOUNDING_BOX": Flaw.TOO_SMALL,
    "LOW_CONFIDENCE": Flaw.NO_FACE,
    "LOW_SHARPNESS": Flaw.BLURRED,
    "LOW_FACE_QUALITY": Flaw.BLURRED,
    "EXTREME_POSE": Flaw.TURNED,
}


@cache
def client_of(endpoint_url: str | None, region: str) -> "RekognitionClient":
    """The client for this endpoint (None: Amazon's own), made once in a process. A check-in makes
    two calls, with a video three, and two tries of each must fit into the time that somebody waits
    at a kiosk."""
    return boto3.client(
        "rekognition",
        endpoint_url=endpoint_url,
        region_name=region,
        config=Config(
            connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2}
        ),
    )


class RekognitionEngine:
    """`FaceEngine` of Amazon Rekognition, in the collection FACE_COLLECTION or the one given."""

    name = "rekognition"

    def __init__(self, collection: str | None = None) -> None:
        self._given = collection

    @property
    def collection(self) -> str:
        return settings.FACE_COLLECTION if self._given is None else self._given

    @property
    def model_hash(self) -> str:
        """Names where the faces are: those of another collection or region can't be searched."""
        place = f"{settings.AWS_REGION}/{self.collection}"
        return hashlib.sha256(place.encode()).hexdigest()

    def enrol(self, upload: uuid.UUID, photos: Mapping[int, bytes]) -> list[bytes] | Refused:
        """See `FaceEngine`. Photos are looked at and compared before any of them is indexed. What
        an interrupted try left under the same name is erased first."""
        self.erase(upload)
        found = {position: self._near_face(photo) for position, photo in photos.items()}
        faults: dict[int, str] = {
            position: face for position, face in found.items() if isinstance(face, Flaw)
        }
        faults = faults or self._odd_ones(photos)
        if faults:
            return Refused(faults)
        templates = []
        for position, photo in photos.items():
            external_id = f"{upload}.{position}"
            try:
                flaw = self._index(external_id, photo)
            except _NoCollectionError:
                self.create_collection()
                flaw = self._index(external_id, photo)
            if flaw is not None:
                self.erase(upload)
                return Refused({position: flaw})
            templates.append(external_id.encode())
        return templates

    def erase(self, upload: uuid.UUID) -> None:
        """See `FaceEngine`. No face id is kept here: the collection is listed to find those of the
        upload."""
        doomed = list(self._faces_of(upload))
        for start in range(0, len(doomed), PAGE):
            chunk = doomed[start : start + PAGE]
            try:
                answer = self._client.delete_faces(CollectionId=self._collection, FaceIds=chunk)
            except (BotoCoreError, ClientError) as error:
                raise typed(error) from None
            for left in answer.get("UnsuccessfulFaceDeletions", []):
                if left.get("Reasons") != ["FACE_NOT_FOUND"]:
                    raise EngineUnavailableError("face_not_deleted")

    def search(self, frame: bytes, known: Sequence[Known]) -> Match[uuid.UUID] | Flaw:
        """See `FaceEngine`. Where nobody is expected the frame isn't sent at all. If two people
        pass the threshold, the likelier one counts only if they are at least the whole accept range
        apart."""
        if not known:
            return Match(Verdict.UNKNOWN)
        found = self.likenesses(frame, at_least=settings.FACE_CONFIRM_SIMILARITY)
        if isinstance(found, Flaw):
            return found
        people = {one.template: one.person for one in known}
        accept = 100.0 - settings.FACE_ACCEPT_SIMILARITY
        nearest: dict[uuid.UUID, float] = {}
        for template, likeness in found.items():
            person = people.get(template)
            if person is not None:
                distance = 100.0 - likeness
                nearest[person] = min(distance, nearest.get(person, distance))
        return matching.decide(
            nearest,
            accept=accept,
            confirm=100.0 - settings.FACE_CONFIRM_SIMILARITY,
            margin=accept,
        )

    def likenesses(self, frame: bytes, *, at_least: float) -> dict[bytes, float] | Flaw:
        """The similarity, in percent, between the frame's one near face and each template of the
        whole collection, for those at or above the given one; or what is wrong with the frame."""
        width = self._near_face(frame)
        if isinstance(width, Flaw):
            return width
        try:
            answer = self._client.search_faces_by_image(
                CollectionId=self._collection,
                Image={"Bytes": frame},
                MaxFaces=PAGE,
                FaceMatchThreshold=at_least,
                QualityFilter=QUALITY,
            )
        except (BotoCoreError, ClientError) as error:
            if code_of(error) == NO_FACE:
                return Flaw.NO_FACE
            raise typed(error) from None
        if answer["SearchedFaceBoundingBox"]["Width"] < BYSTANDER_SHARE * width:
            # The quality filter dropped the near face, and somebody behind was searched instead.
            return Flaw.BLURRED
        found: dict[bytes, float] = {}
        for match in answer["FaceMatches"]:
            template = match["Face"].get("ExternalImageId", "").encode()
            found[template] = max(match["Similarity"], found.get(template, 0.0))
        return found

    def create_collection(self) -> None:
        """Make the collection; it may be there already."""
        try:
            self._client.create_collection(CollectionId=self._collection)
        except (BotoCoreError, ClientError) as error:
            if code_of(error) != "ResourceAlreadyExistsException":
                raise typed(error) from None

    def delete_collection(self) -> None:
        """Delete the collection with all its faces. Safe to repeat."""
        try:
            self._client.delete_collection(CollectionId=self._collection)
        except (BotoCoreError, ClientError) as error:
            if code_of(error) != NOT_FOUND:
                raise typed(error) from None

    @property
    def _client(self) -> "RekognitionClient":
        return client_of(settings.AWS_ENDPOINT_URL, settings.AWS_REGION)

    @property
    def _collection(self) -> str:
        if not COLLECTION_ID.fullmatch(self.collection):
            raise EngineRefusedError("face_collection_not_named")
        return self.collection

    def _near_face(self, photo: bytes) -> float | Flaw:
        """The width of the photo's one near face, as a share of the photo's width."""
        if not 0 < len(photo) <= MAX_PHOTO_BYTES:
            raise EngineRefusedError("photo_too_large")
        try:
            answer = self._client.detect_faces(Image={"Bytes": photo}, Attributes=["DEFAULT"])
        except (BotoCoreError, ClientError) as error:
            raise typed(error) from None
        widths = sorted((_width(face) for face in answer["FaceDetails"]), reverse=True)
        if not widths:
            return Flaw.NO_FACE
        if len(widths) > 1 and widths[1] >= BYSTANDER_SHARE * widths[0]:
            return Flaw.MULTIPLE_FACES
        return widths[0]

    def _odd_ones(self, photos: Mapping[int, bytes]) -> dict[int, str]:
        """If all photos show the person of the first one, no more comparisons are needed. Every
        pair is compared only to name the photos that don't fit."""
        accept = 100.0 - settings.FACE_ACCEPT_SIMILARITY
        positions = sorted(photos)
        others = positions[1:]
        far = {
            (positions[0], other): self._distance(photos[positions[0]], photos[other])
            for other in others
        }
        if all(distance <= accept for distance in far.values()):
            return {}
        for one, other in itertools.combinations(others, 2):
            far[one, other] = self._distance(photos[one], photos[other])
        distances = [
            [far.get((min(one, other), max(one, other)), 0.0) for other in positions]
            for one in positions
        ]
        odd = matching.odd_ones_out(distances, accept)
        return {positions[index]: OTHER_PERSON for index in sorted(odd)}

    def _distance(self, one: bytes, other: bytes) -> float:
        """How different the largest faces of two photos are; 100 if not alike enough to accept. A
        likeness to somebody in the background doesn't count."""
        try:
            answer = self._client.compare_faces(
                SourceImage={"Bytes": one},
                TargetImage={"Bytes": other},
                SimilarityThreshold=settings.FACE_ACCEPT_SIMILARITY,
                QualityFilter="NONE",
            )
        except (BotoCoreError, ClientError) as error:
            raise typed(error) from None
        seen = [match["Face"] for match in answer["FaceMatches"]] + answer["UnmatchedFaces"]
        widest = max((_width(face) for face in seen), default=0.0)
        alike = (
            match["Similarity"]
            for match in answer["FaceMatches"]
            if _width(match["Face"]) >= widest
        )
        return 100.0 - max(alike, default=0.0)

    def _index(self, external_id: str, photo: bytes) -> Flaw | None:
        """Why the photo's largest face isn't in the collection, where a smaller one may be
        instead."""
        try:
            answer = self._client.index_faces(
                CollectionId=self._collection,
                Image={"Bytes": photo},
                ExternalImageId=external_id,
                DetectionAttributes=["DEFAULT"],
                MaxFaces=1,
                QualityFilter=QUALITY,
            )
        except (BotoCoreError, ClientError) as error:
            if code_of(error) == NOT_FOUND:
                raise _NoCollectionError(NOT_FOUND) from None
            raise typed(error) from None
        # Of several faces the service leaves out the ones of lowest quality, not the smallest.
        indexed = max((_width(record["Face"]) for record in answer["FaceRecords"]), default=0.0)
        nearer = [face for face in answer["UnindexedFaces"] if _width(face["FaceDetail"]) > indexed]
        if answer["FaceRecords"] and not nearer:
            return None
        reasons = [reason for face in nearer for reason in face["Reasons"]]
        return next((_FLAWS[reason] for reason in _FLAWS if reason in reasons), Flaw.NO_FACE)

    def _faces_of(self, upload: uuid.UUID) -> Iterator[str]:
        try:
            pages = self._client.get_paginator("list_faces").paginate(
                CollectionId=self._collection, PaginationConfig={"PageSize": PAGE}
            )
            for page in pages:
                for face in page["Faces"]:
                    if face.get("ExternalImageId", "").startswith(f"{upload}."):
                        if not FACE_ID.fullmatch(face["FaceId"]):
                            raise EngineRefusedError("face_id_malformed")
                        yield face["FaceId"]
        except (BotoCoreError, ClientError) as error:
            if code_of(error) != NOT_FOUND:
                raise typed(error) from None


class _NoCollectionError(EngineUnavailableError):
    """The collection isn't there, or not yet."""


def _width(face: "FaceTypeDef | FaceDetailTypeDef | ComparedFaceTypeDef") -> float:
    return face["BoundingBox"]["Width"]


def code_of(error: BotoCoreError | ClientError) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def typed(error: BotoCoreError | ClientError) -> EngineUnavailableError | EngineRefusedError:
    """Turns what the client raised into one of the engine's own errors."""
    if not isinstance(error, ClientError):
        return EngineUnavailableError(type(error).__name__)
    code = code_of(error)
    is_down = error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    return EngineUnavailableError(code) if code in _AGAIN or is_down else EngineRefusedError(code)
