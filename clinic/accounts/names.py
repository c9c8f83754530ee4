"""A person's full name, as typed by anybody and shown to everybody."""

import re
import unicodedata

from clinic.accounts.models import FULL_NAME_MAX_LENGTH

# Control, format (bidirectional overrides, zero-width), surrogate, private use, unassigned, and
# line or paragraph separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MAX_MARKS_IN_A_ROW = 3


class InvalidNameError(ValueError):
    """The text can't be a person's name."""


def clean_full_name(text: str) -> str:
    """The name in NFC with single spaces.

    Raises InvalidNameError when it has no letter, more than 120 characters, invisible characters,
    or letters buried under combining marks.
    """
    if any(unicodedata.category(character) in _UNPRINTABLE for character in text):
        raise InvalidNameError("The name has characters that can't be shown.")
    name = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    if not any(character.isalpha() for character in name):
        raise InvalidNameError("The name needs at least one letter.")
    if len(name) > FULL_NAME_MAX_LENGTH:
        raise InvalidNameError(f"The name may have {FULL_NAME_MAX_LENGTH} characters at most.")
    marks = 0
    for character in name:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MAX_MARKS_IN_A_ROW:
            raise InvalidNameError("The name has characters that can't be shown.")
    return name
