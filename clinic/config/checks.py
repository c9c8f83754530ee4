"""What every installation needs: a mode, a time zone; in production servers, secrets and https."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from clinic.core.checks import SETTINGS

MODES = ("demo", "test", "production")
SECRETS = ("SECRET_KEY", "JWT_KEY", "PAYMENT_WEBHOOK_SECRET")
SECRET_LENGTH = 32


@register(SETTINGS)
def mode_and_zone(**_options: Any) -> list[CheckMessage]:
    """Until this check runs, an unknown mode counts as production, and an unknown time zone as
    UTC."""
    found: list[CheckMessage] = []
    if settings.CLINIC_ENV not in MODES:
        found.append(Error("CLINIC_ENV must be demo, test or production.", id="config.E001"))
    if settings.TIME_ZONE != settings.CLINIC_TIME_ZONE:
        found.append(
            Error(
                "CLINIC_TIME_ZONE must be the name of a zone, such as Atlantic/Azores.",
                id="config.E002",
            )
        )
    return found


@register(SETTINGS)
def readable_settings(**_options: Any) -> list[CheckMessage]:
    """Whoever mistypes a number is told so: its default stands only until here."""
    return [
        Error(f"{name} must be {expected}.", id="config.E008")
        for name, expected in settings.UNREADABLE_SETTINGS.items()
    ]


@register(SETTINGS)
def production_settings(**_options: Any) -> list[CheckMessage]:
    """Production needs named servers, secrets that nobody can guess, https, and no sandbox."""
    return list(_production()) if settings.PRODUCTION else []


def _production() -> Iterator[CheckMessage]:
    for name in SECRETS:
        if _length_of(name) < SECRET_LENGTH:
            yield Error(
                f"{name} must be set to at least {SECRET_LENGTH} random characters.",
                id="config.E003",
            )
    if not settings.DATABASE_URL and _is_read("DATABASE_URL"):
        yield Error("DATABASE_URL must be set.", id="config.E004")
    if not settings.REDIS_URL and _is_read("REDIS_URL"):
        yield Error("REDIS_URL must be set.", id="config.E005")
    if not settings.SECURE and _is_read("PUBLIC_ORIGIN"):
        yield Error("PUBLIC_ORIGIN must be https in production.", id="config.E006")
    if settings.CLINIC_SANDBOX:
        yield Error("The sandbox can't run in production: unset CLINIC_SANDBOX.", id="config.E007")


def _is_read(name: str) -> bool:
    """Whether nothing has been said of this variable yet."""
    return name not in settings.UNREADABLE_SETTINGS


def _length_of(name: str) -> int:
    try:
        return len(getattr(settings, name))
    except ImproperlyConfigured:  # Django raises an error if SECRET_KEY is empty
        return 0
