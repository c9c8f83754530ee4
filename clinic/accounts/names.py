"""A person's full name: typed by anybody, shown to everybody."""

from django.core.exceptions import ValidationError

from clinic.core.text import UnprintableError, line

FULL_NAME_MAX_LENGTH = 120


class InvalidNameError(ValueError):
    """The text can't be a person's name."""


def clean_full_name(text: str) -> str:
    """The name in NFC with single spaces.

    Raises InvalidNameError if it has no letter, more than 120 characters, or characters that no
    text may hold.
    """
    try:
        name = line(text)
    except UnprintableError as error:
        raise InvalidNameError("The name has characters that can't be shown.") from error
    if not any(character.isalpha() for character in name):
        raise InvalidNameError("The name needs at least one letter.")
    if len(name) > FULL_NAME_MAX_LENGTH:
        raise InvalidNameError(f"The name may have {FULL_NAME_MAX_LENGTH} characters at most.")
    return name


def validate_full_name(value: str) -> None:
    """For a column that holds a person's name. Raises Django's ValidationError."""
    try:
        clean_full_name(value)
    except InvalidNameError as error:
        raise ValidationError(str(error), code="name_invalid") from error
