from collections.abc import Callable

import pytest

from booking.services import desk
from clinic.accounts.choices import Role
from clinic.accounts.models import User
from clinic.accounts.principals import DevicePrincipal, actor_of
from clinic.accounts.services import PairedDevice
from clinic.core import audit
from clinic.core.audit import Actor
from tests.accounts.conftest import Browser
from tests.conftest import Clinic

pytestmark = pytest.mark.usefixtures("midday")


def test_a_patient_sees_who_looked_and_what_changed(
    make_user: Callable[..., User],
    make_device: Callable[..., PairedDevice],
    browser_of: Callable[[User], Browser],
    patient: User,
    clinic: Clinic,
) -> None:
    reception = make_user(Role.RECEPTION, full_name="Rita Lopes")
    kiosk = make_device().device
    stranger = make_user(username="stranger", full_name="Outro Doente")
    for person in (patient, stranger):
        desk.walk_in(
            patient_id=person.pk,
            specialty_code="massage",
            practitioner_id=clinic.sousa.pk,
            actor=actor_of(reception),
        )
    browser_of(reception).get("/api/staff/day")
    audit.record(
        "check_in.confirmed", actor=actor_of(DevicePrincipal(kiosk)), patient_id=patient.pk
    )
    audit.record(
        "hold.expired", actor=Actor.system("expiry"), subject=patient, patient_id=patient.pk
    )
    audit.record("profile.changed", actor=actor_of(patient), patient_id=patient.pk)

    body = browser_of(patient).get("/api/me/accesses").json()

    assert body.keys() == {"count", "next", "previous", "results"}
    assert body["count"] == 7
    assert all(row.keys() == {"at", "action", "subject", "actor"} for row in body["results"])
    at_the_desk = {"kind": "user", "role": "reception", "name": "Rita Lopes"}
    assert [(row["action"], row["subject"], row["actor"]) for row in body["results"]] == [
        ("profile.changed", "", {"kind": "user", "role": "patient", "name": None}),
        ("hold.expired", "accounts.user", {"kind": "system", "role": "", "name": None}),
        ("check_in.confirmed", "", {"kind": "device", "role": "display", "name": None}),
        ("day.read", "", at_the_desk),
        ("appointment.arrived", "booking.appointment", at_the_desk),
        ("appointment.created", "booking.appointment", at_the_desk),
        ("account.created", "accounts.user", {"kind": "system", "role": "", "name": None}),
    ]
    assert "Outro" not in str(body)


def test_logging_in_and_out_is_no_access_to_the_record(
    browser_of: Callable[[User], Browser], patient: User
) -> None:
    browser_of(patient).post("/api/auth/logout")

    body = browser_of(patient).get("/api/me/accesses").json()

    assert [row["action"] for row in body["results"]] == ["account.created"]


def test_the_list_comes_in_pages(browser_of: Callable[[User], Browser], patient: User) -> None:
    for _ in range(4):
        audit.record("profile.changed", actor=actor_of(patient), patient_id=patient.pk)
    browser = browser_of(patient)

    first = browser.get("/api/me/accesses?page_size=2").json()

    assert (first["count"], len(first["results"])) == (5, 2)
    assert len(browser.get(first["next"]).json()["results"]) == 2
    for query in ("page=99", "page=x", "page=-1"):
        assert browser.get(f"/api/me/accesses?{query}").status_code == 404
    assert browser.get("/api/me/accesses?page_size=1000000000").status_code == 200
