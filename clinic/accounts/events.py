"""What accounts tells the apps above it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from clinic.accounts.choices import Purpose
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


@dataclass(frozen=True)
class SecretMade:
    """A secret is to be sent to a person, by the first of these ways that works."""

    user_id: uuid.UUID
    code_id: uuid.UUID
    purpose: Purpose
    username: str
    language: str
    ways: Mapping[str, str]
    """Addresses by channel."""

    secret: str = field(repr=False)
    minutes: int
    """How long it counts."""


@dataclass(frozen=True)
class ContactChanged:
    """A person has given up a contact that was verified; it is to be told."""

    user_id: uuid.UUID
    language: str
    ways: Mapping[str, str]
    """The former address by its channel."""

    at: datetime


@dataclass(frozen=True)
class PasswordChanged:
    """A person has another password, and is to be told."""

    user_id: uuid.UUID
    language: str
    ways: Mapping[str, str]
    at: datetime
