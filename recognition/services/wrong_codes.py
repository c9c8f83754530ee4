"""How many wrong codes a kiosk accepts.

Of some 900 million codes about a hundred are valid. Within the limit nobody finds one, and the
manager can see that somebody tried.
"""

from clinic.core import audit, ratelimit
from clinic.core.audit import Actor
from recognition.models import CheckIn

LIMIT = 30
WINDOW_SECONDS = 3600
SCOPE = "check_in_code_wrong"
SPENT = "recognition.codes_spent"


def count(check_in: CheckIn) -> int:
    """Count a code before it is judged, in the caller's transaction; the kiosk's other codes wait
    until that ends. Returns how many this hour had. Raises DomainError `throttled` beyond LIMIT,
    for right and wrong codes alike."""
    return ratelimit.hit(SCOPE, _kiosk(check_in), limit=LIMIT, seconds=WINDOW_SECONDS)


def was_right(check_in: CheckIn) -> None:
    """Takes the count back: only wrong codes count."""
    ratelimit.refund(SCOPE, _kiosk(check_in))


def was_wrong(check_in: CheckIn, tries: int, *, by: Actor) -> None:
    """The last wrong code allowed in an hour is audited, for the manager to see."""
    if tries == LIMIT:
        audit.record(SPENT, actor=by, subject=check_in)


def _kiosk(check_in: CheckIn) -> str:
    return str(check_in.device_id)
