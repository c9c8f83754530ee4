"""Files that only the product may read: face photos, kiosk frames, invoices.

Everything goes through the `private` alias of Django's STORAGES, which is a local folder or an S3
bucket. Keys carry no personal data; make them with `new_key`. A folder that can't be reached raises
OSError, a bucket UnansweredError.
"""

import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.files.storage import Storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile

from clinic.core.errors import UnansweredError

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]*(/[a-z0-9][a-z0-9._-]*)+")


class InvalidKeyError(ValueError):
    """The key could lead out of its folder, or says more than a random path should."""


def new_key(folder: str, suffix: str = "") -> str:
    """A random path below `folder`, for instance ``invoices/3f/3f0c….pdf``."""
    name = uuid.uuid4().hex
    return _checked(f"{folder}/{name[:2]}/{name}{suffix}")


def put(key: str, data: bytes, content_type: str) -> str:
    """Store `data` under exactly this key, and return the key.

    Files are written once: the same bytes again change nothing, so a repeated job is safe, and
    other bytes are refused with `FileExistsError`. A broken file is replaced: one that holds only
    the beginning of these bytes, or doesn't match the digest in its own key.
    """
    with _answering():
        return _put(_checked(key), data, content_type)


def _put(name: str, data: bytes, content_type: str) -> str:
    storage = _storage()
    if storage.exists(name):
        with storage.open(name, "rb") as kept:
            found = bytes(kept.read())
        if found == data:
            return name
        if not (data.startswith(found) or hashlib.sha256(data).hexdigest() in name):
            raise FileExistsError("the private storage never replaces a file")
        storage.delete(name)
    file = SimpleUploadedFile(name, data, content_type)
    stored = storage.save(name, file)
    if stored != name:
        storage.delete(stored)
        return _put(name, data, content_type)
    return name


def get(key: str) -> bytes:
    """The bytes under the key. Raises `FileNotFoundError` if there are none."""
    with _answering(), _storage().open(_checked(key), "rb") as file:
        return bytes(file.read())


def delete(key: str) -> None:
    """Remove the file; it is no error if there is none."""
    with _answering():
        _storage().delete(_checked(key))


def exists(key: str) -> bool:
    """Whether something is stored under the key."""
    with _answering():
        return _storage().exists(_checked(key))


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Imported when first used, or every process would load it at its start.
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, BotoCoreError | ClientError):
            raise UnansweredError from error
        raise


def _storage() -> Storage:
    return storages["private"]


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key) or ".." in key:
        raise InvalidKeyError("storage keys are lower-case paths below a folder")
    return key
