"""Phone numbers as people write them, read the same way everywhere."""

import re
import unicodedata

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

DEFAULT_REGION = "PT"
LONGEST = 40
_WRITTEN = re.compile(r"[\s(]*\+?[\d\s()./\-\u2010-\u2015\u2212]+")
_CAN_RECEIVE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


class InvalidPhoneError(ValueError):
    """The text isn't a phone number, or isn't of the kind that is needed."""


def parse(text: str) -> PhoneNumber:
    """The valid number in a text, read as Portuguese unless it begins with + or 00.

    Takes digits of any script with spaces, brackets, dots, slashes and dashes. Raises
    InvalidPhoneError for anything else.
    """
    written = unicodedata.normalize("NFKC", text)
    if len(written) > LONGEST or not _WRITTEN.fullmatch(written):
        raise InvalidPhoneError
    try:
        number = phonenumbers.parse(written, DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhoneError from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise InvalidPhoneError
    return number


def e164(number: PhoneNumber) -> str:
    """The form in which numbers are kept, such as +351912345678."""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def normalise_mobile(text: str) -> str:
    """The number as E.164.

    Raises InvalidPhoneError for anything but a mobile number of a country in
    `settings.SMS_COUNTRY_CODES`: messages to other countries can be made to cost a fortune.
    """
    number = parse(text)
    if (
        number.country_code not in settings.SMS_COUNTRY_CODES
        or phonenumbers.number_type(number) not in _CAN_RECEIVE
    ):
        raise InvalidPhoneError
    return e164(number)


def validate_phone(value: str) -> None:
    """For a column that holds any valid number as E.164. Raises Django's ValidationError."""
    try:
        right = e164(parse(value))
    except InvalidPhoneError:
        right = ""
    if value != right:
        raise ValidationError("Like +351210000000.", code="phone_invalid")
