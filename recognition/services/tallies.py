"""How check-ins ended, day by day, without a person in it."""

from datetime import date, timedelta

from django.db.models.functions import TruncDate

from clinic.core import audit, clock
from recognition.models import CheckIn, CheckInKind, CheckInStatus, DayTally

# By then no check-in of the evening still waits for an answer or a second factor.
CLOSED_AFTER = timedelta(hours=1)

_FIELD_OF = {
    CheckInStatus.NOT_RECOGNISED: "unknown",
    CheckInStatus.CONFIRM: "unknown",
    CheckInStatus.NO_FACE: "unusable",
    CheckInStatus.MULTIPLE_FACES: "unusable",
    CheckInStatus.POOR_IMAGE: "unusable",
    CheckInStatus.UNAVAILABLE: "unavailable",
    CheckInStatus.PROCESSING: "unavailable",
}


def count(day: date) -> DayTally:
    """Count one day from its check-ins that still exist; writes nothing.

    A recognised face counts as `confirmed` if a second factor settled it, else as `accepted`, even
    if there was no visit to arrive for. A check-in without an answer or confirmation counts as what
    it will become. Each face is counted again by its liveness.
    """
    start, end = clock.day_bounds(day)
    rows = list(
        CheckIn.objects.filter(created_at__gte=start, created_at__lt=end).values_list(
            "pk", "kind", "status", "liveness"
        )
    )
    unsure = audit.subjects_that_were(
        CheckIn._meta.label_lower, [str(pk) for pk, *_ in rows], status=CheckInStatus.CONFIRM
    )
    tally = DayTally(day=day)
    for pk, kind, status, liveness in rows:
        if kind == CheckInKind.CODE:
            fields = ["by_code"]
        else:
            recognised = "confirmed" if str(pk) in unsure else "accepted"
            fields = [_FIELD_OF.get(CheckInStatus(status), recognised), f"liveness_{liveness}"]
        for field in fields:
            setattr(tally, field, getattr(tally, field) + 1)
    return tally


def close_days() -> int:
    """Keep the numbers of every past day that isn't counted yet. Returns how many days.

    A day is counted once and for all, because its check-ins are deleted later. Running this twice,
    even at the same time, changes nothing.
    """
    days = open_days(clock.local(clock.now() - CLOSED_AFTER).date())
    DayTally.objects.bulk_create([count(day) for day in days], ignore_conflicts=True)
    return len(days)


def open_days(before: date) -> list[date]:
    """Days with check-ins, before the given one, whose numbers aren't kept yet."""
    start, _ = clock.day_bounds(before)
    days = (
        CheckIn.objects.filter(created_at__lt=start)
        .order_by()
        .values_list(TruncDate("created_at", tzinfo=clock.zone()), flat=True)
        .distinct()
    )
    kept = set(DayTally.objects.filter(day__in=days).values_list("day", flat=True))
    return sorted(set(days) - kept)
