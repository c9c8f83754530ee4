"""Each sentence is made once, by whoever asks first, and kept in the private storage."""

import hashlib
import logging

from django.db import transaction

from clinic.core import locks, ratelimit
from clinic.core.errors import Code, DomainError
from clinic.directory import selectors as directory
from clinic.storage import private
from realtime.announcements import engines, text

log = logging.getLogger(__name__)

# A busy clinic calls a few people a minute. More are somebody who asks for all there could be.
NEW_CLIPS = ("announcements.new", "", 60, 60)


def clip(ticket: str, room: str) -> bytes:
    """The call of this ticket to this room as a WAV file.

    Raises DomainError `not_found` for what can't be a ticket or is no room, `throttled` where too
    many new ones are asked for, `unavailable` when the engine fails, and SpeechOff without one.
    """
    try:
        sentence = text.sentence(ticket, room)
    except ValueError:
        raise DomainError(Code.NOT_FOUND) from None
    if room not in {one.name for one in directory.rooms()}:
        raise DomainError(Code.NOT_FOUND)
    engine = engines.current()
    digest = hashlib.sha256(f"{engine.name}\n{sentence}".encode()).hexdigest()
    key = f"announcements/{engine.name}/{digest[:40]}.wav"
    return _kept(key) or _made_once(key, engine, sentence)


def _made_once(key: str, engine: engines.SpeechEngine, sentence: str) -> bytes:
    """Make and keep the clip while the other screens, which heard the same call, wait for it."""
    scope, subject, limit, seconds = NEW_CLIPS
    with transaction.atomic():
        locks.take(locks.CLIP(key))
        if (made := _kept(key)) is not None:
            return made
        ratelimit.check(scope, subject, limit=limit)
        try:
            made = engine.speak(sentence)
        except engines.SpeechError:
            raise DomainError(Code.UNAVAILABLE, retry_after=2) from None
        ratelimit.hit(scope, subject, limit=limit, seconds=seconds)
        try:
            private.put(key, made, "audio/wav")
        except OSError:
            log.exception("an announcement could not be kept")
    return made


def _kept(key: str) -> bytes | None:
    try:
        clip = private.get(key)
    except FileNotFoundError:
        return None
    return clip if _is_whole(clip) else None


def _is_whole(clip: bytes) -> bool:
    """Whether a WAV file is as long as its head says."""
    return int.from_bytes(clip[4:8], "little") == len(clip) - 8
