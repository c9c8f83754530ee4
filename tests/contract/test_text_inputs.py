"""One rule of text at every door: each place where people give text refuses what none may hold."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from rest_framework.test import APIClient

from billing.payments.models import IssueKind, Payment, PaymentIssue
from clinic.accounts.models import User
from clinic.core import clock
from clinic.core.models import AuditEntry, OutboxMessage
from clinic.directory.models import (
    HoursException,
    Organization,
    Patient,
    Practitioner,
    Room,
    Specialty,
)
from tests.billing import factories
from tests.conftest import Clinic

pytestmark = pytest.mark.django_db

HOSTILE = ["Ana\uffffSilva", "Ana\x0bSilva", "Ana\u202eavliS", "\u3164\u3164", "\u2800", "\u200d"]
REGISTRATION = {
    "username": "nova",
    "password": "uma frase bem longa",
    "full_name": "Nova Pessoa",
    "email": "nova@example.pt",
    "phone": "936 111 222",
}
TAXPAYER = {"kind": "taxpayer", "tax_id": "123456789"}


@dataclass(frozen=True)
class Doors:
    """Everybody who may give text, and what they give it about."""

    anyone: APIClient
    patient: APIClient
    reception: APIClient
    manager: APIClient
    held: Any
    payment: Payment
    issue: PaymentIssue
    device: str


@pytest.fixture
def doors(
    midday: None,
    clinic: Clinic,
    ana: Patient,
    bruno: Patient,
    rita: User,
    marta: User,
    anonymous: APIClient,
    client_of: Callable[[User], APIClient],
) -> Doors:
    reception = client_of(rita)
    paid = factories.multibanco(factories.appointment(bruno))
    Payment.objects.filter(pk=paid.pk).update(status="paid", paid_at=clock.now())
    issue = PaymentIssue.objects.create(
        kind=IssueKind.ORPHAN, created_at=clock.now(), detail={"amount": "40.00"}
    )
    device = reception.post("/api/devices", {"kind": "display", "name": "Entrada"}, format="json")
    return Doors(
        anyone=anonymous,
        patient=client_of(ana),
        reception=reception,
        manager=client_of(marta),
        held=factories.appointment(ana),
        payment=paid,
        issue=issue,
        device=device.json()["id"],
    )


def invoice(**changes: str) -> dict[str, Any]:
    return {"method": "multibanco", "invoice": {**TAXPAYER, **changes}}


Door = Callable[[Doors, str], Any]
DOORS: dict[str, tuple[str, Door]] = {
    "register": (
        "/full_name",
        lambda at, text: at.anyone.post(
            "/api/auth/register", {**REGISTRATION, "full_name": text}, format="json"
        ),
    ),
    "register an address": (
        "/email",
        lambda at, text: at.anyone.post(
            "/api/auth/register", {**REGISTRATION, "email": f'"{text}"@example.pt'}, format="json"
        ),
    ),
    "profile": (
        "/full_name",
        lambda at, text: at.patient.patch("/api/auth/me", {"full_name": text}, format="json"),
    ),
    "desk": (
        "/new_patient/full_name",
        lambda at, text: at.reception.post(
            "/api/staff/appointments",
            {
                "new_patient": {"full_name": text, "phone": "936 111 222"},
                "specialty": "massage",
            },
            format="json",
        ),
    ),
    "team note": (
        "/note",
        lambda at, text: at.reception.patch(
            f"/api/staff/appointments/{at.held.pk}", {"note": text}, format="json"
        ),
    ),
    "device": (
        "/name",
        lambda at, text: at.reception.post(
            "/api/devices", {"kind": "kiosk", "name": text}, format="json"
        ),
    ),
    "device renamed": (
        "/name",
        lambda at, text: at.reception.patch(
            f"/api/devices/{at.device}", {"name": text}, format="json"
        ),
    ),
    "invoice name": (
        "/invoice/name",
        lambda at, text: at.anyone.post(
            factories.payments_url(at.held),
            invoice(name=text),
            format="json",
            headers={"Idempotency-Key": "once"},
        ),
    ),
    "invoice address": (
        "/invoice/address",
        lambda at, text: at.anyone.post(
            factories.payments_url(at.held),
            invoice(address=text),
            format="json",
            headers={"Idempotency-Key": "once"},
        ),
    ),
    "invoice e-mail": (
        "/invoice/email",
        lambda at, text: at.anyone.post(
            factories.payments_url(at.held),
            invoice(email=f'"{text}"@example.pt'),
            format="json",
            headers={"Idempotency-Key": "once"},
        ),
    ),
    "kept name": (
        "/name",
        lambda at, text: at.patient.put(
            "/api/me/invoice-details", {"tax_id": "123456789", "name": text}, format="json"
        ),
    ),
    "kept address": (
        "/address",
        lambda at, text: at.patient.put(
            "/api/me/invoice-details", {"tax_id": "123456789", "address": text}, format="json"
        ),
    ),
    "refund": (
        "/reason",
        lambda at, text: at.manager.post(
            f"/api/staff/money/payments/{at.payment.pk}/refund",
            {"reason": text},
            format="json",
            headers={"Idempotency-Key": "once"},
        ),
    ),
    "issue": (
        "/note",
        lambda at, text: at.manager.post(
            f"/api/staff/money/issues/{at.issue.pk}/settle", {"note": text}, format="json"
        ),
    ),
    "rules": (
        "/producer_name",
        lambda at, text: at.manager.patch(
            "/api/staff/money/rules",
            {"producer_name": text, "mb_way_mechanism": "OU"},
            format="json",
        ),
    ),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_takes_what_no_text_may_hold(doors: Doors, door: str) -> None:
    pointer, give = DOORS[door]
    before = AuditEntry.objects.count(), OutboxMessage.objects.count(), User.objects.count()

    for hostile in HOSTILE:
        answer = give(doors, hostile)
        assert (answer.status_code, [e["pointer"] for e in answer.json()["errors"]]) == (
            400,
            [pointer],
        ), hostile

    after = AuditEntry.objects.count(), OutboxMessage.objects.count(), User.objects.count()
    assert after == before


def examples() -> list[tuple[Any, str]]:
    moment = clock.now()
    return [
        (Organization.objects.get(), "legal_name"),
        (Specialty.objects.get(pk="massage"), "name_pt"),
        (Room.objects.first(), "floor"),
        (Practitioner.objects.first(), "name"),
        (HoursException(starts_at=moment, ends_at=moment + timedelta(hours=1)), "reason"),
        (User.objects.get(username="ana"), "full_name"),
    ]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_the_administration_site_and_programs_write_is_held_to_it_too(
    clinic: Clinic, ana: Patient, hostile: str
) -> None:
    for example, column in examples():
        setattr(example, column, hostile)

        with pytest.raises(ValidationError) as refused:
            example.full_clean()
        assert column in refused.value.error_dict
        with pytest.raises(ValidationError), transaction.atomic():
            example.save()

    assert not User.objects.filter(full_name=hostile).exists()
    assert not Specialty.objects.filter(name_pt=hostile).exists()


@pytest.mark.parametrize("hostile", ["Ana\uffffSilva", "Ana\x0bSilva", "\u3164"])
def test_the_database_takes_it_from_nobody(clinic: Clinic, ana: Patient, hostile: str) -> None:
    for example, column in examples():
        if example.pk is None:
            continue
        rows = type(example).objects.filter(pk=example.pk)
        with pytest.raises(IntegrityError, match="_plain"), transaction.atomic():
            rows.update(**{column: hostile})


def test_the_administration_site_says_what_is_wrong(clinic: Clinic) -> None:
    User.objects.create_superuser("root", "uma frase bem longa")
    site = Client()
    site.post("/admin/login/", {"username": "root", "password": "uma frase bem longa"})
    massage = Specialty.objects.get(pk="massage")
    form = {
        "code": massage.code,
        "name_en": massage.name_en,
        "duration_minutes": massage.duration_minutes,
        "price": massage.price,
        "vat_rate": massage.vat_rate,
        "vat_exemption": "",
        "position": massage.position,
        "is_active": "on",
    }

    answer = site.post("/admin/directory/specialty/massage/change/", {**form, "name_pt": "M\x0bg"})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors == {"name_pt": ["Plain text only."]}
    massage.refresh_from_db()
    assert massage.name_pt == "Massagem"


CHOICES = {
    "/language": lambda at, body: at.anyone.post("/api/auth/register", **body),
    "/label_choice": lambda at, body: at.patient.patch("/api/auth/me", **body),
    "/kind": lambda at, body: at.reception.post("/api/devices", **body),
    "/mb_way_mechanism": lambda at, body: at.manager.patch("/api/staff/money/rules", **body),
}


@pytest.mark.parametrize("pointer", CHOICES)
def test_a_refusal_quotes_half_a_character_as_something_that_can_be_read(
    doors: Doors, pointer: str
) -> None:
    whole = {"/language": REGISTRATION, "/kind": {"name": "Sala"}}.get(pointer, {})
    body = json.dumps({**whole, pointer[1:]: "m\ud800s"})

    answer = CHOICES[pointer](doors, {"data": body, "content_type": "application/json"})

    assert answer.status_code == 400
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        (pointer, "invalid_choice")
    ]
    assert "m?s" in answer.json()["errors"][0]["detail"]
