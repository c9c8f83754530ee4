"""How often a phone may be asked for money, and for how long it may answer.

Nobody may be pestered until they approve.
"""

from datetime import timedelta

from django.utils.crypto import salted_hmac

from clinic.core import ratelimit

SCOPE = "mb_way"
PER_PHONE = 6
WINDOW_SECONDS = 900

WINDOW = timedelta(minutes=5)
"""How long a request waits for its answer, as long as we don't know the provider's own deadline."""

GRACE = timedelta(minutes=2)
"""How long after the provider's own deadline an MB WAY payment may still be decided."""


def count(phone: str) -> None:
    """Count one request to this phone. Raises DomainError `throttled` if it has had too many."""
    ratelimit.hit(SCOPE, _digest(phone), limit=PER_PHONE, seconds=WINDOW_SECONDS)


def paid(phone: str) -> None:
    """A request that was paid was welcome, so it doesn't count."""
    ratelimit.refund(SCOPE, _digest(phone))


def _digest(phone: str) -> str:
    """The key of the count. It survives the erasure of the patient's account, and doesn't reveal
    the number."""
    return salted_hmac("billing.pushes", phone, algorithm="sha256").hexdigest()
