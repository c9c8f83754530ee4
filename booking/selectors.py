"""Looking up appointments. What clients are shown of them is in `booking.screens`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db.models import Q, QuerySet

from booking import codes, waits
from booking import revision as revisions
from booking.availability import Calendar, Treatment
from booking.choices import ON_PREMISES, AppointmentStatus, Source
from booking.models import Appointment, LearnedTimes
from clinic.core import clock
from clinic.core.errors import Code, DomainError
from clinic.directory import labels
from clinic.directory import selectors as directory

if TYPE_CHECKING:
    from uuid import UUID

DEFAULT_DAYS = 14
BEFORE_THE_VISIT = (AppointmentStatus.BOOKED, *ON_PREMISES)
LEARNED_KEY = "booking.learned"
LEARNED_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Slot:
    """A free start time with a practitioner; computed, never stored."""

    start: datetime
    end: datetime
    practitioner_id: UUID
    practitioner_name: str


def slots(
    specialty_code: str,
    practitioner_id: UUID | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[Slot]:
    """Free times from `start` (now at the earliest) and before `end` (14 days later), in order.

    Raises DomainError `unknown_specialty` or `unknown_practitioner`. The number of queries doesn't
    depend on the range.
    """
    now = clock.now()
    start = start or now
    end = end or start + timedelta(days=DEFAULT_DAYS)
    specialty = directory.specialty(specialty_code)
    treatment = Treatment.on_offer(specialty)
    practitioners = treatment.practitioners(practitioner_id)
    first = max(start, now)
    if not practitioners or end <= first:
        return []
    length = treatment.length
    ids = [person.pk for person in practitioners]
    calendar = Calendar(treatment, ids, first, end + length, now=now)
    found = [
        (begins, place, Slot(begins, begins + length, person.pk, person.name))
        for place, person in enumerate(practitioners)
        for begins in calendar.slots(person.pk, first, end)
    ]
    found.sort(key=lambda item: item[:2])
    return [slot for _, _, slot in found]


def find_appointment(appointment_id: UUID) -> Appointment | None:
    """An appointment with patient, specialty, practitioner and room, if there is one."""
    return _whole().filter(pk=appointment_id).first()


def get_appointment(appointment_id: UUID) -> Appointment:
    """The same. Raises `not_found`."""
    found = find_appointment(appointment_id)
    if found is None:
        raise DomainError(Code.NOT_FOUND)
    return found


def appointment_of(patient_id: UUID, appointment_id: UUID) -> Appointment:
    """The patient's own appointment; somebody else's is `not_found` too."""
    found = _whole().filter(pk=appointment_id, patient=patient_id).first()
    if found is None:
        raise DomainError(Code.NOT_FOUND)
    return found


def appointments_of(
    patient_id: UUID,
    *,
    statuses: Collection[str] = (),
    start: datetime | None = None,
    end: datetime | None = None,
) -> QuerySet[Appointment]:
    """A patient's appointments, the newest first, those that start in [start, end)."""
    found = _whole().filter(patient=patient_id)
    if statuses:
        found = found.filter(status__in=statuses)
    if start is not None:
        found = found.filter(start__gte=start)
    if end is not None:
        found = found.filter(start__lt=end)
    return found.order_by("-created_at", "-start", "pk")


def expected_patients() -> QuerySet[Appointment, UUID]:
    """Ids of the patients whom the clinic expects today or has on its premises, as part of another
    query."""
    return _expected_today().order_by().values_list("patient_id", flat=True)


def expected_today(patient_ids: Collection[UUID]) -> list[Appointment]:
    """Today's appointments of these patients that are booked or under way, in order.

    Only patient, status, times and code are read.
    """
    found = _expected_today().filter(patient__in=patient_ids).order_by("start", "pk")
    return list(found.only("patient_id", "status", "start", "end", "check_in_code"))


def find_by_code(code: str) -> Appointment | None:
    """The booked or running appointment, of any day, with this check-in code as typed."""
    return _whole().filter(check_in_code=codes.normalise(code), status__in=BEFORE_THE_VISIT).first()


def find_past_code(code: str) -> Appointment | None:
    """The newest appointment that had this check-in code and can't, or can no longer, be
    visited."""
    found = _whole().filter(check_in_code=codes.normalise(code))
    return found.exclude(status__in=BEFORE_THE_VISIT).order_by("-created_at", "pk").first()


def revision() -> int:
    """The revision of what the screens show."""
    return revisions.current()


def on_day(on: date, practitioner_id: UUID | None = None) -> QuerySet[Appointment]:
    """What staff see of a day, in order, for one practitioner or for all: everything but expired
    holds."""
    rows = _whole().filter(_shown(on)).order_by("start", "created_at", "pk")
    return rows if practitioner_id is None else rows.filter(practitioner=practitioner_id)


def patients_on(on: date) -> set[UUID]:
    """The patients whom that day's frame names."""
    return set(Appointment.objects.filter(_shown(on)).values_list("patient_id", flat=True))


def visits_of_today(patient_id: UUID) -> QuerySet[Appointment]:
    """A patient's appointments of today that still stand, in order."""
    gone = (AppointmentStatus.EXPIRED, AppointmentStatus.CANCELLED)
    return (
        _whole()
        .filter(starts_today(), patient=patient_id)
        .exclude(status__in=gone)
        .order_by("start", "pk")
    )


def among(
    appointment_ids: Collection[UUID], patient_ids: Collection[UUID]
) -> QuerySet[Appointment]:
    """Which of these appointments belong to these patients."""
    return _whole().filter(pk__in=appointment_ids, patient__in=patient_ids)


def waiting_patients(practitioner_id: UUID | None = None) -> set[UUID]:
    """Who is waiting now, for one practitioner or for any."""
    waiting = Appointment.objects.filter(ticket_on=clock.today(), status=AppointmentStatus.ARRIVED)
    if practitioner_id is not None:
        waiting = waiting.filter(practitioner=practitioner_id)
    return set(waiting.values_list("patient_id", flat=True))


def label_of(appointment: Appointment) -> str:
    """How the patient is named where others can read it: this visit's choice or the account's."""
    patient = appointment.patient
    choice = appointment.label_choice or patient.label_choice
    return labels.label(patient.full_name, choice, appointment.ticket)


def missed_today() -> list[str]:
    """Today's visits to which nobody came, to notice when the passing of time has added one."""
    missed = Appointment.objects.filter(
        starts_today(), status=AppointmentStatus.BOOKED, end__lte=clock.now()
    )
    return sorted(str(pk) for pk in missed.values_list("pk", flat=True))


def _whole() -> QuerySet[Appointment]:
    return Appointment.objects.select_related("patient", "specialty", "practitioner__room", "room")


def _shown(on: date) -> Q:
    """What staff see of a day: everything but expired holds."""
    opens, closes = clock.day_bounds(on)
    return Q(start__gte=opens, start__lt=closes) & ~Q(status=AppointmentStatus.EXPIRED)


def starts_today() -> Q:
    """What starts today."""
    opens, closes = clock.day_bounds(clock.today())
    return Q(start__gte=opens, start__lt=closes)


def _expected_today() -> QuerySet[Appointment]:
    return Appointment.objects.filter(starts_today(), status__in=BEFORE_THE_VISIT)


def learned_times() -> waits.Learned:
    """What the clinic's history has taught by last night; kept in this process for ten minutes."""
    known: waits.Learned | None = cache.get(LEARNED_KEY)
    if known is None:
        row = LearnedTimes.the()
        known = waits.Learned() if row is None else waits.Learned(**row.figures)
        cache.set(LEARNED_KEY, known, LEARNED_SECONDS)
    return known


def past_visits(first: date, last: date) -> dict[date, list[waits.Visit]]:
    """How the appointments of the civil days from first to last went, to learn from them.

    Cancelled and expired ones teach nothing. The end of a treatment that was closed after its day
    is unknown.
    """
    opens, _ = clock.day_bounds(first)
    _, closes = clock.day_bounds(last)
    rows = Appointment.objects.filter(
        start__gte=opens,
        start__lt=closes,
        status__in=(AppointmentStatus.FULFILLED, AppointmentStatus.NO_SHOW),
    )
    days: dict[date, list[waits.Visit]] = defaultdict(list)
    for row in rows.order_by("start", "pk").iterator():
        days[clock.local(row.start).date()].append(
            waits.Visit(
                specialty=row.specialty_id,
                practitioner=str(row.practitioner_id),
                planned_minutes=(row.end - row.start).total_seconds() / 60,
                scheduled=row.start,
                arrived=row.arrived_at,
                started=row.started_at,
                ended=row.ended_at if row.ended_at == row.closed_at else None,
                walk_in=row.source == Source.WALK_IN,
            )
        )
    return days


def quoted_waits(first: date, last: date) -> list[waits.Quoted]:
    """What patients were told at their arrival, on the civil days first to last, and how long they
    really waited."""
    opens, _ = clock.day_bounds(first)
    _, closes = clock.day_bounds(last)
    rows = Appointment.objects.filter(
        arrived_at__gte=opens,
        arrived_at__lt=closes,
        started_at__isnull=False,
        quoted_minutes__isnull=False,
    ).order_by("arrived_at", "pk")
    return [
        waits.Quoted(
            on=clock.local(arrived).date(),
            low_minutes=low,
            estimate_minutes=estimate,
            high_minutes=high,
            waited_minutes=(started - arrived).total_seconds() / 60,
        )
        for arrived, started, low, estimate, high in rows.values_list(
            *("arrived_at", "started_at"),
            *("quoted_low_minutes", "quoted_minutes", "quoted_high_minutes"),
        )
    ]
