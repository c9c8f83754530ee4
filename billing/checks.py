"""Start-up checks: a provider that could take no money, or only play money, is refused early; a
sealer that isn't there and a key that can't sign too."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from billing import chain, sealing

WEBHOOK_KEY_BYTES = 32
TEST_HOST = re.compile(r"(^|\.)(sandbox|replica|demo|test)\.|^(localhost|127\.|\[?::1)")
TEST_KEY = re.compile(r"demo|test|sandbox", re.IGNORECASE)


@register
def provider_settings(**_options: Any) -> list[CheckMessage]:
    """Keys of the right form, and in production neither a test key nor a test host."""
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
        found += _play_money()
    return found


@register
def pdf_sealer(**_options: Any) -> list[CheckMessage]:
    """A sealer that can't be found would keep every invoice back."""
    try:
        sealing.current()
    except ImportError as error:
        return [Error(f"PDF_SEALER can't be loaded: {error}", id="billing.E005")]
    return []


@register
def signing_key(**_options: Any) -> list[CheckMessage]:
    """A key that can't sign would keep every certified document back."""
    if not settings.INVOICE_SIGNING_KEY:
        return []
    try:
        chain.load_private_key(settings.INVOICE_SIGNING_KEY)
    except ValueError:
        return [
            Error(
                "INVOICE_SIGNING_KEY must be an RSA key of 1024 bits in PEM, without a password.",
                id="billing.E006",
            )
        ]
    return []


def _play_money() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    address = urlsplit(settings.EUPAGO_URL)
    if address.scheme != "https" or TEST_HOST.search(address.netloc):
        found.append(
            Error("EUPAGO_URL must be eupago's own host in production.", id="billing.E003")
        )
    if TEST_KEY.match(settings.EUPAGO_API_KEY):
        found.append(Error("EUPAGO_API_KEY is a test key.", id="billing.E004"))
    return found
