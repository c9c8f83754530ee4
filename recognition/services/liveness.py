"""Sessions for the videos that show a living person at a kiosk, where the clinic has set that
up."""

import math
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings

from clinic.core import batches, clock
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError
from recognition import engines
from recognition.engines.base import EngineError, Filming
from recognition.errors import Code
from recognition.models import CheckIn, Liveness, LivenessSession

log = structlog.get_logger(__name__)

# After that the provider has forgotten the session.
USABLE_FOR = timedelta(minutes=3)
# The provider's advice against somebody who tries one mask or screen after another.
FAILURES = 5
FAILURES_WITHIN = timedelta(minutes=3)
PAUSE = timedelta(minutes=30)
RETRY_SECONDS = 30
# Names the kiosk's part that films, which is built only where a clinic asks for it.
SCREEN = "liveness.json"


def is_available() -> bool:
    """Whether a check-in by face begins with a video: asked for, and the kiosk can make one."""
    return engines.checks_liveness() and is_screen_built()


def is_screen_built() -> bool:
    return (Path(settings.FRONTEND_DIR) / SCREEN).is_file()


def begin(*, device_id: uuid.UUID) -> Filming:
    """A session for one video at this kiosk, which alone may check in with it, once, within
    USABLE_FOR. No transaction may be open: the provider is asked.

    Raises DomainError `liveness_not_set_up`, `throttled` for half an hour after five videos without
    a living person in three minutes, and `unavailable` if the provider doesn't answer.
    """
    if not is_available():
        raise DomainError(Code.LIVENESS_NOT_SET_UP)
    _refuse_while_paused(device_id)
    moment = clock.now()
    try:
        filming = engines.liveness().begin(device_id)
    except EngineError as error:
        log.exception("liveness_not_begun")
        raise DomainError(CoreCode.UNAVAILABLE, retry_after=RETRY_SECONDS) from error
    LivenessSession.objects.create(id=filming.id, device_id=device_id, created_at=moment)
    return filming


def take(session_id: uuid.UUID, *, device_id: uuid.UUID) -> None:
    """Use a session up, in the caller's transaction. Raises DomainError `liveness_over` if it
    belongs to another kiosk, was used or is too old."""
    usable = LivenessSession.objects.filter(created_at__gt=_oldest_usable())
    taken, _ = usable.filter(pk=session_id, device_id=device_id).delete()
    if not taken:
        raise DomainError(Code.LIVENESS_OVER, pointer="/liveness")


def forget_unused() -> int:
    """Delete the sessions that can no longer be used. Returns how many."""
    unused = LivenessSession.objects.filter(created_at__lte=_oldest_usable())
    return sum(part.delete()[0] for part in batches.of(unused))


def _oldest_usable() -> datetime:
    return clock.now() - USABLE_FOR


def _refuse_while_paused(device_id: uuid.UUID) -> None:
    moment = clock.now()
    failed = list(
        CheckIn.objects.filter(
            device_id=device_id,
            liveness=Liveness.FAILED,
            created_at__gt=moment - PAUSE - FAILURES_WITHIN,
        )
        .order_by("created_at")
        .values_list("created_at", flat=True)
    )
    for first, last in zip(failed, failed[FAILURES - 1 :], strict=False):
        if last - first <= FAILURES_WITHIN and moment - last < PAUSE:
            left = math.ceil((PAUSE - (moment - last)).total_seconds())
            raise DomainError(CoreCode.THROTTLED, retry_after=left)
