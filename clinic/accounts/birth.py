"""The days on which a living person may have been born."""

from datetime import date

from django.core.exceptions import ValidationError

from clinic.core import clock

EARLIEST = date(1900, 1, 1)
INVALID = "birth_date_invalid"
MESSAGE = "Give a date between 1900 and today."


def may_be(born: date) -> bool:
    """Whether it is a day between 1900 and today, on the clinic's calendar."""
    return EARLIEST <= born <= clock.today()


def validate(born: date) -> None:
    """For a column. Raises Django's ValidationError."""
    if not may_be(born):
        raise ValidationError(MESSAGE, code=INVALID)
