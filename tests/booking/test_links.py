import base64
from urllib.parse import urlsplit

import pytest

from booking import links
from tests.booking.conftest import NINE, at, minutes


def test_a_link_leads_to_its_appointment_for_48_hours(clinic, ana, book, at_nine):
    appointment = book(ana, at(10))
    token = links.checkout_token(appointment)

    assert links.appointment_id_from(token) == appointment.pk
    at_nine.move_to(NINE + links.LIFETIME - minutes(1))
    assert links.appointment_id_from(token) == appointment.pk
    at_nine.move_to(NINE + links.LIFETIME)
    assert links.appointment_id_from(token) is None


def test_the_address_is_short_and_says_nothing(clinic, ana, book, settings):
    settings.PUBLIC_ORIGIN = "https://vez.example"
    appointment = book(ana, at(10))

    address = links.checkout_url(appointment)

    assert address == f"https://vez.example/pay/{links.checkout_token(appointment)}"
    assert len(urlsplit(address).path) == len("/pay/") + 48
    assert str(appointment.pk) not in address


def test_any_changed_character_makes_it_worthless(clinic, ana, book):
    token = links.checkout_token(book(ana, at(10)))

    for place, sign in enumerate(token):
        forged = token[:place] + ("A" if sign != "A" else "B") + token[place + 1 :]
        assert links.appointment_id_from(forged) is None


def test_the_token_of_another_key_is_worthless(clinic, ana, book, settings):
    token = links.checkout_token(book(ana, at(10)))
    settings.SECRET_KEY = "another key that is long enough to be one"

    assert links.appointment_id_from(token) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A" * 47,
        "A" * 48,
        "A" * 49,
        "é" * 48,
        "+/" * 24,
        "=" * 48,
        "A" * 46 + "==",
        "\n" * 48,
        base64.urlsafe_b64encode(bytes(range(16)) + b"\xff" * 20).decode(),
    ],
)
def test_what_was_never_a_token_is_none(text):
    assert links.appointment_id_from(text) is None
