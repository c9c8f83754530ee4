import hashlib
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice, InvoiceDocument
from booking.models import Appointment
from clinic.accounts.choices import Role
from clinic.accounts.models import User
from clinic.core.models import AuditEntry
from tests.billing import factories
from tests.billing.factories import drain, notice, send

pytestmark = pytest.mark.django_db


def logged_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def invoice(client: APIClient, held: Appointment) -> Invoice:
    send(client, notice(factories.multibanco(held)))
    drain()
    return Invoice.objects.select_related("document").get()


@pytest.fixture
def owner(invoice: Invoice) -> APIClient:
    return logged_in(User.objects.get(username="ana"))


def test_a_patient_sees_their_invoice(
    owner: APIClient, invoice: Invoice, held: Appointment
) -> None:
    page = owner.get("/api/invoices").json()

    assert page["count"] == 1
    assert page["results"] == [owner.get(f"/api/invoices/{invoice.id}").json()]
    assert page["results"][0] == {
        "id": str(invoice.id),
        "number": invoice.number,
        "atcud": "0",
        "issued_on": invoice.issued_on.isoformat(),
        "appointment": str(held.pk),
        "net_total": "32.52",
        "vat_total": "7.48",
        "gross_total": "40.00",
        "customer_name": "Consumidor final",
        "customer_tax_id": "999999990",
        "pdf_url": f"/api/invoices/{invoice.id}/pdf",
        "document_type": "FR",
        "credits": None,
        "training": True,
        "kept_until": f"{invoice.issued_on.year + 10}-12-31",
    }


def test_the_download_is_the_file_that_was_mailed(owner: APIClient, invoice: Invoice) -> None:
    response = owner.get(f"/api/invoices/{invoice.id}/pdf")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "no-store"
    name = invoice.number.replace(" ", "-").replace("/", "-")
    assert response["Content-Disposition"] == f'attachment; filename="{name}.pdf"'
    assert hashlib.sha256(response.content).hexdigest() == invoice.document.sha256


def test_an_invoice_still_in_the_making_says_come_back(owner: APIClient, invoice: Invoice) -> None:
    InvoiceDocument.objects.all().delete()

    response = owner.get(f"/api/invoices/{invoice.id}/pdf")

    assert response.status_code == 503
    assert response.json()["code"] == "invoice_not_ready"
    assert response["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("role", "listed", "status"),
    [
        (Role.PATIENT, 0, 404),
        (Role.MANAGER, 1, 200),
        (Role.RECEPTION, None, 403),
        (Role.PRACTITIONER, None, 403),
        (None, None, 401),
    ],
)
def test_who_sees_an_invoice(
    invoice: Invoice, role: Role | None, listed: int | None, status: int
) -> None:
    client = APIClient() if role is None else logged_in(factories.user("other", role))

    page = client.get("/api/invoices")
    assert page.status_code == (200 if listed is not None else status)
    if listed is not None:
        assert page.json()["count"] == listed
    for path in (f"/api/invoices/{invoice.id}", f"/api/invoices/{invoice.id}/pdf"):
        assert client.get(path).status_code == status


def test_an_unknown_invoice_is_not_found(owner: APIClient) -> None:
    assert owner.get("/api/invoices/00000000-0000-4000-8000-000000000000").status_code == 404
    assert owner.get("/api/invoices/1").status_code == 404


def test_while_the_files_are_away_the_pdf_is_to_be_asked_for_again(
    owner: APIClient, invoice: Invoice, tmp_path: Path
) -> None:
    folder, away = tmp_path / "private", tmp_path / "away"
    path = f"/api/invoices/{invoice.id}/pdf"

    folder.rename(away)
    gone = owner.get(path)
    folder.write_text("no folder")
    no_folder = owner.get(path)

    for answer in (gone, no_folder):
        assert (answer.status_code, answer["Retry-After"]) == (503, "2")
        assert answer.json()["code"] == "unavailable"

    folder.unlink()
    away.rename(folder)
    assert owner.get(path).status_code == 200


@pytest.mark.parametrize("path", ["", "/{id}", "/{id}/pdf"])
def test_a_managers_look_at_an_invoice_is_written_down(invoice: Invoice, path: str) -> None:
    manager = factories.user("marta", Role.MANAGER)
    client = logged_in(manager)

    for _ in range(2):
        assert client.get("/api/invoices" + path.format(id=invoice.id)).status_code == 200

    looks = AuditEntry.objects.filter(action="invoice.read")
    assert [(one.actor_id, one.patient_id) for one in looks] == [
        (str(manager.pk), invoice.patient_id)
    ]


def test_a_patients_own_invoice_and_a_refused_look_leave_no_row(
    owner: APIClient, invoice: Invoice
) -> None:
    owner.get("/api/invoices")
    owner.get(f"/api/invoices/{invoice.id}/pdf")
    logged_in(factories.user("other")).get(f"/api/invoices/{invoice.id}")
    logged_in(factories.user("rita", Role.RECEPTION)).get(f"/api/invoices/{invoice.id}")

    assert not AuditEntry.objects.filter(action="invoice.read").exists()
