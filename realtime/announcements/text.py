"""A call in European Portuguese, every number written out, so that no engine has to guess."""

import re

TICKET = re.compile(r"(?P<letter>A)(?P<zeros>0*)(?P<number>[0-9]*)")
_NUMBER = re.compile(r"[0-9]{1,4}")


def sentence(ticket: str, room: str) -> str:
    """What is said when this ticket is called to this room. Raises ValueError for a ticket that
    can't be one."""
    parts = TICKET.fullmatch(ticket)
    if parts is None or len(ticket) not in {4, 5}:
        raise ValueError("not a ticket")
    words = [parts["letter"], *["zero"] * len(parts["zeros"])]
    if parts["number"]:
        words.append(number(int(parts["number"])))
    return f"Senha {', '.join(words)}. {_place(room)}."


def number(value: int) -> str:
    """A number in words, as they are said in Portugal."""
    # At the first call: else every process would load its fifty languages at the start.
    from num2words import num2words

    words: str = num2words(value, lang="pt")
    return words


def _place(room: str) -> str:
    """`3` and `2B` need their word; "Ginásio" speaks for itself. The display writes it likewise."""
    if len(room) > 3 or not any(sign.isdigit() for sign in room):
        return room
    return f"Gabinete {number(int(room)) if _NUMBER.fullmatch(room) else room}"
