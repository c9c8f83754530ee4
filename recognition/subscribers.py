"""What recognition does when accounts announces something. Connected in the composition root."""

from clinic.accounts.events import PatientErased
from recognition.services import enrolment


def on_patient_erased(event: PatientErased) -> None:
    """Runs in the writer's transaction; the provider's copies follow by the outbox."""
    enrolment.withdraw(patient_id=event.patient_id, actor=event.actor)
