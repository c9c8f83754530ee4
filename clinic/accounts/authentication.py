"""Authentication of HTTP requests. A credential that is no longer valid counts as none: public
endpoints answer, protected ones say 401."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from clinic.accounts import cookies, csrf, selectors, services
from clinic.accounts.choices import DeviceKind
from clinic.accounts.models import Device, Session, User
from clinic.accounts.principals import DevicePrincipal

DEVICE_SCHEME = "Device"


class CookieJWTAuthentication(BaseAuthentication):
    """A user by the access token in the cookie; unsafe methods need the CSRF header too.

    A device token in the Authorization header comes first: then this class does nothing.
    """

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        if names_device(request._request):
            return None
        found = services.session_user(cookies.access_token(request._request))
        if found is not None:
            csrf.enforce(request._request)
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Cookie"


class DeviceAuthentication(BaseAuthentication):
    """A paired device by `Authorization: Device <token>`, or by its cookie and the CSRF header."""

    def authenticate(self, request: Request) -> tuple[DevicePrincipal, Device] | None:
        for kind in DeviceKind:
            if found := authenticate_device(request._request, kind):
                return found
        return None

    def authenticate_header(self, request: Request) -> str:
        return DEVICE_SCHEME


def device_token(authorization: str) -> str | None:
    """The token, good or bad, of an Authorization header with the scheme `Device`, in any case (RFC
    9110); None for any other header."""
    scheme, space, token = authorization.partition(" ")
    return token.strip() if space and scheme.lower() == DEVICE_SCHEME.lower() else None


def names_device(request: HttpRequest) -> bool:
    """Whether the Authorization header carries a device token, good or bad."""
    return device_token(request.headers.get("Authorization", "")) is not None


def authenticate_device(
    request: HttpRequest, kind: DeviceKind
) -> tuple[DevicePrincipal, Device] | None:
    """The device of this kind whose token is in the request: in the header, else in the cookie.

    Raises DomainError `csrf_failed` for an unsafe request by cookie that doesn't prove its origin.
    """
    named = device_token(request.headers.get("Authorization", ""))
    raw = request.COOKIES.get(cookies.device_cookie(kind), "") if named is None else named
    device = selectors.device_from_token(raw)
    if device is None or device.kind != kind:
        return None
    if named is None:
        csrf.enforce(request)
    services.touch_device(device)
    return DevicePrincipal(device), device
