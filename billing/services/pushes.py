"""How often a phone may be asked for money: nobody is to be worn down until they approve."""

from clinic.core import ratelimit

SCOPE = "mb_way"
PER_PHONE = 6
WINDOW_SECONDS = 900


def count(phone: str) -> None:
    """Count one request to this phone. Raises DomainError `throttled` when it has had enough."""
    ratelimit.hit(SCOPE, phone, limit=PER_PHONE, seconds=WINDOW_SECONDS)


def paid(phone: str) -> None:
    """A request that was paid was welcome, so it doesn't count."""
    ratelimit.refund(SCOPE, phone, seconds=WINDOW_SECONDS)
