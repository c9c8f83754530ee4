"""SMS text: converting to the GSM 7-bit alphabet, and counting what the network will bill.

One part holds 160 septets. Letters that the alphabet lacks lose their accent rather than turn the
whole message into UCS-2, where a part holds 70.
"""

import unicodedata

PART_SEPTETS = 160
JOINED_PART_SEPTETS = 153

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")

_REPLACEMENTS = {
    "º": "o",
    "ª": "a",
    "°": "o",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2007": " ",
    "\u2009": " ",
    "\t": " ",
    "\u2010": "-",
    "\u2011": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2212": "-",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "«": '"',
    "»": '"',
    "…": "...",
    "•": "-",
    "Ł": "L",
    "ł": "l",
    "Đ": "D",
    "đ": "d",
    "ı": "i",
    "œ": "oe",
    "Œ": "OE",
}


def fold(text: str) -> str:
    """The text in GSM-7 only: its letters stay, others lose their accents, anything else becomes
    `?`.

    Control and invisible characters disappear.
    """
    return "".join(_fold_character(character) for character in unicodedata.normalize("NFC", text))


def septets(text: str) -> int:
    """Length on the wire. Raises `ValueError` for text that isn't GSM-7."""
    total = 0
    for character in text:
        if character in BASIC:
            total += 1
        elif character in EXTENDED:
            total += 2
        else:
            raise ValueError(f"U+{ord(character):04X} is not in the GSM 7-bit alphabet")
    return total


def parts(text: str) -> int:
    """How many SMS the network sends for this text."""
    length = septets(text)
    if length <= PART_SEPTETS:
        return 1
    return -(-length // JOINED_PART_SEPTETS)


def _fold_character(character: str) -> str:
    if character in BASIC or character in EXTENDED:
        return character
    if character in _REPLACEMENTS:
        return _REPLACEMENTS[character]
    if unicodedata.category(character) in {"Cc", "Cf", "Mn", "Me"}:
        return ""
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", character)
        if letter in BASIC or letter in EXTENDED
    )
    return plain or "?"
