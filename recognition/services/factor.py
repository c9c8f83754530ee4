"""How often a person's second factor may be tried on one day of the clinic.

A birth year is soon guessed through by whoever shows a face like another's, so the count is the
person's, not the check-in's: another photo, another kiosk or a right answer doesn't begin it anew.
Beyond it the right answer is as good as a wrong one, and the desk helps. Nothing else is closed to
the person: a sure face, the code of the SMS and the desk stay.
"""

import uuid
from collections.abc import Collection

from clinic.core import audit, clock, ratelimit
from clinic.core.audit import Actor
from recognition.models import CheckIn

TRIES_A_DAY = 5
# Longer than any day; the day itself is part of what is counted.
WINDOW_SECONDS = 26 * 3600
SCOPE = "check_in_factor"
SPENT = "recognition.factor_spent"


def spent(people: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these people whose tries of today are used up."""
    of_day = {_of_today(person): person for person in people}
    return {of_day[one] for one in ratelimit.spent(SCOPE, list(of_day), limit=TRIES_A_DAY)}


def count(check_in: CheckIn, people: Collection[uuid.UUID], *, by: Actor) -> set[uuid.UUID]:
    """Count one try against everybody that it may mean, in the caller's transaction and before it
    is judged; those of them for whom it still counts. The last one of a day stands in the person's
    accesses and in what the manager sees."""
    left = set()
    for person in sorted(people):
        tries = ratelimit.count(SCOPE, _of_today(person), seconds=WINDOW_SECONDS)
        if tries <= TRIES_A_DAY:
            left.add(person)
        if tries == TRIES_A_DAY:
            audit.record(SPENT, actor=by, subject=check_in, patient_id=person)
    return left


def _of_today(person: uuid.UUID) -> str:
    return f"{clock.today()} {person}"
