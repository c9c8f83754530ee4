"""A strict local stand-in for Amazon Rekognition: a real HTTP server that takes what the service's
published model allows, and nothing else, and holds its own answers to the same model. It also lends
the role of the video streams, as AWS STS does.

Faces are really compared, by the local engine. How distances become similarities is invented: 0.45
stands for 99, 0.50 for 95.
"""

import base64
import io
import json
import re
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
import numpy as np
from botocore.model import ListShape, Shape, StringShape, StructureShape
from PIL import Image

from recognition.engines.base import Face
from recognition.engines.dlib import DlibEngine
from recognition.engines.rekognition import PAGE
from tests.recognition.sts_double import Sts

MODEL = botocore.session.get_session().get_service_model("rekognition")
MODEL_VERSION = "7.0"
TARGET = "RekognitionService."
ERRORS = {shape.name for shape in MODEL.error_shapes} | {"SerializationException"}
STREAM = "rekognition:StartFaceLivenessSession"
STREAM_ROLE = "arn:aws:iam::123456789012:role/vez-liveness-stream"
SESSION_SECONDS = 180
STATUS = {
    "InternalServerError": 500,
    "ProvisionedThroughputExceededException": 400,
    "ThrottlingException": 400,
}


class RefusedError(Exception):
    """One of the documented errors, or the one for what isn't even readable."""

    def __init__(self, code: str, message: str = "") -> None:
        if code not in ERRORS:
            raise ValueError(f"the service has no error {code}")
        super().__init__(message)
        self.code = code


@dataclass
class Indexed:
    face_id: str
    external_id: str
    vector: np.ndarray
    width: float

    def shown(self) -> dict[str, Any]:
        return {
            "FaceId": self.face_id,
            "ExternalImageId": self.external_id,
            "Confidence": 99.9,
            **_box(self.width),
        }


@dataclass
class Session:
    """A Face Liveness session, and what its video came to."""

    made_at: float
    status: str = "CREATED"
    confidence: float | None = None
    picture: bytes | None = None


class Rekognition:
    """`on_request` is called with each operation before its answer. `faults` are met by the next
    requests, one each: an error's code, "cut" (the connection breaks off) or "hang" (no answer
    within the client's time). Where `bystander` is a share, every picture shows its person once
    more, that much smaller; the operations in `misled` take the smaller face for the one that is
    meant. Where one `looks_aside`, no face is indexed. `sts` lends the role of the streams; what a
    video shows, `film` tells."""

    def __init__(self) -> None:
        self.collections: dict[str, list[Indexed]] = {}
        self.made_at: dict[str, float] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.on_request: Callable[[str], object] = lambda _operation: None
        self.faults: deque[str] = deque()
        self.page = 2
        self.bystander: float | None = None
        self.looks_aside = False
        self.misled: set[str] = set()
        self.sts = Sts(roles={STREAM_ROLE}, check=check)
        self.sessions: dict[str, Session] = {}
        self._session_of: dict[str, str] = {}
        self._eyes = DlibEngine()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]

    def film(
        self,
        begun: dict[str, Any],
        *,
        status: str = "SUCCEEDED",
        confidence: float | None = 97.5,
        picture: bytes | None = None,
    ) -> None:
        """Stream a video with what the kiosk was given to begin with, the whole of it or, where the
        status is IN_PROGRESS, only its beginning. Raises RefusedError where that gives no right."""
        lent = begun["credentials"]
        key = self.sts.keys.get(lent["access_key_id"])
        shown = lent["secret_access_key"], lent["session_token"]
        if key is None or shown != (key.secret_access_key, key.session_token):
            raise RefusedError("AccessDeniedException", "unknown key")
        if not key.may(STREAM) or key.actions != {STREAM}:
            raise RefusedError("AccessDeniedException", "not for a stream alone")
        session = self.sessions[begun["session_id"]]
        if session.status != "CREATED" or self._is_over(session):
            raise RefusedError("SessionNotFoundException")
        session.status, session.confidence, session.picture = status, confidence, picture

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        model = MODEL.operation_model(operation)
        check(body, model.input_shape, operation)
        self.asked.append((operation, body))
        self.on_request(operation)
        answer: dict[str, Any] = getattr(self, f"_{operation}")(body)
        check(answer, model.output_shape, f"answer to {operation}")
        return answer

    def _CreateCollection(self, body: dict[str, Any]) -> dict[str, Any]:
        if body["CollectionId"] in self.collections:
            raise RefusedError("ResourceAlreadyExistsException")
        self.collections[body["CollectionId"]] = []
        self.made_at[body["CollectionId"]] = time.time()
        return {"StatusCode": 200, "FaceModelVersion": MODEL_VERSION}

    def _DescribeCollection(self, body: dict[str, Any]) -> dict[str, Any]:
        kept = self._collection(body)
        return {"FaceCount": len(kept), "CreationTimestamp": self.made_at[body["CollectionId"]]}

    def _DeleteCollection(self, body: dict[str, Any]) -> dict[str, Any]:
        self._collection(body)
        del self.collections[body["CollectionId"]]
        return {"StatusCode": 200}

    def _ListCollections(self, body: dict[str, Any]) -> dict[str, Any]:
        names, more = self._page_of(sorted(self.collections), body)
        return {"CollectionIds": names, **more}

    def _DetectFaces(self, body: dict[str, Any]) -> dict[str, Any]:
        found, width = self._faces(body["Image"])
        widths = [face.box.width / width for face in found]
        if self.bystander is not None:
            widths += [self.bystander * share for share in widths]
        return {"FaceDetails": [_box(share) for share in widths]}

    def _IndexFaces(self, body: dict[str, Any]) -> dict[str, Any]:
        kept = self._collection(body)
        found, width = self._faces(body["Image"])
        if not found or found[0].vector is None or self.looks_aside:
            unindexed = [
                {
                    "Reasons": ["EXTREME_POSE" if self.looks_aside else _reason(face)],
                    "FaceDetail": _box(face.box.width / width),
                }
                for face in found
            ]
            return {"FaceRecords": [], "UnindexedFaces": unindexed}
        taken, left = self._taken("IndexFaces", found[0].box.width / width)
        face = Indexed(str(uuid.uuid4()), body["ExternalImageId"], found[0].vector, taken)
        kept.append(face)
        return {
            "FaceRecords": [{"Face": face.shown()}],
            "UnindexedFaces": [
                {"Reasons": ["EXCEEDS_MAX_FACES"], "FaceDetail": _box(share)} for share in left
            ],
            "FaceModelVersion": MODEL_VERSION,
        }

    def _CompareFaces(self, body: dict[str, Any]) -> dict[str, Any]:
        one, _ = self._vector(body["SourceImage"])
        other, width = self._vector(body["TargetImage"])
        similarity = _similarity(one, other)
        taken, left = self._taken("CompareFaces", width)
        match = [{"Similarity": similarity, "Face": _box(taken)}]
        if similarity < body["SimilarityThreshold"]:
            match, left = [], [taken, *left]
        return {"FaceMatches": match, "UnmatchedFaces": [_box(share) for share in left]}

    def _SearchFacesByImage(self, body: dict[str, Any]) -> dict[str, Any]:
        kept = self._collection(body)
        probe, width = self._vector(body["Image"])
        taken, _ = self._taken("SearchFacesByImage", width)
        found: list[dict[str, Any]] = [
            {"Similarity": _similarity(probe, face.vector), "Face": face.shown()} for face in kept
        ]
        near = [match for match in found if match["Similarity"] >= body["FaceMatchThreshold"]]
        near.sort(key=lambda match: -match["Similarity"])
        return {
            "SearchedFaceBoundingBox": _box(taken)["BoundingBox"],
            "FaceMatches": near[: body["MaxFaces"]],
            "FaceModelVersion": MODEL_VERSION,
        }

    def _ListFaces(self, body: dict[str, Any]) -> dict[str, Any]:
        kept, more = self._page_of(self._collection(body), body)
        return {"Faces": [face.shown() for face in kept], **more}

    def _DeleteFaces(self, body: dict[str, Any]) -> dict[str, Any]:
        kept = self._collection(body)
        present = {face.face_id for face in kept}
        kept[:] = [face for face in kept if face.face_id not in body["FaceIds"]]
        missing = [face_id for face_id in body["FaceIds"] if face_id not in present]
        return {
            "DeletedFaces": [face_id for face_id in body["FaceIds"] if face_id in present],
            "UnsuccessfulFaceDeletions": [
                {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]} for face_id in missing
            ],
        }

    def _CreateFaceLivenessSession(self, body: dict[str, Any]) -> dict[str, Any]:
        token = body.get("ClientRequestToken", str(uuid.uuid4()))
        if token not in self._session_of:
            self._session_of[token] = str(uuid.uuid4())
            self.sessions[self._session_of[token]] = Session(time.time())
        return {"SessionId": self._session_of[token]}

    def _GetFaceLivenessSessionResults(self, body: dict[str, Any]) -> dict[str, Any]:
        session = self.sessions.get(body["SessionId"])
        if session is None:
            raise RefusedError("SessionNotFoundException")
        answer = {
            "SessionId": body["SessionId"],
            "Challenge": {"Type": "FaceMovementAndLightChallenge", "Version": "2.0.0"},
        }
        if self._is_over(session):
            return {**answer, "Status": "EXPIRED"}
        answer["Status"] = session.status
        if session.status != "SUCCEEDED":
            return answer
        if session.picture is not None:
            encoded = base64.b64encode(session.picture).decode()
            answer["ReferenceImage"] = {"Bytes": encoded, **_box(0.4)}
        return answer | ({} if session.confidence is None else {"Confidence": session.confidence})

    def _is_over(self, session: Session) -> bool:
        return time.time() - session.made_at >= SESSION_SECONDS

    def _page_of(self, rows: list[Any], body: dict[str, Any]) -> tuple[list[Any], dict[str, str]]:
        """The rows of the page that is asked for, and what leads to the next one."""
        token = body.get("NextToken", "0")
        if not token.isdigit():
            raise RefusedError("InvalidPaginationTokenException")
        start = int(token)
        end = start + min(self.page, body.get("MaxResults", PAGE))
        return rows[start:end], {"NextToken": str(end)} if end < len(rows) else {}

    def _collection(self, body: dict[str, Any]) -> list[Indexed]:
        if body["CollectionId"] not in self.collections:
            raise RefusedError("ResourceNotFoundException")
        return self.collections[body["CollectionId"]]

    def _faces(self, image: dict[str, Any]) -> tuple[list[Face], int]:
        try:
            picture = Image.open(io.BytesIO(base64.b64decode(image["Bytes"]))).convert("RGB")
        except OSError:
            raise RefusedError("InvalidImageFormatException") from None
        return self._eyes.detect_and_embed(np.asarray(picture)), picture.width

    def _taken(self, operation: str, width: float) -> tuple[float, list[float]]:
        """The width of the face that an operation works on, and those of the faces it leaves."""
        if self.bystander is None:
            return width, []
        small = self.bystander * width
        return (small, [width]) if operation in self.misled else (width, [small])

    def _vector(self, image: dict[str, Any]) -> tuple[np.ndarray, float]:
        found, width = self._faces(image)
        if not found or found[0].vector is None:
            raise RefusedError("InvalidParameterException", "There are no faces in the image.")
        return found[0].vector, found[0].box.width / width


def check(value: Any, shape: Shape | None, where: str) -> None:
    """Hold a JSON value to a shape: members, types, enumerations, patterns, lower and upper
    bounds. Raises RefusedError."""
    assert shape is not None
    rules = shape.metadata
    size: float | None = None
    kinds: dict[str, Any] = {
        "structure": dict,
        "list": list,
        "string": str,
        "blob": str,
        "integer": int,
        "long": int,
        "float": (int, float),
        "timestamp": (int, float),
    }
    if not isinstance(value, kinds[shape.type_name]) or isinstance(value, bool):
        raise RefusedError("SerializationException", where)
    if isinstance(shape, StructureShape):
        absent = set(shape.required_members) - value.keys()
        if absent or value.keys() - shape.members.keys():
            raise RefusedError("InvalidParameterException", where)
        for name, member in value.items():
            check(member, shape.members[name], f"{where}.{name}")
    elif isinstance(shape, ListShape):
        size = len(value)
        for member in value:
            check(member, shape.member, f"{where}[]")
    elif shape.type_name == "blob":
        size = len(base64.b64decode(value, validate=True))
    elif isinstance(shape, StringShape):
        size = len(value)
        if shape.enum and value not in shape.enum:
            raise RefusedError("InvalidParameterException", where)
        if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
            raise RefusedError("InvalidParameterException", where)
    else:
        size = value
    if size is not None and not rules.get("min", size) <= size <= rules.get("max", size):
        too_large = shape.type_name == "blob" and size > 0
        raise RefusedError(
            "ImageTooLargeException" if too_large else "InvalidParameterException", where
        )


def _box(width: float) -> dict[str, Any]:
    return {"BoundingBox": {"Width": width, "Height": width, "Left": 0.1, "Top": 0.1}}


def _similarity(one: np.ndarray, other: np.ndarray) -> float:
    distance = float(np.linalg.norm(one - other))
    return float(np.interp(distance, [0.0, 0.45, 0.50, 1.0], [100.0, 99.0, 95.0, 0.0]))


def _reason(face: Face) -> str:
    return {
        "too_small": "SMALL_BOUNDING_BOX",
        "too_dark": "LOW_BRIGHTNESS",
        "blurred": "LOW_SHARPNESS",
    }.get(face.quality.flaw or "", "LOW_FACE_QUALITY")


def _handler(double: Rekognition) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            for_sts = "/sts/aws4_request" in self.headers.get("Authorization", "")
            faults = double.sts.faults if for_sts else double.faults
            fault = faults.popleft() if faults else ""
            if fault == "cut":
                self.close_connection = True
                return
            if fault == "hang":
                time.sleep(4)
                self.close_connection = True
                return
            if for_sts:
                double.on_request("AssumeRole")
                status, xml = double.sts.answer(raw, fault)
                self.reply(status, xml.encode(), "text/xml")
                return
            try:
                if fault:
                    raise RefusedError(fault)
                self.reply_json(200, double.answer(self.operation(), json.loads(raw)))
            except RefusedError as error:
                body = {"__type": error.code, "message": str(error)}
                self.reply_json(STATUS.get(error.code, 400), body)

        def operation(self) -> str:
            target = self.headers.get("X-Amz-Target", "")
            signed = "/eu-west-1/rekognition/aws4_request" in self.headers.get("Authorization", "")
            as_json = self.headers.get("Content-Type") == "application/x-amz-json-1.1"
            if not (target.startswith(TARGET) and signed and as_json):
                raise RefusedError("AccessDeniedException")
            return target.removeprefix(TARGET)

        def reply_json(self, status: int, body: dict[str, Any]) -> None:
            self.reply(status, json.dumps(body).encode(), "application/x-amz-json-1.1")

        def reply(self, status: int, data: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    return Handler
