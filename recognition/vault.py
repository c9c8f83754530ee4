"""Sealing of face vectors: AES-256-GCM, bound to the person they belong to.

FACE_KEY names one key or several, newest first: the first one seals, any of them opens.
"""

import base64
import hashlib
import os
import uuid
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    key_id: str
    data: bytes


def key_id() -> str:
    """Name of the key that seals, derived from the key, so that a row tells which key opens it."""
    return key_ids()[0]


def key_ids() -> tuple[str, ...]:
    """Names of all keys that open, the one that seals first."""
    return tuple(key.name for key in _keys())


def seal(plain: bytes, *, owner: uuid.UUID) -> Sealed:
    """Encrypt by the newest key, under a fresh nonce: equal vectors give different rows."""
    newest = _keys()[0]
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(newest.name, nonce + newest.cipher.encrypt(nonce, plain, owner.bytes))


def unseal(data: bytes, *, owner: uuid.UUID) -> bytes:
    """Decrypt by whichever key fits.

    Raises cryptography's InvalidTag if none does: another key, another owner, damaged bytes.
    """
    if len(data) < NONCE_BYTES:
        raise InvalidTag
    for key in _keys():
        try:
            return key.cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], owner.bytes)
        except InvalidTag:
            continue
    raise InvalidTag


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    cipher: AESGCM


def _keys() -> tuple[_Key, ...]:
    return _made_of(settings.FACE_KEY)


@lru_cache(maxsize=1)
def _made_of(setting: str) -> tuple[_Key, ...]:
    """Cached, because a check-in opens hundreds of templates with the same keys."""
    keys = [base64.b64decode(key) for key in setting.split(",")]
    return tuple(
        _Key(hashlib.sha256(b"key id" + key).hexdigest()[:16], AESGCM(key)) for key in keys
    )
