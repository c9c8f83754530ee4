"""Keeping a picture for as long as its job needs it, and not a moment longer."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import Q

from clinic.core import clock
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError
from clinic.storage import private
from recognition.models import Picture

log = structlog.get_logger(__name__)

FOLDER = "faces"
# An upload attaches its pictures within seconds; what still has no owner then lost it in a crash.
ORPHAN_AFTER = timedelta(minutes=2)
RETRY_SECONDS = 30


def keep(jpegs: Sequence[bytes]) -> list[Picture]:
    """Store cleaned pictures, in order, owned by nobody yet; the caller attaches them.

    Call it before the transaction of the change, so that the rows are there whatever happens to
    the files or to that transaction. Raises DomainError `unavailable` when the storage is down.
    """
    # One by one: a kiosk's single frame then needs no transaction, and somebody waits for it.
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


def discard(pictures: Iterable[Picture]) -> None:
    """Part with pictures: in the caller's transaction they lose their owner, and once it commits
    file and row are erased. What a crash leaves behind, `sweep` finds."""
    doomed = list(pictures)
    if not doomed:
        return
    Picture.objects.filter(pk__in=[picture.pk for picture in doomed]).update(
        enrolment=None, check_in=None
    )
    transaction.on_commit(lambda: _erase(doomed), robust=True)


def sweep() -> int:
    """Erase pictures without an owner; the number erased."""
    orphans = list(
        Picture.objects.filter(
            Q(enrolment=None, check_in=None), created_at__lt=clock.now() - ORPHAN_AFTER
        )
    )
    return _erase(orphans)


def _erase(pictures: Sequence[Picture]) -> int:
    """Files first, then their rows; a file that resists keeps its row and doesn't stop the rest."""
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
