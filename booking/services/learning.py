"""Learning from the clinic's own days, once a night."""

from datetime import timedelta

import structlog
from django.core.cache import cache
from django.db import transaction

from booking import selectors, waits
from booking.models import LearnedTimes
from clinic.core import clock

log = structlog.get_logger(__name__)

MEMORY = timedelta(days=365)


@transaction.atomic
def learn() -> waits.Learned:
    """Learn from the past year up to yesterday, keep the result, and report how accurate
    yesterday's waits were."""
    yesterday = clock.today() - timedelta(days=1)
    history = waits.History()
    for day, visits in sorted(selectors.past_visits(yesterday - MEMORY, yesterday).items()):
        history.add_day(day, visits)
    learned = history.learned()
    LearnedTimes.objects.update_or_create(
        pk=1, defaults={"figures": learned.as_dict(), "learned_at": clock.now()}
    )
    cache.delete(selectors.LEARNED_KEY)
    accuracy = waits.accuracy(selectors.quoted_waits(yesterday, yesterday))
    if accuracy is not None:
        log.info("waits_report", day=yesterday.isoformat(), **accuracy.as_dict())
    return learned
