"""How often a patient may take and move times: each of them sends a message."""

from uuid import UUID

from clinic.core import ratelimit

SCOPE = "booking"
PER_HOUR = 30
HOUR_SECONDS = 3600


def count(patient_id: UUID) -> None:
    """Count one try to book or move. Raises DomainError `throttled` when there were too many.

    Call it before the transaction of the booking, which may roll back.
    """
    ratelimit.hit(SCOPE, str(patient_id), limit=PER_HOUR, seconds=HOUR_SECONDS)
