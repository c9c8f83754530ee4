"""Guesses are held back, and nobody's are an owner's loss."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings

from clinic.accounts.choices import Role
from clinic.accounts.models import User
from clinic.accounts.services import guesses, sessions
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry
from tests.accounts.conftest import PASSWORD, Browser

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DESK, ELSEWHERE = "192.0.2.7", "198.51.100.{number}"


@pytest.fixture
def rita(make_user: Callable[..., User]) -> User:
    return make_user(Role.RECEPTION, username="rita", password=PASSWORD)


def outcome(name: str, password: str, address: str, device: str = "") -> str:
    try:
        sessions.verify_credentials(
            username=name, password=password, address=address, device=device
        )
    except DomainError as error:
        return error.code
    return "right"


def under_attack() -> None:
    """A hundred guesses with invented names from the desk's own address, and 35 for the reception's
    name from as many others."""
    for number in range(100):
        outcome(f"invented-{number}", "wrong", DESK)
    for number in range(35):
        outcome("rita", "wrong", ELSEWHERE.format(number=number))


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize("known_by", ["the device", "the address"])
def test_the_reception_gets_in_while_its_name_is_guessed(rita: User, known_by: str) -> None:
    # Given a reception that has logged in before: on this computer, or here on another
    device = guesses.with_account("", rita) if known_by == "the device" else ""
    if known_by == "the address":
        sessions.login(username="rita", password=PASSWORD, address=DESK)

    under_attack()

    # Then whoever knows the password is in at once, and nobody else is
    assert outcome("rita", PASSWORD, DESK, device) == "right"
    assert outcome("rita", PASSWORD, "203.0.113.9") == "throttled"
    # And it is written down once, for the manager
    entry = AuditEntry.objects.get(action="login.guessed")
    assert entry.subject_id == str(rita.pk)


@time_machine.travel(NOON, tick=False)
def test_a_device_on_which_nobody_logged_in_is_held_back_with_the_others(rita: User) -> None:
    under_attack()

    assert outcome("rita", PASSWORD, DESK) == "throttled"
    with time_machine.travel(NOON + timedelta(minutes=15), tick=False):
        assert outcome("rita", PASSWORD, DESK) == "right"


@time_machine.travel(NOON, tick=False)
def test_a_known_device_has_ten_tries_of_its_own(rita: User) -> None:
    device = guesses.with_account("", rita)

    outcomes = [outcome("rita", "wrong", DESK, device) for _ in range(11)]

    assert outcomes == ["invalid_credentials"] * 10 + ["throttled"]
    assert outcome("rita", PASSWORD, "203.0.113.9") == "right"


@time_machine.travel(NOON, tick=False)
def test_an_address_counts_names_and_not_tries(rita: User, make_user: Callable[..., User]) -> None:
    """A waiting room in which somebody mistypes often locks nobody else out."""
    for number in range(60):
        outcome(f"name-{number % 20}", "wrong", DESK)
        outcome(f"name-{number % 20}", "wrong", DESK)
    make_user(username="ana", password=PASSWORD)

    assert outcome("ana", PASSWORD, DESK) == "right"


@pytest.mark.parametrize("device", ["", "forged", "W10:1abc:xyz", "x" * 5000])
@time_machine.travel(NOON, tick=False)
def test_a_cookie_that_is_not_ours_knows_nobody(rita: User, device: str) -> None:
    under_attack()

    assert outcome("rita", PASSWORD, DESK, device) == "throttled"


@time_machine.travel(NOON, tick=False)
def test_another_password_makes_every_device_a_stranger(rita: User) -> None:
    device = guesses.with_account("", rita)
    rita.set_password("Outra-chave-comprida-7")
    rita.save()

    under_attack()

    assert outcome("rita", "Outra-chave-comprida-7", DESK, device) == "throttled"


def test_a_device_knows_the_last_eight_accounts(make_user: Callable[..., User]) -> None:
    people = [make_user(username=f"p{number}", password=PASSWORD) for number in range(9)]
    device = ""
    for person in (*people, people[8]):
        device = guesses.with_account(device, person)

    known = [guesses._digest(person) in guesses._accounts_of(device) for person in people]

    assert known == [False] + [True] * 8


def test_the_cookie_comes_with_a_login_stays_after_a_logout_and_names_nobody(
    browser: Browser, patient: User
) -> None:
    login = browser.post("/api/auth/login", {"username": "ana", "password": PASSWORD})
    browser.fetch_csrf()
    logout = browser.post("/api/auth/logout")

    cookie = login.cookies[settings.KNOWN_COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")
    assert settings.KNOWN_COOKIE not in logout.cookies
    assert "ana" not in cookie.value
    assert str(patient.pk) not in cookie.value
