"""Erases everything whose time is over, and notes that it did."""

from clinic.core import clock
from recognition.models import RetentionRun
from recognition.services import check_in, enrolment, tallies


def run() -> None:
    """Expire faces, give up on stuck uploads, keep the past days' numbers, forget old check-ins.

    The run is noted last, so that a failed run isn't noted at all.
    """
    expired = enrolment.expire_due()
    given_up = enrolment.give_up_on_stuck()
    # Before the check-ins are deleted: afterwards their day can't be counted.
    tallies.close_days()
    forgotten = check_in.forget_old()
    RetentionRun.objects.update_or_create(
        pk=1,
        defaults={
            "finished_at": clock.now(),
            "faces_expired": expired,
            "uploads_given_up": given_up,
            "check_ins_forgotten": forgotten,
        },
    )
