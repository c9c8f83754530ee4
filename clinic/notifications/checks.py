"""Start-up checks: a configuration that would make messages undeliverable is refused early."""

from typing import Any

from django.core.checks import CheckMessage, register

from clinic.core.checks import SETTINGS
from clinic.notifications.channels import CHANNELS


@register(SETTINGS)
def message_settings(**_options: Any) -> list[CheckMessage]:
    return [found for channel in CHANNELS.values() for found in channel.checks()]
