from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from clinic.accounts.choices import Role
from clinic.accounts.models import Session, User
from clinic.accounts.services import people
from clinic.core import ratelimit
from clinic.core.models import AuditEntry
from tests.accounts.conftest import PASSWORD, Browser

VALID: dict[str, Any] = {
    "username": "ana.martins",
    "password": PASSWORD,
    "full_name": "Ana Sofia Martins",
    "email": "ana@example.pt",
    "phone": "912 345 678",
    "birth_date": "1990-02-28",
    "language": "en",
}


@pytest.mark.usefixtures("real_hashes")
def test_registration_creates_a_patient_and_logs_in(browser: Browser) -> None:
    answer = browser.post("/api/auth/register", VALID)

    user = User.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": str(user.pk),
        "username": "ana.martins",
        "role": "patient",
        "full_name": "Ana Sofia Martins",
        "email": "ana@example.pt",
        "phone": "+351912345678",
        "birth_date": "1990-02-28",
        "language": "en",
        "label_choice": "short",
        "phone_verified": False,
        "email_verified": False,
    }
    assert user.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert browser.get("/api/auth/me").json()["username"] == "ana.martins"
    assert list(
        AuditEntry.objects.filter(patient_id=user.pk).values_list("action", "actor_role")
    ) == [("account.registered", "patient")]


def test_birth_date_and_language_may_be_left_out(browser: Browser) -> None:
    body = {name: VALID[name] for name in VALID if name not in {"birth_date", "language"}}

    answer = browser.post("/api/auth/register", body)

    assert answer.status_code == 201
    assert (answer.json()["birth_date"], answer.json()["language"]) == (None, "pt")


def test_an_empty_birth_date_or_language_is_one_left_out(browser: Browser) -> None:
    answer = browser.post("/api/auth/register", VALID | {"birth_date": None, "language": None})

    assert answer.status_code == 201
    assert (answer.json()["birth_date"], answer.json()["language"]) == (None, "pt")


def test_tokens_come_in_http_only_cookies_and_nowhere_else(browser: Browser) -> None:
    answer = browser.post("/api/auth/register", VALID)

    access, refresh = answer.cookies["vez_at"], answer.cookies["vez_rt"]
    assert (access["httponly"], access["samesite"], access["path"]) == (True, "Lax", "/")
    assert (refresh["httponly"], refresh["samesite"], refresh["path"]) == (True, "Strict", "/")
    assert access["max-age"] in {299, 300}
    text = answer.content.decode() + str(dict(answer.headers))
    assert access.value not in text
    assert refresh.value not in text
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("username", "", "blank"),
        ("username", "ana martins", "username_characters"),
        ("username", "аna", "username_characters"),  # a Cyrillic letter
        ("username", "an\na", "username_characters"),
        ("username", "a" * 151, "max_length"),
        ("username", [], "invalid"),
        ("username", {}, "invalid"),
        ("username", None, "null"),
        ("username", "a\x00b", None),
        ("username", "a\ud800", None),
        ("password", "short", "password_too_short"),
        ("password", "password123", "password_too_common"),
        ("password", "8412093847561", "password_entirely_numeric"),
        ("password", "ana.martins1", "password_too_similar"),
        ("password", "x" * 257, "max_length"),
        ("password", ["a"], "invalid"),
        ("full_name", "Ana\u202eMartins", "name_invalid"),
        ("full_name", "Ana\u200bMartins", "name_invalid"),
        ("full_name", "Ana\x07", "name_invalid"),
        ("full_name", "A" + "\u0301" * 20, "name_invalid"),
        ("full_name", "12 34", "name_invalid"),
        ("full_name", "A" * 121, "name_invalid"),
        ("full_name", "A" * 1_000_000, None),
        ("email", "ana@", "invalid"),
        ("email", "ana@example.pt\r\nBcc: x@example.pt", "invalid"),
        ("phone", "21 123 4567", "phone_invalid"),  # a fixed line
        ("phone", "760 123 456", "phone_invalid"),  # premium
        ("phone", "+44 7911 123456", "phone_invalid"),  # a country we send nothing to
        ("phone", "91FLOWERS", "phone_invalid"),
        ("phone", "112", "phone_invalid"),
        ("phone", {"a": 1}, "invalid"),
        ("birth_date", "1899-12-31", "birth_date_invalid"),
        ("birth_date", "2026-11-24", "birth_date_invalid"),
        ("birth_date", "2025-02-29", "invalid"),
        ("birth_date", "yesterday", "invalid"),
        ("language", "fr", "invalid_choice"),
        ("language", ["pt"], "invalid_choice"),
    ],
)
def test_bad_data_is_refused_at_its_field_and_nobody_is_created(
    browser: Browser, field: str, value: Any, code: str | None
) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        answer = browser.post("/api/auth/register", {**VALID, field: value})

    assert answer.status_code in {400, 413}
    assert answer["Content-Type"] == "application/problem+json"
    if code is not None:
        assert [(item["pointer"], item["code"]) for item in answer.json()["errors"]] == [
            (f"/{field}", code)
        ]
    assert not User.objects.exists()
    assert not Session.objects.exists()
    assert "vez_at" not in answer.cookies


@pytest.mark.parametrize("body", [[], "text", 7, None, {"username": "only"}, [VALID]])
def test_a_body_of_the_wrong_shape_is_a_400(browser: Browser, body: Any) -> None:
    assert browser.post("/api/auth/register", body).status_code == 400
    assert not User.objects.exists()


def test_todays_birth_and_the_first_of_1900_are_dates_of_birth(browser: Browser) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        for number, born in enumerate(["2026-11-23", "1900-01-01", "2024-02-29"]):
            body = {**VALID, "username": f"user{number}", "birth_date": born}
            assert browser.post("/api/auth/register", body).json()["birth_date"] == born


def test_a_name_is_kept_in_one_normal_form(browser: Browser) -> None:
    body = {**VALID, "full_name": "  Inês   d\u2019A\u0301vila "}

    assert browser.post("/api/auth/register", body).json()["full_name"] == "Inês d\u2019Ávila"


def test_a_username_that_differs_only_in_case_is_taken(browser: Browser) -> None:
    Browser().post("/api/auth/register", VALID)

    answer = browser.post("/api/auth/register", {**VALID, "username": "ANA.Martins"})

    assert answer.status_code == 400
    assert answer.json()["code"] == "username_taken"
    assert answer.json()["errors"][0]["pointer"] == "/username"
    assert User.objects.count() == 1
    assert Session.objects.count() == 1


def test_nobody_can_register_as_staff(browser: Browser) -> None:
    body = {**VALID, "role": "manager", "is_staff": True, "is_superuser": True, "is_active": False}

    assert browser.post("/api/auth/register", body).json()["role"] == "patient"
    user = User.objects.get()
    assert (user.role, user.is_staff, user.is_superuser, user.is_active) == (
        Role.PATIENT,
        False,
        False,
        True,
    )


def test_registrations_of_one_address_are_counted(browser: Browser) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        for _ in range(people.REGISTRATIONS_PER_ADDRESS - 1):
            ratelimit.hit("register", "127.0.0.1", limit=10_000, seconds=3600)
        last = browser.post("/api/auth/register", VALID)
        one_more = browser.post("/api/auth/register", {**VALID, "username": "second"})

    assert last.status_code == 201
    assert one_more.status_code == 429
    assert one_more["Retry-After"] == "3600"
    assert User.objects.count() == 1


def test_who_never_heard_of_their_registration_sends_it_again(browser: Browser) -> None:
    browser.post("/api/auth/register", VALID)

    again = Browser().post("/api/auth/register", VALID)

    user = User.objects.get()
    assert (again.status_code, again.json()["id"]) == (201, str(user.pk))
    assert AuditEntry.objects.filter(action="account.registered").count() == 1


@pytest.mark.parametrize(
    ("change", "minutes"),
    [
        ({"password": "Another-boat-42"}, 1),
        ({"email": "other@example.pt"}, 1),
        ({"full_name": "Ana Maria Martins"}, 1),
        ({}, 10),
    ],
    ids=["another password", "another address", "another person", "later"],
)
def test_a_name_that_is_taken_stays_so_for_everybody_else(
    browser: Browser, change: dict[str, str], minutes: int
) -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False) as standing:
        browser.post("/api/auth/register", VALID)
        standing.shift(60 * minutes)

        answer = Browser().post("/api/auth/register", VALID | change)

    assert (answer.status_code, answer.json()["code"]) == (400, "username_taken")
    assert (User.objects.count(), Session.objects.count()) == (1, 1)


def test_a_password_isnt_guessed_by_registering(browser: Browser) -> None:
    browser.post("/api/auth/register", VALID)
    guesses = [VALID | {"password": f"Another-boat-{n}"} for n in range(5)]

    answers = [Browser().post("/api/auth/register", guess) for guess in [*guesses, VALID]]

    assert {answer.json()["code"] for answer in answers} == {"username_taken"}
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("username", "status"),
    [
        ("ana@example.pt", 201),
        ("Ana@Example.pt", 201),
        ("rita@example.pt", 400),
        ("912345678", 201),
        ("+351912345678", 201),
        ("931234567", 400),
        ("2026", 201),
    ],
)
def test_a_phone_or_an_address_as_a_username_is_ones_own(
    browser: Browser, username: str, status: int
) -> None:
    answer = browser.post("/api/auth/register", VALID | {"username": username})

    assert answer.status_code == status
    if status == 400:
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/username", "username_is_a_contact")
        assert not User.objects.exists()
