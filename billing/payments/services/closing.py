"""What happens to the money of an appointment that ended before the visit."""

from uuid import UUID

from django.db import transaction

from billing.payments.models import PaymentStatus, Reason
from billing.payments.services import ledger, refunds, withdrawals
from booking.choices import AppointmentStatus
from clinic.core import outbox
from clinic.core.audit import Actor

ACTOR = Actor.system("billing")


def appointment_ended(appointment_id: UUID, ended: AppointmentStatus, *, refundable: bool) -> None:
    """Queue the work in the caller's transaction.

    An appointment that expired can be paid late, booked again, and then be cancelled: the two ends
    are two pieces of work.
    """
    outbox.enqueue(
        "billing.close_appointment",
        key=f"close-appointment:{appointment_id}:{ended}",
        appointment_id=str(appointment_id),
        refundable=refundable,
    )


@transaction.atomic
def close(appointment_id: UUID, *, refundable: bool) -> None:
    """Expire what still waits, and request the refund of paid money if it should go back."""
    for payment in ledger.lock_money_of(appointment_id):
        if payment.status == PaymentStatus.PENDING:
            withdrawals.request(payment)
            ledger.move(payment, PaymentStatus.EXPIRED, actor=ACTOR, reason=Reason.HOLD_ENDED)
        elif payment.status == PaymentStatus.PAID and refundable:
            refunds.request(payment, actor=ACTOR)
