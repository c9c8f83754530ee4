"""Start-up checks: a provider that could take no money, or only test money, is refused early."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from billing.payments import providers
from clinic.core.checks import SETTINGS

WEBHOOK_KEY_BYTES = 32
TEST_HOST = re.compile(r"(^|\.)(sandbox|replica|demo|test)\.|^(localhost|127\.|\[?::1)")
TEST_KEY = re.compile(r"demo|test|sandbox", re.IGNORECASE)
IFTHENPAY_FORMS = (
    ("IFTHENPAY_BACKOFFICE_KEY", r"(\d{4}-){3}\d{4}", "four groups of four digits", "E010"),
    (
        "IFTHENPAY_ANTI_PHISHING_KEY",
        r"[A-Za-z0-9]{20,50}",
        "20 to 50 letters and digits, at random",
        "E011",
    ),
    ("IFTHENPAY_ENTITY", r"\d{5}", "five digits", "E012"),
    ("IFTHENPAY_SUBENTITY", r"\d{1,3}", "one to three digits", "E013"),
    ("IFTHENPAY_MBWAY_KEY", r"[A-Z]{3}-\d{6}", "three letters and six digits", "E014"),
)
IFTHENPAY_HOST = re.compile(r"([a-z0-9-]+\.)*ifthenpay\.com")
IFTHENPAY_SAMPLES = re.compile(r"(\d)\1{3}(-\1{4}){3}|11604/999|99999/\d+|[A-Z]{3}-0{6}|ABC-123456")
"""The sample keys and account in its documentation, and the entity that nobody owns."""


@register(SETTINGS)
def provider_settings(**_options: Any) -> list[CheckMessage]:
    """Keys of the right form, and in production neither a test key nor a test host."""
    return [*_eupago(), *_ifthenpay()] or _named()


def _named() -> list[CheckMessage]:
    """A name that nobody answers to would close payments without a word."""
    if not settings.PAYMENT_PROVIDER or settings.PAYMENT_PROVIDER in providers.known():
        return []
    usable = ", ".join(providers.known()) or "none"
    return [
        Error(
            f"PAYMENT_PROVIDER must be a provider with its keys (here: {usable}), or empty.",
            id="billing.E017",
        )
    ]


def _eupago() -> list[CheckMessage]:
    named = settings.PAYMENT_PROVIDER == "eupago"
    if not named and not settings.EUPAGO_API_KEY:
        return []
    found: list[CheckMessage] = []
    if not settings.EUPAGO_API_KEY:
        found.append(Error("EUPAGO_API_KEY must be set to take money.", id="billing.E001"))
    if len(settings.EUPAGO_WEBHOOK_KEY.encode()) != WEBHOOK_KEY_BYTES:
        found.append(
            Error(
                "EUPAGO_WEBHOOK_KEY must be the channel's cryptographic key of 32 characters.",
                id="billing.E002",
            )
        )
    if settings.PRODUCTION:
        found += _eupago_play_money()
    return found


def _ifthenpay() -> list[CheckMessage]:
    named = settings.PAYMENT_PROVIDER == "ifthenpay"
    if not named and not settings.IFTHENPAY_BACKOFFICE_KEY:
        return []
    found: list[CheckMessage] = [
        Error(f"{name} must be {form}.", id=f"billing.{number}")
        for name, pattern, form, number in IFTHENPAY_FORMS
        if not re.fullmatch(pattern, getattr(settings, name), re.ASCII)
    ]
    if not settings.PRODUCTION:
        return found
    address = urlsplit(settings.IFTHENPAY_URL)
    if address.scheme != "https" or not IFTHENPAY_HOST.fullmatch(address.netloc):
        found.append(
            Error("IFTHENPAY_URL must be ifthenpay's own host in production.", id="billing.E015")
        )
    account = f"{settings.IFTHENPAY_ENTITY}/{settings.IFTHENPAY_SUBENTITY}"
    given = (settings.IFTHENPAY_BACKOFFICE_KEY, settings.IFTHENPAY_MBWAY_KEY, account)
    if any(IFTHENPAY_SAMPLES.fullmatch(one) for one in given):
        found.append(
            Error("ifthenpay's keys or its account are samples, not real ones.", id="billing.E016")
        )
    return found


def _eupago_play_money() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    address = urlsplit(settings.EUPAGO_URL)
    if address.scheme != "https" or TEST_HOST.search(address.netloc):
        found.append(
            Error("EUPAGO_URL must be eupago's own host in production.", id="billing.E003")
        )
    if TEST_KEY.match(settings.EUPAGO_API_KEY):
        found.append(Error("EUPAGO_API_KEY is a test key.", id="billing.E004"))
    return found
