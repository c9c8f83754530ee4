from pathlib import Path

import httpx
import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from mypy_boto3_s3 import S3Client
from pytest_django import Settings

from clinic.config.settings.files import object_storage
from clinic.core.errors import UnansweredError
from clinic.storage import private
from clinic.storage.frontend import uploads
from tests.storage.conftest import BUCKET

FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A small front end as the bundler leaves it."""
    files = {
        "index.html": "<!doctype html>",
        "display.html": "<!doctype html>",
        "version.json": '{"version": "1"}',
        "favicon.svg": "<svg/>",
        "manifest.webmanifest": "{}",
        ".DS_Store": "x",
        "assets/index-Bj8H8pua.css": "a{}",
        "assets/patient-B6zUON4s.js": "1",
        "assets/patient-B6zUON4s.js.map": "{}",
        "assets/display/display-BHrjZN-n.js": "1",
        "assets/atkinson-wght-normal-C6vrW8VD.woff2": "x",
        "assets/plain.js": "1",
    }
    folder = tmp_path / "dist"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_content_type_is_kept_and_nobody_reads_without_a_signature(
    s3: S3Client, settings: Settings
) -> None:
    chosen = object_storage(BUCKET, "private")
    chosen["OPTIONS"]["endpoint_url"] = s3.meta.endpoint_url
    settings.STORAGES = settings.STORAGES | {"private": chosen}

    key = private.put("invoices/ab/abc", b"%PDF", "application/pdf")

    assert s3.head_object(Bucket=BUCKET, Key=key)["ContentType"] == "application/pdf"
    signed = storages["private"].url(key)
    assert "Signature" in signed
    assert httpx.get(signed).content == b"%PDF"


def test_each_file_gets_its_type_and_its_cache_header(
    s3: S3Client, build: Path, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = s3.meta.endpoint_url

    call_command("publish_frontend", folder=build, bucket=BUCKET)

    found = {
        item["Key"]: s3.head_object(Bucket=BUCKET, Key=item["Key"])
        for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]
    }
    assert {key: (head["ContentType"], head["CacheControl"]) for key, head in found.items()} == {
        "index.html": ("text/html; charset=utf-8", "no-cache"),
        "display.html": ("text/html; charset=utf-8", "no-cache"),
        "version.json": ("application/json", "no-cache"),
        "favicon.svg": ("image/svg+xml", "public, max-age=3600"),
        "manifest.webmanifest": ("application/manifest+json", "public, max-age=3600"),
        "assets/index-Bj8H8pua.css": ("text/css; charset=utf-8", FOREVER),
        "assets/patient-B6zUON4s.js": ("text/javascript; charset=utf-8", FOREVER),
        "assets/patient-B6zUON4s.js.map": ("application/json", FOREVER),
        "assets/display/display-BHrjZN-n.js": ("text/javascript; charset=utf-8", FOREVER),
        "assets/atkinson-wght-normal-C6vrW8VD.woff2": ("font/woff2", FOREVER),
        "assets/plain.js": ("text/javascript; charset=utf-8", "public, max-age=3600"),
    }
    page = s3.get_object(Bucket=BUCKET, Key="index.html")["Body"].read()
    assert page == b"<!doctype html>"


def test_pages_in_the_bucket_say_where_the_clinic_is(
    s3: S3Client, build: Path, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = s3.meta.endpoint_url
    settings.TIME_ZONE = "Atlantic/Azores"
    (build / "index.html").write_text('<html data-time-zone="Europe/Lisbon">')

    call_command("publish_frontend", folder=build, bucket=BUCKET)

    page = s3.get_object(Bucket=BUCKET, Key="index.html")["Body"].read()
    assert page == b'<html data-time-zone="Atlantic/Azores">'


def test_pages_go_up_last(build: Path) -> None:
    keys = [upload.key for upload in uploads(build)]

    assert keys[-3:] == ["display.html", "index.html", "version.json"]


def test_an_earlier_release_stays_and_pages_are_replaced(
    s3: S3Client, build: Path, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = s3.meta.endpoint_url
    s3.put_object(Bucket=BUCKET, Key="assets/patient-OLDOLD00.js", Body=b"old")
    s3.put_object(Bucket=BUCKET, Key="index.html", Body=b"old")

    call_command("publish_frontend", folder=build, bucket=BUCKET)

    assert s3.get_object(Bucket=BUCKET, Key="assets/patient-OLDOLD00.js")["Body"].read() == b"old"
    page = s3.get_object(Bucket=BUCKET, Key="index.html")["Body"].read()
    assert page == b"<!doctype html>"


def test_without_a_build_or_a_bucket_nothing_is_sent(
    s3: S3Client, tmp_path: Path, build: Path, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = s3.meta.endpoint_url

    with pytest.raises(CommandError, match="holds no built front end"):
        call_command("publish_frontend", folder=tmp_path, bucket=BUCKET)
    with pytest.raises(CommandError, match="name a bucket"):
        call_command("publish_frontend", folder=build, bucket="")
    with pytest.raises(CommandError, match="the upload stopped"):
        call_command("publish_frontend", folder=build, bucket="not-there")

    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)


@pytest.mark.parametrize("bucket", ["elsewhere", BUCKET], ids=["no bucket", "no answer"])
def test_a_bucket_that_can_not_be_had_is_silence_for_whoever_asks(
    bucket: str, s3: S3Client, unused_tcp_port: int, settings: Settings
) -> None:
    chosen = object_storage(bucket, "private")
    silent = f"http://127.0.0.1:{unused_tcp_port}"
    chosen["OPTIONS"]["endpoint_url"] = silent if bucket == BUCKET else s3.meta.endpoint_url
    settings.STORAGES = settings.STORAGES | {"private": chosen}
    key = private.new_key("invoices", ".pdf")

    with pytest.raises(UnansweredError):
        private.put(key, b"PDF", "application/pdf")
