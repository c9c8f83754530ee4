"""Shows payments to somebody; the look is audited with the patients on them."""

from collections.abc import Collection

from billing.payments.models import Payment
from clinic.core import audit
from clinic.core.audit import Actor


def read_payments(payments: Collection[Payment], *, actor: Actor) -> Collection[Payment]:
    """These payments, for somebody to look at; audited."""
    patients = [payment.patient_id for payment in payments]
    audit.record_reads("payment.read", actor=actor, patient_ids=patients)
    return payments
