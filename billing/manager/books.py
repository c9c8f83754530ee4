"""The nightly comparisons with the providers, as the manager reads them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import QuerySet

from billing.payments import providers
from billing.payments.models import Reconciliation
from billing.payments.providers.base import PaymentProvider
from clinic.core import clock

A_NIGHT = timedelta(hours=26)
"""An older comparison means that a night was missed; a run that breaks off isn't recorded."""

State = Literal["never", "late", "incomplete", "good"]
STATES: list[State] = ["never", "late", "incomplete", "good"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the comparison with one provider stands, by its newest run."""

    provider: str
    state: State
    last_at: datetime | None


def reconciliations() -> QuerySet[Reconciliation]:
    """Every comparison that came to its end, newest first."""
    return Reconciliation.objects.order_by("-started_at", "pk")


def standings() -> list[Standing]:
    """Whether each provider that may take money was compared last night, and completely."""
    return [_standing(provider) for _, provider in sorted(providers.known().items())]


def _standing(provider: PaymentProvider) -> Standing:
    last = reconciliations().filter(provider=provider.key).first()
    if last is None:
        return Standing(provider.key, "never", None)
    state: State = "good"
    if clock.now() - last.finished_at > A_NIGHT:
        state = "late"
    elif last.unanswered or (provider.capabilities.movements and last.listed is None):
        state = "incomplete"
    return Standing(provider.key, state, last.finished_at)
