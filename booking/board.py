"""What the waiting room may see of the day, and nothing more."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from booking.choices import AppointmentStatus, BoardStage
from booking.waits import WaitRange

STATES = {
    AppointmentStatus.ARRIVED: BoardStage.WAITING,
    AppointmentStatus.CALLED: BoardStage.CALLED,
    AppointmentStatus.IN_PROGRESS: BoardStage.IN_ROOM,
}


@dataclass(frozen=True, slots=True)
class BoardEntry:
    id: UUID
    ticket: str
    label: str
    room: str
    state: BoardStage
    call_number: int
    called_at: datetime | None
    wait: WaitRange | None

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "ticket": self.ticket,
            "label": self.label,
            "room": self.room,
            "state": str(self.state),
            "call_number": self.call_number,
            "called_at": instant(self.called_at),
            "wait": self.wait.as_dict() if self.wait else None,
        }


@dataclass(frozen=True, slots=True)
class Board:
    revision: int
    server_time: datetime
    clinic: str
    entries: tuple[BoardEntry, ...]

    def as_dict(self) -> dict[str, Any]:
        """The body of the board frame, without its type."""
        return {
            "revision": self.revision,
            "server_time": instant(self.server_time),
            "clinic": self.clinic,
            "entries": [entry.as_dict() for entry in self.entries],
        }


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second unless there is more."""
    return moment.astimezone(UTC).isoformat() if moment is not None else None
