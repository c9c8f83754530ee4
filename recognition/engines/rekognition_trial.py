"""A collection at Amazon Rekognition for one measurement, never the clinic's own.

Its name is the clinic's FACE_COLLECTION, "-trial-" and a random UUID. A run that was killed leaves
its collection behind; the next one deletes those that are older than LEFT_AFTER.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from clinic.core import clock
from recognition.engines.base import EngineError, EngineRefusedError
from recognition.engines.rekognition import NOT_FOUND, RekognitionEngine, client_of, code_of, typed

if TYPE_CHECKING:
    from mypy_boto3_rekognition import RekognitionClient

LEFT_AFTER: Final = timedelta(hours=1)
UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class CollectionLeftError(EngineError):
    """The trial's collection couldn't be deleted, and may still be at Amazon with its faces. The
    message is its name."""


def prefix() -> str:
    """How the names of the clinic's trial collections begin."""
    return f"{settings.FACE_COLLECTION}-trial-"


@contextmanager
def trial() -> Iterator[RekognitionEngine]:
    """An engine with an empty collection of its own, deleted at the end, also after an error or
    Ctrl-C. Raises EngineError."""
    for name in _left_behind():
        RekognitionEngine(name).delete_collection()
    engine = RekognitionEngine(f"{prefix()}{uuid.uuid4()}")
    with ExitStack() as at_the_end:
        at_the_end.callback(_delete, engine)
        try:
            engine.create_collection()
        except EngineRefusedError:
            at_the_end.pop_all()  # nothing was made
            raise
        yield engine


def _delete(engine: RekognitionEngine) -> None:
    try:
        engine.delete_collection()
    except EngineError as error:
        raise CollectionLeftError(engine.collection) from error


def _left_behind() -> list[str]:
    client = client_of(settings.AWS_ENDPOINT_URL, settings.AWS_REGION)
    ours = re.compile(re.escape(prefix()) + UUID)
    try:
        pages = client.get_paginator("list_collections").paginate()
        names = [name for page in pages for name in page["CollectionIds"] if ours.fullmatch(name)]
        return [name for name in names if _is_old(client, name)]
    except (BotoCoreError, ClientError) as error:
        raise typed(error) from None


def _is_old(client: "RekognitionClient", name: str) -> bool:
    try:
        made_at = client.describe_collection(CollectionId=name)["CreationTimestamp"]
    except ClientError as error:
        if code_of(error) == NOT_FOUND:  # its own run deleted it in the meantime
            return False
        raise
    return clock.now() - made_at > LEFT_AFTER
