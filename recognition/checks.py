"""Start-up checks: no face is searched, kept or filmed while a setting is missing."""

import base64
import re
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from clinic.core.checks import SETTINGS
from recognition import engines
from recognition.services.liveness import is_screen_built

KEY_BYTES = 32
STREAM_ROLE = re.compile(r"arn:aws(-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)


@register(SETTINGS)
def face_key(**_options: Any) -> list[CheckMessage]:
    """A key that can't encrypt would lose every enrolment."""
    if all(_is_key(key) for key in settings.FACE_KEY.split(",")):
        return []
    return [
        Error(
            f"FACE_KEY must be {KEY_BYTES} random bytes in base64, or several such keys separated"
            " by commas.",
            id="recognition.E001",
        )
    ]


def _is_key(text: str) -> bool:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return len(key) == KEY_BYTES and any(key)


@register(SETTINGS)
def engine(**_options: Any) -> list[CheckMessage]:
    """Found, but not loaded: that takes every process memory and a fifth of a second."""
    module, _, name = settings.FACE_ENGINE.rpartition(".")
    if not settings.FACE_ENGINE or (module and name and _is_there(module)):
        return []
    return [
        Error("FACE_ENGINE must be the dotted path of an engine, or empty.", id="recognition.E009")
    ]


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


@register(SETTINGS)
def similarities(**_options: Any) -> list[CheckMessage]:
    """A sure match leads the next person by the whole accept range, and candidates below the
    confirm threshold are never looked at: so confirm must be at least that far below accept."""
    accept, confirm = settings.FACE_ACCEPT_SIMILARITY, settings.FACE_CONFIRM_SIMILARITY
    if 0 < confirm <= 2 * accept - 100 < 100:
        return []
    return [
        Error(
            "FACE_ACCEPT_SIMILARITY must be under 100. FACE_CONFIRM_SIMILARITY must be over 0 and "
            "at least twice as far from 100.",
            id="recognition.E002",
        )
    ]


@register(SETTINGS)
def rekognition(**_options: Any) -> list[CheckMessage]:
    """A collection that belongs to this clinic alone, and a second process to work during an
    enrolment."""
    if not engines.is_kept_by_a_provider():
        return []
    found: list[CheckMessage] = []
    if not settings.FACE_COLLECTION:
        found.append(
            Error(
                "Rekognition needs FACE_COLLECTION, a collection that belongs to this clinic"
                " alone.",
                id="recognition.E003",
            )
        )
    if settings.FACE_WORKER_CONCURRENCY < 2:
        found.append(
            Error(
                "FACE_WORKER_CONCURRENCY must be 2 or more with Rekognition: an enrolment makes "
                "many slow calls, and a kiosk can't wait for it.",
                id="recognition.E004",
            )
        )
    return found


@register(SETTINGS)
def liveness(**_options: Any) -> list[CheckMessage]:
    """Videos need Rekognition, a kiosk screen that was built, and a role that may do nothing but
    stream."""
    found: list[CheckMessage] = []
    role = settings.FACE_LIVENESS_ROLE
    if role and not engines.is_kept_by_a_provider():
        found.append(
            Error(
                "FACE_LIVENESS_ROLE needs Rekognition: set it as FACE_ENGINE too.",
                id="recognition.E005",
            )
        )
    if role and not STREAM_ROLE.fullmatch(role):
        found.append(
            Error(
                "FACE_LIVENESS_ROLE must be the ARN of a role that may only start Face Liveness"
                " sessions.",
                id="recognition.E006",
            )
        )
    if role and not is_screen_built():
        found.append(
            Error(
                "FACE_LIVENESS_ROLE asks for a video at the kiosk, whose screen isn't built here:"
                " build the front end with FACE_LIVENESS_SCREEN=1 (make build, or the image).",
                id="recognition.E008",
            )
        )
    if not 0 < settings.FACE_LIVENESS_CONFIDENCE <= 100:
        found.append(
            Error("FACE_LIVENESS_CONFIDENCE must be over 0 and at most 100.", id="recognition.E007")
        )
    return found
