"""Serializer fields for people's data, for every app that accepts it."""

from datetime import date
from typing import Any

from rest_framework import serializers

from clinic.accounts import birth
from clinic.accounts.names import FULL_NAME_MAX_LENGTH, InvalidNameError, clean_full_name
from clinic.accounts.phones import LONGEST, InvalidPhoneError, normalise_mobile


class FullNameField(serializers.CharField):
    """A person's name, in NFC, without invisible characters."""

    def __init__(self, **kwargs: Any) -> None:
        # The limit applies after normalising, in `clean_full_name`.
        super().__init__(max_length=FULL_NAME_MAX_LENGTH, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return clean_full_name(super().to_internal_value(data))
        except InvalidNameError as error:
            raise serializers.ValidationError(str(error), code="name_invalid") from error


class MobileField(serializers.CharField):
    """A mobile number that can receive the clinic's SMS; read as E.164."""

    default_error_messages = {
        "phone_invalid": "Give a mobile number that can receive our messages.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return normalise_mobile(super().to_internal_value(data))
        except InvalidPhoneError:
            self.fail("phone_invalid")


class BirthDateField(serializers.DateField):
    """A day between 1900 and today, on the clinic's calendar."""

    default_error_messages = {
        birth.INVALID: birth.MESSAGE,
    }

    def to_internal_value(self, value: Any) -> date:
        born = super().to_internal_value(value)
        if not birth.may_be(born):
            self.fail(birth.INVALID)
        return born
