"""A phone and an e-mail address that are known to be a person's own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from pytest_django import Settings

from clinic.accounts import services
from clinic.accounts.choices import Purpose, Role
from clinic.accounts.events import ContactChanged, SecretMade
from clinic.accounts.models import OneTimeCode, User
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry
from clinic.notifications.models import Message
from tests.accounts.conftest import PASSWORD, Browser

Announced = Callable[[type], list[Any]]
BrowserOf = Callable[[User], Browser]
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def ana(make_user: Callable[..., User]) -> User:
    return make_user(username="ana", password=PASSWORD)


def digits_for(announced: list[Any]) -> str:
    made = announced[-1]
    assert isinstance(made, SecretMade)
    return made.secret


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06}"


@pytest.mark.parametrize(
    ("contact", "channel", "to"),
    [("phone", "sms", "+351912345678"), ("email", "email", "ana@example.pt")],
)
def test_six_digits_that_come_back_show_that_a_contact_is_theirs(
    ana: User, browser_of: BrowserOf, contact: str, channel: str, to: str, announced: Announced
) -> None:
    made = announced(SecretMade)
    browser = browser_of(ana)

    # When they ask for a code
    assert browser.post(f"/api/auth/{contact}/code").status_code == 204

    # Then it goes to that contact alone, and we keep no digits but in the message
    message = Message.objects.get()
    digits = digits_for(made)
    assert (message.channel, message.to) == (channel, to)
    assert digits in message.subject + message.body
    assert len(digits) == 6
    code = OneTimeCode.objects.get()
    assert digits not in code.digest

    # When they type it, in groups as people do
    answer = browser.post(f"/api/auth/{contact}/verify", {"code": f"{digits[:3]} {digits[3:]}"})

    # Then the contact is theirs
    assert answer.status_code == 200
    assert answer.json()[f"{contact}_verified"] is True
    assert AuditEntry.objects.filter(action=f"{contact}.verified", patient_id=ana.pk).count() == 1


def test_the_same_digits_sent_again_have_no_further_effect(
    ana: User, browser_of: BrowserOf, announced: Announced
) -> None:
    made = announced(SecretMade)
    browser = browser_of(ana)
    browser.post("/api/auth/phone/code")
    browser.post("/api/auth/phone/verify", {"code": digits_for(made)})

    again = browser.post("/api/auth/phone/verify", {"code": digits_for(made)})

    assert (again.status_code, again.json()["phone_verified"]) == (200, True)
    assert AuditEntry.objects.filter(action="phone.verified").count() == 1


def test_five_wrong_tries_end_a_code(
    ana: User, browser_of: BrowserOf, announced: Announced
) -> None:
    made = announced(SecretMade)
    browser = browser_of(ana)
    browser.post("/api/auth/phone/code")
    digits = digits_for(made)

    tries = [
        browser.post("/api/auth/phone/verify", {"code": wrong(digits)}).json() for _ in range(5)
    ]
    right = browser.post("/api/auth/phone/verify", {"code": digits})

    assert [(each["status"], each["code"]) for each in tries] == [(400, "code_wrong")] * 5
    assert (right.status_code, right.json()["code"]) == (410, "code_expired")
    ana.refresh_from_db()
    assert not ana.phone_verified


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_tries_at_once_are_no_more_than_five(
    make_user: Callable[..., User], announced: Announced
) -> None:
    # Given a code
    ana = make_user(username="ana")
    made = announced(SecretMade)
    services.send_code(ana, Purpose.PHONE, address="192.0.2.1")

    def guess(_number: int) -> str:
        try:
            services.verify(ana, Purpose.PHONE, wrong(digits_for(made)))
        except DomainError as error:
            return error.code
        finally:
            connection.close()
        return "right"

    # When twenty people try a wrong one at the same time
    with ThreadPoolExecutor(max_workers=8) as crowd:
        outcomes = sorted(crowd.map(guess, range(20)))

    # Then five were tries
    assert outcomes == ["code_expired"] * 15 + ["code_wrong"] * 5


def test_a_code_counts_for_ten_minutes_and_until_the_next(
    ana: User, browser_of: BrowserOf, announced: Announced
) -> None:
    made = announced(SecretMade)
    with time_machine.travel(NOON, tick=False) as time:
        browser = browser_of(ana)
        browser.post("/api/auth/phone/code")
        first = digits_for(made)
        browser.post("/api/auth/phone/code")
        second = digits_for(made)

        former = browser.post("/api/auth/phone/verify", {"code": first})
        time.shift(timedelta(minutes=10))
        late = services_verify(ana, second)

    assert former.json()["code"] in ("code_wrong", "code_expired") or first == second
    assert late == "code_expired"


def services_verify(user: User, digits: str) -> str:
    with pytest.raises(DomainError) as refused:
        services.verify(user, Purpose.PHONE, digits)
    return refused.value.code


def test_three_codes_an_hour_and_then_a_time_to_wait(ana: User, browser_of: BrowserOf) -> None:
    with time_machine.travel(NOON, tick=False):
        browser = browser_of(ana)
        answers = [browser.post("/api/auth/phone/code") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [204, 204, 204, 429]
    assert answers[3].headers["Retry-After"] == "3600"
    assert Message.objects.count() == 3


def test_made_up_accounts_behind_one_address_get_no_more_codes_than_the_settings_say(
    ana: User, make_user: Callable[..., User], browser_of: BrowserOf, settings: Settings
) -> None:
    settings.CODES_PER_ADDRESS_AN_HOUR = 2
    others = [make_user(username=f"p{number}") for number in range(2)]

    answers = [browser_of(each).post("/api/auth/phone/code") for each in (ana, *others)]

    assert [answer.status_code for answer in answers] == [204, 204, 429]
    assert Message.objects.count() == 2


def test_without_a_contact_there_is_nothing_to_send(
    make_user: Callable[..., User], browser_of: BrowserOf
) -> None:
    walk_in = make_user(username="walkin", phone="", email="")

    answer = browser_of(walk_in).post("/api/auth/phone/code")

    assert (answer.status_code, answer.json()["code"]) == (400, "contact_missing")
    assert not OneTimeCode.objects.exists()


@pytest.mark.parametrize(
    ("contact", "other"), [("phone", "+351936000111"), ("email", "outra@example.pt")]
)
def test_another_contact_is_not_verified_and_the_former_one_is_told(
    ana: User, browser_of: BrowserOf, contact: str, other: str, announced: Announced
) -> None:
    # Given a verified contact
    made = announced(SecretMade)
    changed = announced(ContactChanged)
    browser = browser_of(ana)
    browser.post(f"/api/auth/{contact}/code")
    browser.post(f"/api/auth/{contact}/verify", {"code": digits_for(made)})
    former = getattr(ana, contact)

    # When it changes
    answer = browser.patch("/api/auth/me", {contact: other})

    # Then the new one isn't verified, and the old one reads that it was given up
    assert (answer.json()[contact], answer.json()[f"{contact}_verified"]) == (other, False)
    message = Message.objects.get(template="contact_changed")
    assert message.to == former
    assert other not in message.body
    assert len(changed) == 1

    # When it changes again, before anybody has verified it, nobody is told
    browser.patch("/api/auth/me", {contact: former})
    assert Message.objects.filter(template="contact_changed").count() == 1


def test_digits_for_a_former_number_do_not_verify_the_new_one(
    ana: User, browser_of: BrowserOf, announced: Announced
) -> None:
    made = announced(SecretMade)
    browser = browser_of(ana)
    browser.post("/api/auth/phone/code")
    browser.patch("/api/auth/me", {"phone": "936000111"})

    answer = browser.post("/api/auth/phone/verify", {"code": digits_for(made)})

    assert (answer.status_code, answer.json()["code"]) == (410, "code_expired")


def test_a_code_opens_nothing_for_somebody_else(
    ana: User, make_user: Callable[..., User], browser_of: BrowserOf, announced: Announced
) -> None:
    made = announced(SecretMade)
    browser_of(ana).post("/api/auth/phone/code")
    rui = make_user(username="rui")

    answer = browser_of(rui).post("/api/auth/phone/verify", {"code": digits_for(made)})

    assert answer.json()["code"] == "code_expired"
    rui.refresh_from_db()
    assert not rui.phone_verified


@pytest.mark.parametrize("role", [Role.RECEPTION, Role.MANAGER])
def test_staff_verify_their_phone_too(
    make_user: Callable[..., User], browser_of: BrowserOf, role: Role, announced: Announced
) -> None:
    made = announced(SecretMade)
    browser = browser_of(make_user(role))
    browser.post("/api/auth/phone/code")

    answer = browser.post("/api/auth/phone/verify", {"code": digits_for(made)})

    assert answer.json()["phone_verified"] is True
    assert AuditEntry.objects.get(action="phone.verified").patient_id is None


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("present", "wanted", "status"),
    [
        (None, "2010-01-01", 200),
        ("1990-01-01", "1991-01-01", 200),
        ("2010-01-01", "1990-01-01", 409),
        ("2010-01-01", None, 409),
        ("2008-11-23", "2008-11-22", 200),
        ("2008-11-24", "2008-11-23", 409),
    ],
)
def test_a_person_under_age_stays_one(
    ana: User, browser_of: BrowserOf, present: str | None, wanted: str | None, status: int
) -> None:
    User.objects.filter(pk=ana.pk).update(birth_date=present)

    answer = browser_of(ana).patch("/api/auth/me", {"birth_date": wanted})

    kept = User.objects.get(pk=ana.pk).birth_date
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "birth_date_fixed"
        assert kept == date.fromisoformat(str(present))
    else:
        assert str(kept) == wanted


def test_a_birth_date_that_something_rests_on_stays(ana: User, browser_of: BrowserOf) -> None:
    User.objects.filter(pk=ana.pk).update(birth_date="1990-01-01")
    services.birth_date_decided(ana.pk)

    answer = browser_of(ana).patch("/api/auth/me", {"birth_date": "1991-01-01"})

    assert (answer.status_code, answer.json()["code"]) == (409, "birth_date_fixed")
