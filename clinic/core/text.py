"""Which characters text may hold, whether it comes from a person, the administration site, an
import or a provider.

It ends up in XML that the law makes us keep for ten years, in PDFs, mail headers and SMS, and on
screens. Refused are characters that XML 1.0 doesn't have, that mean something else on each machine
(private use, noncharacters) or that nobody sees (controls, direction marks, blanks that count as
letters). Joiners are allowed within words of the scripts that need them, and between emoji.
"""

import re
import unicodedata

_CONTROLS = r"\u0001-\u0009\u000B-\u001F\u007F-\u009F"
_UNSEEN = (
    r"\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B\u200E\u200F\u2028-\u202E"
    r"\u2060-\u206F\u2800\u3164\uFEFF\uFFA0\uFFF0-\uFFFC\U00013430-\U0001343F\U00016FE4"
    r"\U0001BCA0-\U0001BCA3\U0001D159\U0001D173-\U0001D17A\U000E0000-\U000E00FF"
    r"\U000E01F0-\U000E0FFF"
)
_NOBODYS = (
    r"\uE000-\uF8FF\uFDD0-\uFDEF\uFFFE\uFFFF"
    + "".join(rf"\U{plane:04X}FFFE\U{plane:04X}FFFF" for plane in range(1, 15))
    + r"\U000F0000-\U0010FFFF"
)
MOST_ACCENTS_IN_A_ROW = 3
MOST_MARKS_IN_A_ROW = 6
"""Marks on one letter: accents, and vowels in scripts that write them as marks. Burmese has up to
five."""

_JOINERS = frozenset("\u200c\u200d")
_FIRST_THAT_JOINS = "\u0590"
"""The scripts from here on may need joiners; Latin, Greek and Cyrillic, before it, don't."""

_SELECTORS = frozenset(
    map(chr, [*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)
REFUSED_BY_DATABASE = _CONTROLS + _UNSEEN + _NOBODYS
"""As a regular expression that Python and PostgreSQL read the same way: the functions
`is_plain_line` and `is_plain_note` in the database refuse these. It can't store the other refused
characters."""

_REFUSED_IN_A_NOTE = re.compile(rf"[\u0000\uD800-\uDFFF{REFUSED_BY_DATABASE}]")
_REFUSED_IN_A_LINE = re.compile(rf"[\n\u0000\uD800-\uDFFF{REFUSED_BY_DATABASE}]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_SPACE_OF_A_LINE = re.compile(r"[^\S\n]")


class UnprintableError(ValueError):
    """The text holds a forbidden character, or nothing visible."""


def line(text: str) -> str:
    """The text in NFC with single spaces; empty if it is only spaces. Raises UnprintableError."""
    if _REFUSED_IN_A_LINE.search(text):
        raise UnprintableError
    return _seen(_SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip())


def note(text: str) -> str:
    """The same for text of several lines, separated by newlines. Raises UnprintableError."""
    text = text.replace("\r\n", "\n")
    if _REFUSED_IN_A_NOTE.search(text):
        raise UnprintableError
    return _seen(_SPACE_OF_A_LINE.sub(" ", unicodedata.normalize("NFC", text)).strip())


def printable(text: str) -> str:
    """A line of the text without its forbidden characters: for text stored before there was this
    rule."""
    return _SPACES.sub(" ", _REFUSED_IN_A_LINE.sub("", text)).strip()


def storable(text: str) -> str:
    """The text with a mark in place of each character that no database can store."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def is_printable(text: str) -> bool:
    """Whether a line has no forbidden character."""
    return _REFUSED_IN_A_LINE.search(text) is None


def _seen(text: str) -> str:
    if text.isascii():
        return text
    accents = marks = 0
    sees_something = False
    for place, character in enumerate(text):
        if character not in _JOINERS:
            accents = accents + 1 if unicodedata.combining(character) else 0
            marks = marks + 1 if unicodedata.category(character).startswith("M") else 0
        if accents > MOST_ACCENTS_IN_A_ROW or marks > MOST_MARKS_IN_A_ROW:
            raise UnprintableError
        if character in _JOINERS or character in _SELECTORS:
            if not _belongs(character, before=text[:place][-1:], after=text[place + 1 :][:1]):
                raise UnprintableError
        elif not character.isspace() and not marks:
            sees_something = True
    if text and not sees_something:
        raise UnprintableError
    return text


def _belongs(character: str, *, before: str, after: str) -> bool:
    """Whether a joiner or selector has something to join or to select."""
    if not before or before.isspace() or before in _JOINERS:
        return False
    if character in _SELECTORS:
        # Letters of the scripts without joiners have only one form.
        return before not in _SELECTORS and (before >= _FIRST_THAT_JOINS or not before.isalpha())
    return before >= _FIRST_THAT_JOINS and bool(after) and not after.isspace()
