"""Bring the database up to date and fill the demo clinic, in one start of Django."""

import os
import sys

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader


def prepare() -> None:
    """Migrate, seed, and forget the heartbeats of earlier workers, so that readiness means the new
    ones.

    Exits with a sentence on standard error if another version of Vez made the data.
    """
    django.setup()
    if _was_made_by_another_version():
        sys.exit("another version of Vez made this data. `make reset` forgets it and starts over")
    call_command("migrate", interactive=False)
    call_command("seed_demo")

    from clinic.core.models import Heartbeat

    Heartbeat.objects.all().delete()


def _was_made_by_another_version() -> bool:
    """Whether the database went through a migration that this program doesn't have."""
    loader = MigrationLoader(connection)
    return bool(loader.applied_migrations.keys() - loader.disk_migrations.keys())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.config.settings")
    prepare()
