"""What booking does when accounts announces something. Connected in the composition root."""

from booking.services import erasure, screens
from clinic.accounts.events import PatientErased, ProfileChanged


def on_profile_changed(event: ProfileChanged) -> None:
    """Runs in the writer's transaction, so that the new revision is there when it is announced."""
    screens.rename(event.user_id)


def refuse_visits_ahead(event: PatientErased) -> None:
    """Runs in the writer's transaction, before anybody erases anything."""
    erasure.refuse_visits_ahead(event.patient_id)


def on_patient_erased(event: PatientErased) -> None:
    """Runs in the writer's transaction, once the money of the appointments is locked."""
    erasure.forget(event.patient_id, actor=event.actor)
