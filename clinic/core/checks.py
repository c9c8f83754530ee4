"""Settings are judged by Django checks under one tag. Each app has its own in `checks.py`, and
`clinic.config` runs them all before any process starts work."""

from django.core.checks import CheckMessage, Error
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

SETTINGS = "settings"


def unloadable(name: str, path: str, *, number: str) -> list[CheckMessage]:
    """The fault of a setting, named here, whose dotted path leads nowhere."""
    try:
        import_string(path)
    except ImportError as error:
        return [Error(f"{name} can't be loaded: {error}", id=number)]
    except RuntimeError:  # a model of an app that isn't installed
        return [Error(f"{name} must be part of this installation, unlike {path}.", id=number)]
    return []


def require_sound_settings() -> None:
    """Raise SystemCheckError, which lists every fault, if the settings have any."""
    BaseCommand().check(tags=[SETTINGS])
