from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from clinic.accounts.choices import Role
from clinic.accounts.events import ProfileChanged, SessionRevoked
from clinic.accounts.models import Session, User
from clinic.core.models import AuditEntry
from tests.accounts.conftest import PASSWORD, Browser

Announced = Callable[[type], list[Any]]
BrowserOf = Callable[[User], Browser]
NEW_PASSWORD = "Outra-chave-comprida-7"


def columns(user: User) -> dict[str, Any]:
    return {**User.objects.filter(pk=user.pk).values().get()}


def test_a_person_changes_their_own_data(
    browser_of: BrowserOf, patient: User, announced: Announced
) -> None:
    changed = announced(ProfileChanged)

    answer = browser_of(patient).patch(
        "/api/auth/me",
        {"label_choice": "ticket", "phone": "00351 936 000 111", "language": "pt"},
    )

    patient.refresh_from_db()
    assert answer.status_code == 200
    assert answer.json()["label_choice"] == "ticket"
    assert (patient.label_choice, patient.phone) == ("ticket", "+351936000111")
    assert changed == [ProfileChanged(patient.pk)]
    entry = AuditEntry.objects.get(action="profile.changed")
    assert (entry.patient_id, entry.actor_id) == (patient.pk, str(patient.pk))
    assert entry.data == {"fields": ["label_choice", "phone"]}


def test_changing_nothing_records_nothing(
    browser_of: BrowserOf, patient: User, announced: Announced
) -> None:
    changed = announced(ProfileChanged)
    browser = browser_of(patient)

    assert browser.patch("/api/auth/me", {"label_choice": "short"}).status_code == 200
    assert browser.patch("/api/auth/me", {}).status_code == 200
    assert changed == []
    assert not AuditEntry.objects.filter(action="profile.changed").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "manager"),
        ("id", "00000000-0000-0000-0000-000000000000"),
        ("username", "root"),
        ("is_staff", True),
        ("is_superuser", True),
        ("is_active", False),
        ("password", NEW_PASSWORD),
        ("clinic", "other"),
        ("date_joined", "2020-01-01T00:00:00Z"),
    ],
)
def test_a_field_that_is_not_theirs_is_refused_with_everything_else(
    browser_of: BrowserOf, patient: User, field: str, value: Any
) -> None:
    before = columns(patient)

    answer = browser_of(patient).patch("/api/auth/me", {"full_name": "Outra Pessoa", field: value})

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert [(item["pointer"], item["code"]) for item in answer.json()["errors"]] == [
        (f"/{field}", "read_only")
    ]
    assert columns(patient) == before


@pytest.mark.parametrize(
    "body",
    [
        {"full_name": ""},
        {"full_name": None},
        {"full_name": "A\u202eB"},
        {"email": ""},
        {"email": ["a@example.pt"]},
        {"phone": ""},
        {"phone": "210000000"},
        {"birth_date": "3000-01-01"},
        {"birth_date": 5},
        {"language": "de"},
        {"label_choice": "name"},
        {"label_choice": {}},
        [],
        [{"language": "pt"}],
        "pt",
        7,
    ],
)
def test_bad_values_change_nothing(browser_of: BrowserOf, patient: User, body: Any) -> None:
    before = columns(patient)

    assert browser_of(patient).patch("/api/auth/me", body).status_code == 400
    assert columns(patient) == before


def test_staff_have_a_profile_too_but_no_patient_record(
    browser_of: BrowserOf, make_user: Callable[..., User]
) -> None:
    browser = browser_of(make_user(Role.PRACTITIONER))

    assert browser.patch("/api/auth/me", {"language": "en"}).json()["role"] == "practitioner"
    assert AuditEntry.objects.get(action="profile.changed").patient_id is None


def test_a_new_password_ends_the_other_sessions(
    browser_of: BrowserOf, patient: User, announced: Announced
) -> None:
    revoked = announced(SessionRevoked)
    here, elsewhere = browser_of(patient), browser_of(patient)

    answer = here.post("/api/auth/password", {"current": PASSWORD, "new": NEW_PASSWORD})

    assert answer.status_code == 204
    assert here.get("/api/auth/me").status_code == 200
    assert elsewhere.get("/api/auth/me").status_code == 401
    assert len(revoked) == 1
    login = Browser()
    assert (
        login.post("/api/auth/login", {"username": "ana", "password": PASSWORD}).status_code == 401
    )
    assert (
        login.post("/api/auth/login", {"username": "ana", "password": NEW_PASSWORD}).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"current": "wrong", "new": NEW_PASSWORD}, "wrong_password", "/current"),
        ({"current": PASSWORD, "new": "12345"}, "invalid", "/new"),
        ({"current": PASSWORD}, "invalid", "/new"),
        ({"current": [], "new": NEW_PASSWORD}, "invalid", "/current"),
    ],
)
def test_a_refused_password_changes_nothing(
    browser_of: BrowserOf, patient: User, body: Any, code: str, pointer: str
) -> None:
    here, elsewhere = browser_of(patient), browser_of(patient)
    before = columns(patient)

    answer = here.post("/api/auth/password", body)

    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert columns(patient) == before
    assert elsewhere.get("/api/auth/me").status_code == 200
    assert not Session.objects.filter(revoked_at__isnull=False).exists()


def test_guessing_the_current_password_is_throttled(browser_of: BrowserOf, patient: User) -> None:
    browser = browser_of(patient)
    body = {"current": "wrong", "new": NEW_PASSWORD}

    statuses = [browser.post("/api/auth/password", body).status_code for _ in range(8)]

    assert statuses[0] == 400
    assert statuses[-1] == 429


def test_who_never_heard_of_their_new_password_sends_it_again(
    browser_of: BrowserOf, patient: User
) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False) as standing:
        browser = browser_of(patient)
        body = {"current": PASSWORD, "new": NEW_PASSWORD}
        first = browser.post("/api/auth/password", body)
        other = browser_of(User.objects.get(pk=patient.pk))
        again = browser.post("/api/auth/password", body)
        standing.shift(299)
        assert browser.post("/api/auth/refresh").status_code == 200
        standing.shift(302)
        later = browser.post("/api/auth/password", body)

        assert [one.status_code for one in (first, again, later)] == [204, 204, 400]
        assert later.json()["code"] == "wrong_password"
        # The repetition ended nobody's session.
        assert other.post("/api/auth/refresh").status_code == 200
    assert AuditEntry.objects.filter(action="password.changed").count() == 1
