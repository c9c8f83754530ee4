"""Where a person is logged in, and how they end that."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from clinic.accounts.events import SessionRevoked
from clinic.accounts.models import Session, User
from clinic.accounts.services.sessions import open_session
from clinic.core.models import AuditEntry
from tests.accounts.conftest import PASSWORD, Browser

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


def logged_in(user: User, agent: str, address: str = "192.0.2.7") -> tuple[Browser, Session]:
    signed_in = open_session(user, user_agent=agent, address=address)
    return Browser().keep(signed_in), signed_in.session


def test_the_list_has_what_still_counts_and_says_which_one_asks(
    patient: User, make_user: Callable[..., User]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        _, phone = logged_in(patient, IPHONE, "198.51.100.4")
        _, ended = logged_in(patient, IPHONE)
        Session.objects.filter(pk=ended.pk).update(revoked_at=NOON)
        logged_in(make_user(username="rui"), FIREFOX)
        clock.shift(timedelta(hours=2))
        browser, desk = logged_in(patient, FIREFOX)

        answer = browser.get("/api/auth/sessions")

    assert answer.json() == [
        {
            "id": str(desk.pk),
            "device": "Firefox, Windows",
            "address": "192.0.2.7",
            "started_at": "2026-11-23T14:00:00Z",
            "last_used_at": "2026-11-23T14:00:00Z",
            "is_this": True,
        },
        {
            "id": str(phone.pk),
            "device": "Mobile Safari, iOS",
            "address": "198.51.100.4",
            "started_at": "2026-11-23T12:00:00Z",
            "last_used_at": "2026-11-23T12:00:00Z",
            "is_this": False,
        },
    ]


@pytest.mark.parametrize("agent", ["", "curl/8.5.0", "\x00" * 10, "Mozilla/5.0 (" + "x" * 500])
def test_a_device_that_says_nothing_of_use_has_no_name(patient: User, agent: str) -> None:
    browser, _ = logged_in(patient, agent)

    (shown,) = browser.get("/api/auth/sessions").json()

    assert shown["device"] in ("", "curl")


def test_a_login_and_a_renewal_keep_where_they_came_from(browser: Browser, patient: User) -> None:
    login = {"username": "ana", "password": PASSWORD}
    browser.post("/api/auth/login", login)
    assert Session.objects.get().address == "127.0.0.1"
    Session.objects.update(address="192.0.2.7")

    browser.post("/api/auth/refresh")

    assert Session.objects.get().address == "127.0.0.1"


def test_one_session_is_ended_from_another_at_once(
    patient: User, announced: Callable[[type], list[Any]]
) -> None:
    phone, on_phone = logged_in(patient, IPHONE)
    browser, _ = logged_in(patient, FIREFOX)
    ended = announced(SessionRevoked)

    answer = browser.delete(f"/api/auth/sessions/{on_phone.pk}")
    again = browser.delete(f"/api/auth/sessions/{on_phone.pk}")

    assert (answer.status_code, again.status_code) == (204, 204)
    assert ended == [SessionRevoked(on_phone.pk, patient.pk)]
    assert phone.get("/api/auth/me").status_code == 401
    assert browser.get("/api/auth/me").status_code == 200
    entry = AuditEntry.objects.get(action="session.ended")
    assert (entry.actor_id, entry.data) == (str(patient.pk), {"reason": "ended_by_owner"})


def test_ending_this_session_is_a_logout(patient: User) -> None:
    browser, this = logged_in(patient, FIREFOX)

    answer = browser.delete(f"/api/auth/sessions/{this.pk}")

    assert answer.status_code == 204
    assert answer.cookies["vez_at"].value == ""
    assert browser.get("/api/auth/me").status_code == 401


def test_all_others_end_and_this_one_stays(patient: User, make_user: Callable[..., User]) -> None:
    phone, _ = logged_in(patient, IPHONE)
    tablet, _ = logged_in(patient, IPHONE)
    browser, _ = logged_in(patient, FIREFOX)
    stranger, _ = logged_in(make_user(username="rui"), FIREFOX)

    assert browser.delete("/api/auth/sessions").status_code == 204

    answers = [each.get("/api/auth/me").status_code for each in (phone, tablet, browser, stranger)]
    assert answers == [401, 401, 200, 200]


def test_nobody_ends_somebody_elses(patient: User, make_user: Callable[..., User]) -> None:
    hers, session = logged_in(patient, FIREFOX)
    stranger, _ = logged_in(make_user(username="rui"), FIREFOX)

    answer = stranger.delete(f"/api/auth/sessions/{session.pk}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert hers.get("/api/auth/me").status_code == 200
