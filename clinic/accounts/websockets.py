"""Authentication of websocket handshakes, by the same credentials as HTTP.

These functions read the database: call them from async code through `database_sync_to_async`.
The origin is the caller's to check; `Principal.by_header` says who may come without one.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.http.cookie import parse_cookie

from clinic.accounts import cookies, selectors, services
from clinic.accounts.authentication import device_token
from clinic.accounts.choices import DeviceKind
from clinic.accounts.principals import Principal


def authenticate_scope(
    scope: Mapping[str, Any], *, device_kind: str | None = None
) -> Principal | None:
    """Who opens this socket; None for nobody.

    A device token in the Authorization header wins, even when it is no good. Then, with
    `device_kind`, only the cookie of that kind of device counts; without, the user's session, and
    after it any device's cookie.
    """
    headers: list[tuple[bytes, bytes]] = list(scope.get("headers") or [])
    authorization = _header(headers, b"authorization")
    kinds = [DeviceKind(device_kind)] if device_kind else list(DeviceKind)
    named = device_token(authorization)
    if named is not None:
        return _device(named, kinds, by_header=True)
    jar = parse_cookie(_header(headers, b"cookie"))
    if device_kind is None:
        found = selectors.session_user(jar.get(settings.ACCESS_COOKIE, ""))
        if found is not None:
            user, session = found
            return Principal(user=user, session=session)
    for kind in kinds:
        principal = _device(jar.get(cookies.device_cookie(kind), ""), [kind], by_header=False)
        if principal is not None:
            return principal
    return None


def still_valid(principal: Principal) -> bool:
    """Whether an open socket may stay: its session or device is alive, its user's role the same."""
    if principal.session is not None and principal.user is not None:
        session = selectors.live_session(principal.session.pk)
        return session is not None and session.user.role == principal.user.role
    if principal.device is not None:
        device = selectors.live_device(principal.device.pk)
        if device is not None:
            services.touch_device(device)
        return device is not None
    return False


def _device(raw: str, kinds: Collection[DeviceKind], *, by_header: bool) -> Principal | None:
    device = selectors.device_from_token(raw)
    if device is None or DeviceKind(device.kind) not in kinds:
        return None
    services.touch_device(device)
    return Principal(device=device, by_header=by_header)


def _header(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    return "; ".join(value.decode("latin-1") for key, value in headers if key.lower() == name)
