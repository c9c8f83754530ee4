"""Names of the groups a socket can belong to. Ids come from the server's own rows, never from a
client, so a name can't be forged."""

from uuid import UUID

BOARD = "board"
STAFF = "staff"
CONTROL = "control"
_ME = "me."
_KIOSK = "kiosk."


def me(patient_id: UUID) -> str:
    """One patient's own visits and payments."""
    return f"{_ME}{patient_id.hex}"


def kiosk(device_id: UUID) -> str:
    """The check-ins of one kiosk."""
    return f"{_KIOSK}{device_id.hex}"


def patient_of(group: str) -> UUID | None:
    """The patient whose group this is, or None for every other kind of group."""
    return UUID(hex=group.removeprefix(_ME)) if group.startswith(_ME) else None
