"""Phone numbers that MB WAY can ask for a payment."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

_NATIONAL_MOBILE = re.compile(r"^9[1236]\d{7}$", re.ASCII)
_COUNTRY_CODE = 351
_LETTERS = re.compile(r"[A-Za-z]")
_LONGEST = 40


class InvalidMobileError(ValueError):
    """The text is no Portuguese mobile number."""


def parse_mobile(text: str) -> str:
    """The E.164 form of a Portuguese mobile number. Raises InvalidMobileError for anything else."""
    if len(text) > _LONGEST or _LETTERS.search(text):
        raise InvalidMobileError("not a phone number")
    try:
        number = phonenumbers.parse(text, "PT")
    except NumberParseException as error:
        raise InvalidMobileError("not a phone number") from error
    if (
        number.country_code != _COUNTRY_CODE
        or number.extension
        or not phonenumbers.is_valid_number(number)
        or phonenumbers.number_type(number) != PhoneNumberType.MOBILE
        or not _NATIONAL_MOBILE.match(phonenumbers.national_significant_number(number))
    ):
        raise InvalidMobileError("not a Portuguese mobile number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def readable(stored: str) -> str:
    """A stored number with the groups people read; anything else as it is."""
    try:
        number = phonenumbers.parse(stored)
    except NumberParseException:
        return stored
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
