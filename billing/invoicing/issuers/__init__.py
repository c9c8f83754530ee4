"""The issuers of documents that this installation may use, by key."""

from django.conf import settings
from django.utils.module_loading import import_string

from billing.invoicing.issuers.base import InvoiceIssuer, Refusal, UnknownOutcomeError
from billing.invoicing.issuers.invoicexpress import InvoiceXpressIssuer
from billing.invoicing.issuers.own import OwnIssuer


def current() -> InvoiceIssuer:
    """The issuer of new documents: named by the setting INVOICE_ISSUER."""
    issuer: InvoiceIssuer = import_string(settings.INVOICE_ISSUER)()
    return issuer


def get(key: str) -> InvoiceIssuer:
    """The issuer of that key, who alone has the files of its documents and credits them. A third
    party stays known while there are credentials for it. Raises UnknownOutcomeError."""
    issuers: list[InvoiceIssuer] = [current(), OwnIssuer()]
    if settings.INVOICEXPRESS_API_KEY:
        issuers.append(InvoiceXpressIssuer())
    for issuer in issuers:
        if issuer.key == key:
            return issuer
    raise UnknownOutcomeError(f"there are no credentials for {key}", why=Refusal.NO_ACCESS)
