"""Gives out Multibanco references that nobody else has."""

import secrets
from datetime import timedelta
from decimal import Decimal

from billing.payments import multibanco
from billing.payments.errors import Code
from billing.payments.models import Payment, PaymentStatus, ReferencePool
from clinic.core import clock
from clinic.core.errors import DomainError

QUARANTINE = timedelta(days=90)
"""An offline reference can be paid long after its deadline, so it isn't used again for this
long."""


def allocate(entity: str, subentity: str, amount: Decimal) -> str:
    """A reference for this amount that no live or recent payment has.

    Call it inside the transaction that stores the payment: the pool stays locked until then.
    Raises DomainError `payments_closed` when every order number is held.
    """
    pool = _locked_pool(entity, subentity)
    held = Payment.objects.filter(entity=entity, amount=amount, reference_held=True)
    held.exclude(status=PaymentStatus.PENDING).filter(
        closed_at__lt=clock.now() - QUARANTINE
    ).update(reference_held=False)
    taken = {
        multibanco.order_of(subentity, reference)
        for reference in held.filter(reference__startswith=subentity).values_list(
            "reference", flat=True
        )
    }
    order = multibanco.next_free_order(subentity, pool.last_order, taken)
    if order is None:
        raise DomainError(Code.PAYMENTS_CLOSED, retry_after=300)
    pool.last_order = order
    pool.save(update_fields=["last_order"])
    return multibanco.make_reference(entity, subentity, order, amount)


def _locked_pool(entity: str, subentity: str) -> ReferencePool:
    ReferencePool.objects.bulk_create(
        [
            ReferencePool(
                entity=entity,
                subentity=subentity,
                last_order=secrets.randbelow(multibanco.pool_size(subentity)),
            )
        ],
        ignore_conflicts=True,
    )
    return ReferencePool.objects.select_for_update().get(entity=entity, subentity=subentity)
