from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from clinic.accounts.choices import Role
from clinic.accounts.models import Session, User
from clinic.core.models import AuditEntry
from tests.accounts.conftest import PASSWORD, Browser

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LOGIN = "/admin/login/"


@pytest.fixture
def administrator(db: None) -> User:
    return User.objects.create_superuser("root", PASSWORD)


@pytest.fixture
def site(administrator: User) -> Client:
    client = Client()
    answer = client.post(LOGIN, {"username": "root", "password": PASSWORD})
    assert answer.status_code == 302
    return client


def test_failures_count_together_with_those_of_the_api(
    administrator: User, browser: Browser
) -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(3):
            browser.post("/api/auth/login", {"username": "root", "password": "wrong"})
            Client().post(LOGIN, {"username": "root", "password": "wrong"})
        right = Client().post(LOGIN, {"username": "root", "password": PASSWORD})

    assert right.status_code == 200
    assert "sessionid" not in right.cookies
    assert "vez_admin" not in right.cookies


def test_clinic_staff_without_the_flag_stay_out(make_user: Callable[..., User]) -> None:
    make_user(Role.MANAGER, username="gil", password=PASSWORD)

    assert Client().post(LOGIN, {"username": "gil", "password": PASSWORD}).status_code == 200


def edit(user: User, **changes: str) -> dict[str, str]:
    return {
        "username": user.username,
        "role": user.role,
        "is_active": "on",
        "full_name": user.full_name,
        "email": user.email,
        "phone": user.phone,
        "birth_date": "",
        "language": user.language,
    } | changes


def test_a_new_role_ends_the_sessions_and_is_recorded(
    site: Client, patient: User, browser_of: Callable[[User], Browser], administrator: User
) -> None:
    browser = browser_of(patient)

    answer = site.post(
        f"/admin/accounts/user/{patient.pk}/change/", edit(patient, role="reception")
    )

    patient.refresh_from_db()
    assert answer.status_code == 302
    assert patient.role == "reception"
    assert browser.get("/api/auth/me").status_code == 401
    entry = AuditEntry.objects.get(action="account.edited")
    assert (entry.actor_id, entry.data) == (str(administrator.pk), {"fields": ["role"]})


@pytest.mark.parametrize("born", ["0001-01-01", "1899-12-31", "2100-12-31", "9999-12-31"])
def test_nobody_is_given_a_birth_date_that_can_not_be(
    site: Client, patient: User, born: str
) -> None:
    answer = site.post(f"/admin/accounts/user/{patient.pk}/change/", edit(patient, birth_date=born))

    assert answer.status_code == 200
    assert "Give a date between 1900 and today." in answer.content.decode()
    patient.refresh_from_db()
    assert patient.birth_date is None
    assert not AuditEntry.objects.filter(action="account.edited").exists()


@pytest.mark.parametrize("born", ["1899-12-31", "2101-01-01"])
def test_the_database_takes_no_birth_date_of_another_age(patient: User, born: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=patient.pk).update(birth_date=born)

    patient.refresh_from_db()
    assert patient.birth_date is None


def test_a_new_phone_leaves_the_sessions_alone(
    site: Client, patient: User, browser_of: Callable[[User], Browser]
) -> None:
    browser = browser_of(patient)

    site.post(f"/admin/accounts/user/{patient.pk}/change/", edit(patient, phone="+351936000111"))

    assert browser.get("/api/auth/me").json()["phone"] == "+351936000111"


def test_an_administrator_can_end_a_session(
    site: Client, patient: User, browser_of: Callable[[User], Browser]
) -> None:
    browser = browser_of(patient)
    session = Session.objects.get()

    site.post(
        "/admin/accounts/session/",
        {"action": "end_sessions", "_selected_action": [str(session.pk)]},
    )

    assert browser.get("/api/auth/me").status_code == 401


@pytest.mark.parametrize("model", ["user", "session", "device"])
def test_the_lists_open_and_nothing_can_be_deleted(
    site: Client, patient: User, browser_of: Callable[[User], Browser], model: str
) -> None:
    browser_of(patient)

    assert site.get(f"/admin/accounts/{model}/").status_code == 200
    assert (
        site.post(f"/admin/accounts/user/{patient.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    assert User.objects.filter(pk=patient.pk).exists()


def test_staff_accounts_are_made_here(site: Client) -> None:
    answer = site.post(
        "/admin/accounts/user/add/",
        {
            "username": "rita",
            "full_name": "Rita Lopes",
            "role": "reception",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert answer.status_code == 302
    assert User.objects.get(username="rita").role == "reception"
    assert (
        Browser().post("/api/auth/login", {"username": "rita", "password": PASSWORD}).json()["role"]
        == "reception"
    )


NEW_PASSWORD = "Outra-coisa-verde-77"


@pytest.mark.parametrize(
    "form",
    [
        {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        {"usable_password": "false", "unset-password": "1"},
    ],
    ids=["another password", "no password"],
)
def test_a_password_that_was_reset_ends_the_sessions_and_is_recorded(
    site: Client,
    patient: User,
    browser_of: Callable[[User], Browser],
    administrator: User,
    form: dict[str, str],
) -> None:
    browsers = [browser_of(patient), browser_of(patient)]
    own = browser_of(administrator)

    answer = site.post(f"/admin/accounts/user/{patient.pk}/password/", form)

    patient.refresh_from_db()
    assert answer.status_code == 302
    assert not patient.check_password(PASSWORD)
    assert [one.get("/api/auth/me").status_code for one in browsers] == [401, 401]
    assert own.get("/api/auth/me").status_code == 200
    entry = AuditEntry.objects.get(action="password.reset")
    assert (entry.actor_id, entry.subject_id) == (str(administrator.pk), str(patient.pk))
    assert (entry.patient_id, entry.data) == (patient.pk, {})
    ended = AuditEntry.objects.filter(action="session.ended", data__reason="password_reset")
    assert ended.count() == 2


def test_a_reset_that_is_refused_changes_nothing(
    site: Client, patient: User, browser_of: Callable[[User], Browser]
) -> None:
    browser = browser_of(patient)

    answer = site.post(
        f"/admin/accounts/user/{patient.pk}/password/",
        {"usable_password": "true", "password1": NEW_PASSWORD, "password2": "another"},
    )

    patient.refresh_from_db()
    assert answer.status_code == 200
    assert patient.check_password(PASSWORD)
    assert browser.get("/api/auth/me").status_code == 200
    assert not AuditEntry.objects.filter(action="password.reset").exists()
