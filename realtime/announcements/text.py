"""A call in European Portuguese, every number written out, so that no engine has to guess."""

import re

TICKET = re.compile(r"(?P<letter>A)(?P<zeros>0*)(?P<number>[0-9]*)")
_ONES = [
    "zero",
    "um",
    "dois",
    "três",
    "quatro",
    "cinco",
    "seis",
    "sete",
    "oito",
    "nove",
    "dez",
    "onze",
    "doze",
    "treze",
    "catorze",
    "quinze",
    "dezasseis",
    "dezassete",
    "dezoito",
    "dezanove",
]
_TENS = [
    ".",
    ".",
    "vinte",
    "trinta",
    "quarenta",
    "cinquenta",
    "sessenta",
    "setenta",
    "oitenta",
    "noventa",
]
_HUNDREDS = [
    ".",
    "cento",
    "duzentos",
    "trezentos",
    "quatrocentos",
    "quinhentos",
    "seiscentos",
    "setecentos",
    "oitocentos",
    "novecentos",
]
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
    """0 to 9999 in words, as they are said in Portugal."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, rest = divmod(value, 10)
        return f"{_TENS[tens]} e {_ONES[rest]}" if rest else _TENS[tens]
    if value == 100:
        return "cem"
    if value < 1000:
        hundreds, rest = divmod(value, 100)
        return f"{_HUNDREDS[hundreds]} e {number(rest)}" if rest else _HUNDREDS[hundreds]
    thousands, rest = divmod(value, 1000)
    head = "mil" if thousands == 1 else f"{_ONES[thousands]} mil"
    if not rest:
        return head
    # "mil e cem", "mil e vinte", but "mil cento e vinte".
    return f"{head} e {number(rest)}" if rest < 100 or rest % 100 == 0 else f"{head} {number(rest)}"


def _place(room: str) -> str:
    """`3` and `2B` need their word; "Ginásio" speaks for itself. The display writes it likewise."""
    if len(room) > 3 or not any(sign.isdigit() for sign in room):
        return room
    return f"Gabinete {number(int(room)) if _NUMBER.fullmatch(room) else room}"
