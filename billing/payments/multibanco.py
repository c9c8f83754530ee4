"""Multibanco check-digit references (ISO 7064 MOD 97-10). Pure functions, no storage.

A reference is nine digits: sub-entity, order number, two control digits. The control digits depend
on the amount, so a terminal refuses a reference entered with another amount.
"""

from collections.abc import Container
from decimal import Decimal

REFERENCE_DIGITS = 9
CONTROL_DIGITS = 2
MINIMUM = Decimal("1.00")
MAXIMUM = Decimal("99999.00")


def order_digits(subentity: str) -> int:
    """How many digits the order number has beside this sub-entity."""
    return REFERENCE_DIGITS - CONTROL_DIGITS - len(subentity)


def pool_size(subentity: str) -> int:
    """How many order numbers exist beside this sub-entity."""
    return int(10 ** order_digits(subentity))


def make_reference(entity: str, subentity: str, order: int, amount: Decimal) -> str:
    """The nine digits a patient keys in. Raises ValueError on anything a terminal would refuse."""
    if not 1 <= len(subentity) <= 3 or not _digits(subentity):
        raise ValueError("a sub-entity has one to three digits")
    if not 0 <= order < pool_size(subentity):
        raise ValueError("the order number does not fit beside the sub-entity")
    if not MINIMUM <= amount <= MAXIMUM:
        raise ValueError("the amount is outside what Multibanco takes")
    stem = f"{subentity}{order:0{order_digits(subentity)}d}"
    return f"{stem}{_control(entity, stem, amount):02d}"


def is_valid(entity: str, reference: str, amount: Decimal) -> bool:
    """Whether a terminal would accept these three together."""
    if len(reference) != REFERENCE_DIGITS or not _digits(reference):
        return False
    try:
        number = _number(entity, reference[:-CONTROL_DIGITS], amount)
    except ValueError:
        return False
    control = int(reference[-CONTROL_DIGITS:])
    return 2 <= control <= 98 and (number * 100 + control) % 97 == 1


def grouped(reference: str) -> str:
    """The reference as people read it: groups of three."""
    return " ".join(reference[i : i + 3] for i in range(0, len(reference), 3))


def next_free_order(subentity: str, after: int, taken: Container[int]) -> int | None:
    """The first order number following `after`, round the pool, that is not taken; None if full."""
    size = pool_size(subentity)
    for step in range(1, size + 1):
        order = (after + step) % size
        if order not in taken:
            return order
    return None


def order_of(subentity: str, reference: str) -> int:
    """The order number inside a reference of this sub-entity."""
    return int(reference[len(subentity) : -CONTROL_DIGITS])


def _control(entity: str, stem: str, amount: Decimal) -> int:
    return 98 - _number(entity, stem, amount) * 100 % 97


def _number(entity: str, stem: str, amount: Decimal) -> int:
    if len(entity) != 5 or not _digits(entity):
        raise ValueError("an entity has five digits")
    cents = amount * 100
    if not amount.is_finite() or cents != cents.to_integral_value():
        raise ValueError("the amount has parts of a cent")
    if not 0 < cents < 10**8:
        raise ValueError("the amount does not fit into eight digits")
    return int(f"{entity}{stem}{int(cents):08d}")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
