"""The built front end: its pages, and uploading it to an S3 bucket with the right cache headers for
each file."""

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOREVER = "public, max-age=31536000, immutable"
ALWAYS_ASK = "no-cache"
AN_HOUR = "public, max-age=3600"
HASHED = re.compile(r".+-[A-Za-z0-9_-]{8}\.[a-z0-9]+(\.map)?")
# The pages are built for Lisbon; whoever serves them writes the clinic's time zone into them.
BUILT_FOR = b'data-time-zone="Europe/Lisbon"'
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Upload:
    path: Path
    key: str
    content_type: str
    cache_control: str


def content(file: Path) -> bytes:
    """A file as browsers get it: a page with the clinic's time zone, any other file as it was
    built."""
    built = file.read_bytes()
    if file.suffix != ".html":
        return built
    return built.replace(BUILT_FOR, f'data-time-zone="{settings.TIME_ZONE}"'.encode())


def uploads(folder: Path) -> list[Upload]:
    """Every file of the build, pages last: a page is never there before the files it refers to.

    Raises `FileNotFoundError` where there is no build.
    """
    if not (folder / "index.html").is_file():
        raise FileNotFoundError(f"{folder} holds no built front end")
    found = [_upload(folder, path) for path in _files(folder)]
    return sorted(found, key=lambda upload: (upload.cache_control == ALWAYS_ASK, upload.key))


def publish(
    folder: Path, *, bucket: str, region: str, endpoint_url: str | None = None
) -> list[Upload]:
    """Upload the build and yield what was sent. Nothing is deleted: a page that is still open
    somewhere keeps finding the files of its own version."""
    client = _client(region, endpoint_url)
    sent = uploads(folder)
    for upload in sent:
        client.put_object(
            Bucket=bucket,
            Key=upload.key,
            Body=content(upload.path),
            ContentType=upload.content_type,
            CacheControl=upload.cache_control,
        )
    return sent


def _client(region: str, endpoint_url: str | None) -> "S3Client":
    # Imported when first used, or every process that serves the pages would load it at its start.
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint_url,
        config=Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 4},
        ),
    )


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def _upload(folder: Path, path: Path) -> Upload:
    key = path.relative_to(folder).as_posix()
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Upload(path, key, CONTENT_TYPES.get(path.suffix, guessed), _cache_control(key))


def _cache_control(key: str) -> str:
    name = key.rpartition("/")[2]
    if key.startswith("assets/") and HASHED.fullmatch(name):
        return FOREVER
    if name.endswith(".html") or name in {"version.json", "liveness.json", "sw.js"}:
        return ALWAYS_ASK
    return AN_HOUR
