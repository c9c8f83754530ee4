"""Putting an appointment into the calendar: who treats, where, and the race for the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Q

from booking import codes
from booking.availability import Calendar, Place, Treatment, live, occupying
from booking.choices import AppointmentStatus, Source
from booking.errors import Code
from booking.events import AppointmentExpired
from booking.models import Appointment
from clinic.core import clock, events
from clinic.core.errors import DomainError

if TYPE_CHECKING:
    from booking.transitions import Change
    from clinic.directory.models import Practitioner, Specialty

Won = TypeVar("Won")
Rule = Callable[[Calendar, UUID, datetime], bool]


@dataclass(frozen=True, slots=True)
class Draft:
    """An appointment that has no place yet."""

    patient_id: UUID
    specialty: Specialty
    start: datetime
    status: AppointmentStatus
    source: Source
    made_at: datetime
    hold_expires_at: datetime | None = None

    @property
    def end(self) -> datetime:
        return self.start + Treatment.on_offer(self.specialty).length


def places(
    treatment: Treatment,
    practitioner_id: UUID | None,
    start: datetime,
    *,
    rule: Rule,
    without: UUID | None = None,
) -> list[Place]:
    """Where it could be given at that time: first by those with the fewest appointments, first in
    their own room.

    Raises DomainError `in_the_past`, `slot_unavailable` if the rule excludes everybody, and
    `slot_taken` if everybody left is busy.
    """
    now = clock.now()
    if start < now:
        raise DomainError(Code.IN_THE_PAST, pointer="/start")
    offering = treatment.practitioners(practitioner_id)
    end = start + treatment.length
    ids = [person.pk for person in offering]
    calendar = Calendar(treatment, ids, start, end, now=now, without=without)
    possible = [person for person in offering if rule(calendar, person.pk, start)]
    if not possible:
        raise DomainError(Code.SLOT_UNAVAILABLE, pointer="/start")
    free = [person for person in possible if calendar.is_free(person.pk, start)]
    if not free:
        raise DomainError(Code.SLOT_TAKEN, pointer="/start")
    return places_of(by_load(free, start, now), calendar, start)


def places_of(
    practitioners: Iterable[Practitioner], calendar: Calendar, start: datetime
) -> list[Place]:
    """Their free places at that time, in their order and each in their own room first."""
    return [
        place
        for person in practitioners
        for place in calendar.places(person.pk, start, room_id=person.room_id)
    ]


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


def place(change: Change, draft: Draft, places: Iterable[Place]) -> Appointment:
    """Write the appointment to the first place that is still free.

    Raises DomainError `slot_taken` when others were faster everywhere.
    """
    appointment = _first_won(places, draft.start, draft.end, partial(_insert, draft))
    if appointment is None:
        raise DomainError(Code.SLOT_TAKEN, pointer="/start")
    change.created(appointment)
    return appointment


def rewrite(
    appointment: Appointment,
    places: Iterable[Place],
    start: datetime,
    end: datetime,
    write: Callable[[Place], None],
) -> bool:
    """Let `write` take an appointment that exists to the first place that is still free at that
    time. False when others were faster everywhere. The caller has waited for other moves.
    """

    def attempt(place: Place) -> Place | None:
        try:
            with transaction.atomic():
                write(place)
        except IntegrityError:
            return None
        return place

    return _first_won(places, start, end, attempt, without=appointment.pk) is not None


def _first_won(
    places: Iterable[Place],
    start: datetime,
    end: datetime,
    attempt: Callable[[Place], Won | None],
    *,
    without: UUID | None = None,
) -> Won | None:
    """Try each place in turn: the constraints decide. If somebody else was first, places that are
    known to be taken are skipped."""
    gone: set[UUID] = set()
    for place in places:
        if gone.isdisjoint(place):
            won = attempt(place)
            if won is not None:
                return won
            gone |= _taken_by_now(place, start, end, without)
    return None


def _taken_by_now(place: Place, start: datetime, end: datetime, without: UUID | None) -> set[UUID]:
    others = live(without=without).filter(place.taken(), start__lt=end, end__gt=start)
    return set(place) & set(chain.from_iterable(others.values_list(*Place._fields)))


def _insert(draft: Draft, place: Place) -> Appointment | None:
    """INSERT … ON CONFLICT DO NOTHING: the constraints decide, and nobody deadlocks."""
    appointment = Appointment(
        **place._asdict(),
        patient_id=draft.patient_id,
        specialty=draft.specialty,
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
