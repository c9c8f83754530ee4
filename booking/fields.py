"""Instants of the API: ISO 8601 with an offset in, UTC out."""

import re
from datetime import UTC, date, datetime
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from clinic.core import clock

LONGEST_INSTANT = 40
_PLUS_READ_AS_SPACE = re.compile(r"(.+:\d\d(?:[.,]\d+)?) (\d\d:?\d\d)", re.ASCII)


@extend_schema_field(OpenApiTypes.DATETIME)
class InstantField(serializers.Field[datetime, Any, str, Any]):
    """A naive time is refused: twice a year it would mean two instants, or none."""

    default_error_messages = {
        "invalid": "Give an instant in ISO 8601, such as 2026-11-23T10:30:00+00:00.",
        "naive": "Give the instant's offset from UTC, such as +00:00.",
        "out_of_range": "Give an instant between the years 2000 and 2100.",
    }

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or len(data) > LONGEST_INSTANT:
            self.fail("invalid")
        try:
            moment = parse_datetime(data)
        except ValueError:
            moment = None
        if moment is None:
            self.fail("invalid")
        if moment.tzinfo is None:
            self.fail("naive")
        if moment.year not in clock.YEARS:
            self.fail("out_of_range")
        return moment.astimezone(UTC)

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat()


@extend_schema_field({"type": "string", "maxLength": LONGEST_INSTANT})
class BoundField(InstantField):
    """One end of a time range: an instant, or a plain date for the whole civil day.

    As the `closing` end a date includes its day. In a query an unescaped plus sign arrives as a
    space; it is accepted, so our own instants can be pasted in as they are.
    """

    def __init__(self, *, closing: bool = False, **kwargs: Any) -> None:
        self.closing = closing
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> datetime:
        day = as_day(data)
        if day is None:
            if isinstance(data, str) and (read := _PLUS_READ_AS_SPACE.fullmatch(data.strip())):
                data = "+".join(read.groups())
            return super().to_internal_value(data)
        if day.year not in clock.YEARS:
            self.fail("out_of_range")
        opens, closes = clock.day_bounds(day)
        return closes if self.closing else opens


def as_day(text: Any) -> date | None:
    """The plain date that a text is, if it is one."""
    if not isinstance(text, str):
        return None
    try:
        return parse_date(text)
    except ValueError:
        return None
