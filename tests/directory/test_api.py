from collections.abc import Callable
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from clinic.accounts.models import User
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient, Practitioner, Specialty
from clinic.directory.services import install_catalogue
from tests.conftest import Clinic


def test_the_catalogue_has_the_five_specialties_with_their_prices_and_vat(db: None) -> None:
    install_catalogue()

    listed = APIClient(headers={"Accept-Language": "en"}).get("/api/specialties").json()

    assert [
        (one["code"], one["duration_minutes"], one["price"], one["vat_rate"]) for one in listed
    ] == [
        ("massage", 45, "40.00", "23.00"),
        ("evaluation", 40, "45.00", "0.00"),
        ("musculoskeletal", 45, "40.00", "0.00"),
        ("therapeutic_massage", 60, "50.00", "0.00"),
        ("shock_waves", 20, "35.00", "0.00"),
    ]
    assert listed[1] == {
        "code": "evaluation",
        "name_pt": "Consulta de avaliação",
        "name_en": "Evaluation appointment",
        "name": "Evaluation appointment",
        "duration_minutes": 40,
        "price": "45.00",
        "vat_rate": "0.00",
    }
    assert {one.vat_exemption for one in Specialty.objects.filter(vat_rate=0)} == {"M07"}


def test_the_name_follows_the_language(db: None) -> None:
    install_catalogue()

    listed = APIClient(headers={"Accept-Language": "pt-PT"}).get("/api/specialties").json()

    assert [one["name"] for one in listed][:2] == ["Massagem", "Consulta de avaliação"]


def test_installing_again_keeps_what_somebody_has_changed(db: None) -> None:
    install_catalogue()
    Specialty.objects.filter(code="massage").update(price=Decimal("42.00"))

    install_catalogue()

    assert Specialty.objects.get(code="massage").price == Decimal("42.00")
    assert Specialty.objects.count() == 5


def test_practitioners_can_be_asked_for_by_specialty(clinic: Clinic) -> None:
    clinic.reis.specialties.set(Specialty.objects.filter(pk="massage"))
    Practitioner.objects.create(name="Former", room=clinic.room_1, is_active=False)

    everybody = APIClient().get("/api/practitioners").json()
    treating = APIClient().get("/api/practitioners?specialty=shock_waves").json()

    assert [one["name"] for one in everybody] == ["Inês Sousa", "Tiago Reis"]
    assert everybody[1] == {
        "id": str(clinic.reis.pk),
        "name": "Tiago Reis",
        "specialties": ["massage"],
    }
    assert [one["name"] for one in treating] == ["Inês Sousa"]


def test_practitioners_take_two_queries_however_many_there_are(
    clinic: Clinic, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        added = Practitioner.objects.create(name=f"More {number}", room=clinic.room_1)
        added.specialties.set(Specialty.objects.filter(pk__in=["massage", "evaluation"]))

    with django_assert_num_queries(2):
        APIClient().get("/api/practitioners")


@pytest.mark.parametrize("code", ["palmistry", "x" * 50, "a b", "'"])
def test_an_unknown_specialty_is_refused(clinic: Clinic, code: str) -> None:
    answer = APIClient().get("/api/practitioners", {"specialty": code})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == "/specialty"


def test_the_clinic_introduces_itself(clinic: Clinic) -> None:
    shown = APIClient().get("/api/clinic").json()

    assert shown["name"] == "Clínica Vez"
    assert shown["time_zone"] == "Europe/Lisbon"
    assert shown["languages"] == ["pt", "en"]
    assert "tax_id" not in shown


def test_staff_see_the_rooms(
    clinic: Clinic, client_of: Callable[[User], APIClient], sousa_user: User
) -> None:
    listed = client_of(sousa_user).get("/api/staff/rooms").json()

    assert listed == [
        {"id": str(clinic.room_1.pk), "name": "1", "floor": ""},
        {"id": str(clinic.room_2.pk), "name": "2", "floor": ""},
    ]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ana mart", ["Ana Carolina Martins"]),
        ("MARTINS ana", ["Ana Carolina Martins"]),
        ("912345678", ["Ana Carolina Martins"]),
        ("+351 912 345 678", ["Ana Carolina Martins"]),
        ("345678", ["Ana Carolina Martins", "Bruno Dias"]),
        ("a", []),
        ("%", []),
        ("_%", []),
        ("rita", []),
        ("nobody", []),
    ],
)
def test_the_reception_finds_patients_by_name_or_phone(
    ana: Patient,
    bruno: Patient,
    rita: User,
    client_of: Callable[[User], APIClient],
    search: str,
    found: list[str],
) -> None:
    answer = client_of(rita).get("/api/staff/patients", {"search": search})

    assert [one["full_name"] for one in answer.json()] == found


def test_a_found_patient_comes_with_what_the_desk_needs_and_no_more(
    ana: Patient, rita: User, client_of: Callable[[User], APIClient]
) -> None:
    (found,) = client_of(rita).get("/api/staff/patients?search=martins").json()

    assert found == {
        "id": str(ana.pk),
        "full_name": "Ana Carolina Martins",
        "phone": "+351912345678",
        "birth_date": "1984-05-02",
    }


@pytest.mark.parametrize("who", ["ana", "sousa_user"])
def test_patients_and_practitioners_cannot_search_patients(
    request: pytest.FixtureRequest, client_of: Callable[[User], APIClient], who: str, bruno: Patient
) -> None:
    client = client_of(request.getfixturevalue(who))

    answer = client.get("/api/staff/patients?search=bruno")

    assert answer.status_code == 403
    assert "Bruno" not in answer.content.decode()


def test_nobody_searches_patients_without_logging_in(bruno: Patient) -> None:
    assert APIClient().get("/api/staff/patients?search=bruno").status_code == 401


def test_a_search_is_written_down_for_each_patient_found(
    ana: Patient, bruno: Patient, rita: User, client_of: Callable[[User], APIClient]
) -> None:
    client = client_of(rita)

    for search in ("martins", "martins", "dias", "nobody"):
        client.get("/api/staff/patients", {"search": search})

    rows = AuditEntry.objects.filter(action="patient.found").order_by("id")
    assert [(row.actor_id, row.actor_role, row.patient_id) for row in rows] == [
        (str(rita.pk), "reception", ana.pk),
        (str(rita.pk), "reception", bruno.pk),
    ]
