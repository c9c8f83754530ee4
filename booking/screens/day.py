"""The staff's day: each practitioner with their appointments."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rest_framework import serializers

from booking import revision, selectors, standings, transitions
from booking.choices import AppointmentStatus, Source
from booking.due import LATE_AFTER, UNHEARD_AFTER, is_missed
from booking.fields import InstantField
from booking.models import Appointment
from booking.screens.parts import (
    PersonRef,
    RoomRef,
    SpecialtyRef,
    Wait,
    instant,
    named,
    specialty,
    wait,
)
from booking.waits import WaitRange
from clinic.accounts import selectors as accounts
from clinic.core import clock
from clinic.directory import selectors as directory

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from booking.waits import Standing
    from clinic.directory.models import Practitioner

MINUTE = timedelta(minutes=1)


class StaffPatient(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField()
    label: Any = serializers.CharField(allow_blank=True)


class ChangedBy(serializers.Serializer[Any]):
    name = serializers.CharField()
    at = InstantField()
    action = serializers.CharField(
        help_text="What was done: the status it led to, or created, undone, noted, …"
    )


class StaffAppointment(serializers.Serializer[Any]):
    """An appointment as staff see it."""

    id = serializers.UUIDField()
    patient = StaffPatient()
    specialty = SpecialtyRef()
    practitioner = PersonRef()
    room = RoomRef()
    start = InstantField()
    end = InstantField()
    status = serializers.ChoiceField(choices=AppointmentStatus.choices)
    is_missed = serializers.BooleanField(
        help_text="Booked, and its time is over: nobody has come. The desk decides"
    )
    source: Any = serializers.ChoiceField(choices=Source.choices)
    ticket = serializers.CharField(allow_blank=True)
    label: Any = serializers.CharField(allow_blank=True)
    arrived_at = InstantField(allow_null=True)
    called_at = InstantField(allow_null=True)
    call_number = serializers.IntegerField(min_value=0)
    started_at = InstantField(allow_null=True)
    ended_at = InstantField(allow_null=True)
    hold_expires_at = InstantField(allow_null=True)
    wait = Wait(allow_null=True)
    told = Wait(allow_null=True, help_text="The wait that was told at the arrival")
    note = serializers.CharField(
        allow_blank=True, help_text="Plain text for the team; patients and screens never see it"
    )
    changed_by = ChangedBy(
        allow_null=True, help_text="The newest change, if a staff member made it"
    )
    undo_until = InstantField(
        allow_null=True, help_text="Until when the newest change can be taken back"
    )


class StaffAnswer(StaffAppointment):
    """What a press made of an appointment."""

    revision = serializers.IntegerField(
        min_value=0, help_text="The day's revision now, or an older one"
    )


class StaffColumn(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    room = RoomRef()
    user = serializers.UUIDField(allow_null=True, help_text="Whose column it is, by their account")
    appointments = StaffAppointment(many=True)


class DayLimits(serializers.Serializer[Any]):
    """From when on something deserves a look."""

    late_minutes = serializers.IntegerField(
        min_value=0, help_text="Whoever is booked and not here for longer after the hour is late"
    )
    unheard_minutes = serializers.IntegerField(
        min_value=0, help_text="Whoever was called that long ago has perhaps not heard it"
    )


class StaffDay(serializers.Serializer[Any]):
    """The staff's day by practitioner, always whole."""

    type = serializers.ChoiceField(choices=["day"])
    revision = serializers.IntegerField(min_value=0, help_text="Only grows")
    server_time = InstantField()
    date = serializers.DateField()
    limits = DayLimits()
    practitioners = StaffColumn(many=True)


def body(on: date, practitioner_id: UUID | None = None) -> dict[str, Any]:
    """Each practitioner with the day's appointments, expired holds left out. Five queries. Waits
    are given for today."""
    number = revision.current()
    now = clock.now()
    appointments = list(selectors.on_day(on, practitioner_id))
    columns = directory.columns()
    if practitioner_id is not None:
        columns = [person for person in columns if person.pk == practitioner_id]
    is_today = on == clock.local(now).date()
    places = standings.of_all(now, practitioner_id) if is_today else {}
    changes = _last_changes(appointments)
    by_practitioner: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    shown = {person.pk: person for person in columns}
    for appointment in appointments:
        by_practitioner[appointment.practitioner_id].append(
            _appointment(appointment, places.get(appointment.pk), changes.get(appointment.pk))
        )
        shown.setdefault(appointment.practitioner_id, appointment.practitioner)
    return {
        "type": "day",
        "revision": number,
        "server_time": instant(now),
        "date": on.isoformat(),
        "limits": _limits(),
        "practitioners": [_column(person, by_practitioner[person.pk]) for person in shown.values()],
    }


def answer(appointment_id: UUID) -> dict[str, Any]:
    """One appointment as staff see it, with the wait if it is waiting, and a revision that it is at
    least as new as. Raises `not_found`."""
    number = revision.current()
    appointment = selectors.get_appointment(appointment_id)
    changed = _last_changes([appointment]).get(appointment.pk)
    return {**_appointment(appointment, standings.of(appointment), changed), "revision": number}


def patients_of(shown: dict[str, Any]) -> set[UUID]:
    """The patients whom this body names."""
    return {
        UUID(appointment["patient"]["id"])
        for column in shown["practitioners"]
        for appointment in column["appointments"]
    }


def _limits() -> dict[str, int]:
    return {
        "late_minutes": LATE_AFTER // MINUTE,
        "unheard_minutes": UNHEARD_AFTER // MINUTE,
    }


def _column(person: Practitioner, appointments: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": str(person.pk),
        "name": person.name,
        "room": named(person.room),
        "user": str(person.user_id) if person.user_id else None,
        "appointments": appointments,
    }


def _appointment(
    appointment: Appointment, standing: Standing | None, changed: _LastChange | None
) -> dict[str, Any]:
    label = selectors.label_of(appointment)
    return {
        "id": str(appointment.pk),
        "patient": {
            "id": str(appointment.patient_id),
            "full_name": appointment.patient.full_name,
            "label": label,
        },
        "specialty": specialty(appointment.specialty),
        "practitioner": named(appointment.practitioner),
        "room": named(appointment.room),
        "start": instant(appointment.start),
        "end": instant(appointment.end),
        "status": str(appointment.status),
        "is_missed": is_missed(appointment, clock.now()),
        "source": str(appointment.source),
        "ticket": appointment.ticket,
        "label": label,
        "arrived_at": instant(appointment.arrived_at),
        "called_at": instant(appointment.called_at),
        "call_number": appointment.call_number,
        "started_at": instant(appointment.started_at),
        "ended_at": instant(appointment.ended_at),
        "hold_expires_at": instant(appointment.hold_expires_at),
        "wait": wait(standing.wait if standing else None),
        "told": wait(_told(appointment)),
        "note": appointment.note,
        "changed_by": changed and changed.by(),
        "undo_until": changed and instant(changed.undo_until),
    }


def _told(appointment: Appointment) -> WaitRange | None:
    low, high = appointment.quoted_low_minutes, appointment.quoted_high_minutes
    estimate = appointment.quoted_minutes
    if low is None or high is None or estimate is None:
        return None
    return WaitRange(low, high, estimate)


@dataclass(frozen=True, slots=True)
class _LastChange:
    """What happened to an appointment last, and which staff member did it, if any."""

    action: str
    name: str
    at: datetime
    undo_until: datetime | None

    def by(self) -> dict[str, Any] | None:
        if not self.name:
            return None
        return {"name": self.name, "at": instant(self.at), "action": self.action}


def _last_changes(appointments: Collection[Appointment]) -> dict[UUID, _LastChange]:
    """One query, however many there are."""
    by_key = {str(appointment.pk): appointment for appointment in appointments}
    changes = accounts.newest_changes(Appointment._meta.label_lower, by_key)
    return {
        by_key[entry.subject_id].pk: _LastChange(
            action=entry.action.removeprefix("appointment."),
            name=name,
            at=entry.at,
            undo_until=transitions.undo_until(entry),
        )
        for entry, name in changes
    }
