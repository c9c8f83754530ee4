"""The ways in which the clinic reaches a person, one folder each."""

from clinic.notifications.channels.base import Channel

CHANNELS: dict[str, Channel] = {}
"""By name, in the order in which they are tried. `tasks.open_channel` adds one."""


def choices() -> list[tuple[str, str]]:
    """For the log's column, which needs no migration for another channel."""
    return [(channel.name, channel.label) for channel in CHANNELS.values()]
