"""Invoice details that a patient wants to see again at the next payment. Kept only if they ask."""

from uuid import UUID

from django.db import transaction

from billing.invoicing.models import KeptInvoiceDetails
from clinic.core import audit, clock
from clinic.core.audit import Actor
from clinic.directory import services as people


@transaction.atomic
def keep(
    patient_id: UUID, *, tax_id: str, name: str, address: str, actor: Actor
) -> KeptInvoiceDetails:
    """Keep these details for a patient, in place of the previous ones.

    `tax_id` is a valid NIF. The audit log records that it happened, but not the details. Raises
    DomainError `unknown_patient` if the patient is gone.
    """
    people.lock_patient(patient_id)
    kept, _ = KeptInvoiceDetails.objects.update_or_create(
        patient_id=patient_id,
        defaults={"tax_id": tax_id, "name": name, "address": address, "kept_at": clock.now()},
    )
    audit.record("invoice_details.kept", actor=actor, patient_id=patient_id)
    return kept


@transaction.atomic
def forget(patient_id: UUID, *, actor: Actor) -> None:
    """Erase what is kept for a patient, if anything."""
    erased, _ = KeptInvoiceDetails.objects.filter(patient_id=patient_id).delete()
    if erased:
        audit.record("invoice_details.forgotten", actor=actor, patient_id=patient_id)
