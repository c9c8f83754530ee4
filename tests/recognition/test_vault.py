import base64
import uuid

import pytest
from cryptography.exceptions import InvalidTag
from pytest_django import Settings

from recognition import vault

OWNER = uuid.UUID("8d4f4f0e-6a51-4f0b-9ef0-1c33f1a2b9d1")


def test_what_is_sealed_opens_again_for_its_owner() -> None:
    sealed = vault.seal(b"vector", owner=OWNER)

    assert b"vector" not in sealed.data
    assert sealed.key_id == vault.key_id()
    assert vault.unseal(sealed.data, owner=OWNER) == b"vector"


def test_equal_vectors_give_different_rows() -> None:
    assert vault.seal(b"vector", owner=OWNER).data != vault.seal(b"vector", owner=OWNER).data


def test_a_template_moved_to_another_person_does_not_open() -> None:
    sealed = vault.seal(b"vector", owner=OWNER)

    with pytest.raises(InvalidTag):
        vault.unseal(sealed.data, owner=uuid.uuid4())


def test_one_altered_byte_is_found() -> None:
    data = bytearray(vault.seal(b"vector", owner=OWNER).data)
    data[-1] ^= 1

    with pytest.raises(InvalidTag):
        vault.unseal(bytes(data), owner=OWNER)


def test_another_key_has_another_id_and_opens_nothing(settings: Settings) -> None:
    sealed = vault.seal(b"vector", owner=OWNER)

    settings.FACE_KEY = base64.b64encode(b"k" * 32).decode()

    assert vault.key_id() != sealed.key_id
    with pytest.raises(InvalidTag):
        vault.unseal(sealed.data, owner=OWNER)
