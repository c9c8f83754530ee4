"""The tables are new before the program is: what still runs as it was goes on taking money."""

from typing import Any

import pytest
from django.db import transaction
from django.db.migrations.loader import MigrationLoader

from billing.invoicing.models import Invoice, InvoiceDocument
from billing.invoicing.services import invoices
from billing.payments.models import Payment
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
    assert kept.order_id == ""


def test_an_invoice_that_the_old_program_issues_is_one_of_ours(as_it_was, ana):
    old = as_it_was.get_model("billing", "Invoice")
    payments = [factories.multibanco(factories.appointment(ana)) for _ in range(2)]
    Payment.objects.update(status="paid", paid_at=clock.now())
    invoices.issue(payments[0].pk)
    with transaction.atomic():
        values = values_of(old, invoices.issue(payments[1].pk))
        transaction.set_rollback(True)

    old.objects.create(**values)

    kept = Invoice.objects.get(payment=payments[1])
    assert (kept.issuer, kept.external_id, kept.sequence) == ("own", "", 2)


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
