"""What happens to documents when an account ends. Connected in the composition root."""

from billing.invoicing.services import erasure
from clinic.accounts.events import PatientErased


def on_patient_erased(event: PatientErased) -> None:
    """Runs in the writer's transaction, once the patient's money is locked."""
    erasure.forget(event.patient_id, actor=event.actor)
