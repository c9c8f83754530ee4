"""The ways to reach a person, one folder each."""

from clinic.notifications.channels.base import Channel

CHANNELS: dict[str, Channel] = {}
"""By name, in the order in which they are tried. `tasks.open_channel` adds one."""


def choices() -> list[tuple[str, str]]:
    """Choices for the log's column; another channel needs no migration."""
    return [(channel.name, channel.label) for channel in CHANNELS.values()]
