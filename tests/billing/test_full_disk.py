"""A disk that is full for a moment delays a document or an export, and loses none."""

from pathlib import Path

import pytest
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice, InvoiceDocument
from billing.invoicing.services import invoices
from billing.payments.models import PaymentStatus
from booking.models import Appointment
from clinic.core.models import AuditEntry
from clinic.notifications.models import Message
from clinic.storage import private
from tests.billing import factories
from tests.billing.factories import drain, notice, send
from tests.billing.invoicing.test_invoice_api import logged_in
from tests.billing.manager.test_api import MONEY
from tests.disk import full_after

pytestmark = pytest.mark.django_db


def test_an_invoice_that_met_a_full_disk_is_made_afterwards(
    client: APIClient, held: Appointment, tmp_path: Path
) -> None:
    # given: the disk has room for a part of the PDF
    payment = factories.multibanco(held, factories.FINAL_CONSUMER)
    send(client, notice(payment))

    # when
    with full_after(12_288):
        drain()

    # then: it was paid and numbered, and nothing is there of the file
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PAID
    invoice = Invoice.objects.get()
    assert not InvoiceDocument.objects.exists()
    assert not Message.objects.filter(template="invoice_issued").exists()
    assert [path for path in (tmp_path / "private").rglob("*") if path.is_file()] == []

    # and the next try makes it
    document = invoices.render(invoice.id)
    assert len(private.get(document.storage_key)) == document.size > 12_288
    assert Message.objects.filter(template="invoice_issued").count() == 1


@pytest.mark.parametrize("export", ["statement", "saft?year=2026"])
def test_an_export_that_has_no_room_is_to_be_asked_for_again(
    held: Appointment, export: str
) -> None:
    manager = logged_in(factories.user("marta", role="manager"))
    before = AuditEntry.objects.count()

    with full_after(8):
        answer = manager.get(MONEY + export)

    assert (answer.status_code, answer.get("Retry-After")) == (503, "2")
    assert answer.json()["code"] == "unavailable"
    assert AuditEntry.objects.count() == before
    assert manager.get(MONEY + export).status_code == 200
