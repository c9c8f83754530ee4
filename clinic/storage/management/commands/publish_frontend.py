"""Upload the built front end to the public bucket."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic.storage import frontend


class Command(BaseCommand):
    help = (
        "Upload the built front end to an S3 bucket: hashed files are cached for ever, pages are "
        "checked each time. Deletes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", type=Path, default=settings.FRONTEND_DIR)
        parser.add_argument("--bucket", default=settings.S3_PUBLIC_BUCKET)

    def handle(self, *args: Any, folder: Path, bucket: str, **options: Any) -> None:
        if not bucket:
            raise CommandError("name a bucket with --bucket or S3_PUBLIC_BUCKET")
        try:
            sent = frontend.publish(
                folder,
                bucket=bucket,
                region=settings.AWS_REGION,
                endpoint_url=settings.AWS_ENDPOINT_URL,
            )
        except FileNotFoundError as error:
            raise CommandError(f"{error}: run `make build` first") from error
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"the upload stopped: {error}") from error
        self.stdout.write(f"{len(sent)} files are in {bucket}")
