"""Phone numbers that MB WAY can ask for a payment."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from clinic.accounts.phones import InvalidPhoneError, e164, parse

_NATIONAL_MOBILE = re.compile(r"9[1236]\d{7}", re.ASCII)
_COUNTRY_CODE = 351


class InvalidMobileError(ValueError):
    """The text is no Portuguese mobile number."""


def parse_mobile(text: str) -> str:
    """The E.164 form of a Portuguese mobile number. Raises InvalidMobileError for anything else."""
    try:
        number = parse(text)
    except InvalidPhoneError as error:
        raise InvalidMobileError("not a phone number") from error
    if (
        number.country_code != _COUNTRY_CODE
        or phonenumbers.number_type(number) != PhoneNumberType.MOBILE
        or not _NATIONAL_MOBILE.fullmatch(phonenumbers.national_significant_number(number))
    ):
        raise InvalidMobileError("not a Portuguese mobile number")
    return e164(number)


def readable(stored: str) -> str:
    """A stored number in groups, as people read it; anything else as it is."""
    try:
        number = phonenumbers.parse(stored)
    except NumberParseException:
        return stored
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
