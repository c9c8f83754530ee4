import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django import Settings

from clinic.config.settings.files import object_storage
from clinic.storage import private
from tests.storage.conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DATA = bytes(range(256)) * 10


@pytest.fixture(params=["folder", "s3"])
def _storage(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> None:
    """The same promises, kept by a local folder and by S3 over HTTP."""
    if request.param == "folder":
        chosen: dict[str, Any] = {
            "BACKEND": "clinic.storage.folder.FolderStorage",
            "OPTIONS": {"location": str(tmp_path), "base_url": None},
        }
    else:
        client: S3Client = request.getfixturevalue("s3")
        chosen = object_storage(BUCKET, "private")
        chosen["OPTIONS"]["endpoint_url"] = client.meta.endpoint_url
    settings.STORAGES = settings.STORAGES | {"private": chosen, "public": chosen}


pytestmark = pytest.mark.usefixtures("_storage")


def test_what_is_put_can_be_read_back() -> None:
    key = private.put(private.new_key("invoices", ".pdf"), DATA, "application/pdf")

    assert private.exists(key)
    assert private.get(key) == DATA


def test_keys_are_random_paths() -> None:
    keys = {private.new_key("faces", ".jpg") for _ in range(50)}

    assert len(keys) == 50
    assert all(re.fullmatch(r"faces/[0-9a-f]{2}/[0-9a-f]{32}\.jpg", key) for key in keys)


def test_deleted_is_gone_and_deleting_again_is_no_error() -> None:
    key = private.put(private.new_key("faces"), DATA, "image/jpeg")

    private.delete(key)
    private.delete(key)

    assert not private.exists(key)
    with pytest.raises(FileNotFoundError):
        private.get(key)


def test_the_same_bytes_again_change_nothing() -> None:
    key = private.new_key("invoices", ".pdf")

    assert private.put(key, DATA, "application/pdf") == key
    assert private.put(key, DATA, "application/pdf") == key
    assert private.get(key) == DATA


def test_a_file_is_never_replaced() -> None:
    key = private.put(private.new_key("invoices", ".pdf"), DATA, "application/pdf")

    with pytest.raises(FileExistsError):
        private.put(key, b"other", "application/pdf")

    assert private.get(key) == DATA


def test_an_empty_file_is_a_file() -> None:
    key = private.put(private.new_key("faces"), b"", "image/jpeg")

    assert private.get(key) == b""


@pytest.mark.parametrize(
    "key",
    [
        "",
        "alone",
        "/etc/passwd",
        "faces/../../etc/passwd",
        "faces/..",
        "faces//a",
        "faces/Ana Lopes.jpg",
        "faces/a\\b",
        "faces/a\0",
        "faces/a/",
        ".hidden/a",
    ],
)
def test_a_key_can_not_leave_its_folder_or_name_a_person(key: str) -> None:
    for act in (private.get, private.exists, private.delete):
        with pytest.raises(private.InvalidKeyError):
            act(key)
    with pytest.raises(private.InvalidKeyError):
        private.put(key, DATA, "image/jpeg")
