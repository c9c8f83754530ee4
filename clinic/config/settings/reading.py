"""The environment. What can't be read is noted; its default stands until a check names it."""

import logging
import math
import os
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

UNREADABLE_SETTINGS: dict[str, str] = {}
"""The variables that can't be read, each with what it must be."""
SWITCHES = {
    **dict.fromkeys(("1", "true", "on", "ok", "y", "yes"), True),
    **dict.fromkeys(("0", "false", "off", "n", "no", ""), False),
}


def text(name: str, *, default: str = "", multiline: bool = False) -> str:
    """As it is written. With `multiline`, lines may also end in ``\\n``, written out."""
    found = os.environ.get(name, default)
    return re.sub(r"(\\r)?\\n", "\n", found) if multiline else found


def texts(name: str) -> list[str]:
    """What stands between commas."""
    return [one for one in text(name).split(",") if one]


def switch(name: str, *, default: bool) -> bool:
    found = os.environ.get(name)
    if found is None:
        return default
    if (word := found.strip().lower()) in SWITCHES:
        return SWITCHES[word]
    UNREADABLE_SETTINGS[name] = "1 or 0"
    return default


def whole(name: str, *, default: int, least: int = 0, most: float = math.inf) -> int:
    """A whole number; the default where the variable is empty."""
    return int(_number(name, r"-?[0-9]+", "a whole number", default, least, most))


def decimal(name: str, *, default: float, least: float = 0.0, most: float = math.inf) -> float:
    """A number; the default where the variable is empty."""
    return _number(name, r"-?[0-9]+([.,][0-9]+)?", "a number", default, least, most)


def whole_numbers(name: str, *, default: list[int]) -> list[int]:
    """Positive whole numbers with commas between them; the default where there are none."""
    found = [one.strip() for one in texts(name)]
    if all(re.fullmatch(r"[1-9][0-9]{0,8}", one) for one in found):
        return [int(one) for one in found] or default
    UNREADABLE_SETTINGS[name] = "whole numbers with commas between them"
    return default


def address(name: str, *, default: str, schemes: Sequence[str]) -> str:
    """An address of one of these schemes; the default where the variable is empty."""
    found = text(name).strip() or default
    if not found or _is_address(found, schemes):
        return found
    UNREADABLE_SETTINGS[name] = f"an address that begins with {schemes[0]}://"
    return default


def level(name: str, *, default: str) -> str:
    """One of the levels of the log, in any case."""
    found = text(name).strip().upper() or default
    if found in logging.getLevelNamesMapping():
        return found
    UNREADABLE_SETTINGS[name] = "DEBUG, INFO, WARNING, ERROR or CRITICAL"
    return default


def _number(name: str, pattern: str, kind: str, default: float, least: float, most: float) -> float:
    found = text(name).strip()
    if not found:
        return default
    if re.fullmatch(pattern, found):
        number = float(found.replace(",", "."))
        if least <= number <= most and math.isfinite(number):
            return number
    limit = f" and at most {most:g}" if most < math.inf else ""
    UNREADABLE_SETTINGS[name] = f"{kind}, at least {least:g}{limit}"
    return default


def _is_address(found: str, schemes: Sequence[str]) -> bool:
    try:
        parts = urlsplit(found)
        return parts.scheme in schemes and parts.port != 0 and found.isprintable()
    except ValueError:
        return False
