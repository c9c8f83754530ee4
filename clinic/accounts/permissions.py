"""Who may do what. Everything is denied unless a view names one of these."""

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from clinic.accounts import csrf
from clinic.accounts.authentication import authenticate_device
from clinic.accounts.choices import RECEPTION_ROLES, STAFF_ROLES, DeviceKind, Role
from clinic.accounts.models import User
from clinic.accounts.principals import DevicePrincipal

# rest_framework.views reads this module, through the settings, while it is still being imported.
if TYPE_CHECKING:
    from rest_framework.views import APIView


class Denied(BasePermission):
    """Nobody. The default, so that a view without a permission is closed."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class _HasRole(BasePermission):
    roles: ClassVar[frozenset[Role]] = frozenset()

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.user, User) and request.user.role in self.roles


class IsUser(_HasRole):
    """Anybody with a session, whatever their role."""

    roles = frozenset(Role)


class IsPatient(_HasRole):
    roles = frozenset({Role.PATIENT})


class IsStaff(_HasRole):
    """Practitioner, reception or manager."""

    roles = STAFF_ROLES


class IsReception(_HasRole):
    """Reception or manager."""

    roles = RECEPTION_ROLES


class IsManager(_HasRole):
    roles = frozenset({Role.MANAGER})


class _IsDevice(BasePermission):
    """A paired device of one kind.

    One browser may hold a user's cookies and those of devices at the same time. On a device's
    endpoint the device's credential decides: the device becomes `request.user`.
    """

    kind: ClassVar[DeviceKind]

    def has_permission(self, request: Request, view: "APIView") -> bool:
        asks: object = request.user
        if isinstance(asks, DevicePrincipal) and asks.kind == self.kind:
            return True
        found = authenticate_device(request._request, self.kind)
        if found is None:
            return False
        # The stubs of DRF know no principals but users.
        principal: Any = found[0]
        request.user, request.auth = principal, found[1]
        return True


class IsDisplay(_IsDevice):
    kind = DeviceKind.DISPLAY


class IsKiosk(_IsDevice):
    kind = DeviceKind.KIOSK


class CsrfProtected(BasePermission):
    """Anybody, logged in or not, whose unsafe request proves that it came from our own origin."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        csrf.enforce(request._request)
        return True


class CsrfProtectedInBrowsers(CsrfProtected):
    """The same, but a request with neither cookies nor Origin passes: no page in a browser sends
    that."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        plain = request._request
        if not plain.COOKIES and "Origin" not in plain.headers:
            return True
        return super().has_permission(request, view)
