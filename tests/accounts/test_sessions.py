import base64
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from pytest_django import Settings

from clinic.accounts import services
from clinic.accounts.choices import Role
from clinic.accounts.errors import Code
from clinic.accounts.events import SessionRevoked
from clinic.accounts.models import Session, User
from clinic.accounts.services import sessions
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry
from tests.accounts.conftest import Browser

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Announced = Callable[[type], list[Any]]
BrowserOf = Callable[[User], Browser]


def reissue(raw: str, **claims: Any) -> str:
    """A token of ours with other claims, signed with the real key."""
    payload = jwt.decode(raw, options={"verify_signature": False})
    return jwt.encode(payload | claims, settings.JWT_KEY, algorithm="HS256")


def unsigned(raw: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode())
    return f"{header.decode().rstrip('=')}.{raw.split('.')[1]}."


def test_me_answers_the_session_of_the_cookie(browser_of: BrowserOf, patient: User) -> None:
    assert browser_of(patient).get("/api/auth/me").json()["id"] == str(patient.pk)


def test_without_a_cookie_me_is_a_401(browser: Browser) -> None:
    answer = browser.get("/api/auth/me")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"] == "Cookie"


def test_no_token_names_the_person(browser_of: BrowserOf, patient: User) -> None:
    raw = browser_of(patient).client.cookies["vez_at"].value

    payload = jwt.decode(raw, options={"verify_signature": False})

    assert payload.keys() == {"token_type", "exp", "iat", "jti", "sid", "aud", "iss"}
    assert (payload["aud"], payload["iss"]) == ("vez-web", "vez")
    assert payload["exp"] - payload["iat"] == 300


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(unsigned, id="alg none"),
        pytest.param(lambda raw: reissue(raw, token_type="refresh"), id="another type"),
        pytest.param(lambda raw: reissue(raw, aud="elsewhere"), id="another audience"),
        pytest.param(lambda raw: reissue(raw, iss="elsewhere"), id="another issuer"),
        pytest.param(lambda raw: reissue(raw, sid="nonsense"), id="sid is no uuid"),
        pytest.param(lambda raw: reissue(raw, sid=7), id="sid is a number"),
        pytest.param(lambda raw: reissue(raw, sid=uuid.uuid4().hex), id="unknown session"),
        pytest.param(lambda raw: reissue(raw, exp="tomorrow"), id="exp is text"),
        pytest.param(
            lambda raw: jwt.encode(
                jwt.decode(raw, options={"verify_signature": False}), "k" * 32, algorithm="HS256"
            ),
            id="another key",
        ),
        pytest.param(
            lambda raw: jwt.encode(
                jwt.decode(raw, options={"verify_signature": False}),
                settings.JWT_KEY,
                algorithm="HS512",
            ),
            id="another algorithm",
        ),
        pytest.param(lambda raw: raw + "x", id="longer signature"),
        pytest.param(lambda _raw: "..", id="empty parts"),
        pytest.param(lambda _raw: "ã", id="not ASCII"),
        pytest.param(
            lambda _raw: base64.urlsafe_b64encode(b"[" * 4000).decode() + ".e30.e30",
            id="deep header",
        ),
    ],
)
def test_a_forged_access_token_is_nobody(
    browser_of: BrowserOf, patient: User, forge: Callable[[str], str]
) -> None:
    browser = browser_of(patient)
    genuine = browser.client.cookies["vez_at"].value
    assert browser.get("/api/auth/me").status_code == 200

    browser.client.cookies["vez_at"] = forge(genuine)

    assert browser.get("/api/auth/me").status_code == 401


def test_access_and_refresh_token_never_stand_in_for_each_other(
    browser_of: BrowserOf, patient: User
) -> None:
    browser = browser_of(patient)
    jar = browser.client.cookies
    access, refresh = jar["vez_at"].value, jar["vez_rt"].value
    jar["vez_at"], jar["vez_rt"] = refresh, access

    assert browser.get("/api/auth/me").status_code == 401
    assert browser.post("/api/auth/refresh").status_code == 401
    assert Session.objects.get().revoked_at is None


def test_an_access_token_dies_half_a_minute_after_its_five_minutes(
    browser_of: BrowserOf, patient: User
) -> None:
    with time_machine.travel(NOON, tick=False):
        browser = browser_of(patient)
    with time_machine.travel(NOON + timedelta(seconds=329), tick=False):
        assert browser.get("/api/auth/me").status_code == 200
    with time_machine.travel(NOON + timedelta(seconds=330), tick=False):
        assert browser.get("/api/auth/me").status_code == 401


@pytest.mark.parametrize("behind", [0.5, 29.0, 30.0])
def test_hosts_whose_clocks_are_apart_take_each_others_tokens(
    browser_of: BrowserOf, patient: User, behind: float
) -> None:
    # given: neither sees the database's clock
    with time_machine.travel(NOON, tick=False):
        browser = browser_of(patient)
        assert browser.post("/api/auth/refresh").status_code == 200

    with time_machine.travel(NOON - timedelta(seconds=behind), tick=False):
        statuses = [browser.get("/api/auth/me").status_code for _ in range(3)]
        statuses.append(browser.post("/api/auth/refresh").status_code)

    assert statuses == [200, 200, 200, 200]


def test_hosts_that_are_hours_apart_live_by_the_databases_clock(
    browser_of: BrowserOf, patient: User, settings: Settings
) -> None:
    settings.CLOCK_FOLLOWS_DATABASE = True
    assert connection.is_usable()
    browser = browser_of(patient)
    statuses = []
    for hours in (2, -2, 1, -1):
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=hours)):
            statuses.append(browser.post("/api/auth/refresh").status_code)
            at_once = jwt.decode(
                browser.client.cookies["vez_at"].value, options={"verify_signature": False}
            )
        statuses.append(browser.get("/api/auth/me").status_code)
        assert abs(at_once["iat"] - datetime.now(UTC).timestamp()) < 5

    assert statuses == [200] * 8


def test_refresh_gives_a_new_pair_and_the_new_one_works(
    browser_of: BrowserOf, patient: User
) -> None:
    browser = browser_of(patient)
    before = {name: browser.client.cookies[name].value for name in ("vez_at", "vez_rt")}

    answer = browser.post("/api/auth/refresh")

    after = {name: browser.client.cookies[name].value for name in ("vez_at", "vez_rt")}
    assert answer.status_code == 200
    assert answer.json()["id"] == str(patient.pk)
    assert all(before[name] != after[name] for name in before)
    assert browser.post("/api/auth/refresh").status_code == 200
    assert browser.get("/api/auth/me").status_code == 200
    assert Session.objects.count() == 1


def test_the_slower_tab_is_told_to_repeat(
    browser_of: BrowserOf, patient: User, announced: Announced
) -> None:
    revoked = announced(SessionRevoked)
    with time_machine.travel(NOON, tick=False) as clock:
        browser = browser_of(patient)
        used = browser.client.cookies["vez_rt"].value
        browser.post("/api/auth/refresh")
        clock.shift(9)
        browser.client.cookies["vez_rt"] = used

        answer = browser.post("/api/auth/refresh")

    assert answer.status_code == 409
    assert answer.json()["code"] == "refreshed_elsewhere"
    assert "vez_rt" not in answer.cookies
    assert Session.objects.get().revoked_at is None
    assert revoked == []


def test_a_replay_kills_the_whole_session(
    browser_of: BrowserOf, patient: User, announced: Announced
) -> None:
    revoked = announced(SessionRevoked)
    with time_machine.travel(NOON, tick=False) as clock:
        victim, thief = browser_of(patient), Browser()
        thief.client.cookies["vez_rt"] = victim.client.cookies["vez_rt"].value
        victim.post("/api/auth/refresh")
        assert victim.get("/api/auth/me").status_code == 200
        clock.shift(60)

        stolen = thief.post("/api/auth/refresh")
        after = victim.get("/api/auth/me"), victim.post("/api/auth/refresh")

    session = Session.objects.get()
    assert stolen.status_code == 401
    assert stolen.json()["code"] == "session_ended"
    assert stolen.cookies["vez_rt"].value == ""
    assert [answer.status_code for answer in after] == [401, 401]
    assert session.revoked_at == NOON + timedelta(seconds=60)
    assert revoked == [SessionRevoked(session.pk, patient.pk)]
    entry = AuditEntry.objects.get(action="session.ended")
    assert (entry.subject_id, entry.data) == (str(session.pk), {"reason": "reused"})


REFRESH = "/api/auth/refresh"


@pytest.fixture
def lost(browser_of: BrowserOf, patient: User) -> Iterator[tuple[Browser, Any, dict[str, str]]]:
    """A browser that never heard the answer to its refresh; the clock, standing; that answer."""
    with time_machine.travel(NOON, tick=False) as standing:
        browser = browser_of(patient)
        mine = {name: browser.client.cookies[name].value for name in ("vez_at", "vez_rt")}
        answer = browser.post(REFRESH)
        unheard = {name: answer.cookies[name].value for name in mine}
        for name, value in mine.items():
            browser.client.cookies[name] = value
        yield browser, standing, unheard


def test_whose_refresh_was_never_answered_gets_another_pair(lost: Any) -> None:
    browser, standing, unheard = lost

    # when: at once it may still be another tab that has the answer
    standing.shift(3)
    told = browser.post(REFRESH)
    # then
    assert (told.status_code, told["Retry-After"]) == (409, "7")

    # when: twice in a row the answer is lost
    standing.shift(7)
    old = browser.client.cookies["vez_rt"].value
    assert browser.post(REFRESH).status_code == 200
    browser.client.cookies["vez_rt"] = old
    standing.shift(timedelta(minutes=9))
    assert browser.post(REFRESH).status_code == 200

    # then: that one works, and what was never heard is worth nothing
    assert browser.get("/api/auth/me").status_code == 200
    assert browser.post(REFRESH).status_code == 200
    assert Session.objects.get().revoked_at is None
    nobody = Browser()
    nobody.client.cookies["vez_at"] = unheard["vez_at"]
    assert nobody.get("/api/auth/me").status_code == 401


@pytest.mark.parametrize("use", ["access", "refresh"])
def test_once_the_new_pair_is_used_the_old_one_ends_the_session(lost: Any, use: str) -> None:
    thief, standing, unheard = lost
    owner = Browser()
    for name, value in unheard.items():
        owner.client.cookies[name] = value
    standing.shift(11)
    used = owner.get("/api/auth/me") if use == "access" else owner.post(REFRESH)
    assert used.status_code == 200

    assert thief.post(REFRESH).status_code == 401

    assert owner.get("/api/auth/me").status_code == 401
    assert AuditEntry.objects.get(action="session.ended").data == {"reason": "reused"}


@pytest.mark.parametrize("seconds", [600, 3600, 86_400])
def test_after_ten_minutes_an_unheard_answer_is_a_replay(lost: Any, seconds: int) -> None:
    browser, standing, _ = lost
    standing.shift(seconds)

    assert browser.post(REFRESH).status_code == 401
    assert Session.objects.get().revoked_at is not None


def test_who_comes_with_the_pair_that_was_given_up_ends_the_session(lost: Any) -> None:
    browser, standing, unheard = lost
    standing.shift(11)
    assert browser.post(REFRESH).status_code == 200
    thief = Browser()
    thief.client.cookies["vez_rt"] = unheard["vez_rt"]

    assert thief.post(REFRESH).status_code == 401
    assert browser.get("/api/auth/me").status_code == 401


def test_an_older_token_than_the_last_is_a_replay_at_once(
    browser_of: BrowserOf, patient: User
) -> None:
    browser = browser_of(patient)
    oldest = browser.client.cookies["vez_rt"].value
    browser.post("/api/auth/refresh")
    browser.post("/api/auth/refresh")
    browser.client.cookies["vez_rt"] = oldest

    assert browser.post("/api/auth/refresh").status_code == 401
    assert Session.objects.get().revoked_at is not None


@pytest.mark.parametrize("raw", ["", "nonsense", "a.b.c", "e30.e30.e30"])
def test_refreshing_with_nothing_or_nonsense_is_a_401(
    browser: Browser, patient: User, raw: str
) -> None:
    browser.client.cookies["vez_rt"] = raw

    answer = browser.post("/api/auth/refresh")

    assert answer.status_code == 401
    assert answer.cookies["vez_at"].value == ""


def test_refreshing_for_a_deleted_user_is_a_401(browser_of: BrowserOf, patient: User) -> None:
    browser = browser_of(patient)
    patient.delete()

    assert browser.post("/api/auth/refresh").status_code == 401
    assert browser.get("/api/auth/me").status_code == 401


def test_a_disabled_user_is_out_at_the_next_request(browser_of: BrowserOf, patient: User) -> None:
    browser = browser_of(patient)
    User.objects.update(is_active=False)

    assert browser.get("/api/auth/me").status_code == 401
    assert browser.post("/api/auth/refresh").status_code == 401


def test_logout_kills_the_session_at_once(
    browser_of: BrowserOf, patient: User, announced: Announced
) -> None:
    revoked = announced(SessionRevoked)
    browser = browser_of(patient)
    access, refresh = (browser.client.cookies[name].value for name in ("vez_at", "vez_rt"))

    answer = browser.post("/api/auth/logout")

    assert answer.status_code == 204
    assert answer.content == b""
    assert answer.cookies["vez_at"].value == answer.cookies["vez_rt"].value == ""
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    browser.client.cookies["vez_at"], browser.client.cookies["vez_rt"] = access, refresh
    assert browser.get("/api/auth/me").status_code == 401
    assert browser.post("/api/auth/refresh").status_code == 401
    assert revoked == [SessionRevoked(Session.objects.get().pk, patient.pk)]


def test_logging_out_again_ends_nothing(patient: User, announced: Announced) -> None:
    revoked = announced(SessionRevoked)
    access = sessions.open_session(patient).pair.access
    sessions.logout(raw_access=access, raw_refresh="")

    with pytest.raises(DomainError) as refused:
        sessions.logout(raw_access=access, raw_refresh="")

    assert refused.value.code == Code.SESSION_ENDED
    assert len(revoked) == 1


def test_that_a_pair_is_used_is_written_down_once(
    patient: User, django_assert_num_queries: Callable[[int], AbstractContextManager[Any]]
) -> None:
    access = sessions.open_session(patient).pair.access
    sessions.session_user(access)
    assert Session.objects.get().is_seen

    with django_assert_num_queries(1):
        assert sessions.session_user(access) is not None


def test_logout_needs_only_the_refresh_token(browser_of: BrowserOf, patient: User) -> None:
    browser = browser_of(patient)
    del browser.client.cookies["vez_at"]

    assert browser.post("/api/auth/logout").status_code == 204
    assert Session.objects.get().revoked_at is not None


def test_logout_of_nobody_is_a_401(browser: Browser) -> None:
    assert browser.post("/api/auth/logout").status_code == 401


def test_logout_leaves_the_other_sessions_alone(browser_of: BrowserOf, patient: User) -> None:
    phone, desk = browser_of(patient), browser_of(patient)

    desk.post("/api/auth/logout")

    assert phone.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize(
    ("role", "idle", "alive"),
    [
        (Role.PATIENT, timedelta(days=29, hours=23), True),
        (Role.PATIENT, timedelta(days=30, minutes=1), False),
        (Role.RECEPTION, timedelta(minutes=29), True),
        (Role.RECEPTION, timedelta(minutes=31), False),
    ],
)
def test_a_session_ends_when_it_is_idle(
    browser_of: BrowserOf,
    make_user: Callable[..., User],
    role: Role,
    idle: timedelta,
    alive: bool,
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        browser = browser_of(make_user(role))
        clock.shift(idle)
        assert browser.post("/api/auth/refresh").status_code == (200 if alive else 401)


def test_staff_log_in_again_after_twelve_hours_however_busy(
    browser_of: BrowserOf, make_user: Callable[..., User]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        browser = browser_of(make_user(Role.RECEPTION))
        statuses = []
        for _ in range(36):
            clock.shift(20 * 60)
            statuses.append(browser.post("/api/auth/refresh").status_code)

    assert statuses == [200] * 35 + [401]


@pytest.mark.parametrize(
    ("role", "ends"),
    [
        (Role.PATIENT, timedelta(days=30, minutes=5)),
        (Role.RECEPTION, timedelta(minutes=35)),
    ],
)
def test_a_refresh_token_ends_one_access_token_after_the_idle_limit(
    browser_of: BrowserOf, make_user: Callable[..., User], role: Role, ends: timedelta
) -> None:
    with time_machine.travel(NOON, tick=False):
        raw = browser_of(make_user(role)).client.cookies["vez_rt"].value

    payload = jwt.decode(raw, options={"verify_signature": False, "verify_exp": False})
    assert datetime.fromtimestamp(payload["exp"], UTC) == NOON + ends


def test_ending_all_sessions_but_one(
    browser_of: BrowserOf, patient: User, announced: Announced
) -> None:
    revoked = announced(SessionRevoked)
    kept, other = browser_of(patient), browser_of(patient)
    keep = Session.objects.earliest("created_at")

    ended = services.revoke_sessions(
        patient.pk, actor=Actor.system("tests"), reason="test", keep=keep.pk
    )
    again = services.revoke_sessions(
        patient.pk, actor=Actor.system("tests"), reason="test", keep=keep.pk
    )

    assert (ended, again) == (1, 0)
    assert kept.get("/api/auth/me").status_code == 200
    assert other.get("/api/auth/me").status_code == 401
    assert len(revoked) == 1


def test_sessions_that_ended_long_ago_are_deleted(browser_of: BrowserOf, patient: User) -> None:
    with time_machine.travel(NOON, tick=False):
        browser_of(patient)
    with time_machine.travel(NOON + timedelta(days=209), tick=False):
        assert services.purge_sessions() == 0
    with time_machine.travel(NOON + timedelta(days=211), tick=False):
        assert services.purge_sessions() == 1
    assert not Session.objects.exists()
