"""Start-up checks: screens hear in time that their data is old, and calls have a voice."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from clinic.core.checks import SETTINGS, unloadable

LONGEST_HEARTBEAT = 5.0
VOICES = ("neural", "standard")


@register(SETTINGS)
def heartbeat(**_options: Any) -> list[CheckMessage]:
    """A screen that hears nothing for 6 s says that what it shows may be old."""
    if 0 < settings.WS_HEARTBEAT_SECONDS <= LONGEST_HEARTBEAT:
        return []
    return [
        Error(
            f"WS_HEARTBEAT_SECONDS must be over 0 and at most {LONGEST_HEARTBEAT:g}: after 6"
            " without one a screen says that it may be old.",
            id="realtime.E001",
        )
    ]


@register(SETTINGS)
def voice(**_options: Any) -> list[CheckMessage]:
    """Those of Amazon Polly's engines that a clinic may choose."""
    if settings.POLLY_ENGINE not in VOICES:
        return [Error("POLLY_ENGINE must be neural or standard.", id="realtime.E002")]
    if not settings.SPEECH_ENGINE:
        return []
    return unloadable("SPEECH_ENGINE", settings.SPEECH_ENGINE, number="realtime.E003")
