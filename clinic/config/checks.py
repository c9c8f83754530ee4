"""What every installation needs: a mode, a time zone; in production servers, secrets and https."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from clinic.core.checks import SETTINGS

MODES = ("demo", "test", "production")
SECRETS = ("SECRET_KEY", "JWT_KEY", "PAYMENT_WEBHOOK_SECRET")
SECRET_LENGTH = 32
SECRET_CHARACTERS = 12
"""So many different ones at least: a random text of that length has more."""
ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})


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
    return [*_production(), *_plain_links()] if settings.PRODUCTION else []


def _production() -> Iterator[CheckMessage]:
    secrets = {name: _secret(name) for name in SECRETS}
    for name, secret in secrets.items():
        if len(secret) < SECRET_LENGTH or len(set(secret)) < SECRET_CHARACTERS:
            yield Error(
                f"{name} must be set to at least {SECRET_LENGTH} random characters.",
                id="config.E003",
            )
        elif same := [other for other in secrets if other < name and secrets[other] == secret]:
            yield Error(f"{name} must differ from {same[0]}.", id="config.E009")
    if any("*" in host or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        yield Error("ALLOWED_HOSTS must name each host, without *.", id="config.E010")
    if not settings.DATABASE_URL and _is_read("DATABASE_URL"):
        yield Error("DATABASE_URL must be set.", id="config.E004")
    if not settings.REDIS_URL and _is_read("REDIS_URL"):
        yield Error("REDIS_URL must be set.", id="config.E005")
    if not settings.SECURE and _is_read("PUBLIC_ORIGIN"):
        yield Error("PUBLIC_ORIGIN must be https in production.", id="config.E006")
    if settings.CLINIC_SANDBOX:
        yield Error("The sandbox can't run in production: unset CLINIC_SANDBOX.", id="config.E007")


def _plain_links() -> Iterator[CheckMessage]:
    """Links to other machines carry patients' data and passwords, so they are encrypted."""
    database = settings.DATABASES["default"]
    if database["OPTIONS"].get("sslmode") not in ENCRYPTED and _is_elsewhere(
        database.get("HOST", "")
    ):
        yield Error(
            "DATABASE_URL must end in ?sslmode=require, or LOCAL_SERVERS name its host.",
            id="config.E011",
        )
    redis = urlsplit(settings.REDIS_URL)
    if redis.scheme == "redis" and _is_elsewhere(redis.hostname or ""):
        yield Error(
            "REDIS_URL must begin with rediss://, or LOCAL_SERVERS name its host.",
            id="config.E012",
        )
    if not settings.EMAIL_USE_TLS and _is_elsewhere(settings.EMAIL_HOST):
        yield Error("EMAIL_TLS must be 1, or LOCAL_SERVERS name the mail server.", id="config.E013")


def _is_elsewhere(host: str) -> bool:
    return not host.startswith("/") and host not in settings.LOCAL_SERVERS


def _is_read(name: str) -> bool:
    """Whether nothing has been said of this variable yet."""
    return name not in settings.UNREADABLE_SETTINGS


def _secret(name: str) -> str:
    try:
        return str(getattr(settings, name))
    except ImproperlyConfigured:  # Django raises an error if SECRET_KEY is empty
        return ""
