"""The document issuers that this installation may use, by key."""

from django.conf import settings
from django.utils.module_loading import import_string

from billing.invoicing.issuers.base import InvoiceIssuer, Refusal, UnknownOutcomeError
from billing.invoicing.issuers.invoicexpress import InvoiceXpressIssuer
from billing.invoicing.issuers.own import OwnIssuer


def current() -> InvoiceIssuer:
    """The issuer of new documents, which the setting INVOICE_ISSUER names."""
    issuer: InvoiceIssuer = import_string(settings.INVOICE_ISSUER)()
    return issuer


def get(key: str) -> InvoiceIssuer:
    """The issuer with that key. Only the issuer of a document has its file and can credit it, so a
    third party stays known as long as there are credentials for it. Raises UnknownOutcomeError."""
    issuers: list[InvoiceIssuer] = [current(), OwnIssuer()]
    if settings.INVOICEXPRESS_API_KEY:
        issuers.append(InvoiceXpressIssuer())
    for issuer in issuers:
        if issuer.key == key:
            return issuer
    raise UnknownOutcomeError(f"there are no credentials for {key}", why=Refusal.NO_ACCESS)
