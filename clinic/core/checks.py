"""Settings are judged by Django checks under one tag. Each app has its own in `checks.py`, and
`clinic.config` runs them all before any process starts work."""

from django.core.management.base import BaseCommand

SETTINGS = "settings"


def require_sound_settings() -> None:
    """Raise SystemCheckError, which lists every fault, if the settings have any."""
    BaseCommand().check(tags=[SETTINGS])
