"""How often a person's second factor may be tried on one day of the clinic.

Somebody who looks like another person would soon guess the birth year. So tries are counted for the
person, not for the check-in: another photo, another kiosk or a right answer doesn't start the count
again. Past the limit a right answer counts as wrong, and the desk helps. Everything else still
works for that person: a sure match, the code of the SMS, and the desk.
"""

import uuid
from collections.abc import Collection

from clinic.core import audit, clock, ratelimit
from clinic.core.audit import Actor
from recognition.models import CheckIn

TRIES_A_DAY = 5
# Longer than any day; the day itself is part of the key.
WINDOW_SECONDS = 26 * 3600
SCOPE = "check_in_factor"
SPENT = "recognition.factor_spent"


def spent(people: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these people have used up today's tries."""
    of_day = {_of_today(person): person for person in people}
    return {of_day[one] for one in ratelimit.spent(SCOPE, list(of_day), limit=TRIES_A_DAY)}


def count(check_in: CheckIn, people: Collection[uuid.UUID], *, by: Actor) -> set[uuid.UUID]:
    """Count one try against everybody whom it may mean, in the caller's transaction and before it
    is judged. Returns those for whom it is within the limit. The last try of a day is audited: that
    person and the manager can see it."""
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
