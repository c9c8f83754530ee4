"""Getting back in: another password by a link, or in with six digits."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from clinic.accounts import logins, services
from clinic.accounts.choices import Role
from clinic.accounts.events import SecretMade, SessionRevoked
from clinic.accounts.models import OneTimeCode, Session, User
from clinic.config.celery import app as celery
from clinic.core import clock, outbox
from clinic.core.models import OutboxMessage
from clinic.notifications import services as notifications
from clinic.notifications.models import Message
from tests.accounts.conftest import PASSWORD, Browser

Announced = Callable[[type], list[Any]]
BrowserOf = Callable[[User], Browser]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
OTHER = "Outra-chave-comprida-7"


@pytest.fixture
def ana(make_user: Callable[..., User]) -> User:
    """Her phone and her address are known to be hers."""
    return make_user(
        username="ana",
        password=PASSWORD,
        phone_verified_at=clock.now(),
        email_verified_at=clock.now(),
    )


def work() -> None:
    """The worker does what is due."""
    celery.loader.import_default_modules()
    for message in OutboxMessage.objects.filter(task="accounts.send_secret", done_at=None):
        outbox.run(message.pk)


def asked_by(browser: Browser, login: str) -> Any:
    answer = browser.post("/api/auth/password/forgot", {"login": login})
    work()
    return answer


@pytest.mark.parametrize(
    "login", ["ana", "ANA", "912 345 678", "00351912345678", "Ana@Example.pt", " ana "]
)
def test_a_forgotten_password_is_replaced_by_a_link(
    ana: User, browser: Browser, browser_of: BrowserOf, login: str, announced: Announced
) -> None:
    # Given a session that somebody else may have
    other = browser_of(ana)
    ended = announced(SessionRevoked)

    # When she asks, by whatever she remembers
    asked = asked_by(browser, login)

    # Then a link that ends in the token reaches her phone
    assert (asked.status_code, asked.json()) == (202, {"minutes": 30})
    message = Message.objects.get()
    assert (message.channel, message.to, message.template) == (
        "sms",
        "+351912345678",
        "password_link",
    )
    token = message.body.rsplit("/", 1)[1]
    owner = browser.post("/api/auth/password/link", {"token": token})
    assert (owner.status_code, owner.json()) == (200, {"username": "ana"})

    # When she chooses another password
    answer = browser.post("/api/auth/password/reset", {"token": token, "password": OTHER})

    # Then every session has ended, she is told, and she gets in with the new one alone
    assert answer.status_code == 204
    assert other.get("/api/auth/me").status_code == 401
    assert len(ended) == 1
    assert Message.objects.filter(template="password_changed").count() == 1
    old = browser.post("/api/auth/login", {"username": "ana", "password": PASSWORD})
    new = browser.post("/api/auth/login", {"username": "ana", "password": OTHER})
    assert (old.status_code, new.status_code) == (401, 200)


def link_of(browser: Browser, announced: list[Any]) -> str:
    asked_by(browser, "ana")
    secret: str = announced[-1].secret
    return secret


def test_a_link_works_once_and_its_repeat_changes_nothing(
    ana: User, browser: Browser, announced: Announced
) -> None:
    token = link_of(browser, announced(SecretMade))
    browser.post("/api/auth/password/reset", {"token": token, "password": OTHER})
    browser.post("/api/auth/login", {"username": "ana", "password": OTHER})

    # The same again, since its answer was lost, ends no session
    again = browser.post("/api/auth/password/reset", {"token": token, "password": OTHER})
    third = browser.post("/api/auth/password/reset", {"token": token, "password": "Mais-uma-8-vez"})

    assert again.status_code == 204
    assert (third.status_code, third.json()["code"]) == (410, "link_used")
    assert Session.objects.filter(revoked_at=None).count() == 1
    assert browser.post("/api/auth/password/link", {"token": token}).status_code == 410


@pytest.mark.parametrize("minutes", [29, 30])
def test_a_link_counts_for_half_an_hour(
    ana: User, browser: Browser, minutes: int, announced: Announced
) -> None:
    with time_machine.travel(NOON, tick=False) as clock_on_the_wall:
        token = link_of(browser, announced(SecretMade))
        clock_on_the_wall.shift(timedelta(minutes=minutes))
        answer = browser.post("/api/auth/password/reset", {"token": token, "password": OTHER})

    assert answer.status_code == (204 if minutes == 29 else 410)


@pytest.mark.parametrize("what", ["a newer link", "another phone", "a disabled account", "a guess"])
def test_a_link_that_no_longer_counts_changes_nothing(
    ana: User, browser: Browser, what: str, announced: Announced
) -> None:
    token = link_of(browser, announced(SecretMade))
    if what == "a newer link":
        asked_by(browser, "ana")
    elif what == "another phone":
        services.update_profile(ana, {"phone": "936000111"})
    elif what == "a disabled account":
        User.objects.filter(pk=ana.pk).update(is_active=False)
    else:
        token = token[:-1] + ("A" if token[-1] != "A" else "B")
    before = User.objects.get(pk=ana.pk).password

    answer = browser.post("/api/auth/password/reset", {"token": token, "password": OTHER})

    assert (answer.status_code, answer.json()["code"]) == (410, "link_used")
    assert User.objects.get(pk=ana.pk).password == before


def test_a_weak_password_is_refused_and_the_link_stays_good(
    ana: User, browser: Browser, announced: Announced
) -> None:
    token = link_of(browser, announced(SecretMade))

    weak = browser.post("/api/auth/password/reset", {"token": token, "password": "password"})

    assert weak.status_code == 400
    assert weak.json()["errors"][0]["pointer"] == "/password"
    right = browser.post("/api/auth/password/reset", {"token": token, "password": OTHER})
    assert right.status_code == 204


@pytest.mark.parametrize(
    ("phone", "email", "way"),
    [
        (True, True, ("sms", "+351912345678")),
        (True, False, ("sms", "+351912345678")),
        (False, True, ("email", "ana@example.pt")),
        (False, False, ("email", "ana@example.pt")),
    ],
)
def test_a_link_goes_to_what_is_known_to_be_theirs(
    make_user: Callable[..., User],
    browser: Browser,
    phone: bool,
    email: bool,
    way: tuple[str, str],
) -> None:
    now = clock.now()
    make_user(
        username="ana",
        phone_verified_at=now if phone else None,
        email_verified_at=now if email else None,
    )

    asked_by(browser, "ana")

    message = Message.objects.get()
    assert (message.channel, message.to) == way


@pytest.mark.parametrize("path", ["password/forgot", "login/code"])
def test_nobody_learns_who_has_an_account(
    ana: User, make_user: Callable[..., User], browser: Browser, path: str
) -> None:
    make_user(username="left", is_active=False)

    answers = [
        browser.post(f"/api/auth/{path}", {"login": login})
        for login in ("ana", "nobody", "left", "912345678", "931111111", "nobody@example.pt")
    ]

    told = {(answer.status_code, answer.content) for answer in answers}
    assert len(told) == 1
    # And what is written is as much for a stranger as for her
    assert OutboxMessage.objects.filter(task="accounts.send_secret").count() == 6


def test_the_time_of_the_answer_says_nothing_either(ana: User, browser: Browser) -> None:
    seconds: dict[str, list[float]] = {"ana": [], "nobody": []}
    for number in range(25):
        for login, taken in seconds.items():
            began = time.perf_counter()
            browser.post(
                "/api/auth/password/forgot",
                {"login": login},
                **{"X-Forwarded-For": f"192.0.2.{number}"},
            )
            taken.append(time.perf_counter() - began)

    fastest = [min(taken) for taken in seconds.values()]
    assert abs(fastest[0] - fastest[1]) < 0.005


def test_three_links_an_hour_and_no_word_about_the_fourth(ana: User, browser: Browser) -> None:
    answers = [asked_by(browser, "ana") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [202] * 5
    assert Message.objects.filter(template="password_link").count() == 3


def test_a_family_with_one_phone_logs_in_by_username(
    ana: User, make_user: Callable[..., User]
) -> None:
    assert logins.user_of("912345678") == ana
    child = make_user(username="rita", phone=ana.phone, phone_verified_at=clock.now())

    assert logins.user_of("912345678") is None
    assert logins.user_of("rita") == child


def test_a_verified_address_comes_before_a_username_that_looks_like_it(
    ana: User, make_user: Callable[..., User]
) -> None:
    make_user(username="ana@example.pt")
    unverified = make_user(username="rui", email="rui@example.pt")

    assert logins.user_of("ana@example.pt") == ana
    assert logins.user_of("rui@example.pt") is None
    assert logins.user_of("rui") == unverified


@pytest.mark.parametrize("login", ["912345678", "ana@example.pt", "ana"])
def test_login_takes_the_username_or_a_verified_contact(
    ana: User, browser: Browser, login: str
) -> None:
    answer = browser.post("/api/auth/login", {"username": login, "password": PASSWORD})

    assert (answer.status_code, answer.json()["username"]) == (200, "ana")


def test_a_patient_logs_in_with_six_digits(
    ana: User, browser: Browser, announced: Announced
) -> None:
    made = announced(SecretMade)
    asked = browser.post("/api/auth/login/code", {"login": "912345678"})
    work()
    digits = made[-1].secret

    answer = browser.post("/api/auth/login/with-code", {"login": "912345678", "code": digits})

    assert (asked.status_code, asked.json()) == (202, {"minutes": 10})
    assert Message.objects.get().to == "+351912345678"
    assert (answer.status_code, answer.json()["username"]) == (200, "ana")
    assert browser.get("/api/auth/me").status_code == 200
    # And once only
    again = browser.post("/api/auth/login/with-code", {"login": "912345678", "code": digits})
    assert (again.status_code, again.json()["code"]) == (400, "code_wrong")


@pytest.mark.parametrize("who", ["staff", "an unverified phone", "nobody"])
def test_digits_to_log_in_go_to_patients_with_a_verified_phone_only(
    make_user: Callable[..., User], browser: Browser, who: str
) -> None:
    if who == "staff":
        make_user(Role.RECEPTION, username="ana", phone_verified_at=clock.now())
    elif who == "an unverified phone":
        make_user(username="ana")

    browser.post("/api/auth/login/code", {"login": "ana"})
    work()

    assert not Message.objects.exists()
    assert not OneTimeCode.objects.exists()
    answer = browser.post("/api/auth/login/with-code", {"login": "ana", "code": "042917"})
    assert (answer.status_code, answer.json()["code"]) == (400, "code_wrong")


def test_what_opens_an_account_is_forgotten_as_soon_as_it_has_left(
    ana: User, browser: Browser
) -> None:
    asked_by(browser, "ana")
    message = Message.objects.get()
    assert "/repor/" in message.body

    notifications.record_sent(message, "id-1")

    message.refresh_from_db()
    assert (message.body, message.to) == ("", "+351912345678")


def test_old_codes_are_deleted(ana: User, browser: Browser, announced: Announced) -> None:
    with time_machine.travel(NOON, tick=False) as clock_on_the_wall:
        link_of(browser, announced(SecretMade))
        clock_on_the_wall.shift(timedelta(days=1, minutes=29))
        services.purge_codes()
        assert OneTimeCode.objects.count() == 1
        clock_on_the_wall.shift(timedelta(minutes=2))
        services.purge_codes()
        assert not OneTimeCode.objects.exists()
