"""Settings are judged by Django checks under one tag. Each app has its own beside it, in `checks`,
and `clinic.config` has them all run before any process begins its work."""

from django.core.management.base import BaseCommand

SETTINGS = "settings"


def require_sound_settings() -> None:
    """Raise SystemCheckError, which tells every fault, where settings have one."""
    BaseCommand().check(tags=[SETTINGS])
