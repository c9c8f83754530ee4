"""Sealing of face vectors: AES-256-GCM, bound to the person they belong to."""

import base64
import hashlib
import os
import uuid
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Sealed:
    key_id: str
    data: bytes


def key_id() -> str:
    """Name of the key in use, derived from it, so that a row tells which key opens it."""
    return hashlib.sha256(b"key id" + _key()).hexdigest()[:16]


def seal(plain: bytes, *, owner: uuid.UUID) -> Sealed:
    """Encrypt under a fresh nonce: equal vectors give different rows."""
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(key_id(), nonce + AESGCM(_key()).encrypt(nonce, plain, owner.bytes))


def unseal(data: bytes, *, owner: uuid.UUID) -> bytes:
    """Decrypt. Raises cryptography's InvalidTag for another key, another owner or changed bytes."""
    return AESGCM(_key()).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], owner.bytes)


def _key() -> bytes:
    return base64.b64decode(settings.FACE_KEY)
