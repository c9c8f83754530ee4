"""How the board looks over HTTP, for the schema. The body itself is the board frame's."""

from typing import Any

from rest_framework import serializers

from booking.choices import BoardStage


class BoardWait(serializers.Serializer[object]):
    low_minutes = serializers.IntegerField()
    high_minutes = serializers.IntegerField()
    estimate_minutes = serializers.IntegerField()


class BoardEntry(serializers.Serializer[object]):
    id = serializers.UUIDField()
    ticket = serializers.CharField()
    label: Any = serializers.CharField(help_text="As the patient has chosen to be named")
    room = serializers.CharField()
    state = serializers.ChoiceField(choices=BoardStage.values)
    call_number = serializers.IntegerField()
    called_at = serializers.DateTimeField(allow_null=True)
    wait = BoardWait(allow_null=True)


class Board(serializers.Serializer[object]):
    type = serializers.ChoiceField(choices=["board"])
    revision = serializers.IntegerField(help_text="Only grows")
    server_time = serializers.DateTimeField()
    clinic = serializers.CharField()
    closes_at = serializers.DateTimeField(
        allow_null=True, help_text="The end of today's opening hours; null while it is closed"
    )
    opens_at = serializers.DateTimeField(
        allow_null=True, help_text="The next opening; null where none is known"
    )
    entries = BoardEntry(many=True)
