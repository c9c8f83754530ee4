"""Every unsafe route of accounts × every way in which another site could call it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from clinic.accounts.choices import DeviceKind, Role
from clinic.accounts.models import Device, OneTimeCode, ScreenStatus, Session, User
from clinic.accounts.services import PairedDevice
from clinic.accounts.urls import urlpatterns
from clinic.core.models import OutboxMessage
from tests.accounts.conftest import PASSWORD, Browser

UNSAFE = ("post", "put", "patch", "delete")
BODIES: dict[tuple[str, str], Any] = {
    ("auth/register", "post"): {
        "username": "new",
        "password": PASSWORD,
        "full_name": "Rui Costa",
        "email": "rui@example.pt",
        "phone": "912345678",
    },
    ("auth/login", "post"): {"username": "gil", "password": PASSWORD},
    ("auth/refresh", "post"): None,
    ("auth/logout", "post"): None,
    ("auth/me", "patch"): {"language": "en"},
    ("auth/phone/code", "post"): None,
    ("auth/phone/verify", "post"): {"code": "042917"},
    ("auth/email/code", "post"): None,
    ("auth/email/verify", "post"): {"code": "042917"},
    ("auth/password", "post"): {"current": PASSWORD, "new": "Outra-chave-comprida-7"},
    ("auth/password/forgot", "post"): {"login": "gil"},
    ("auth/password/link", "post"): {"token": "unknown"},
    ("auth/password/reset", "post"): {"token": "unknown", "password": "Outra-chave-comprida-7"},
    ("auth/login/code", "post"): {"login": "gil"},
    ("auth/login/with-code", "post"): {"login": "gil", "code": "042917"},
    ("auth/sessions", "delete"): None,
    ("auth/sessions/<uuid:session_id>", "delete"): None,
    ("me/erasure", "post"): {"password": PASSWORD},
    ("staff/patients/<uuid:patient_id>/erasure", "post"): None,
    ("devices", "post"): {"kind": "kiosk", "name": "Entrance"},
    ("devices/pair", "post"): {"code": "123456"},
    ("devices/me/status", "post"): {
        "version": "",
        "sound": "on",
        "board": "live",
        "picture": "quiet",
        "revision": 1,
        "tickets": [],
        "width": 1920,
        "height": 1080,
    },
    ("devices/<uuid:device_id>", "patch"): {"name": "Another"},
    ("devices/<uuid:device_id>", "delete"): None,
}
EXPECTED = {
    ("auth/register", "post"): 201,
    ("auth/logout", "post"): 204,
    ("auth/phone/code", "post"): 204,
    ("auth/phone/verify", "post"): 410,
    ("auth/email/code", "post"): 204,
    ("auth/email/verify", "post"): 410,
    ("auth/password", "post"): 204,
    ("auth/password/forgot", "post"): 202,
    ("auth/password/link", "post"): 410,
    ("auth/password/reset", "post"): 410,
    ("auth/login/code", "post"): 202,
    ("auth/login/with-code", "post"): 400,
    ("auth/sessions", "delete"): 204,
    ("auth/sessions/<uuid:session_id>", "delete"): 404,
    ("me/erasure", "post"): 204,
    ("staff/patients/<uuid:patient_id>/erasure", "post"): 204,
    ("devices", "post"): 201,
    ("devices/pair", "post"): 400,
    ("devices/<uuid:device_id>", "delete"): 204,
}
ATTACKS: dict[str, Callable[[str, str], dict[str, str]]] = {
    "no header": lambda _token, _other: {"Origin": "http://testserver"},
    "no header, no Origin": lambda _token, _other: {},
    "wrong token": lambda _token, _other: {"X-CSRFToken": "x" * 64},
    "malformed token": lambda _token, _other: {"X-CSRFToken": "\u00e9'"},
    "another browser's token": lambda _token, other: {"X-CSRFToken": other},
    "evil Origin": lambda token, _other: {
        "X-CSRFToken": token,
        "Origin": "http://evil.example",
    },
    "null Origin": lambda token, _other: {"X-CSRFToken": token, "Origin": "null"},
    "Origin of another port": lambda token, _other: {
        "X-CSRFToken": token,
        "Origin": "http://testserver:81",
    },
    "Origin of another scheme": lambda token, _other: {
        "X-CSRFToken": token,
        "Origin": "https://testserver",
    },
    "malformed Origin": lambda token, _other: {"X-CSRFToken": token, "Origin": "http://[::1"},
}


def unsafe_routes() -> list[tuple[str, str]]:
    routes = []
    for entry in urlpatterns:
        assert isinstance(entry, URLPattern)
        view = getattr(entry.callback, "view_class", None)
        routes += [(str(entry.pattern), verb) for verb in UNSAFE if hasattr(view, verb)]
    return routes


def snapshot() -> dict[str, Any]:
    return {
        "users": list(User.objects.order_by("pk").values()),
        "sessions": list(Session.objects.order_by("pk").values()),
        "codes": list(OneTimeCode.objects.order_by("pk").values()),
        "work": list(OutboxMessage.objects.order_by("pk").values()),
        "devices": list(Device.objects.order_by("pk").values()),
        "statuses": list(ScreenStatus.objects.values()),
    }


@pytest.fixture
def manager(make_user: Callable[..., User]) -> User:
    return make_user(Role.MANAGER, username="gil", password=PASSWORD)


def test_the_table_knows_every_route() -> None:
    assert sorted(unsafe_routes()) == sorted(BODIES)


def call(
    browser: Browser,
    route: tuple[str, str],
    device: PairedDevice,
    patient: User,
    headers: dict[str, str],
) -> Any:
    path, verb = route
    if path.startswith("devices/me"):
        browser.client.cookies["vez_device-display"] = device.token
    path = path.replace("<uuid:device_id>", str(device.device.pk))
    path = path.replace("<uuid:patient_id>", str(patient.pk))
    path = path.replace("<uuid:session_id>", str(patient.pk))
    return getattr(browser.client, verb)(f"/api/{path}", BODIES[route], headers=headers)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("route", unsafe_routes(), ids=lambda route: " ".join(route))
def test_a_request_from_another_site_is_refused_and_changes_nothing(
    browser_of: Callable[[User], Browser],
    manager: User,
    patient: User,
    make_device: Callable[..., PairedDevice],
    route: tuple[str, str],
    attack: str,
) -> None:
    browser = browser_of(patient if route[0].startswith("me/") else manager)
    device = make_device()
    headers = ATTACKS[attack](browser.fetch_csrf(), Browser().fetch_csrf())
    before = snapshot()

    answer = call(browser, route, device, patient, headers)

    assert answer.status_code == 403
    assert answer.json()["code"] == "csrf_failed"
    assert "vez_at" not in answer.cookies
    assert snapshot() == before


@pytest.mark.parametrize("route", unsafe_routes(), ids=lambda route: " ".join(route))
def test_our_own_page_is_let_in(
    browser_of: Callable[[User], Browser],
    manager: User,
    patient: User,
    make_device: Callable[..., PairedDevice],
    route: tuple[str, str],
) -> None:
    browser = browser_of(patient if route[0].startswith("me/") else manager)
    device = make_device()
    headers = {"X-CSRFToken": browser.fetch_csrf(), "Origin": "http://testserver"}

    answer = call(browser, route, device, patient, headers)

    assert answer.status_code == EXPECTED.get(route, 200)


@pytest.mark.parametrize("route", ["auth/register", "auth/login", "auth/refresh", "auth/logout"])
def test_without_any_session_the_check_still_holds(browser: Browser, route: str) -> None:
    answer = browser.client.post(f"/api/{route}", BODIES[(route, "post")])

    assert answer.status_code == 403
    assert not User.objects.exists()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_form_of_another_site_is_refused(
    browser_of: Callable[[User], Browser], manager: User, content_type: str
) -> None:
    browser = browser_of(manager)
    before = snapshot()

    answer = browser.client.post(
        "/api/devices",
        data='{"kind": "kiosk", "name": "x"}',
        content_type=content_type,
        headers={"Origin": "http://evil.example"},
    )

    assert answer.status_code == 403
    assert snapshot() == before


def test_a_client_without_cookies_and_origin_may_pair(browser: Browser, manager: User) -> None:
    answer = browser.client.post("/api/devices/pair", {"code": "123456"})

    assert answer.json()["code"] == "pairing_code_invalid"


def test_the_token_survives_a_login(browser: Browser, manager: User) -> None:
    browser.fetch_csrf()
    browser.post("/api/auth/login", {"username": "gil", "password": PASSWORD})

    assert browser.patch("/api/auth/me", {"language": "en"}).status_code == 200


@pytest.mark.parametrize("path", ["auth/csrf", "auth/me", "me/accesses", "devices"])
def test_reading_writes_nothing(
    browser_of: Callable[[User], Browser], make_user: Callable[..., User], path: str
) -> None:
    browser = browser_of(make_user(Role.PATIENT if path == "me/accesses" else Role.MANAGER))

    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = browser.get(f"/api/{path}")

    assert answer.status_code == 200
    assert [row["sql"] for row in queries if not row["sql"].startswith("SELECT")] == []


def test_a_kiosks_cookie_needs_the_check_but_its_header_does_not(
    make_device: Callable[..., PairedDevice], rf: Any
) -> None:
    from clinic.accounts.authentication import authenticate_device
    from clinic.accounts.cookies import device_cookie
    from clinic.core.errors import DomainError

    paired = make_device(DeviceKind.KIOSK)
    by_cookie = rf.post("/api/check-ins")
    by_cookie.COOKIES[device_cookie("kiosk")] = paired.token
    by_header = rf.post("/api/check-ins", headers={"Authorization": f"Device {paired.token}"})

    with pytest.raises(DomainError, match="csrf_failed"):
        authenticate_device(by_cookie, DeviceKind.KIOSK)
    found = authenticate_device(by_header, DeviceKind.KIOSK)
    assert found is not None
    assert found[1].pk == paired.device.pk
