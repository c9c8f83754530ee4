"""Start-up checks: a configuration that would make messages undeliverable is refused early."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from clinic.notifications.transports import SENDER_ID

LONGEST_ORIGIN = 70


@register
def message_settings(**_options: Any) -> list[CheckMessage]:
    """Sender name by the rules of SNS, and links short enough for one SMS."""
    found: list[CheckMessage] = []
    if not SENDER_ID.fullmatch(settings.SNS_SENDER_ID):
        found.append(
            Error(
                "SNS_SENDER_ID must be 1 to 11 letters and digits, with at least one letter.",
                id="notifications.E001",
            )
        )
    if len(settings.PUBLIC_ORIGIN) > LONGEST_ORIGIN:
        found.append(
            Error(
                f"PUBLIC_ORIGIN is longer than {LONGEST_ORIGIN} characters: "
                "a payment link would not fit one SMS.",
                id="notifications.E002",
            )
        )
    return found
