"""Phone numbers and NIFs as people write them; the front end is held to the same examples."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import pytest

from billing.payments import phones
from clinic.accounts.phones import InvalidPhoneError, normalise_mobile
from clinic.directory import nif

EXAMPLES = json.loads(
    (Path(__file__).parents[3] / "frontend" / "src" / "lib" / "vectors.json").read_text()
)


class Example(TypedDict):
    typed: str
    read: str | None


@pytest.mark.parametrize("example", EXAMPLES["nif"], ids=lambda one: ascii(one["typed"]))
def test_tax_numbers_are_read_as_people_write_them(example: Example) -> None:
    assert _read(nif.parse, example["typed"], nif.InvalidTaxIdError) == example["read"]


@pytest.mark.parametrize("example", EXAMPLES["mb_way"], ids=lambda one: ascii(one["typed"]))
def test_the_checkout_and_the_profile_read_a_portuguese_mobile_alike(
    example: Example,
) -> None:
    typed, right = example["typed"], example["read"]

    assert _read(phones.parse_mobile, typed, phones.InvalidMobileError) == right
    assert _read(normalise_mobile, typed, InvalidPhoneError) == right


def _read(parse: Callable[[str], str], typed: str, refusal: type[Exception]) -> str | None:
    try:
        return parse(typed)
    except refusal:
        return None


def test_the_final_consumers_number_is_not_for_typing() -> None:
    with pytest.raises(nif.InvalidTaxIdError, match="final consumer"):
        nif.parse("999 999 990")


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "+351#912345678",
        "210000000",
        "91234567",
        "9123456789",
        "901234567",
        "941234567",
        "951234567",
        "971234567",
        "+44 7911 123456",
        "+34 612 345 678",
        "912345678 ext 3",
        "a912345678",
        "912345678;phone-context=+351",
        "9" * 41,
        "707123456",
        "112",
    ],
)
def test_what_mb_way_cannot_ask(typed: str) -> None:
    with pytest.raises(phones.InvalidMobileError):
        phones.parse_mobile(typed)
