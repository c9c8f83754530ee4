from decimal import Decimal

import pytest

from billing.payments import multibanco

PUBLISHED = [
    ("11604", "999", 1234, "25.86", "999123490"),
    ("99999", "999", 123, "123.00", "999012373"),
    ("99999", "999", 123, "321.00", "999012337"),
    ("93999", "99", 404, "14.50", "990040478"),
]


@pytest.mark.parametrize(("entity", "subentity", "order", "amount", "reference"), PUBLISHED)
def test_published_references_are_reproduced_and_accepted(
    entity: str, subentity: str, order: int, amount: str, reference: str
) -> None:
    assert multibanco.make_reference(entity, subentity, order, Decimal(amount)) == reference
    assert multibanco.is_valid(entity, reference, Decimal(amount))
    assert multibanco.order_of(subentity, reference) == order


def test_weights_published_for_the_same_check_give_the_same_digits() -> None:
    weights = [3, 30, 9, 90, 27, 76, 81, 34, 49, 5, 50, 15, 53, 45, 62, 38, 89, 17, 73, 51]
    for entity, _, _, amount, reference in PUBLISHED:
        digits = f"{entity}{reference[:7]}{int(Decimal(amount) * 100):08d}"
        total = sum(
            int(digit) * weight for digit, weight in zip(reversed(digits), weights, strict=True)
        )
        assert 98 - total % 97 == int(reference[7:])


def test_every_single_wrong_digit_is_found() -> None:
    entity, _, _, amount, reference = PUBLISHED[0]
    wrong = [
        reference[:position] + digit + reference[position + 1 :]
        for position in range(9)
        for digit in "0123456789"
        if digit != reference[position]
    ]
    assert len(wrong) == 81
    assert not any(multibanco.is_valid(entity, other, Decimal(amount)) for other in wrong)


@pytest.mark.parametrize("amount", ["25.85", "25.87", "258.60", "26.86", "0.00"])
def test_a_terminal_refuses_another_amount(amount: str) -> None:
    assert not multibanco.is_valid("11604", "999123490", Decimal(amount))


@pytest.mark.parametrize(
    "reference", ["", "99912349", "9991234900", "99912349a", "999 123 490", "٩٩٩١٢٣٤٩٠"]
)
def test_what_is_no_reference_is_refused(reference: str) -> None:
    assert not multibanco.is_valid("11604", reference, Decimal("25.86"))


@pytest.mark.parametrize(
    ("entity", "subentity", "order", "amount"),
    [
        ("1160", "999", 1, "10.00"),
        ("11604", "", 1, "10.00"),
        ("11604", "9999", 1, "10.00"),
        ("11604", "999", 10_000, "10.00"),
        ("11604", "999", -1, "10.00"),
        ("11604", "999", 1, "0.99"),
        ("11604", "999", 1, "99999.01"),
        ("11604", "999", 1, "10.001"),
        ("11604", "9x9", 1, "10.00"),
    ],
)
def test_references_are_made_only_of_what_fits(
    entity: str, subentity: str, order: int, amount: str
) -> None:
    with pytest.raises(ValueError, match=r"entity|sub-entity|order|amount"):
        multibanco.make_reference(entity, subentity, order, Decimal(amount))


def test_the_next_free_order_goes_round_the_pool_and_says_when_it_is_full() -> None:
    assert multibanco.next_free_order("999", 9_998, {9_999}) == 0
    assert multibanco.next_free_order("999", 5, set()) == 6
    assert multibanco.next_free_order("999", 5, set(range(10_000)) - {5}) == 5
    assert multibanco.next_free_order("999", 5, set(range(10_000))) is None


def test_people_read_groups_of_three() -> None:
    assert multibanco.grouped("999123490") == "999 123 490"
