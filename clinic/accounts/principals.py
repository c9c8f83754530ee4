"""Who makes a request or opens a socket: a user through a session, or a device."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from clinic.accounts.choices import DeviceKind
from clinic.accounts.models import Device, Session, User
from clinic.core.audit import Actor


@dataclass(frozen=True)
class DevicePrincipal:
    """Takes the place of Django's user when a device makes the request."""

    device: Device

    is_authenticated = True
    is_anonymous = False
    is_active = True

    @property
    def pk(self) -> uuid.UUID:
        return self.device.pk

    @property
    def kind(self) -> DeviceKind:
        return DeviceKind(self.device.kind)


@dataclass(frozen=True)
class Principal:
    """Who opened a socket: either `user` with `session`, or `device`."""

    user: User | None = None
    session: Session | None = None
    device: Device | None = None
    by_header: bool = False
    """Whether the credential came in the Authorization header, as only a non-browser can."""

    @property
    def role(self) -> str:
        """The user's role; empty for a device."""
        return self.user.role if self.user is not None else ""

    @property
    def device_kind(self) -> str:
        """`display` or `kiosk`; empty for a user."""
        return self.device.kind if self.device is not None else ""

    @property
    def ends_at(self) -> datetime | None:
        """When the credential ends unless something renews it; None for a device."""
        return self.session.ends_at if self.session is not None else None


def actor_of(principal: object) -> Actor:
    """The audit log's actor for a user or a device. Raises TypeError for anybody else."""
    if isinstance(principal, User):
        return Actor("user", str(principal.pk), principal.role)
    if isinstance(principal, DevicePrincipal):
        return Actor("device", str(principal.pk), principal.kind)
    raise TypeError(f"{type(principal).__name__} can't act")
