"""Everything that reads appointments. Bodies of frames are plain JSON values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from booking import board as boards
from booking import codes, waits
from booking import revision as revisions
from booking.availability import Calendar
from booking.board import Board, BoardEntry
from booking.models import ON_PREMISES, Appointment, AppointmentStatus
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
    practitioners = directory.treating(specialty_code, practitioner_id)
    first = max(start, now)
    if not practitioners or end <= first:
        return []
    length = timedelta(minutes=specialty.duration_minutes)
    calendar = Calendar([person.pk for person in practitioners], first, end + length, now=now)
    found = [
        (begins, place, Slot(begins, begins + length, person.pk, person.name))
        for place, person in enumerate(practitioners)
        for begins in calendar.slots(person.pk, length, first, end)
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


def expected_today(patient_ids: Collection[UUID] | None = None) -> list[Appointment]:
    """Today's appointments that are booked or under way, in order; of these patients or of all."""
    found = _whole().filter(_today(), status__in=BEFORE_THE_VISIT)
    if patient_ids is not None:
        found = found.filter(patient__in=patient_ids)
    return list(found.order_by("start", "pk"))


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


def day(on: date, practitioner_id: UUID | None = None) -> dict[str, Any]:
    """The body of the day frame: each practitioner with the day's appointments, expired holds left
    out. Three queries. Waits are given for today."""
    number = revisions.current()
    now = clock.now()
    rows = _whole().filter(_shown(on)).order_by("start", "created_at", "pk")
    columns = directory.columns()
    if practitioner_id is not None:
        rows = rows.filter(practitioner=practitioner_id)
        columns = [person for person in columns if person.pk == practitioner_id]
    appointments = list(rows)
    standings = _standings(appointments, now) if on == clock.local(now).date() else {}
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
                "appointments": [
                    staff_appointment(appointment, standings.get(appointment.pk))
                    for appointment in by_practitioner[person.pk]
                ],
            }
            for person in shown.values()
        ],
    }


def patients_on(on: date) -> set[UUID]:
    """The patients whom that day's frame names."""
    return set(Appointment.objects.filter(_shown(on)).values_list("patient_id", flat=True))


def staff_appointment(appointment: Appointment, standing: Standing | None) -> dict[str, Any]:
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
    }


def staff_view(appointment_id: UUID) -> dict[str, Any]:
    """One appointment as staff see it, with the wait when it is waiting. Raises `not_found`."""
    appointment = get_appointment(appointment_id)
    return staff_appointment(appointment, _standing(appointment))


def board() -> Board:
    """Who is called, treated or waiting: called first (the newest first), then those in their
    rooms, then those who wait, in the order in which they will probably be called."""
    number = revisions.current()
    now = clock.now()
    appointments = list(_present())
    standings = _standings(appointments, now)
    appointments.sort(key=lambda appointment: _board_key(appointment, standings))
    return Board(
        revision=number,
        server_time=now,
        clinic=directory.organization().name,
        entries=tuple(
            BoardEntry(
                id=appointment.pk,
                ticket=appointment.ticket,
                label=label_of(appointment),
                room=appointment.room.name,
                state=boards.STATES[AppointmentStatus(appointment.status)],
                call_number=appointment.call_number,
                called_at=appointment.called_at,
                wait=standings[appointment.pk].wait if appointment.pk in standings else None,
            )
            for appointment in appointments
        ),
    )


def visit(appointment_id: UUID) -> dict[str, Any]:
    """The body of the visit frame of one appointment. Raises `not_found`."""
    number = revisions.current()
    appointment = get_appointment(appointment_id)
    return _visit_body(appointment, number, _standing(appointment))


def visits_today(patient_id: UUID) -> list[dict[str, Any]]:
    """The bodies of the visit frames of a patient's appointments of today, in order."""
    number = revisions.current()
    gone = (AppointmentStatus.EXPIRED, AppointmentStatus.CANCELLED)
    today = _whole().filter(_today(), patient=patient_id).exclude(status__in=gone)
    return [
        _visit_body(appointment, number, _standing(appointment))
        for appointment in today.order_by("start", "pk")
    ]


def waiting_visits(practitioner_id: UUID | None = None) -> list[tuple[UUID, dict[str, Any]]]:
    """Patient and body of the visit frame of everybody who waits now, of one practitioner or of
    all. Two queries, however many wait."""
    number = revisions.current()
    present = _whole().filter(ticket_on=clock.today(), status__in=ON_PREMISES)
    if practitioner_id is not None:
        present = present.filter(practitioner=practitioner_id)
    appointments = list(present)
    standings = _standings(appointments, clock.now())
    return [
        (appointment.patient_id, _visit_body(appointment, number, standings[appointment.pk]))
        for appointment in appointments
        if appointment.pk in standings
    ]


def label_of(appointment: Appointment) -> str:
    """How the patient is named where others can read it: this visit's choice or the account's."""
    patient = appointment.patient
    choice = appointment.label_choice or patient.label_choice
    return labels.label(patient.full_name, choice, appointment.ticket)


def wait_ranges() -> list[tuple[str, int, int, int]]:
    """Each waiting patient's place and range now, for telling whether time has moved them."""
    standings = _standings(_present(), clock.now())
    return sorted(
        (str(pk), standing.position, standing.wait.low_minutes, standing.wait.high_minutes)
        for pk, standing in standings.items()
    )


def _whole() -> QuerySet[Appointment]:
    return Appointment.objects.select_related("patient", "specialty", "practitioner__room", "room")


def _present() -> QuerySet[Appointment]:
    """Today's patients on the premises, with what the board needs."""
    return Appointment.objects.filter(
        ticket_on=clock.today(), status__in=ON_PREMISES
    ).select_related("patient", "room")


def _shown(on: date) -> Q:
    """What staff see of a day: all but expired holds."""
    opens, closes = clock.day_bounds(on)
    return Q(start__gte=opens, start__lt=closes) & ~Q(status=AppointmentStatus.EXPIRED)


def _today() -> Q:
    opens, closes = clock.day_bounds(clock.today())
    return Q(start__gte=opens, start__lt=closes)


def _standing(appointment: Appointment) -> Standing | None:
    """Place and wait of one appointment; None when it isn't waiting now."""
    if appointment.status != AppointmentStatus.ARRIVED or appointment.ticket_on != clock.today():
        return None
    queue = Appointment.objects.filter(
        practitioner=appointment.practitioner_id,
        ticket_on=appointment.ticket_on,
        status__in=ON_PREMISES,
    )
    return _standings(queue, clock.now()).get(appointment.pk)


def _standings(appointments: Iterable[Appointment], now: datetime) -> dict[UUID, Standing]:
    queues: dict[UUID, list[waits.Entry]] = defaultdict(list)
    for appointment in appointments:
        if appointment.status in ON_PREMISES and appointment.arrived_at is not None:
            queues[appointment.practitioner_id].append(
                waits.Entry(
                    id=appointment.pk,
                    status=appointment.status,
                    start=appointment.start,
                    planned_minutes=(appointment.end - appointment.start).total_seconds() / 60,
                    arrived_at=appointment.arrived_at,
                    started_at=appointment.started_at,
                )
            )
    result: dict[UUID, Standing] = {}
    for queue in queues.values():
        result |= waits.standings(queue, now)
    return result


def _board_key(
    appointment: Appointment, standings: dict[UUID, Standing]
) -> tuple[int, float, int, datetime, str]:
    status = AppointmentStatus(appointment.status)
    standing = standings.get(appointment.pk)
    called_at = (appointment.called_at or appointment.start).timestamp()
    return (
        _BOARD_ORDER[status],
        -called_at if status != AppointmentStatus.ARRIVED else 0.0,
        standing.wait.estimate_minutes if standing else 0,
        appointment.start,
        appointment.ticket,
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
    }


def _named(practitioner: Practitioner) -> dict[str, str]:
    return {"id": str(practitioner.pk), "name": practitioner.name}
