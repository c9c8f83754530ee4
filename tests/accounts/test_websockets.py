from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings

from clinic.accounts import services
from clinic.accounts.choices import DeviceKind, Role
from clinic.accounts.cookies import device_cookie
from clinic.accounts.models import STAFF_IDLE, Session, User
from clinic.accounts.services import PairedDevice
from clinic.accounts.services.sessions import open_session
from clinic.accounts.websockets import authenticate_scope, ended
from clinic.core.audit import Actor

Scope = dict[str, list[tuple[bytes, bytes]]]


def scope(authorization: str = "", **cookies: str) -> Scope:
    jar = "; ".join(f"{name}={value}" for name, value in cookies.items())
    headers = [(b"host", b"testserver"), (b"cookie", jar.encode())]
    if authorization:
        headers.append((b"Authorization", authorization.encode()))
    return {"headers": headers}


def test_a_user_comes_by_the_access_cookie(patient: User) -> None:
    signed_in = open_session(patient)

    principal = authenticate_scope(scope(**{settings.ACCESS_COOKIE: signed_in.pair.access}))

    assert principal is not None
    assert (principal.user, principal.session) == (patient, signed_in.session)
    assert (principal.role, principal.device, principal.device_kind) == ("patient", None, "")
    assert not principal.by_header
    assert principal.ends_at == signed_in.session.last_seen_at + timedelta(days=30)


@pytest.mark.parametrize("headers", [[], None, [(b"cookie", b"\xff\xfe=;;;vez_at=")]])
@pytest.mark.django_db
def test_nobody_comes_with_nothing(headers: list[tuple[bytes, bytes]] | None) -> None:
    assert authenticate_scope({"headers": headers}) is None
    assert authenticate_scope({}) is None


def test_a_refresh_token_opens_no_socket(patient: User) -> None:
    signed_in = open_session(patient)

    assert authenticate_scope(scope(**{settings.ACCESS_COOKIE: signed_in.pair.refresh})) is None
    assert authenticate_scope(scope(**{settings.REFRESH_COOKIE: signed_in.pair.refresh})) is None


def test_a_session_that_ended_opens_no_socket_and_keeps_none(patient: User) -> None:
    signed_in = open_session(patient)
    handshake = scope(**{settings.ACCESS_COOKIE: signed_in.pair.access})
    principal = authenticate_scope(handshake)
    assert principal is not None
    assert ended({"socket": principal}) == set()

    services.revoke_session(signed_in.session.pk, actor=Actor.system("tests"), reason="test")

    assert authenticate_scope(handshake) is None
    assert ended({"socket": principal}) == {"socket"}


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.RECEPTION}])
def test_a_socket_does_not_outlive_its_users_right(
    patient: User, change: dict[str, object]
) -> None:
    signed_in = open_session(patient)
    principal = authenticate_scope(scope(**{settings.ACCESS_COOKIE: signed_in.pair.access}))
    assert principal is not None

    User.objects.filter(pk=patient.pk).update(**change)

    assert ended({"socket": principal}) == {"socket"}


def test_the_end_of_a_staff_session_is_its_idle_limit(make_user: Callable[..., User]) -> None:
    signed_in = open_session(make_user(Role.RECEPTION))
    principal = authenticate_scope(scope(**{settings.ACCESS_COOKIE: signed_in.pair.access}))

    assert principal is not None
    assert principal.ends_at == Session.objects.get().last_seen_at + STAFF_IDLE


def test_a_device_comes_by_header_or_cookie(make_device: Callable[..., PairedDevice]) -> None:
    paired = make_device(DeviceKind.DISPLAY)

    by_header = authenticate_scope(scope(f"Device {paired.token}"))
    by_cookie = authenticate_scope(scope(**{device_cookie("display"): paired.token}))
    in_lower_case = authenticate_scope(scope(f"device {paired.token}"))

    assert in_lower_case == by_header
    assert by_header is not None
    assert by_cookie is not None
    assert (by_header.device, by_header.by_header) == (paired.device, True)
    assert (by_cookie.device, by_cookie.by_header) == (paired.device, False)
    assert (by_header.user, by_header.role, by_header.device_kind) == (None, "", "display")
    assert by_header.ends_at is None


def test_a_revoked_device_opens_no_socket_and_keeps_none(
    make_device: Callable[..., PairedDevice], make_user: Callable[..., User]
) -> None:
    paired = make_device()
    principal = authenticate_scope(scope(f"Device {paired.token}"))
    assert principal is not None
    assert ended({"socket": principal}) == set()

    services.revoke_device(paired.device.pk, by=make_user(Role.MANAGER))

    assert authenticate_scope(scope(f"Device {paired.token}")) is None
    assert ended({"socket": principal}) == {"socket"}


def test_each_socket_gets_the_credential_it_asks_for(
    patient: User, make_device: Callable[..., PairedDevice]
) -> None:
    access = open_session(patient).pair.access
    display, kiosk = make_device(DeviceKind.DISPLAY), make_device(DeviceKind.KIOSK)
    everything = scope(
        **{
            settings.ACCESS_COOKIE: access,
            device_cookie("display"): display.token,
            device_cookie("kiosk"): kiosk.token,
        }
    )

    as_user = authenticate_scope(everything)
    as_display = authenticate_scope(everything, device_kind=DeviceKind.DISPLAY)
    as_kiosk = authenticate_scope(everything, device_kind="kiosk")

    assert as_user is not None
    assert as_display is not None
    assert as_kiosk is not None
    assert as_user.user == patient
    assert (as_display.user, as_display.device) == (None, display.device)
    assert (as_kiosk.user, as_kiosk.device) == (None, kiosk.device)
    assert (
        authenticate_scope(scope(f"Device {display.token}"), device_kind=DeviceKind.KIOSK) is None
    )


def test_a_bad_header_is_not_replaced_by_cookies(patient: User) -> None:
    access = open_session(patient).pair.access

    handshake = scope("Device nonsense", **{settings.ACCESS_COOKIE: access})

    assert authenticate_scope(handshake) is None
