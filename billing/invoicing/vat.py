"""Value added tax inside prices that include it. Pure, exact decimals."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

CENT = Decimal("0.01")
MICRO = Decimal("0.000001")

Bracket = Literal["exempt", "reduced", "intermediate", "normal"]

EXEMPTIONS = {"M07": "Isento artigo 9.º do CIVA", "M10": "Regime de isenção"}
"""The reason an invoice prints, by its code in the tax authority's table."""

BRACKETS: dict[Decimal, Bracket] = {
    Decimal(0): "exempt",
    Decimal(6): "reduced",
    Decimal(13): "intermediate",
    Decimal(23): "normal",
}
"""How the law calls each rate of the mainland, in per cent."""


@dataclass(frozen=True, slots=True)
class Split:
    """A gross price taken apart: `unit_net` for the line, `net` and `vat` in cents for totals."""

    gross: Decimal
    unit_net: Decimal
    net: Decimal
    vat: Decimal


def split(gross: Decimal, rate: Decimal) -> Split:
    """Take VAT of `rate` percent out of a gross amount in whole cents; net + vat is gross again.

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
    """Take a part out of an amount of which so much net and VAT is left.

    The part is taken apart like any amount, but takes no more of either than there is. So the last
    part takes what is left of both, into whatever parts the amount goes. Where that is another cent
    than the rate says, the line's net price is the total's.
    Raises ValueError for more than is left.
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
    """The sentence for an exemption code; empty where VAT applies. Raises KeyError."""
    return EXEMPTIONS[code] if code else ""
