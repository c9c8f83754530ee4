"""The days on which a living person may have been born."""

from datetime import date

from django.core.exceptions import ValidationError

from clinic.core import clock

ADULT_AGE = 18
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


def comes_of_age(born: date) -> date:
    """The 18th birthday; for somebody born on 29 February, 1 March where the year has no 29th."""
    year = born.year + ADULT_AGE
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def is_adult(born: date | None, today: date | None = None) -> bool:
    """Whether the person is known to be 18 on that day. An unknown birth date isn't enough."""
    return born is not None and comes_of_age(born) <= (today or clock.today())
