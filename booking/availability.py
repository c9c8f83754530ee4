"""The one rule of what can be booked. The slot list and every booking ask the same calendar."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from booking.choices import LIVE, AppointmentStatus
from booking.models import Appointment
from clinic.core import clock
from clinic.directory import selectors as directory
from clinic.directory.hours import Interval

GRID = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Agenda:
    """What one practitioner or one room is taken for. Entries never overlap."""

    starts: list[datetime] = field(default_factory=list)
    ends: list[datetime] = field(default_factory=list)

    def add(self, start: datetime, end: datetime) -> None:
        """Entries must come in order of their start."""
        self.starts.append(start)
        self.ends.append(end)

    def is_free(self, start: datetime, end: datetime) -> bool:
        """Back to back is free: intervals are half-open."""
        last_before = bisect_left(self.starts, end) - 1
        return last_before < 0 or self.ends[last_before] <= start

    def free_from(self, start: datetime, end: datetime) -> datetime:
        """When the entry that is in the way ends."""
        last_before = bisect_left(self.starts, end) - 1
        return max(start, self.ends[last_before]) if last_before >= 0 else start


class Calendar:
    """Working time and appointments of some practitioners between two instants, read at once."""

    def __init__(
        self,
        practitioner_ids: Collection[UUID],
        start: datetime,
        end: datetime,
        *,
        now: datetime,
        without: UUID | None = None,
    ) -> None:
        """Four queries. `without` leaves one appointment out, as when it is being moved."""
        self._intervals = directory.working_intervals(
            practitioner_ids, clock.local(start).date(), clock.local(end).date()
        )
        self._practitioners: dict[UUID, Agenda] = {pk: Agenda() for pk in practitioner_ids}
        self._rooms: dict[UUID, Agenda] = {room.pk: Agenda() for room in directory.rooms()}
        taken = occupying(now, without=without).filter(start__lt=end, end__gt=start)
        for practitioner_id, room_id, begins, ends in taken.order_by("start").values_list(
            "practitioner_id", "room_id", "start", "end"
        ):
            if practitioner_id in self._practitioners:
                self._practitioners[practitioner_id].add(begins, ends)
            self._rooms[room_id].add(begins, ends)

    def offers(self, practitioner_id: UUID, start: datetime, length: timedelta) -> bool:
        """Whether this would be a slot if nothing else were booked: within work and on the grid."""
        return any(
            interval.start <= start
            and start + length <= interval.end
            and (start - interval.anchor) % GRID == timedelta()
            for interval in self._intervals[practitioner_id]
        )

    def works(self, practitioner_id: UUID, start: datetime, length: timedelta) -> bool:
        """Whether the practitioner works all that time, on the grid or off it."""
        return any(
            interval.start <= start and start + length <= interval.end
            for interval in self._intervals[practitioner_id]
        )

    def is_free(self, practitioner_id: UUID, start: datetime, length: timedelta) -> bool:
        """Whether neither the practitioner nor every room is taken."""
        end = start + length
        return self._practitioners[practitioner_id].is_free(start, end) and any(
            agenda.is_free(start, end) for agenda in self._rooms.values()
        )

    def rooms(self, preferred: UUID, start: datetime, length: timedelta) -> list[UUID]:
        """Free rooms, the preferred one first."""
        end = start + length
        free = [pk for pk, agenda in self._rooms.items() if agenda.is_free(start, end)]
        return sorted(free, key=lambda pk: pk != preferred)

    def slots(
        self, practitioner_id: UUID, length: timedelta, start: datetime, end: datetime
    ) -> Iterator[datetime]:
        """Free start times on the grid, from `start` and before `end`, in order."""
        seen: set[datetime] = set()
        for interval in self._intervals[practitioner_id]:
            for candidate in _grid(interval, length, start, end):
                if candidate not in seen and self.is_free(practitioner_id, candidate, length):
                    seen.add(candidate)
                    yield candidate

    def first_gap(
        self, practitioner_id: UUID, length: timedelta, start: datetime
    ) -> datetime | None:
        """The earliest time from `start`, on any minute, that is long enough for a treatment."""
        for interval in self._intervals[practitioner_id]:
            candidate = max(interval.start, start)
            while candidate + length <= interval.end:
                if self.is_free(practitioner_id, candidate, length):
                    return candidate
                later = self._practitioners[practitioner_id].free_from(
                    candidate, candidate + length
                )
                candidate = later if later > candidate else candidate + MINUTE
        return None


def occupying(now: datetime, *, without: UUID | None = None) -> QuerySet[Appointment]:
    """Appointments that take up time: live ones, but no hold that has run out."""
    lapsed = Q(status=AppointmentStatus.PENDING, hold_expires_at__lte=now)
    taken = Appointment.objects.filter(status__in=LIVE).exclude(lapsed)
    return taken if without is None else taken.exclude(pk=without)


def on_minute(instant: datetime) -> datetime:
    """The minute that is running."""
    return instant.replace(second=0, microsecond=0)


def _grid(
    interval: Interval, length: timedelta, start: datetime, end: datetime
) -> Iterable[datetime]:
    first = max(interval.start, start)
    behind = (first - interval.anchor) % GRID
    candidate = first + (GRID - behind if behind else timedelta())
    last = interval.end - length
    while candidate <= last and candidate < end:
        yield candidate
        candidate += GRID
