"""What accounts tells the apps above it."""

import uuid
from dataclasses import dataclass

from clinic.core.audit import Actor


@dataclass(frozen=True)
class SessionRevoked:
    """A login has ended: its sockets must close."""

    session_id: uuid.UUID
    user_id: uuid.UUID


@dataclass(frozen=True)
class PatientErased:
    """A patient's account is being erased. Each app erases what it keeps about them, in the same
    transaction. If one refuses with a DomainError, nothing is erased at all."""

    patient_id: uuid.UUID
    actor: Actor


@dataclass(frozen=True)
class DeviceRevoked:
    """A device has lost its credential: its sockets must close."""

    device_id: uuid.UUID


@dataclass(frozen=True)
class DisplayChanged:
    """A display has a new name or new settings, and must read them."""

    device_id: uuid.UUID


@dataclass(frozen=True)
class ProfileChanged:
    """A person's own data changed, among them how they are named on shared screens."""

    user_id: uuid.UUID
