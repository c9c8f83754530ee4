"""Therapist, room and patient are in one treatment at a time: finds what is in the way of the next
one."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from booking.choices import AppointmentStatus
from booking.errors import Code
from booking.models import Appointment
from clinic.core.errors import DomainError

CALLED, IN_PROGRESS = AppointmentStatus.CALLED, AppointmentStatus.IN_PROGRESS


@dataclass(frozen=True, slots=True)
class InTheWay:
    """A visit under way that shares patient, therapist or room with another. `excludes`: the
    database refuses to have both, so one of them has to end."""

    visit: Appointment
    shared: tuple[str, ...]
    excludes: bool

    def as_dict(self) -> dict[str, Any]:
        return {
            "appointment": str(self.visit.pk),
            "shared": list(self.shared),
            "status": str(self.visit.status),
            "patient": self.visit.patient.full_name,
            "practitioner": self.visit.practitioner.name,
            "room": self.visit.room.name,
            "ends": self.excludes,
        }


def in_the_way(appointment: Appointment, to: AppointmentStatus) -> list[InTheWay]:
    """The visits that keep this one from being called or started, with their rows locked.

    A patient who is called or treated isn't called elsewhere. A treatment needs its therapist and
    room for itself. A therapist may call before the end of their own treatment, but not into a room
    where another therapist treats.
    """
    if to not in {CALLED, IN_PROGRESS}:
        return []
    patient = Q(patient=appointment.patient_id, status__in=(CALLED, IN_PROGRESS))
    room = Q(room=appointment.room_id, status=IN_PROGRESS)
    practitioner = Q(practitioner=appointment.practitioner_id, status=IN_PROGRESS)
    place = room & ~practitioner if to == CALLED else room | practitioner
    found = (
        Appointment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("patient", "practitioner", "room")
        .filter(patient | place)
        .exclude(pk=appointment.pk)
        .order_by("pk")
    )
    return [
        InTheWay(
            other,
            shared := tuple(
                name
                for name in ("patient", "practitioner", "room")
                if getattr(other, f"{name}_id") == getattr(appointment, f"{name}_id")
            ),
            excludes=to == IN_PROGRESS or "patient" in shared,
        )
        for other in found
    ]


def refusal(others: list[InTheWay]) -> DomainError:
    return DomainError(Code.BUSY, members={"in_the_way": [other.as_dict() for other in others]})
