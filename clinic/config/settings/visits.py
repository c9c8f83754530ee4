"""A visit: its hold, the check-in, how sure a face must be, and the screens that show it."""

from typing import Any

from clinic.config.settings import reading as env
from clinic.config.settings.installation import CLINIC_ENV

HOLD_MINUTES = 15
CHECK_IN_EARLIEST_MINUTES = env.whole(
    "CHECK_IN_EARLIEST_MINUTES", default=24 * 60, most=365 * 24 * 60
)
FACE_ENGINE = env.text("FACE_ENGINE", default="recognition.engines.dlib.DlibEngine")
FACE_ACCEPT_DISTANCE = env.decimal("FACE_ACCEPT_DISTANCE", default=0.45, most=0.6)
FACE_CONFIRM_DISTANCE = env.decimal("FACE_CONFIRM_DISTANCE", default=0.50, most=0.6)
FACE_MARGIN = env.decimal("FACE_MARGIN", default=0.05, most=2.0)
FACE_COLLECTION = env.text("FACE_COLLECTION", default="")
FACE_ACCEPT_SIMILARITY = env.decimal("FACE_ACCEPT_SIMILARITY", default=99.0)
FACE_CONFIRM_SIMILARITY = env.decimal("FACE_CONFIRM_SIMILARITY", default=95.0)
# With the role of Rekognition's video streams named, check-ins by face begin with a video that must
# show somebody alive. Amazon calls 50 or 60 moderate, and 80 or 90 high, against forged videos too.
FACE_LIVENESS_ROLE = env.text("FACE_LIVENESS_ROLE", default="")
FACE_LIVENESS_CONFIDENCE = env.decimal("FACE_LIVENESS_CONFIDENCE", default=80.0)
FACE_WORKER_CONCURRENCY = env.whole("FACE_WORKER_CONCURRENCY", default=2, least=1)

# Spoken calls: none by itself where a real clinic runs or a test names none.
SPEECH_ENGINE = env.text(
    "SPEECH_ENGINE",
    default="realtime.announcements.engines.EspeakEngine" if CLINIC_ENV == "demo" else "",
)
POLLY_ENGINE: Any = env.text("POLLY_ENGINE", default="neural")

WS_HEARTBEAT_SECONDS = env.decimal("WS_HEARTBEAT_SECONDS", default=4.0)
WS_MAX_AGE_SECONDS = env.decimal("WS_MAX_AGE_SECONDS", default=8 * 3600.0)
