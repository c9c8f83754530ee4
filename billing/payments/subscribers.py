"""What happens to money when an appointment or an account ends. Connected in the composition
root."""

from billing.payments.services import closing, erasure
from booking.choices import AppointmentStatus
from booking.events import AppointmentCancelled, AppointmentExpired
from clinic.accounts.events import PatientErased


def on_appointment_expired(event: AppointmentExpired) -> None:
    """Close the payments that were waiting. Runs in the writer's transaction."""
    closing.appointment_ended(event.appointment_id, AppointmentStatus.EXPIRED, refundable=False)


def on_appointment_cancelled(event: AppointmentCancelled) -> None:
    """Close the payments that were waiting; send money back if the clinic's policy says so."""
    closing.appointment_ended(
        event.appointment_id, AppointmentStatus.CANCELLED, refundable=event.refundable
    )


def on_patient_erased(event: PatientErased) -> None:
    """Runs in the writer's transaction."""
    erasure.forget(event.patient_id)
