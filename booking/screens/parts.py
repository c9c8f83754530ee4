"""What several screens show in the same form: who, where, what, how long and when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rest_framework import serializers

if TYPE_CHECKING:
    from booking.waits import WaitRange
    from clinic.directory.models import Practitioner, Room, Specialty


class PersonRef(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class RoomRef(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


def named(one: Practitioner | Room) -> dict[str, str]:
    return {"id": str(one.pk), "name": one.name}


class SpecialtyRef(serializers.Serializer[Any]):
    code = serializers.SlugField()
    name_pt = serializers.CharField()
    name_en = serializers.CharField()


def specialty(one: Specialty) -> dict[str, Any]:
    return {"code": one.code, "name_pt": one.name_pt, "name_en": one.name_en}


class TimedSpecialtyRef(SpecialtyRef):
    duration_minutes = serializers.IntegerField(min_value=0)


def timed_specialty(one: Specialty) -> dict[str, Any]:
    return {**specialty(one), "duration_minutes": one.duration_minutes}


class Wait(serializers.Serializer[Any]):
    low_minutes = serializers.IntegerField(min_value=0)
    high_minutes = serializers.IntegerField(min_value=0)
    estimate_minutes = serializers.IntegerField(min_value=0)


def wait(shown: WaitRange | None) -> dict[str, int] | None:
    if shown is None:
        return None
    return {
        "low_minutes": shown.low_minutes,
        "high_minutes": shown.high_minutes,
        "estimate_minutes": shown.estimate_minutes,
    }


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second unless there is more."""
    return moment.astimezone(UTC).isoformat() if moment is not None else None
