"""What billing announces. Payloads are ids: subscribers read the state they need."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PaymentChanged:
    """A payment was created or its status changed."""

    payment_id: UUID
    patient_id: UUID
    appointment_id: UUID
