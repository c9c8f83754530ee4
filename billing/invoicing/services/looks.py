"""Shows invoices to somebody; each look is audited with the patients on them."""

from collections.abc import Collection
from uuid import UUID

from billing.invoicing import selectors
from billing.invoicing.models import Invoice
from clinic.core import audit
from clinic.core.audit import Actor
from clinic.core.errors import Code, DomainError


def read_invoices(invoices: Collection[Invoice], *, actor: Actor) -> Collection[Invoice]:
    """These invoices, for somebody to look at; audited."""
    patients = [invoice.patient_id for invoice in invoices]
    audit.record_reads("invoice.read", actor=actor, patient_ids=patients)
    return invoices


def read_invoice(invoice_id: UUID, *, patient_id: UUID | None, actor: Actor) -> Invoice:
    """One invoice, of this patient, or of anybody if none is named. Raises `not_found`."""
    invoice = selectors.invoices(patient_id=patient_id).filter(pk=invoice_id).first()
    if invoice is None:
        raise DomainError(Code.NOT_FOUND)
    read_invoices([invoice], actor=actor)
    return invoice
