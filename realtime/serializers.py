"""The frames that are the sockets' own; those of the clinic stand with the screens they fill."""

from typing import Any

from rest_framework import serializers


class Heartbeat(serializers.Serializer[Any]):
    """The server is there."""

    type = serializers.ChoiceField(choices=["heartbeat"])
    revision = serializers.IntegerField(min_value=0, help_text="The newest that it knows")
    server_time = serializers.DateTimeField()
    stale = serializers.BooleanField(
        help_text="Live updates don't reach the server at present: what is on show may be some "
        "seconds old"
    )


class SettingsFrame(serializers.Serializer[Any]):
    """Staff have changed what this display shows, how large or how loud: read
    `GET /api/devices/me`."""

    type = serializers.ChoiceField(choices=["settings"])
