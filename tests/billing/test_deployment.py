"""The tables are new before the program is: what still runs as it was goes on taking money."""

from typing import Any

import pytest
from django.db.migrations.loader import MigrationLoader

from billing.models import InvoiceDocument, Payment
from billing.services import invoices
from clinic.core import clock
from tests.billing import factories

pytestmark = pytest.mark.django_db

BEFORE = ("billing", "0007_issue_notes")


@pytest.fixture(scope="module")
def as_it_was() -> Any:
    """The models of the program that is still running."""
    return MigrationLoader(None).project_state([BEFORE]).apps


def values_of(model: Any, found: Any) -> dict[str, Any]:
    return {field.attname: getattr(found, field.attname) for field in model._meta.concrete_fields}


def test_a_payment_that_the_old_program_begins_is_taken(as_it_was, held):
    old = as_it_was.get_model("billing", "Payment")
    begun = factories.multibanco(held)
    values = values_of(old, begun)
    begun.delete()

    old.objects.create(**values)

    kept = Payment.objects.get()
    assert (kept.pk, kept.looks, kept.looked_at) == (values["id"], 0, None)


def test_a_file_that_the_old_program_renders_is_kept(as_it_was, held):
    old = as_it_was.get_model("billing", "InvoiceDocument")
    payment = factories.multibanco(held)
    Payment.objects.filter(pk=payment.pk).update(status="paid", paid_at=clock.now())
    invoice = invoices.issue(payment.pk)
    assert invoice is not None

    old.objects.create(
        invoice_id=invoice.pk, storage_key="a.pdf", sha256="0" * 64, size=1, standards=""
    )

    assert InvoiceDocument.objects.get().sealed_by == ""
