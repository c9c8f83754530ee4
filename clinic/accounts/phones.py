"""Mobile numbers: SMS goes there, so a number must be able to receive one."""

import re

import phonenumbers
from django.conf import settings

DEFAULT_REGION = "PT"
_WRITTEN = re.compile(r"\+?[0-9][0-9 ().-]{5,24}", re.ASCII)
_CAN_RECEIVE = frozenset(
    {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
)


class InvalidPhoneError(ValueError):
    """The text isn't a mobile number that the clinic sends SMS to."""


def normalise_mobile(text: str) -> str:
    """The number as E.164, read as Portuguese unless it begins with + or 00.

    Raises InvalidPhoneError for anything but a valid mobile number of a country in
    `settings.SMS_COUNTRY_CODES`: messages to other countries can be made to cost a fortune.
    """
    written = text.strip()
    if written.startswith("00"):
        written = f"+{written[2:]}"
    if not _WRITTEN.fullmatch(written):
        raise InvalidPhoneError
    try:
        number = phonenumbers.parse(written, DEFAULT_REGION)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhoneError from error
    if (
        number.country_code not in settings.SMS_COUNTRY_CODES
        or not phonenumbers.is_valid_number(number)
        or phonenumbers.number_type(number) not in _CAN_RECEIVE
    ):
        raise InvalidPhoneError
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
