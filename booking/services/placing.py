"""Putting an appointment into the calendar: who treats, where, and the race for the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Count, Q

from booking import codes
from booking.availability import Calendar, occupying
from booking.choices import LIVE, AppointmentStatus, Source
from booking.errors import Code
from booking.events import AppointmentExpired
from booking.models import Appointment
from clinic.core import clock, events
from clinic.core.errors import DomainError
from clinic.directory import selectors as directory

if TYPE_CHECKING:
    from booking.transitions import Change
    from clinic.directory.models import Practitioner, Specialty

Rule = Callable[[Calendar, UUID, datetime, timedelta], bool]


@dataclass(frozen=True, slots=True)
class Draft:
    """An appointment that has no practitioner and room yet."""

    patient_id: UUID
    specialty: Specialty
    start: datetime
    status: AppointmentStatus
    source: Source
    made_at: datetime
    hold_expires_at: datetime | None = None

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.specialty.duration_minutes)

    @property
    def end(self) -> datetime:
        return self.start + self.length


def candidates(
    specialty_code: str,
    practitioner_id: UUID | None,
    start: datetime,
    length: timedelta,
    *,
    rule: Rule,
    without: UUID | None = None,
) -> tuple[list[Practitioner], Calendar]:
    """Who could treat at that time, the least loaded first, and the calendar that says so.

    Raises DomainError `in_the_past`, `slot_unavailable` when the rule excludes everybody, and
    `slot_taken` when all who remain are busy.
    """
    now = clock.now()
    if start < now:
        raise DomainError(Code.IN_THE_PAST, pointer="/start")
    offering = directory.treating(specialty_code, practitioner_id)
    calendar = Calendar(
        [person.pk for person in offering], start, start + length, now=now, without=without
    )
    possible = [person for person in offering if rule(calendar, person.pk, start, length)]
    if not possible:
        raise DomainError(Code.SLOT_UNAVAILABLE, pointer="/start")
    free = [person for person in possible if calendar.is_free(person.pk, start, length)]
    if not free:
        raise DomainError(Code.SLOT_TAKEN, pointer="/start")
    return by_load(free, start, now), calendar


def by_load(
    practitioners: Sequence[Practitioner], start: datetime, now: datetime
) -> list[Practitioner]:
    """Fewest appointments that day first, then fewest that week, then the directory's order."""
    if len(practitioners) < 2:
        return list(practitioners)
    day = clock.local(start).date()
    monday = day - timedelta(days=day.weekday())
    day_from, day_to = clock.day_bounds(day)
    week_from, _ = clock.day_bounds(monday)
    _, week_to = clock.day_bounds(monday + timedelta(days=6))
    counted = occupying(now) | Appointment.objects.filter(status=AppointmentStatus.FULFILLED)
    rows = (
        counted.filter(
            practitioner__in=[person.pk for person in practitioners],
            start__gte=week_from,
            start__lt=week_to,
        )
        .order_by()
        .values_list("practitioner_id")
        .annotate(
            day=Count("pk", filter=Q(start__gte=day_from, start__lt=day_to)), week=Count("pk")
        )
    )
    load = {practitioner_id: (day, week) for practitioner_id, day, week in rows}
    return sorted(
        practitioners, key=lambda person: (load.get(person.pk, (0, 0)), person.position, person.pk)
    )


def refuse_busy_patient(
    patient_id: UUID, start: datetime, end: datetime, *, without: UUID | None = None
) -> None:
    """Raises DomainError `patient_busy`. The caller holds the patient's row."""
    others = occupying(clock.now(), without=without).filter(
        patient=patient_id, start__lt=end, end__gt=start
    )
    if others.exists():
        raise DomainError(Code.PATIENT_BUSY, pointer="/start")


def sweep(change: Change, start: datetime, end: datetime) -> None:
    """Expire the holds in this time that ran out and that nobody has swept yet."""
    due = Appointment.objects.select_for_update(no_key=True, of=("self",), skip_locked=True).filter(
        status=AppointmentStatus.PENDING,
        hold_expires_at__lte=clock.now(),
        start__lt=end,
        end__gt=start,
    )
    for appointment in due.order_by("pk"):
        expire(change, appointment)


def expire(change: Change, appointment: Appointment) -> None:
    """End a hold whose row the caller has locked."""
    change.move(appointment, AppointmentStatus.EXPIRED, closed_at=clock.now())
    events.announce(AppointmentExpired(appointment.pk))


def place(
    change: Change, draft: Draft, practitioners: Sequence[Practitioner], calendar: Calendar
) -> Appointment:
    """Write the appointment with the first practitioner whose time is still free.

    Raises DomainError `slot_taken` when others were faster everywhere.
    """
    for practitioner in practitioners:
        for room_id in calendar.rooms(practitioner.room_id, draft.start, draft.length):
            appointment = _insert(draft, practitioner.pk, room_id)
            if appointment is not None:
                change.created(appointment)
                return appointment
            if _is_taken(practitioner.pk, draft.start, draft.end):
                break
    raise DomainError(Code.SLOT_TAKEN, pointer="/start")


def _insert(draft: Draft, practitioner_id: UUID, room_id: UUID) -> Appointment | None:
    """INSERT … ON CONFLICT DO NOTHING: the constraints decide, and nobody deadlocks."""
    appointment = Appointment(
        patient_id=draft.patient_id,
        specialty=draft.specialty,
        practitioner_id=practitioner_id,
        room_id=room_id,
        start=draft.start,
        end=draft.end,
        status=draft.status,
        source=draft.source,
        price=draft.specialty.price,
        vat_rate=draft.specialty.vat_rate,
        vat_exemption=draft.specialty.vat_exemption,
        hold_expires_at=draft.hold_expires_at,
        check_in_code=codes.check_in_code(),
        created_at=draft.made_at,
        booked_at=draft.made_at if draft.status == AppointmentStatus.BOOKED else None,
    )
    Appointment.objects.bulk_create([appointment], ignore_conflicts=True)
    return Appointment.objects.filter(pk=appointment.pk).first()


def _is_taken(practitioner_id: UUID, start: datetime, end: datetime) -> bool:
    return Appointment.objects.filter(
        practitioner=practitioner_id, status__in=LIVE, start__lt=end, end__gt=start
    ).exists()
