"""Every route of accounts × everybody who could ask."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from clinic.accounts import permissions
from clinic.accounts.authentication import CookieJWTAuthentication
from clinic.accounts.choices import DeviceKind, Role
from clinic.accounts.cookies import device_cookie
from clinic.accounts.models import User
from clinic.accounts.principals import DevicePrincipal, actor_of
from clinic.accounts.services import PairedDevice
from tests.accounts.conftest import Browser

PEOPLE = ("anonymous", "patient", "practitioner", "reception", "manager", "display", "kiosk")
TABLE: dict[tuple[str, str], tuple[int, ...]] = {
    ("GET", "auth/csrf"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "auth/me"): (401, 200, 200, 200, 200, 403, 403),
    ("PATCH", "auth/me"): (401, 200, 200, 200, 200, 403, 403),
    ("POST", "auth/password"): (401, 400, 400, 400, 400, 403, 403),
    ("POST", "auth/logout"): (401, 204, 204, 204, 204, 401, 401),
    ("POST", "auth/refresh"): (401, 200, 200, 200, 200, 401, 401),
    ("GET", "me/accesses"): (401, 200, 403, 403, 403, 403, 403),
    ("GET", "devices"): (401, 403, 200, 200, 200, 403, 403),
    ("POST", "devices"): (401, 403, 400, 400, 400, 403, 403),
    ("POST", "devices/pair"): (400, 400, 400, 400, 400, 400, 400),
    ("DELETE", "devices/00000000-0000-0000-0000-000000000000"): (
        401,
        403,
        404,
        404,
        404,
        403,
        403,
    ),
}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("route", TABLE, ids=lambda route: " ".join(route))
def test_who_gets_where(
    make_user: Callable[..., User],
    make_device: Callable[..., PairedDevice],
    browser_of: Callable[[User], Browser],
    route: tuple[str, str],
    who: str,
) -> None:
    headers: dict[str, str] = {}
    if who in {"display", "kiosk"}:
        headers["Authorization"] = f"Device {make_device(DeviceKind(who)).token}"
        browser = Browser()
    elif who == "anonymous":
        browser = Browser()
    else:
        browser = browser_of(make_user(Role(who)))
    method, path = route

    if method == "GET":
        answer = browser.get(f"/api/{path}", **headers)
    else:
        answer = browser.send(method, f"/api/{path}", {}, headers)

    assert answer.status_code == TABLE[route][PEOPLE.index(who)]


class Probe(APIView):
    """Tells who the permission let in."""

    authentication_classes = (CookieJWTAuthentication,)

    def get(self, request: Request) -> Response:
        return Response(type(request.user).__name__)


def ask(permission: Any, request: HttpRequest) -> Response:
    answer = Probe.as_view(permission_classes=(permission,))(request)
    assert isinstance(answer, Response)
    return answer


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (permissions.Denied, set()),
        (permissions.IsUser, set(Role)),
        (permissions.IsPatient, {Role.PATIENT}),
        (permissions.IsStaff, {Role.PRACTITIONER, Role.RECEPTION, Role.MANAGER}),
        (permissions.IsReception, {Role.RECEPTION, Role.MANAGER}),
        (permissions.IsManager, {Role.MANAGER}),
        (permissions.IsDisplay, set()),
        (permissions.IsKiosk, set()),
    ],
)
def test_what_each_permission_means(
    make_user: Callable[..., User],
    browser_of: Callable[[User], Browser],
    permission: type[BasePermission],
    roles: set[Role],
) -> None:
    let_in = set()
    for role in Role:
        request = APIRequestFactory().get("/")
        jar = browser_of(make_user(role)).client.cookies
        request.COOKIES = {name: jar[name].value for name in jar}
        if ask(permission, request).status_code == 200:
            let_in.add(role)

    assert let_in == roles
    assert ask(permission, APIRequestFactory().get("/")).status_code == 401


def test_a_browser_that_is_user_and_devices_at_once_is_what_the_endpoint_asks_for(
    make_user: Callable[..., User],
    make_device: Callable[..., PairedDevice],
    browser_of: Callable[[User], Browser],
) -> None:
    jar = browser_of(make_user(Role.RECEPTION)).client.cookies
    cookies = {name: jar[name].value for name in jar}
    for kind in DeviceKind:
        cookies[device_cookie(kind)] = make_device(kind).token

    def who(permission: Any) -> str:
        request = APIRequestFactory().get("/")
        request.COOKIES = dict(cookies)
        return str(ask(permission, request).data)

    assert who(permissions.IsStaff) == "User"
    assert who(permissions.IsKiosk) == "DevicePrincipal"
    assert who(permissions.IsDisplay) == "DevicePrincipal"
    assert who(permissions.IsStaff | permissions.IsDisplay) == "User"


def test_a_device_is_only_what_it_was_paired_as(
    make_device: Callable[..., PairedDevice],
) -> None:
    token = make_device(DeviceKind.DISPLAY).token
    as_kiosk = APIRequestFactory().get("/")
    as_kiosk.COOKIES[device_cookie(DeviceKind.KIOSK)] = token
    by_header = APIRequestFactory().get("/", headers={"Authorization": f"Device {token}"})

    assert ask(permissions.IsKiosk, as_kiosk).status_code == 401
    assert ask(permissions.IsKiosk, by_header).status_code == 401
    assert ask(permissions.IsDisplay, by_header).status_code == 200


def test_a_bad_device_header_is_not_replaced_by_the_users_cookie(
    make_user: Callable[..., User], browser_of: Callable[[User], Browser]
) -> None:
    browser = browser_of(make_user(Role.MANAGER))

    assert browser.get("/api/auth/me", Authorization="Device nonsense").status_code == 401


def test_actors_of_the_audit_log(
    make_user: Callable[..., User], make_device: Callable[..., PairedDevice]
) -> None:
    user, device = make_user(Role.RECEPTION), make_device(DeviceKind.KIOSK).device

    by_user, by_device = actor_of(user), actor_of(DevicePrincipal(device))

    assert (by_user.kind, by_user.id, by_user.role) == ("user", str(user.pk), "reception")
    assert (by_device.kind, by_device.id, by_device.role) == ("device", str(device.pk), "kiosk")
    with pytest.raises(TypeError):
        actor_of(None)
