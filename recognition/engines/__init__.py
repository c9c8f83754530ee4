"""Which engine looks at faces: the setting FACE_ENGINE names it; empty means none."""

from functools import cache

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from recognition.engines.base import FaceEngine, LivenessCheck

# Engines that keep faces at a provider. They must be erased there too, even if another engine is in
# use by then.
KEEPERS = {"rekognition": "recognition.engines.rekognition.RekognitionEngine"}
LIVENESS = "recognition.engines.rekognition_liveness.RekognitionLiveness"

log = structlog.get_logger(__name__)


class EngineOff(Exception):  # noqa: N818  (a state, not a mistake)
    """The clinic runs without face recognition."""


def is_on() -> bool:
    return bool(settings.FACE_ENGINE)


def is_kept_by_a_provider() -> bool:
    """Whether the engine in use keeps faces outside the clinic."""
    return settings.FACE_ENGINE in KEEPERS.values()


def current() -> FaceEngine:
    """The engine of this process, made once. Its models load at the first picture.

    Raises EngineOff when the clinic has switched face recognition off.
    """
    if not is_on():
        raise EngineOff
    return _make(settings.FACE_ENGINE)


def checks_liveness() -> bool:
    """Whether the clinic checks that a living person stands at the kiosk."""
    return bool(settings.FACE_LIVENESS_ROLE)


def liveness() -> LivenessCheck:
    """What checks it. Raises EngineOff when the clinic has no such check."""
    if not checks_liveness():
        raise EngineOff
    check: LivenessCheck = import_string(LIVENESS)()
    return check


def keepers() -> list[str]:
    """Names of the KEEPERS that the settings allow us to reach, in use or not."""
    return list(KEEPERS) if settings.FACE_COLLECTION else []


def keeper(name: str) -> FaceEngine:
    """The engine of that name, one of KEEPERS, even if it isn't the current one."""
    return _make(KEEPERS[name])


def warm_up() -> None:
    """Load the models now, so that the first person of the day doesn't wait for them."""
    if is_on():
        log.info("face_engine_ready", engine=current().name, model=current().model_hash)


@cache
def _make(path: str) -> FaceEngine:
    engine: FaceEngine = import_string(path)()
    return engine
