"""How many wrong codes a kiosk takes.

Of some 900 million codes a hundred are good: within the limit nobody finds one, and the manager
hears of who tries.
"""

from clinic.core import audit, ratelimit
from clinic.core.audit import Actor
from recognition.models import CheckIn

LIMIT = 30
WINDOW_SECONDS = 3600
SCOPE = "check_in_code_wrong"
SPENT = "recognition.codes_spent"


def count(check_in: CheckIn) -> int:
    """Count a code before it is judged, in the caller's transaction: until that ends, others of
    this kiosk wait. Which one it is of the hour. Raises DomainError `throttled` beyond LIMIT, for
    right and wrong codes alike."""
    return ratelimit.hit(SCOPE, _kiosk(check_in), limit=LIMIT, seconds=WINDOW_SECONDS)


def was_right(check_in: CheckIn) -> None:
    """Only wrong ones count."""
    ratelimit.refund(SCOPE, _kiosk(check_in))


def was_wrong(check_in: CheckIn, tries: int, *, by: Actor) -> None:
    """The last one of an hour stands in what the manager sees."""
    if tries == LIMIT:
        audit.record(SPENT, actor=by, subject=check_in)


def _kiosk(check_in: CheckIn) -> str:
    return str(check_in.device_id)
