"""One visit on its day: for its patient, and for whoever holds its link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from booking import revision, selectors, standings
from booking.choices import ON_PREMISES, AppointmentStatus
from booking.due import is_missed
from booking.errors import Code
from booking.fields import InstantField
from booking.screens.parts import (
    PersonRef,
    TimedSpecialtyRef,
    Wait,
    instant,
    named,
    timed_specialty,
    wait,
)
from clinic.accounts.choices import Language
from clinic.core import clock
from clinic.core.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from booking.models import Appointment
    from booking.waits import Standing

NEVER_BOOKED = (AppointmentStatus.PENDING, AppointmentStatus.EXPIRED)


class Visit(serializers.Serializer[Any]):
    """One of the patient's own appointments of today."""

    type = serializers.ChoiceField(choices=["visit"])
    revision = serializers.IntegerField(min_value=0, help_text="Only grows")
    server_time = InstantField()
    appointment = serializers.UUIDField()
    specialty = TimedSpecialtyRef()
    practitioner = PersonRef()
    start = InstantField()
    end = InstantField()
    status = serializers.ChoiceField(choices=AppointmentStatus.choices)
    room = serializers.CharField()
    ticket = serializers.CharField(allow_blank=True, help_text="From the arrival on")
    label: Any = serializers.CharField(
        allow_blank=True, help_text="As the patient has chosen to be named"
    )
    position = serializers.IntegerField(min_value=0, allow_null=True)
    wait = Wait(allow_null=True)
    call_number = serializers.IntegerField(min_value=0)
    called_at = InstantField(allow_null=True)


def body(appointment_id: UUID) -> dict[str, Any]:
    """The visit of one appointment. Raises `not_found`."""
    number = revision.current()
    appointment = selectors.get_appointment(appointment_id)
    return _visit(appointment, number, standings.of(appointment))


def bodies_today(patient_id: UUID) -> list[dict[str, Any]]:
    """A patient's visits of today that still stand, in order."""
    number = revision.current()
    return [
        _visit(appointment, number, standings.of(appointment))
        for appointment in selectors.visits_of_today(patient_id)
    ]


def bodies_waiting(
    patient_ids: Collection[UUID], practitioner_id: UUID | None = None
) -> list[tuple[UUID, dict[str, Any]]]:
    """Patient and visit, for those of these patients who are waiting now, for one practitioner or
    for any. Three queries, however many there are."""
    number = revision.current()
    places = standings.of_all(clock.now(), practitioner_id)
    return [
        (appointment.patient_id, _visit(appointment, number, places[appointment.pk]))
        for appointment in selectors.among(places, patient_ids)
    ]


def _visit(appointment: Appointment, number: int, standing: Standing | None) -> dict[str, Any]:
    return {
        "type": "visit",
        "revision": number,
        "server_time": instant(clock.now()),
        "appointment": str(appointment.pk),
        "specialty": timed_specialty(appointment.specialty),
        "practitioner": named(appointment.practitioner),
        "start": instant(appointment.start),
        "end": instant(appointment.end),
        "status": str(appointment.status),
        "room": appointment.room.name,
        "ticket": appointment.ticket,
        "label": selectors.label_of(appointment),
        "position": standing.position if standing else None,
        "wait": wait(standing.wait if standing else None),
        "call_number": appointment.call_number,
        "called_at": instant(appointment.called_at),
    }


class LinkedVisit(serializers.Serializer[Any]):
    """A visit as seen through its link."""

    server_time = InstantField()
    start = InstantField()
    practitioner = serializers.CharField(help_text="The practitioner's name")
    language = serializers.ChoiceField(
        choices=Language.choices, help_text="The language in which the patient was sent the link"
    )
    status = serializers.ChoiceField(choices=AppointmentStatus.choices)
    is_missed = serializers.BooleanField(help_text="Booked, but its time is over: ask at the desk")
    check_in_code = serializers.CharField(
        allow_null=True, help_text="Until the arrival, or until its time is over"
    )
    ticket = serializers.CharField(allow_blank=True, help_text="From the arrival to the end")
    label: Any = serializers.CharField(
        allow_blank=True, help_text="As the patient has chosen to be named; like the ticket"
    )
    room = serializers.CharField(allow_null=True, help_text="Like the ticket")
    position = serializers.IntegerField(min_value=0, allow_null=True)
    wait = Wait(allow_null=True)
    call_number = serializers.IntegerField(min_value=0)
    called_at = InstantField(allow_null=True)


def linked_body(appointment_id: UUID) -> dict[str, Any]:
    """The least that is needed to follow one visit, for whoever has its link, until its day is
    over.

    Nothing in it leads to the patient: no id and no treatment. Their label in the waiting room, and
    where to go, are only there while they are on the premises. Raises DomainError `link_invalid`
    for an appointment that was never booked, and `link_over` from the day after the visit on.
    """
    appointment = selectors.find_appointment(appointment_id)
    if appointment is None or appointment.status in NEVER_BOOKED:
        raise DomainError(Code.LINK_INVALID)
    if clock.local(appointment.start).date() < clock.today():
        raise DomainError(Code.LINK_OVER)
    is_here = appointment.status in ON_PREMISES
    missed = is_missed(appointment, clock.now())
    is_expected = appointment.status == AppointmentStatus.BOOKED and not missed
    standing = standings.of(appointment)
    return {
        "server_time": instant(clock.now()),
        "start": instant(appointment.start),
        "practitioner": appointment.practitioner.name,
        "language": str(appointment.patient.language),
        "status": str(appointment.status),
        "is_missed": missed,
        "check_in_code": appointment.check_in_code if is_expected else None,
        "ticket": appointment.ticket if is_here else "",
        "label": selectors.label_of(appointment) if is_here else "",
        "room": appointment.room.name if is_here else None,
        "position": standing.position if standing else None,
        "wait": wait(standing.wait if standing else None),
        "call_number": appointment.call_number,
        "called_at": instant(appointment.called_at),
    }
