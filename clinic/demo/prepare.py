"""Bring the database up to date and fill the demo clinic, in one start of Django."""

import os

import django
from django.core.management import call_command


def prepare() -> None:
    """Migrate, seed, and forget the former worker's heartbeat: readiness is to mean this one's."""
    django.setup()
    call_command("migrate", interactive=False)
    call_command("seed_demo")

    from clinic.core.models import Heartbeat

    Heartbeat.objects.all().delete()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.config.settings")
    prepare()
