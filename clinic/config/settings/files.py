"""Where files are kept: the product's own, and the front end's."""

from typing import Any

from clinic.config.settings import reading as env
from clinic.config.settings.installation import BASE_DIR, PRODUCTION, VAR_DIR

AWS_REGION = env.text("AWS_REGION", default="eu-west-1")
AWS_ENDPOINT_URL = env.text("AWS_ENDPOINT_URL", default="") or None
S3_PRIVATE_BUCKET = env.text("S3_PRIVATE_BUCKET", default="")
S3_PUBLIC_BUCKET = env.text("S3_PUBLIC_BUCKET", default="")


def object_storage(bucket: str, folder: str) -> dict[str, Any]:
    """S3 where a bucket is named, else a folder under var/. S3 that is down says so while somebody
    still waits at a kiosk: of itself the client would try for minutes."""
    if not bucket:
        return {
            "BACKEND": "clinic.storage.folder.FolderStorage",
            "OPTIONS": {"location": str(VAR_DIR / "storage" / folder), "base_url": None},
        }
    from botocore.config import Config

    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "region_name": AWS_REGION,
            "endpoint_url": AWS_ENDPOINT_URL,
            "querystring_expire": 300,
            "file_overwrite": False,
            "default_acl": None,
            "client_config": Config(
                connect_timeout=1,
                read_timeout=3,
                retries={"mode": "standard", "total_max_attempts": 2},
            ),
        },
    }


STORAGES = {
    "default": object_storage(S3_PRIVATE_BUCKET, "private"),
    "private": object_storage(S3_PRIVATE_BUCKET, "private"),
    "public": object_storage(S3_PUBLIC_BUCKET, "public"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FRONTEND_DIR = BASE_DIR / "frontend" / "dist"
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_ROOT = FRONTEND_DIR if FRONTEND_DIR.is_dir() else None
WHITENOISE_INDEX_FILE = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Their names change with what is in them.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/"
