"""Which of a day's visits a person has come for, and which they have missed: by the clock, not by
the plan."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from booking.choices import AppointmentStatus

# People come for a visit that is near. With less, those who come early would be sent to the desk.
# With more, somebody who has just missed a visit would wait until evening for another.
NEAR = timedelta(hours=2)
# Whoever is booked and isn't here this long after the hour is late.
LATE_AFTER = timedelta(minutes=15)
# Whoever was called and hasn't come after this long has perhaps not heard it.
UNHEARD_AFTER = timedelta(minutes=5)


class Timed(Protocol):
    @property
    def status(self) -> str: ...
    @property
    def start(self) -> datetime: ...
    @property
    def end(self) -> datetime: ...


V = TypeVar("V", bound=Timed)


def is_missed(visit: Timed, now: datetime) -> bool:
    """Booked, and its time is over: nobody has come. Nothing is decided by that; the desk may still
    let the patient in, or record the no-show."""
    return visit.status == AppointmentStatus.BOOKED and visit.end <= now


def due(visits: Iterable[V], now: datetime) -> V | None:
    """The visit for which a person is here now, among those of today that are booked or under way.

    The one under way; else the next, as long as its time isn't over. If the clinic runs late with
    one, the next takes its place as soon as it is near. None if the desk has to decide: every visit
    was missed, or one was missed just now and the next is hours away.
    """
    ordered = sorted(visits, key=lambda visit: visit.start)
    under_way = [visit for visit in ordered if visit.status != AppointmentStatus.BOOKED]
    if present := [visit for visit in under_way if visit.end > now]:
        return present[0]
    following = next((v for v in ordered if v not in under_way and v.end > now), None)
    if following is not None and following.start <= now + NEAR:
        return following
    if under_way:
        return under_way[-1]
    if any(is_missed(visit, now) and visit.end > now - NEAR for visit in ordered):
        return None
    return following
