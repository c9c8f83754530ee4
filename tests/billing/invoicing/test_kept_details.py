"""What a patient has kept for the next invoice is theirs alone, and gone when they say so."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from rest_framework.test import APIClient

from billing.invoicing.models import KeptInvoiceDetails
from booking.models import Appointment
from clinic.accounts.models import User
from clinic.core import clock
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from tests.billing import factories
from tests.billing.invoicing.test_invoice_api import logged_in

pytestmark = pytest.mark.django_db

URL = "/api/me/invoice-details"
NOTHING = {"tax_id": "", "name": "", "address": "", "kept_at": None}
DETAILS = {"tax_id": "501964843", "name": "Ana & Filhos, Lda.", "address": "Rua do Ouro 3, Lisboa"}
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.fixture
def owner(ana: Patient) -> APIClient:
    return logged_in(User.objects.get(pk=ana.pk))


def told() -> list[tuple[str, str, object, dict[str, object]]]:
    entries = AuditEntry.objects.filter(action__startswith="invoice_details.").order_by("id")
    return [(entry.action, entry.actor_id, entry.patient_id, entry.data) for entry in entries]


def test_what_is_kept_is_found_again_changed_and_forgotten(owner: APIClient, ana: Patient) -> None:
    assert owner.get(URL).json() == NOTHING

    with clock.replaying(NOON):
        kept = owner.put(URL, {**DETAILS, "tax_id": "PT 501 964 843"}, format="json")
    assert (kept.status_code, kept.json()) == (200, {**DETAILS, "kept_at": "2026-11-27T12:00:00Z"})
    assert owner.get(URL).json() == kept.json()

    changed = owner.put(URL, {"tax_id": "123456789"}, format="json").json()
    assert {**changed, "kept_at": None} == {**NOTHING, "tax_id": "123456789"}
    assert KeptInvoiceDetails.objects.count() == 1

    assert [owner.delete(URL).status_code for _ in range(2)] == [204, 204]
    assert owner.get(URL).json() == NOTHING
    assert not KeptInvoiceDetails.objects.exists()
    nothing: dict[str, object] = {}
    actor = (str(ana.pk), ana.pk, nothing)
    assert told() == [
        ("invoice_details.kept", *actor),
        ("invoice_details.kept", *actor),
        ("invoice_details.forgotten", *actor),
    ]
    row = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert not any(text in row for text in (*DETAILS.values(), "123456789"))


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({**DETAILS, "tax_id": "501964842"}, ("/tax_id", "invalid_tax_id")),
        ({**DETAILS, "tax_id": "999999990"}, ("/tax_id", "invalid_tax_id")),
        ({"name": "Ana"}, ("/tax_id", "invalid_tax_id")),
        ({**DETAILS, "name": "n" * 121}, ("/name", "max_length")),
        ({**DETAILS, "address": "Rua\n1"}, ("/address", "control_characters")),
    ],
)
def test_a_refusal_leaves_what_was_kept(
    owner: APIClient, body: dict[str, object], refused: tuple[str, str]
) -> None:
    before = owner.put(URL, DETAILS, format="json").json()

    answer = owner.put(URL, body, format="json")

    assert answer.status_code == 400
    assert [(item["pointer"], item["code"]) for item in answer.json()["errors"]] == [refused]
    assert owner.get(URL).json() == before
    assert len(told()) == 1


def test_nobody_else_sees_changes_or_forgets_them(owner: APIClient, ana: Patient) -> None:
    bruno = factories.patient("bruno")
    other = logged_in(User.objects.get(pk=bruno.pk))
    owner.put(URL, DETAILS, format="json")

    assert other.get(URL).json() == NOTHING
    assert other.put(URL, {"tax_id": "123456789"}, format="json").status_code == 200
    assert other.delete(URL).status_code == 204

    assert owner.get(URL).json()["tax_id"] == "501964843"
    assert KeptInvoiceDetails.objects.get().pk == ana.pk


def test_paying_keeps_nothing_by_itself_and_the_link_shows_nothing_of_it(
    client: APIClient, owner: APIClient, held: Appointment
) -> None:
    owner.put(URL, DETAILS, format="json")
    order = {"method": "multibanco", "invoice": {"kind": "taxpayer", "tax_id": "123456789"}}

    paid = client.post(
        factories.payments_url(held), order, format="json", headers={"Idempotency-Key": "1"}
    )

    assert paid.status_code == 201
    assert owner.get(URL).json()["tax_id"] == "501964843"
    shown = client.get(factories.payments_url(held).removesuffix("/payments"))
    assert shown.status_code == 200
    assert not any(text in shown.content.decode() for text in DETAILS.values())


def test_they_go_with_the_patient(ana: Patient) -> None:
    KeptInvoiceDetails.objects.create(patient=ana, **DETAILS, kept_at=NOON)

    ana.delete()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_keptinvoicedetails")
        assert cursor.fetchone() == (0,)
