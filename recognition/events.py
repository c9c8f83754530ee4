from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CheckInDecided:
    """A kiosk's check-in has an answer, or a new one."""

    check_in_id: UUID
    device_id: UUID
