"""The cookies that carry credentials. Scripts can read none of them."""

from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from clinic.accounts.choices import DeviceKind
from clinic.accounts.tokens import Pair
from clinic.core import clock

# Browsers keep no cookie longer than this; the device's row decides when it really ends.
DEVICE_COOKIE_AGE = timedelta(days=400)


def device_cookie(kind: str) -> str:
    """One cookie per kind: one browser can be a display in one tab and a kiosk in another."""
    return f"{settings.DEVICE_COOKIE}-{DeviceKind(kind).value}"


def set_session(response: HttpResponseBase, pair: Pair) -> None:
    """Put both tokens of a session into the answer's cookies."""
    _set(response, settings.ACCESS_COOKIE, pair.access, _until(pair.access_ends_at), "Lax")
    _set(response, settings.REFRESH_COOKIE, pair.refresh, _until(pair.refresh_ends_at), "Strict")


def clear_session(response: HttpResponseBase) -> None:
    """Make the browser forget both tokens."""
    response.delete_cookie(settings.ACCESS_COOKIE, samesite="Lax")
    response.delete_cookie(settings.REFRESH_COOKIE, samesite="Strict")


def set_device(response: HttpResponseBase, kind: str, token: str) -> None:
    """Put a device's token into the answer's cookie."""
    _set(response, device_cookie(kind), token, DEVICE_COOKIE_AGE, "Strict")


def set_known(response: HttpResponseBase, device: str) -> None:
    """Remember that an account has logged in on this device. It opens nothing, and a logout leaves
    it."""
    _set(response, settings.KNOWN_COOKIE, device, DEVICE_COOKIE_AGE, "Strict")


def known_device(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.KNOWN_COOKIE, "")


def access_token(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.ACCESS_COOKIE, "")


def refresh_token(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.REFRESH_COOKIE, "")


def _until(moment: datetime) -> timedelta:
    return max(moment - clock.now(), timedelta(0))


def _set(
    response: HttpResponseBase,
    name: str,
    value: str,
    age: timedelta,
    samesite: Literal["Lax", "Strict"],
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(age.total_seconds()),
        httponly=True,
        secure=settings.SECURE,
        samesite=samesite,
        path="/",
    )
