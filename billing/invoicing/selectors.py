"""Reads documents, and what they are made from."""

from uuid import UUID

from django.db.models import QuerySet

from billing.invoicing.models import Invoice, InvoicingRules, KeptInvoiceDetails


def invoices(*, patient_id: UUID | None) -> QuerySet[Invoice]:
    """Invoices, newest first: one patient's, or everybody's if none is named."""
    found = Invoice.objects.select_related("payment", "credits").order_by("-issued_at", "-sequence")
    return found if patient_id is None else found.filter(patient_id=patient_id)


def kept_details(patient_id: UUID) -> KeptInvoiceDetails:
    """What a patient's invoices should say; empty and without `kept_at` if nothing is kept."""
    kept = KeptInvoiceDetails.objects.filter(patient_id=patient_id).first()
    return kept or KeptInvoiceDetails(patient_id=patient_id)


def rules() -> InvoicingRules:
    """How the clinic invoices; for training, until the manager changes it."""
    return InvoicingRules.the() or InvoicingRules()
