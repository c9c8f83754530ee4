import base64
import re
import string
from urllib.parse import urlsplit

import pytest
import time_machine
from pytest_django import Settings

from booking import links
from clinic.directory.models import Patient
from tests.booking.conftest import NINE, Book, at, minutes
from tests.conftest import Clinic


def test_a_link_leads_to_its_appointment_for_48_hours(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10))
    token = links.checkout_token(appointment)

    assert links.appointment_id_from(token) == appointment.pk
    at_nine.move_to(NINE + links.LIFETIME - minutes(1))
    assert links.appointment_id_from(token) == appointment.pk
    at_nine.move_to(NINE + links.LIFETIME)
    assert links.appointment_id_from(token) is None


def test_the_address_is_short_and_says_nothing(
    clinic: Clinic, ana: Patient, book: Book, settings: Settings
) -> None:
    settings.PUBLIC_ORIGIN = "https://vez.example"
    appointment = book(ana, at(10))

    address = links.checkout_url(appointment)

    assert address == f"https://vez.example/pay/{links.checkout_token(appointment)}"
    assert len(urlsplit(address).path) == len("/pay/") + 48
    assert str(appointment.pk) not in address


def test_any_changed_character_makes_it_worthless(clinic: Clinic, ana: Patient, book: Book) -> None:
    token = links.checkout_token(book(ana, at(10)))

    for place, sign in enumerate(token):
        forged = token[:place] + ("A" if sign != "A" else "B") + token[place + 1 :]
        assert links.appointment_id_from(forged) is None


def test_the_token_of_another_key_is_worthless(
    clinic: Clinic, ana: Patient, book: Book, settings: Settings
) -> None:
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
def test_what_was_never_a_token_is_none(text: str) -> None:
    assert links.appointment_id_from(text) is None


def test_a_visit_s_link_is_short_says_nothing_and_lasts(
    clinic: Clinic, ana: Patient, book: Book, settings: Settings, at_nine: time_machine.Traveller
) -> None:
    settings.PUBLIC_ORIGIN = "https://vez.example"
    appointment = book(ana, at(10))

    address = links.visit_url(appointment)

    token = address.removeprefix("https://vez.example/v/")
    assert re.fullmatch(r"[\w-]{35}", token, re.ASCII)
    assert str(appointment.pk) not in address
    at_nine.move_to(at(9, day=30))
    assert links.visit_id_from(token) == appointment.pk


def test_a_visit_s_token_has_one_spelling(
    clinic: Clinic, ana: Patient, book: Book, settings: Settings
) -> None:
    token = links.visit_token(book(ana, at(10)))
    signs = string.ascii_letters + string.digits + "-_"

    # Any other character at any place, the last one's spare bits included
    for place, sign in enumerate(token):
        for other in signs.replace(sign, ""):
            assert links.visit_id_from(token[:place] + other + token[place + 1 :]) is None
    for wrong in (token + "=", token[:-1], token + "A", "é" * 35, "=" * 35, "+/" * 17 + "+", ""):
        assert links.visit_id_from(wrong) is None
    settings.SECRET_KEY = "another key that is long enough to be one"
    assert links.visit_id_from(token) is None


def test_the_payment_s_key_makes_no_visit_s_token(
    clinic: Clinic, ana: Patient, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    appointment = book(ana, at(10))

    monkeypatch.setattr(links, "VISIT_SALT", links.SALT)
    signed_for_payment = links.visit_token(appointment)
    monkeypatch.undo()

    assert links.visit_id_from(signed_for_payment) is None
