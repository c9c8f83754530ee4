import pytest

from billing import nif, phones

VALID = [
    "123456789",
    "501442600",
    "501964843",
    "503340855",
    "500000000",
    "299999998",
    "599999993",
]
INVALID = [
    "501964842",
    "123456780",
    "111111111",
    "222222222",
    "999999999",
    "212345678",
    "000000000",
    "",
    "12345678",
    "1234567890",
    "12345678x",
    "١٢٣٤٥٦٧٨٩",
]


@pytest.mark.parametrize("number", VALID)
def test_valid_tax_numbers(number):
    assert nif.parse(number) == number


@pytest.mark.parametrize("number", INVALID)
def test_invalid_tax_numbers(number):
    with pytest.raises(nif.InvalidTaxIdError):
        nif.parse(number)


def test_the_final_consumers_number_is_not_for_typing():
    with pytest.raises(nif.InvalidTaxIdError, match="final consumer"):
        nif.parse("999 999 990")


@pytest.mark.parametrize("typed", ["PT 501 964 843", "501.964.843", "501-964-843", " 501964843 "])
def test_tax_numbers_are_read_as_people_write_them(typed):
    assert nif.parse(typed) == "501964843"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("912345678", "+351912345678"),
        ("+351 93 123 45 67", "+351931234567"),
        ("00351 961 234 567", "+351961234567"),
        ("92-123-45-67", "+351921234567"),
        ("٩١٢٣٤٥٦٧٨", "+351912345678"),
    ],
)
def test_portuguese_mobiles(typed, stored):
    assert phones.parse_mobile(typed) == stored


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
def test_what_mb_way_cannot_ask(typed):
    with pytest.raises(phones.InvalidMobileError):
        phones.parse_mobile(typed)
