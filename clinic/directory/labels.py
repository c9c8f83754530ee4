"""How a patient is named where others can read it."""

import unicodedata

from clinic.accounts.choices import LabelChoice

MAX_GIVEN_NAME = 24


def label(full_name: str, choice: str, ticket: str) -> str:
    """The name for a shared screen, as the patient chose.

    `short` is the given name with the last name's initial. A patient with only one name is shown by
    ticket, because a single word would be the full name.
    """
    words = _printable(full_name).split()
    if choice == LabelChoice.FULL and words:
        return " ".join(words)
    if choice == LabelChoice.SHORT and len(words) > 1:
        return f"{words[0][:MAX_GIVEN_NAME]} {words[-1][0].upper()}."
    return ticket


def _printable(text: str) -> str:
    """The text without control and direction characters, which could upset the rest of a screen."""
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        return text
    return "".join(
        " " if unicodedata.category(sign).startswith("Z") else sign
        for sign in unicodedata.normalize("NFC", text)
        if not unicodedata.category(sign).startswith("C")
    )
