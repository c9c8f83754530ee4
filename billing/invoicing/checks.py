"""Start-up checks: an issuer without credentials, a sealer that isn't there and a key that can't
sign are refused early."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from billing.invoicing import chain, issuers, sealing
from billing.invoicing.issuers.invoicexpress import InvoiceXpressIssuer
from clinic.core.checks import SETTINGS

INVOICEXPRESS_HOSTS = ".app.invoicexpress.com"


@register(SETTINGS)
def pdf_sealer(**_options: Any) -> list[CheckMessage]:
    """A sealer that can't be loaded would hold back every invoice."""
    try:
        sealing.current()
    except ImportError as error:
        return [Error(f"PDF_SEALER can't be loaded: {error}", id="billing.E005")]
    return []


@register(SETTINGS)
def invoice_issuer(**_options: Any) -> list[CheckMessage]:
    """An issuer that can't be loaded or called would leave every payment without its invoice."""
    try:
        issuer = issuers.current()
    except ImportError as error:
        return [Error(f"INVOICE_ISSUER can't be loaded: {error}", id="billing.E007")]
    if issuer.key != InvoiceXpressIssuer.key and not settings.INVOICEXPRESS_API_KEY:
        return []
    if not settings.INVOICEXPRESS_API_KEY or not settings.INVOICEXPRESS_URL:
        return [
            Error(
                "InvoiceXpress needs INVOICEXPRESS_API_KEY and INVOICEXPRESS_URL.",
                id="billing.E008",
            )
        ]
    address = urlsplit(settings.INVOICEXPRESS_URL)
    is_theirs = (address.hostname or "").endswith(INVOICEXPRESS_HOSTS)
    if settings.PRODUCTION and (address.scheme != "https" or not is_theirs):
        return [
            Error(
                f"INVOICEXPRESS_URL must be https://ACCOUNT{INVOICEXPRESS_HOSTS} in production.",
                id="billing.E009",
            )
        ]
    return []


@register(SETTINGS)
def signing_key(**_options: Any) -> list[CheckMessage]:
    """A key that can't sign would hold back every certified document."""
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
