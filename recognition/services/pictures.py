"""Keeping a picture for as long as its job needs it, and not a moment longer."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from clinic.core import batches, clock
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError
from clinic.storage import private
from recognition.models import CheckInStatus, Picture

log = structlog.get_logger(__name__)

FOLDER = "faces"
# An upload attaches its pictures within seconds; those still unattached were left by a crash.
ORPHAN_AFTER = timedelta(minutes=2)
RETRY_SECONDS = 30
ERASED_AT_ONCE = 100


def keep(jpegs: Sequence[bytes]) -> list[Picture]:
    """Store cleaned pictures, in order. They belong to nobody yet; the caller attaches them.

    Call it before the transaction that changes something, so that the rows are there whatever
    happens to the files or to that transaction. Raises DomainError `unavailable` if the storage is
    down.
    """
    # One by one: somebody waits for a kiosk's single frame, and this way it needs no transaction.
    pictures = [
        Picture.objects.create(storage_key=private.new_key(FOLDER, ".jpg"), position=position)
        for position, _ in enumerate(jpegs, start=1)
    ]
    try:
        for picture, jpeg in zip(pictures, jpegs, strict=True):
            private.put(picture.storage_key, jpeg, "image/jpeg")
    except Exception as error:
        log.exception("picture_not_stored")
        raise DomainError(CoreCode.UNAVAILABLE, retry_after=RETRY_SECONDS) from error
    return pictures


def frames() -> QuerySet[Picture]:
    """The kiosks' pictures whose check-ins still wait for an answer."""
    return Picture.objects.filter(check_in__status=CheckInStatus.PROCESSING)


def orphans() -> QuerySet[Picture]:
    """Pictures that nobody needs: they belong to no enrolment, and to no check-in that waits."""
    is_unused = Q(check_in=None) | ~Q(check_in__status=CheckInStatus.PROCESSING)
    return Picture.objects.filter(is_unused, enrolment=None)


def discard(pictures: Iterable[Picture]) -> None:
    """Let go of an enrolment's pictures: in the caller's transaction they become `orphans`, and
    once it commits, file and row are erased. `sweep` finds what a crash leaves behind."""
    doomed = list(pictures)
    if not doomed:
        return
    Picture.objects.filter(pk__in=[picture.pk for picture in doomed]).update(enrolment=None)
    erase_after_commit(doomed)


def erase_after_commit(pictures: Iterable[Picture]) -> None:
    """Erase what the caller's transaction makes `orphans`, file and row, once it commits."""
    doomed = list(pictures)
    if doomed:
        transaction.on_commit(lambda: _erase(doomed), robust=True)


def sweep() -> int:
    """Erase the orphans that don't belong to an upload under way. Returns how many."""
    forgotten = orphans().filter(created_at__lt=clock.now() - ORPHAN_AFTER)
    return sum(_erase(list(part)) for part in batches.of(forgotten, at_once=ERASED_AT_ONCE))


def _erase(pictures: Sequence[Picture]) -> int:
    """Files first, then their rows. A file that can't be erased keeps its row and doesn't stop the
    rest."""
    erased = 0
    for picture in pictures:
        try:
            private.delete(picture.storage_key)
        except Exception:
            log.exception("picture_not_erased", picture=str(picture.pk))
            continue
        Picture.objects.filter(pk=picture.pk).delete()
        erased += 1
    return erased
