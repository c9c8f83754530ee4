"""Value added tax in prices that include it. Pure functions, exact decimals."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

CENT = Decimal("0.01")
MICRO = Decimal("0.000001")

Bracket = Literal["exempt", "reduced", "intermediate", "normal"]

EXEMPTIONS = {"M07": "Isento artigo 9.º do CIVA", "M10": "Regime de isenção"}
"""The reason that an invoice prints, by its code in the tax authority's table."""

BRACKETS: dict[Decimal, Bracket] = {
    Decimal(0): "exempt",
    Decimal(6): "reduced",
    Decimal(13): "intermediate",
    Decimal(23): "normal",
}
"""The law's name for each rate of the mainland, in per cent."""


@dataclass(frozen=True, slots=True)
class Split:
    """A gross price split up: `unit_net` for the line, `net` and `vat` in whole cents for the
    totals."""

    gross: Decimal
    unit_net: Decimal
    net: Decimal
    vat: Decimal


def split(gross: Decimal, rate: Decimal) -> Split:
    """Split VAT of `rate` per cent out of a gross amount in whole cents; net + vat equals gross.

    Raises ValueError for an amount with parts of a cent or below zero, or a rate outside 0..100.
    """
    if gross < 0 or gross != gross.quantize(CENT):
        raise ValueError("a gross amount is whole cents and not negative")
    if not 0 <= rate <= 100:
        raise ValueError("a rate is a percentage")
    unit_net = (gross * 100 / (100 + rate)).quantize(MICRO, ROUND_HALF_UP)
    net = unit_net.quantize(CENT, ROUND_HALF_UP)
    return Split(gross=gross, unit_net=unit_net, net=net, vat=gross - net)


def part(gross: Decimal, rate: Decimal, *, net_left: Decimal, vat_left: Decimal) -> Split:
    """Take a part out of an amount that has so much net and VAT left.

    The part is split like any amount, but takes no more net or VAT than there is. So the last part
    takes what is left of both, however the amount was divided. If that differs by a cent from the
    rate, the line's net price is the total's. Raises ValueError for more than is left.
    """
    if gross > net_left + vat_left:
        raise ValueError("a part is not more than what is left")
    usual = split(gross, rate)
    net = max(min(usual.net, net_left), gross - vat_left)
    if net == usual.net:
        return usual
    return Split(gross=gross, unit_net=net.quantize(MICRO), net=net, vat=gross - net)


def bracket(rate: Decimal) -> Bracket:
    """The bracket of a rate. Raises KeyError for a rate that the mainland doesn't have."""
    return BRACKETS[rate]


def exemption_reason(code: str) -> str:
    """The sentence for an exemption code; empty if VAT applies. Raises KeyError."""
    return EXEMPTIONS[code] if code else ""
