"""Everything that reads appointments. Bodies of frames are plain JSON values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db.models import Q, QuerySet

from booking import board as boards
from booking import codes, transitions, waits
from booking import revision as revisions
from booking.availability import Calendar, Treatment
from booking.board import Board, BoardEntry
from booking.choices import ON_PREMISES, AppointmentStatus, Source
from booking.due import is_missed
from booking.errors import Code
from booking.models import Appointment, LearnedTimes
from clinic.accounts import selectors as accounts
from clinic.core import clock
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError
from clinic.directory import labels
from clinic.directory import selectors as directory

if TYPE_CHECKING:
    from uuid import UUID

    from booking.waits import Standing
    from clinic.directory.models import Practitioner

DEFAULT_DAYS = 14
BEFORE_THE_VISIT = (AppointmentStatus.BOOKED, *ON_PREMISES)
IN_THE_FORECAST = (*BEFORE_THE_VISIT, AppointmentStatus.FULFILLED)
NEVER_BOOKED = (AppointmentStatus.PENDING, AppointmentStatus.EXPIRED)
FORECAST_SECONDS = 10
LEARNED_KEY = "booking.learned"
LEARNED_SECONDS = 600
_FORECAST = (
    *("id", "practitioner_id", "status", "specialty_id", "start", "end"),
    *("arrived_at", "called_at", "started_at", "ended_at"),
    *("shown_low_minutes", "shown_high_minutes"),
)
_ON_THE_BOARD = (
    "patient_id",
    *("ticket", "ticket_on", "call_number", "room__name"),
    *("patient__full_name", "patient__label_choice", "label_choice"),
)
_BOARD_ORDER = {
    AppointmentStatus.CALLED: 0,
    AppointmentStatus.IN_PROGRESS: 1,
    AppointmentStatus.ARRIVED: 2,
}


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


def get_appointment(appointment_id: UUID) -> Appointment:
    """An appointment with patient, specialty, practitioner and room. Raises `not_found`."""
    found = _whole().filter(pk=appointment_id).first()
    if found is None:
        raise DomainError(CoreCode.NOT_FOUND)
    return found


def appointment_of(patient_id: UUID, appointment_id: UUID) -> Appointment:
    """The patient's own appointment; somebody else's is `not_found` too."""
    found = _whole().filter(pk=appointment_id, patient=patient_id).first()
    if found is None:
        raise DomainError(CoreCode.NOT_FOUND)
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
    """Whom the clinic expects today or has on its premises: the ids, for another query to ask."""
    return _expected_today().order_by().values_list("patient_id", flat=True)


def expected_today(patient_ids: Collection[UUID]) -> list[Appointment]:
    """Today's appointments of these patients that are booked or under way, in order.

    What is read is whose each is, its status, its time and its code.
    """
    found = _expected_today().filter(patient__in=patient_ids).order_by("start", "pk")
    return list(found.only("patient_id", "status", "start", "end", "check_in_code"))


def find_by_code(code: str) -> Appointment | None:
    """The booked or running appointment, of any day, with this check-in code as typed."""
    return _whole().filter(check_in_code=codes.normalise(code), status__in=BEFORE_THE_VISIT).first()


def find_past_code(code: str) -> Appointment | None:
    """The newest appointment, not or no longer to be visited, that had this check-in code."""
    found = _whole().filter(check_in_code=codes.normalise(code))
    return found.exclude(status__in=BEFORE_THE_VISIT).order_by("-created_at", "pk").first()


def revision() -> int:
    """The revision of what the screens show."""
    return revisions.current()


@dataclass(frozen=True, slots=True)
class LastChange:
    """What happened to an appointment last, and who of the staff did it, if it was one of them."""

    action: str
    name: str
    at: datetime
    undo_until: datetime | None

    def as_dict(self) -> dict[str, Any] | None:
        if not self.name:
            return None
        return {"name": self.name, "at": boards.instant(self.at), "action": self.action}


def day(on: date, practitioner_id: UUID | None = None) -> dict[str, Any]:
    """The body of the day frame: each practitioner with the day's appointments, expired holds left
    out. Five queries. Waits are given for today."""
    number = revisions.current()
    now = clock.now()
    rows = _whole().filter(_shown(on)).order_by("start", "created_at", "pk")
    columns = directory.columns()
    if practitioner_id is not None:
        rows = rows.filter(practitioner=practitioner_id)
        columns = [person for person in columns if person.pk == practitioner_id]
    appointments = list(rows)
    standings = _standings(now, practitioner_id) if on == clock.local(now).date() else {}
    changed = _last_changes(appointments)
    by_practitioner: dict[UUID, list[Appointment]] = defaultdict(list)
    shown = {person.pk: person for person in columns}
    for appointment in appointments:
        by_practitioner[appointment.practitioner_id].append(appointment)
        shown.setdefault(appointment.practitioner_id, appointment.practitioner)
    return {
        "revision": number,
        "server_time": boards.instant(now),
        "date": on.isoformat(),
        "practitioners": [
            {
                "id": str(person.pk),
                "name": person.name,
                "room": {"id": str(person.room.pk), "name": person.room.name},
                "user": str(person.user_id) if person.user_id else None,
                "appointments": [
                    staff_appointment(
                        appointment, standings.get(appointment.pk), changed.get(appointment.pk)
                    )
                    for appointment in by_practitioner[person.pk]
                ],
            }
            for person in shown.values()
        ],
    }


def patients_on(on: date) -> set[UUID]:
    """The patients whom that day's frame names."""
    return set(Appointment.objects.filter(_shown(on)).values_list("patient_id", flat=True))


def staff_appointment(
    appointment: Appointment, standing: Standing | None, changed: LastChange | None
) -> dict[str, Any]:
    """An appointment as staff see it."""
    specialty, room = appointment.specialty, appointment.room
    label = label_of(appointment)
    return {
        "id": str(appointment.pk),
        "patient": {
            "id": str(appointment.patient_id),
            "full_name": appointment.patient.full_name,
            "label": label,
        },
        "specialty": {
            "code": specialty.code,
            "name_pt": specialty.name_pt,
            "name_en": specialty.name_en,
        },
        "practitioner": _named(appointment.practitioner),
        "room": {"id": str(room.pk), "name": room.name},
        "start": boards.instant(appointment.start),
        "end": boards.instant(appointment.end),
        "status": str(appointment.status),
        "is_missed": is_missed(appointment, clock.now()),
        "source": str(appointment.source),
        "ticket": appointment.ticket,
        "label": label,
        "arrived_at": boards.instant(appointment.arrived_at),
        "called_at": boards.instant(appointment.called_at),
        "call_number": appointment.call_number,
        "started_at": boards.instant(appointment.started_at),
        "ended_at": boards.instant(appointment.ended_at),
        "hold_expires_at": boards.instant(appointment.hold_expires_at),
        "wait": standing.wait.as_dict() if standing else None,
        "told": _told(appointment),
        "note": appointment.note,
        "changed_by": changed.as_dict() if changed else None,
        "undo_until": boards.instant(changed.undo_until) if changed else None,
    }


def _told(appointment: Appointment) -> dict[str, int | None] | None:
    """The wait that the patient was told at the arrival."""
    if appointment.quoted_minutes is None:
        return None
    return {
        "low_minutes": appointment.quoted_low_minutes,
        "high_minutes": appointment.quoted_high_minutes,
        "estimate_minutes": appointment.quoted_minutes,
    }


def staff_view(appointment_id: UUID) -> dict[str, Any]:
    """One appointment as staff see it, with the wait when it is waiting, and the revision than
    which it isn't older. Raises `not_found`."""
    number = revisions.current()
    appointment = get_appointment(appointment_id)
    changed = _last_changes([appointment]).get(appointment.pk)
    return {"revision": number, **staff_appointment(appointment, standing(appointment), changed)}


def board() -> Board:
    """Who is called, treated or waiting: called first (the newest first), then those in their
    rooms, then those who wait, in the order in which they will probably be called."""
    number = revisions.current()
    now = clock.now()
    today = clock.today()
    # Values, not objects, and once for all: between a commit and a thousand screens each
    # millisecond counts.
    rows = list(_in_the_forecast().values_list(*_FORECAST, *_ON_THE_BOARD, named=True))
    standings = _standings_of(rows, now)
    here = [row for row in rows if row.ticket_on == today and row.status in ON_PREMISES]
    # Each person stands there once: where they are, or else where they wait first.
    here.sort(key=lambda row: (row.status == AppointmentStatus.ARRIVED, row.start), reverse=True)
    present = {row.patient_id: row for row in here}.values()
    return Board(
        revision=number,
        server_time=now,
        clinic=directory.clinic_name(),
        entries=tuple(
            BoardEntry(
                id=row.id,
                ticket=row.ticket,
                label=labels.label(
                    row.patient__full_name,
                    row.label_choice or row.patient__label_choice,
                    row.ticket,
                ),
                room=row.room__name,
                state=boards.STATES[AppointmentStatus(row.status)],
                call_number=row.call_number,
                called_at=row.called_at,
                wait=standings[row.id].wait if row.id in standings else None,
            )
            for row in sorted(present, key=lambda row: _board_key(row, standings.get(row.id)))
        ),
    )


def visit(appointment_id: UUID) -> dict[str, Any]:
    """The body of the visit frame of one appointment. Raises `not_found`."""
    number = revisions.current()
    appointment = get_appointment(appointment_id)
    return _visit_body(appointment, number, standing(appointment))


def visit_by_link(appointment_id: UUID) -> dict[str, Any]:
    """The least that follows one visit, for whoever holds its link, until its day is over.

    Nothing of it leads to the patient: no id and no treatment; what names them in the waiting room,
    and where they are to go, only while they are on the premises. Raises DomainError `link_invalid`
    for what was never booked, and `link_over` from the day after the visit on.
    """
    appointment = _whole().filter(pk=appointment_id).first()
    if appointment is None or appointment.status in NEVER_BOOKED:
        raise DomainError(Code.LINK_INVALID)
    if clock.local(appointment.start).date() < clock.today():
        raise DomainError(Code.LINK_OVER)
    is_here = appointment.status in ON_PREMISES
    missed = is_missed(appointment, clock.now())
    is_expected = appointment.status == AppointmentStatus.BOOKED and not missed
    place = standing(appointment)
    return {
        "server_time": boards.instant(clock.now()),
        "start": boards.instant(appointment.start),
        "practitioner": appointment.practitioner.name,
        "language": str(appointment.patient.language),
        "status": str(appointment.status),
        "is_missed": missed,
        "check_in_code": appointment.check_in_code if is_expected else None,
        "ticket": appointment.ticket if is_here else "",
        "label": label_of(appointment) if is_here else "",
        "room": appointment.room.name if is_here else None,
        "position": place.position if place else None,
        "wait": place.wait.as_dict() if place else None,
        "call_number": appointment.call_number,
        "called_at": boards.instant(appointment.called_at),
    }


def visits_today(patient_id: UUID) -> list[dict[str, Any]]:
    """The bodies of the visit frames of a patient's appointments of today, in order."""
    number = revisions.current()
    gone = (AppointmentStatus.EXPIRED, AppointmentStatus.CANCELLED)
    today = _whole().filter(_today(), patient=patient_id).exclude(status__in=gone)
    return [
        _visit_body(appointment, number, standing(appointment))
        for appointment in today.order_by("start", "pk")
    ]


def waiting_patients(practitioner_id: UUID | None = None) -> set[UUID]:
    """Who waits now, for one practitioner or for any."""
    waiting = Appointment.objects.filter(ticket_on=clock.today(), status=AppointmentStatus.ARRIVED)
    if practitioner_id is not None:
        waiting = waiting.filter(practitioner=practitioner_id)
    return set(waiting.values_list("patient_id", flat=True))


def waiting_visits(
    patient_ids: Collection[UUID], practitioner_id: UUID | None = None
) -> list[tuple[UUID, dict[str, Any]]]:
    """Patient and body of the visit frame of those of these patients who wait now, for one
    practitioner or for any. Three queries, however many they are."""
    number = revisions.current()
    standings = _standings(clock.now(), practitioner_id)
    return [
        (appointment.patient_id, _visit_body(appointment, number, standings[appointment.pk]))
        for appointment in _whole().filter(pk__in=standings, patient__in=patient_ids)
    ]


def label_of(appointment: Appointment) -> str:
    """How the patient is named where others can read it: this visit's choice or the account's."""
    patient = appointment.patient
    choice = appointment.label_choice or patient.label_choice
    return labels.label(patient.full_name, choice, appointment.ticket)


def wait_ranges() -> list[tuple[str, int, int, int]]:
    """Each waiting patient's place and range now, for telling whether time has moved them."""
    standings = _standings(clock.now())
    return sorted(
        (str(pk), standing.position, standing.wait.low_minutes, standing.wait.high_minutes)
        for pk, standing in standings.items()
    )


def missed_today() -> list[str]:
    """Today's visits to which nobody came, for telling whether time has added one."""
    missed = Appointment.objects.filter(
        _today(), status=AppointmentStatus.BOOKED, end__lte=clock.now()
    )
    return sorted(str(pk) for pk in missed.values_list("pk", flat=True))


def _whole() -> QuerySet[Appointment]:
    return Appointment.objects.select_related("patient", "specialty", "practitioner__room", "room")


def _last_changes(appointments: Collection[Appointment]) -> dict[UUID, LastChange]:
    """One query, however many they are."""
    by_key = {str(appointment.pk): appointment for appointment in appointments}
    changes = accounts.newest_changes(Appointment._meta.label_lower, by_key)
    return {
        by_key[entry.subject_id].pk: LastChange(
            action=entry.action.removeprefix("appointment."),
            name=name,
            at=entry.at,
            undo_until=transitions.undo_until(entry),
        )
        for entry, name in changes
    }


def _shown(on: date) -> Q:
    """What staff see of a day: all but expired holds."""
    opens, closes = clock.day_bounds(on)
    return Q(start__gte=opens, start__lt=closes) & ~Q(status=AppointmentStatus.EXPIRED)


def _today() -> Q:
    opens, closes = clock.day_bounds(clock.today())
    return Q(start__gte=opens, start__lt=closes)


def _expected_today() -> QuerySet[Appointment]:
    return Appointment.objects.filter(_today(), status__in=BEFORE_THE_VISIT)


def standing(appointment: Appointment) -> Standing | None:
    """Place and wait of one appointment; None when it isn't waiting now."""
    if appointment.status != AppointmentStatus.ARRIVED or appointment.ticket_on != clock.today():
        return None
    return _standings(clock.now(), appointment.practitioner_id).get(appointment.pk)


def standing_on_arrival(appointment: Appointment, now: datetime) -> Standing | None:
    """Place and wait that a booked appointment of today gets when its patient arrives now."""
    rows = _in_the_forecast(appointment.practitioner_id).values_list(*_FORECAST, named=True)
    arrived = [
        row._replace(status=AppointmentStatus.ARRIVED, arrived_at=now)
        if row.id == appointment.pk
        else row
        for row in rows
    ]
    return _standings_of(arrived, now).get(appointment.pk)


def _in_the_forecast(practitioner_id: UUID | None = None) -> QuerySet[Appointment]:
    rows = Appointment.objects.filter(
        Q(ticket_on=clock.today()) | _today(), status__in=IN_THE_FORECAST
    ).order_by("start", "pk")
    return rows if practitioner_id is None else rows.filter(practitioner=practitioner_id)


def _standings(now: datetime, practitioner_id: UUID | None = None) -> dict[UUID, Standing]:
    """Place and wait of everybody who waits, with one practitioner or with all. One query."""
    return _standings_of(_in_the_forecast(practitioner_id).values_list(*_FORECAST, named=True), now)


def _standings_of(rows: Iterable[Any], now: datetime) -> dict[UUID, Standing]:
    """The same from rows that were read, with the columns of `_FORECAST`."""
    learned = learned_times()
    lists: dict[UUID, list[waits.Entry]] = defaultdict(list)
    for row in rows:
        lists[row.practitioner_id].append(_entry(row))
    result: dict[UUID, Standing] = {}
    at = now.replace(second=now.second // FORECAST_SECONDS * FORECAST_SECONDS, microsecond=0)
    for practitioner, entries in lists.items():
        result |= _forecast(tuple(entries), at, learned, str(practitioner))
    return result


@lru_cache(maxsize=256)
def _forecast(
    entries: tuple[waits.Entry, ...], at: datetime, learned: waits.Learned, practitioner: str
) -> dict[UUID, Standing]:
    """A call changes one practitioner's list: the others' forecasts are those of a moment ago."""
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


def learned_times() -> waits.Learned:
    """What the clinic's history has taught by last night; kept in this process for ten minutes."""
    known: waits.Learned | None = cache.get(LEARNED_KEY)
    if known is None:
        row = LearnedTimes.objects.filter(pk=1).first()
        known = waits.Learned() if row is None else waits.Learned(**row.figures)
        cache.set(LEARNED_KEY, known, LEARNED_SECONDS)
    return known


def past_visits(first: date, last: date) -> dict[date, list[waits.Visit]]:
    """What came of the appointments of the civil days first to last, for learning from them.

    Cancelled and expired ones teach nothing. Of a treatment that was closed at the day's end the
    end is unknown.
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


def _board_key(row: Any, standing: Standing | None) -> tuple[int, float, int, datetime, str]:
    status = AppointmentStatus(row.status)
    called_at = (row.called_at or row.start).timestamp()
    return (
        _BOARD_ORDER[status],
        -called_at if status != AppointmentStatus.ARRIVED else 0.0,
        standing.wait.estimate_minutes if standing else 0,
        row.start,
        row.ticket,
    )


def _visit_body(appointment: Appointment, number: int, standing: Standing | None) -> dict[str, Any]:
    specialty = appointment.specialty
    return {
        "revision": number,
        "server_time": boards.instant(clock.now()),
        "appointment": str(appointment.pk),
        "specialty": {
            "code": specialty.code,
            "name_pt": specialty.name_pt,
            "name_en": specialty.name_en,
            "duration_minutes": specialty.duration_minutes,
        },
        "practitioner": _named(appointment.practitioner),
        "start": boards.instant(appointment.start),
        "end": boards.instant(appointment.end),
        "status": str(appointment.status),
        "room": appointment.room.name,
        "ticket": appointment.ticket,
        "label": label_of(appointment),
        "position": standing.position if standing else None,
        "wait": standing.wait.as_dict() if standing else None,
        "call_number": appointment.call_number,
        "called_at": boards.instant(appointment.called_at),
    }


def _named(practitioner: Practitioner) -> dict[str, str]:
    return {"id": str(practitioner.pk), "name": practitioner.name}
