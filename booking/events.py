from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AppointmentExpired:
    appointment_id: UUID


@dataclass(frozen=True, slots=True)
class AppointmentCancelled:
    """`refundable` tells whether money that was paid goes back, by the clinic's policy."""

    appointment_id: UUID
    refundable: bool


@dataclass(frozen=True, slots=True)
class VisitChanged:
    """Any change of an appointment's status, time, practitioner, room or label."""

    appointment_id: UUID
    patient_id: UUID
    practitioner_id: UUID


@dataclass(frozen=True, slots=True)
class WaitsChanged:
    """The passing of time alone changed the estimates on the screens, or began another day."""

    revision: int
