"""Asks the provider about Multibanco references that somebody could still pay.

A reference ends with its day, not with the hold, so it can be paid when the slot has long been
free. The provider notifies us; this finds lost notices before the nightly reconciliation does.
"""

import time
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q

from billing.payments import providers
from billing.payments.models import Method, Payment, PaymentStatus, RequestState
from billing.payments.providers.base import UnknownOutcomeError
from billing.payments.services import requests
from clinic.core import clock

log = structlog.get_logger(__name__)

FIRST_LOOK = timedelta(minutes=55)
"""Hourly, with room for a scheduler that runs early; each further look waits twice as long."""

LOOKS = 6
WATCHED = timedelta(days=4)
"""Longer than a reference can be paid, and longer than all the looks take."""

BATCH = 50
PATIENCE_SECONDS = 45.0


def look_at_references() -> int:
    """Ask about the references that are due and apply the answers. Returns how many were asked
    about.

    Running again, or twice at once, asks nothing twice: a look counts before the call goes out, and
    one without an answer comes again in its turn.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    makers = [
        key for key, provider in providers.known().items() if provider.multibanco_account is None
    ]
    asked = 0
    while asked < BATCH and time.monotonic() < deadline:
        payment = _next_due(makers, clock.now())
        if payment is None:
            break
        asked += 1
        try:
            requests.ask(payment)
        except UnknownOutcomeError as error:
            log.warning("reference_not_looked_at", payment=str(payment.id), error=str(error))
    return asked


@transaction.atomic
def _next_due(makers: list[str], moment: datetime) -> Payment | None:
    """The one that has waited longest, with its look counted. Skips those that another worker
    has."""
    due = Q(looks=0, created_at__lte=moment - FIRST_LOOK)
    for looks in range(1, LOOKS):
        due |= Q(looks=looks, looked_at__lte=moment - FIRST_LOOK * 2**looks)
    payment = (
        Payment.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(
            due,
            provider__in=makers,
            method=Method.MULTIBANCO,
            created_at__gte=moment - WATCHED,
            status__in=[PaymentStatus.PENDING, PaymentStatus.EXPIRED],
            request_state=RequestState.ACCEPTED,
        )
        .order_by(F("looked_at").asc(nulls_first=True), "created_at")
        .first()
    )
    if payment is not None:
        payment.looked_at = moment
        payment.looks += 1
        payment.save(update_fields=["looked_at", "looks"])
    return payment
