import random
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.invoicing import vat
from clinic.directory.models import VAT_RATES, Exemption

CENTS = st.integers(min_value=1, max_value=10_000_000).map(lambda cents: Decimal(cents) / 100)
RATES = st.sampled_from([Decimal("23.00"), Decimal("13.00"), Decimal("6.00"), Decimal("0.00")])


def test_forty_euro_of_massage() -> None:
    taken_apart = vat.split(Decimal("40.00"), Decimal("23.00"))

    assert taken_apart.unit_net == Decimal("32.520325")
    assert taken_apart.net == Decimal("32.52")
    assert taken_apart.vat == Decimal("7.48")


def test_without_vat_everything_is_net() -> None:
    taken_apart = vat.split(Decimal("45.00"), Decimal("0.00"))

    assert (taken_apart.unit_net, taken_apart.net, taken_apart.vat) == (
        Decimal("45.000000"),
        Decimal("45.00"),
        Decimal("0.00"),
    )


@settings(max_examples=2_000, deadline=None)
@given(gross=CENTS, rate=RATES)
def test_net_and_vat_are_gross_again(gross: Decimal, rate: Decimal) -> None:
    taken_apart = vat.split(gross, rate)

    assert taken_apart.net + taken_apart.vat == gross
    assert abs(taken_apart.vat - gross * rate / (100 + rate)) <= Decimal("0.005001")
    assert abs(taken_apart.unit_net * (100 + rate) / 100 - gross) < Decimal("0.000001")


@pytest.mark.parametrize(
    ("gross", "rate"), [("0.005", "23"), ("-1.00", "23"), ("1.00", "-1"), ("1.00", "101")]
)
def test_what_is_no_price_is_refused(gross: str, rate: str) -> None:
    with pytest.raises(ValueError, match=r"gross|rate"):
        vat.split(Decimal(gross), Decimal(rate))


def test_exemptions_print_their_reason() -> None:
    assert vat.exemption_reason("M07") == "Isento artigo 9.º do CIVA"
    assert vat.exemption_reason("") == ""
    with pytest.raises(KeyError):
        vat.exemption_reason("M99")


def test_whatever_a_specialty_can_be_taxed_with_an_invoice_can_print() -> None:
    assert set(vat.EXEMPTIONS) == set(Exemption.values)
    assert set(vat.BRACKETS) == {rate for rate, _ in VAT_RATES}
    with pytest.raises(KeyError):
        vat.bracket(Decimal(22))


def test_line_and_totals_agree_for_two_hundred_thousand_prices() -> None:
    assert disagreements(200_000) == []


def disagreements(prices: int, seed: int = 2026) -> list[str]:
    """Random prices, each at one of the rates, of which line and document don't add up to the cent.

    The document's totals are the split's; the line has its net price of six decimals and the rate,
    from which gross and VAT must follow.
    """
    chance = random.Random(seed)
    rates = list(vat.BRACKETS)
    found = []
    for number in range(prices):
        gross = Decimal(chance.randint(1, 9_999_900)).scaleb(-2)
        rate = rates[number % len(rates)]
        apart = vat.split(gross, rate)
        line_vat = (apart.unit_net * rate / 100).quantize(vat.CENT, ROUND_HALF_UP)
        line_net = apart.unit_net.quantize(vat.CENT, ROUND_HALF_UP)
        if not line_net + line_vat == apart.net + apart.vat == gross or line_vat != apart.vat:
            found.append(f"{gross} at {rate} %")
    return found
