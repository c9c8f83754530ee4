"""Serializer fields for text; all apps use the same rule."""

from datetime import date, datetime
from typing import Any

from rest_framework import serializers

from clinic.core import clock, text

EMAIL_MAX_LENGTH = 254


class Line(serializers.CharField):
    """One line of text that people can read; runs of spaces become one."""

    default_error_messages = {"control_characters": "Plain text only."}
    rule = staticmethod(text.line)

    def to_internal_value(self, data: Any) -> str:
        given = super().to_internal_value(data)
        # NUL and surrogates, which the framework refuses with its own codes.
        if text.storable(given) != given:
            return given
        try:
            return self.rule(given)
        except text.UnprintableError:
            self.fail("control_characters")


class Note(Line):
    """Text of one or more lines."""

    rule = staticmethod(text.note)


class Email(serializers.EmailField):
    """An e-mail address. The quoted forms of the standard, which allow control characters, are
    refused."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=EMAIL_MAX_LENGTH, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return text.line(super().to_internal_value(data))
        except text.UnprintableError:
            self.fail("invalid")


class Day(serializers.DateField):
    """A day within the years that make sense for a clinic."""

    default_error_messages = {
        "out_of_range": f"Give a date between the years {clock.YEARS[0]} and {clock.YEARS[-1]}.",
    }

    def to_internal_value(self, value: Any) -> date:
        day = super().to_internal_value(value)
        if day.year not in clock.YEARS:
            self.fail("out_of_range")
        return day


class Moment(serializers.DateTimeField):
    """A moment within the years that make sense for a clinic."""

    default_error_messages = {
        "out_of_range": f"Give a moment between the years {clock.YEARS[0]} and {clock.YEARS[-1]}.",
    }

    def to_internal_value(self, value: Any) -> datetime:
        moment = super().to_internal_value(value)
        if moment.year not in clock.YEARS:
            self.fail("out_of_range")
        return moment
