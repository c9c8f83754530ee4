"""The one rule for what can be booked. The slot list and every booking use the same calendar."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product, starmap
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q, QuerySet

from booking.choices import LIVE, AppointmentStatus
from booking.models import Appointment
from clinic.core import clock
from clinic.directory import selectors as directory

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.directory.hours import Interval
    from clinic.directory.models import Practitioner, Specialty

GRID = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Agenda:
    """What one practitioner, one room or the like is taken for. Entries never overlap."""

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
        """When the entry in the way ends."""
        last_before = bisect_left(self.starts, end) - 1
        return max(start, self.ends[last_before]) if last_before >= 0 else start


@dataclass(frozen=True, slots=True)
class Treatment:
    """What needs a time: who can give it, and how long it takes."""

    specialty_code: str
    length: timedelta

    @classmethod
    def on_offer(cls, specialty: Specialty) -> Treatment:
        return cls(specialty.code, timedelta(minutes=specialty.duration_minutes))

    @classmethod
    def as_booked(cls, appointment: Appointment) -> Treatment:
        """As long as when it was booked, however long its specialty takes by now."""
        return cls(appointment.specialty_id, appointment.end - appointment.start)

    def practitioners(self, practitioner_id: UUID | None = None) -> list[Practitioner]:
        """Who offers it, in order. Raises DomainError as `directory.treating` does."""
        return directory.treating(self.specialty_code, practitioner_id)


class Place(NamedTuple):
    """What a treatment takes up, named as the columns of its appointment: one of each kind."""

    practitioner_id: UUID
    room_id: UUID

    def taken(self) -> Q:
        """The appointments that take up anything of it."""
        return Q(*self._asdict().items(), _connector=Q.OR)


class Calendar:
    """When and where some practitioners can give a treatment, between two instants, read at once.

    For each kind that a `Place` names, the calendar keeps an agenda for everything of that kind.
    """

    def __init__(
        self,
        treatment: Treatment,
        practitioner_ids: Collection[UUID],
        start: datetime,
        end: datetime,
        *,
        now: datetime,
        without: UUID | None = None,
    ) -> None:
        """Four queries. `without` leaves one appointment out, as when it is being moved."""
        self._length = treatment.length
        self._intervals = directory.working_intervals(
            practitioner_ids, clock.local(start).date(), clock.local(end).date()
        )
        self._practitioners = _agendas(practitioner_ids)
        # Apart from the practitioner, any one of each kind will do.
        self._shared = [_agendas(room.pk for room in directory.rooms())]
        kinds = [self._practitioners, *self._shared]
        taken = occupying(now, without=without).filter(start__lt=end, end__gt=start)
        for begins, ends, *place in taken.order_by("start").values_list(
            "start", "end", *Place._fields
        ):
            for agendas, pk in zip(kinds, place, strict=True):
                if pk in agendas:
                    agendas[pk].add(begins, ends)

    def offers(self, practitioner_id: UUID, start: datetime) -> bool:
        """Whether this would be a slot if nothing else were booked: within work and on the grid."""
        return any(
            interval.start <= start
            and start + self._length <= interval.end
            and (start - interval.anchor) % GRID == timedelta()
            for interval in self._intervals[practitioner_id]
        )

    def works(self, practitioner_id: UUID, start: datetime) -> bool:
        """Whether the practitioner works all that time, on the grid or off it."""
        return any(
            interval.start <= start and start + self._length <= interval.end
            for interval in self._intervals[practitioner_id]
        )

    def is_free(self, practitioner_id: UUID, start: datetime) -> bool:
        """Whether there is a place with this practitioner."""
        end = start + self._length
        return self._practitioners[practitioner_id].is_free(start, end) and all(
            any(agenda.is_free(start, end) for agenda in agendas.values())
            for agendas in self._shared
        )

    def places(self, practitioner_id: UUID, start: datetime, *, room_id: UUID) -> list[Place]:
        """The free places with this practitioner, those in the preferred room first."""
        end = start + self._length
        own = {practitioner_id: self._practitioners[practitioner_id]}
        free = (
            [pk for pk, agenda in agendas.items() if agenda.is_free(start, end)]
            for agendas in (own, *self._shared)
        )
        return sorted(starmap(Place, product(*free)), key=lambda place: place.room_id != room_id)

    def slots(self, practitioner_id: UUID, start: datetime, end: datetime) -> Iterator[datetime]:
        """Free start times on the grid, from `start` and before `end`, in order."""
        seen: set[datetime] = set()
        for interval in self._intervals[practitioner_id]:
            for candidate in _grid(interval, self._length, start, end):
                if candidate not in seen and self.is_free(practitioner_id, candidate):
                    seen.add(candidate)
                    yield candidate

    def first_gap(self, practitioner_id: UUID, start: datetime) -> datetime | None:
        """The earliest time from `start`, on any minute, that is long enough for the treatment."""
        for interval in self._intervals[practitioner_id]:
            candidate = max(interval.start, start)
            while candidate + self._length <= interval.end:
                if self.is_free(practitioner_id, candidate):
                    return candidate
                later = self._practitioners[practitioner_id].free_from(
                    candidate, candidate + self._length
                )
                candidate = later if later > candidate else candidate + MINUTE
        return None


def _agendas(ids: Iterable[UUID]) -> dict[UUID, Agenda]:
    return {pk: Agenda() for pk in ids}


def occupying(now: datetime, *, without: UUID | None = None) -> QuerySet[Appointment]:
    """Appointments that take up time: live ones, but no hold that has run out."""
    lapsed = Q(status=AppointmentStatus.PENDING, hold_expires_at__lte=now)
    return live(without=without).exclude(lapsed)


def live(*, without: UUID | None = None) -> QuerySet[Appointment]:
    """Everything that the constraints count, even a hold that ran out and wasn't swept yet."""
    found = Appointment.objects.filter(status__in=LIVE)
    return found if without is None else found.exclude(pk=without)


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
