"""Place and wait of those who are here now, forecast from today's rows in the database."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from booking import selectors, waits
from booking.choices import AppointmentStatus
from booking.models import Appointment
from clinic.core import clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from booking.waits import Standing

COUNTED = (*selectors.BEFORE_THE_VISIT, AppointmentStatus.FULFILLED)
READ = (
    *("id", "practitioner_id", "status", "specialty_id", "start", "end"),
    *("arrived_at", "called_at", "started_at", "ended_at"),
    *("shown_low_minutes", "shown_high_minutes"),
)
"""The columns that a forecast needs."""
FORECAST_SECONDS = 10


def of(appointment: Appointment) -> Standing | None:
    """Place and wait of one appointment; None when it isn't waiting now."""
    if appointment.status != AppointmentStatus.ARRIVED or appointment.ticket_on != clock.today():
        return None
    return of_all(clock.now(), appointment.practitioner_id).get(appointment.pk)


def on_arrival(appointment: Appointment, now: datetime) -> Standing | None:
    """Place and wait that a booked appointment of today gets when its patient arrives now."""
    rows = counted(appointment.practitioner_id).values_list(*READ, named=True)
    arrived = [
        row._replace(status=AppointmentStatus.ARRIVED, arrived_at=now)
        if row.id == appointment.pk
        else row
        for row in rows
    ]
    return of_rows(arrived, now).get(appointment.pk)


def of_all(now: datetime, practitioner_id: UUID | None = None) -> dict[UUID, Standing]:
    """Place and wait of everybody who waits, with one practitioner or with all. One query."""
    return of_rows(counted(practitioner_id).values_list(*READ, named=True), now)


def of_rows(rows: Iterable[Any], now: datetime) -> dict[UUID, Standing]:
    """The same, from rows with the columns of `READ` that were already read."""
    learned = selectors.learned_times()
    lists: dict[UUID, list[waits.Entry]] = defaultdict(list)
    for row in rows:
        lists[row.practitioner_id].append(_entry(row))
    result: dict[UUID, Standing] = {}
    at = now.replace(second=now.second // FORECAST_SECONDS * FORECAST_SECONDS, microsecond=0)
    for practitioner, entries in lists.items():
        result |= _forecast(tuple(entries), at, learned, str(practitioner))
    return result


def counted(practitioner_id: UUID | None = None) -> QuerySet[Appointment]:
    """Today's appointments that a forecast counts in, of one practitioner or of all."""
    rows = Appointment.objects.filter(
        Q(ticket_on=clock.today()) | selectors.starts_today(), status__in=COUNTED
    ).order_by("start", "pk")
    return rows if practitioner_id is None else rows.filter(practitioner=practitioner_id)


def ranges() -> list[tuple[str, int, int, int]]:
    """Each waiting patient's place and range now, to notice when time has changed them."""
    return sorted(
        (str(pk), standing.position, standing.wait.low_minutes, standing.wait.high_minutes)
        for pk, standing in of_all(clock.now()).items()
    )


@lru_cache(maxsize=256)
def _forecast(
    entries: tuple[waits.Entry, ...], at: datetime, learned: waits.Learned, practitioner: str
) -> dict[UUID, Standing]:
    """A call changes one practitioner's list only: the others' forecasts are reused."""
    return waits.standings(entries, at, learned, practitioner)


def _entry(row: Any) -> waits.Entry:
    low, high = row.shown_low_minutes, row.shown_high_minutes
    return waits.Entry(
        id=row.id,
        status=row.status,
        specialty=row.specialty_id,
        start=row.start,
        planned_minutes=(row.end - row.start).total_seconds() / 60,
        arrived_at=row.arrived_at,
        called_at=row.called_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        shown=None if low is None or high is None else (low, high),
    )
