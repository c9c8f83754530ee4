"""Authentication of websocket handshakes, by the same credentials as HTTP.

These functions read the database: call them from async code through `database_sync_to_async`,
except `authenticate_scope` with a `find_device` that doesn't read it. Checking the origin is left
to the caller; `Principal.by_header` says who may come without one.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.conf import settings
from django.http.cookie import parse_cookie

from clinic.accounts import cookies, selectors, services
from clinic.accounts.authentication import device_token
from clinic.accounts.choices import DeviceKind
from clinic.accounts.models import Device
from clinic.accounts.principals import Principal

Devices = Mapping[str, Device]
"""Devices by the digests of their tokens."""
FindDevice = Callable[[str], Device | None]


def authenticate_scope(
    scope: Mapping[str, Any],
    *,
    device_kind: str | None = None,
    find_device: FindDevice = selectors.device_from_token,
) -> Principal | None:
    """Who opens this socket; None if nobody is logged in.

    A device token in the Authorization header wins, even an invalid one. Without one and with
    `device_kind`, only the cookie of that kind of device counts; without either, the user's
    session, then any device's cookie. With `device_kind` only `find_device` reads the database.
    """
    headers: list[tuple[bytes, bytes]] = list(scope.get("headers") or [])
    authorization = _header(headers, b"authorization")
    kinds = [DeviceKind(device_kind)] if device_kind else list(DeviceKind)
    named = device_token(authorization)
    if named is not None:
        return _device(find_device(named), kinds, by_header=True)
    jar = parse_cookie(_header(headers, b"cookie"))
    if device_kind is None:
        found = services.session_user(jar.get(settings.ACCESS_COOKIE, ""))
        if found is not None:
            user, session = found
            return Principal(user=user, session=session)
    for kind in kinds:
        device = find_device(jar.get(cookies.device_cookie(kind), ""))
        principal = _device(device, [kind], by_header=False)
        if principal is not None:
            return principal
    return None


def ended(principals: Mapping[str, Principal]) -> set[str]:
    """The keys of those whose open sockets must close: their session or device has ended, or their
    user has a new role. Notes that the other devices were seen. At most three queries."""
    sessions = {key: who.session.pk for key, who in principals.items() if who.session is not None}
    devices = {key: who.device.pk for key, who in principals.items() if who.device is not None}
    roles = selectors.live_session_roles(sessions.values()) if sessions else {}
    alive = selectors.live_device_ids(devices.values()) if devices else set()
    if alive:
        services.touch_devices(alive)
    return {
        *(key for key, pk in sessions.items() if roles.get(pk) != principals[key].role),
        *(key for key, pk in devices.items() if pk not in alive),
    }


def _device(
    device: Device | None, kinds: Collection[DeviceKind], *, by_header: bool
) -> Principal | None:
    if device is None or DeviceKind(device.kind) not in kinds:
        return None
    return Principal(device=device, by_header=by_header)


def _header(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    return "; ".join(value.decode("latin-1") for key, value in headers if key.lower() == name)
