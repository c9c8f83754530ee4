"""The providers this installation may use, by key."""

from django.conf import settings

from billing.payments.errors import Code
from billing.payments.providers.base import PaymentProvider
from billing.payments.providers.eupago import EupagoProvider
from billing.payments.providers.ifthenpay import IfthenpayProvider
from billing.payments.providers.sandbox import SandboxProvider
from clinic.core.errors import DomainError


def known() -> dict[str, PaymentProvider]:
    """Every provider that may send us notices: the sandbox if it is switched on, others if there is
    a key for them."""
    providers: dict[str, PaymentProvider] = {}
    if settings.CLINIC_SANDBOX:
        providers[SandboxProvider.key] = SandboxProvider()
    if settings.EUPAGO_API_KEY:
        providers[EupagoProvider.key] = EupagoProvider()
    if settings.IFTHENPAY_BACKOFFICE_KEY:
        providers[IfthenpayProvider.key] = IfthenpayProvider()
    return providers


def get(key: str) -> PaymentProvider:
    """The provider of that key. Raises KeyError."""
    return known()[key]


def current() -> PaymentProvider:
    """The provider for new payments. Raises DomainError `payments_closed` if there is none."""
    provider = known().get(settings.PAYMENT_PROVIDER)
    if provider is None:
        raise DomainError(Code.PAYMENTS_CLOSED, retry_after=300)
    return provider
