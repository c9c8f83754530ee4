"""The visit: each button that staff, the kiosk or the desk can press.

Every press is one guarded transition; pressed a second time it changes nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from booking import busy, codes, standings
from booking.choices import LIVE, AppointmentStatus
from booking.errors import Code
from booking.models import Appointment
from booking.transitions import TRANSITIONS, Change, change
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.directory import selectors as directory
from clinic.directory import services as people

Stamps = Callable[[Appointment, datetime], dict[str, Any]]


def arrive(appointment_id: UUID, *, actor: Actor) -> Appointment:
    """The patient is here: gives the day's ticket. On the appointment's own civil day only.

    Raises DomainError `not_found`, `too_early`, `wrong_day` or `invalid_transition`.
    """
    with change(actor) as unit:
        appointment = unit.lock(appointment_id)
        if appointment.status != AppointmentStatus.ARRIVED:
            check_in(unit, appointment)
    return appointment


def check_in(unit: Change, appointment: Appointment) -> None:
    """Mark a booked appointment of today as arrived. The caller holds the row."""
    if appointment.status != AppointmentStatus.BOOKED:
        raise DomainError(Code.INVALID_TRANSITION)
    now = clock.now()
    today, day = clock.local(now).date(), clock.local(appointment.start).date()
    if day != today:
        raise DomainError(Code.TOO_EARLY if day > today else Code.WRONG_DAY)
    quoted = _quote(appointment, now)  # before all tickets of the day wait for this one
    unit.move(
        appointment,
        AppointmentStatus.ARRIVED,
        arrived_at=now,
        ticket=codes.next_ticket(today),
        ticket_on=today,
        **quoted,
    )


def _quote(appointment: Appointment, now: datetime) -> dict[str, int]:
    """What the patient is told now; kept for the report on how accurate it was."""
    standing = standings.on_arrival(appointment, now)
    if standing is None:
        return {}
    wait = standing.wait
    return {
        "quoted_low_minutes": wait.low_minutes,
        "quoted_minutes": wait.estimate_minutes,
        "quoted_high_minutes": wait.high_minutes,
        "shown_low_minutes": wait.low_minutes,
        "shown_high_minutes": wait.high_minutes,
    }


def call(appointment_id: UUID, *, actor: Actor, override: bool = False) -> Appointment:
    """Ask the patient in.

    Raises DomainError `not_found`, `invalid_transition`, and `busy` when the patient is called or
    treated elsewhere, or another therapist treats in that room. With `override` the former ends.
    """
    return _enter(appointment_id, actor, AppointmentStatus.CALLED, _called, override)


def call_again(appointment_id: UUID, *, actor: Actor) -> Appointment:
    """Call a patient who was called and didn't come: the call number rises, the screens repeat it.

    Raises DomainError `not_found` or `invalid_transition`.
    """
    with change(actor) as unit:
        appointment = unit.lock(appointment_id)
        if appointment.status != AppointmentStatus.CALLED:
            raise DomainError(Code.INVALID_TRANSITION)
        unit.edit(appointment, "called_again", **_called(appointment, clock.now()))
    return appointment


def call_next(practitioner_id: UUID, *, actor: Actor, override: bool = False) -> Appointment:
    """Call the practitioner's next arrived patient, earliest appointment first.

    Neither the practitioner's own treatment nor somebody already called is in the way: each press
    calls one more patient, and simultaneous presses call different ones. A patient who is called or
    treated elsewhere is skipped as long as another one waits. Raises DomainError
    `unknown_practitioner` or `queue_empty`, and `busy` as `call` does.
    """
    with change(actor) as unit:
        unit.wait_for_other_treatments()
        people.lock_practitioner(practitioner_id)
        waiting = (
            Appointment.objects.filter(
                practitioner=practitioner_id,
                ticket_on=clock.today(),
                status=AppointmentStatus.ARRIVED,
            )
            .order_by("start", "arrived_at", "pk")
            .select_for_update(no_key=True, of=("self",))
        )
        elsewhere = Appointment.objects.filter(status__in=(busy.CALLED, busy.IN_PROGRESS))
        free = waiting.exclude(patient__in=elsewhere.values("patient"))
        appointment = free.first() or waiting.first()
        if appointment is None:
            raise DomainError(Code.QUEUE_EMPTY)
        unit.make_way(appointment, AppointmentStatus.CALLED, override=override)
        unit.move(appointment, AppointmentStatus.CALLED, **_called(appointment, clock.now()))
    return appointment


def start(appointment_id: UUID, *, actor: Actor, override: bool = False) -> Appointment:
    """The treatment begins.

    Raises DomainError `not_found`, `invalid_transition`, and `busy` when therapist, room or patient
    are in another treatment. With `override` that one is finished.
    """
    return _enter(
        appointment_id,
        actor,
        AppointmentStatus.IN_PROGRESS,
        lambda _, now: {"started_at": now},
        override,
    )


def finish(appointment_id: UUID, *, actor: Actor) -> Appointment:
    """The treatment is over. Raises DomainError `not_found` or `invalid_transition`."""
    return _press(
        appointment_id,
        actor,
        AppointmentStatus.FULFILLED,
        lambda _, now: {"ended_at": now, "closed_at": now},
    )


def no_show(appointment_id: UUID, *, actor: Actor) -> Appointment:
    """The patient didn't come, or left. Raises DomainError `not_found` or `invalid_transition`."""
    return _press(
        appointment_id, actor, AppointmentStatus.NO_SHOW, lambda _, now: {"closed_at": now}
    )


def put_back(appointment_id: UUID, *, actor: Actor) -> Appointment:
    """A called patient waits again. Raises DomainError `not_found` or `invalid_transition`."""
    with change(actor) as unit:
        appointment = unit.lock(appointment_id)
        is_back = appointment.status == AppointmentStatus.ARRIVED and appointment.call_number > 0
        if is_back:
            return appointment
        if appointment.status != AppointmentStatus.CALLED:
            raise DomainError(Code.INVALID_TRANSITION)
        unit.move(appointment, AppointmentStatus.ARRIVED, called_at=None)
    return appointment


def undo(appointment_id: UUID, *, actor: Actor, seen: datetime | None = None) -> Appointment:
    """Take back a mis-press of the last minute: an arrival, a call, a start, an end, a no-show.

    `seen` is the `undo_until` that came with the press to take back: a colleague's newer press is
    never taken back instead. Raises DomainError `not_found`, `nothing_to_undo`, `busy` or
    `place_taken`.
    """
    with change(actor) as unit:
        unit.wait_for_other_moves()
        unit.wait_for_other_treatments()
        appointment = unit.lock(appointment_id)
        unit.undo(appointment, seen=seen)
    return appointment


def write_note(
    appointment_id: UUID, *, note: str, actor: Actor, was: str | None = None
) -> Appointment:
    """What the team should know about this visit; an empty text removes it. The log says that it
    was written, but not the text.

    Raises DomainError `not_found`, and `note_changed` if the note is no longer `was`, the one that
    the writer saw.
    """
    with change(actor) as unit:
        appointment = unit.lock(appointment_id)
        if appointment.note == note:
            return appointment
        if was not in {None, appointment.note}:
            raise DomainError(Code.NOTE_CHANGED, pointer="/was")
        unit.edit(appointment, "noted", note=note)
    return appointment


def move_room(
    appointment_id: UUID, *, room_id: UUID, actor: Actor, override: bool = False
) -> Appointment:
    """Give the visit another room.

    Raises DomainError `not_found`, `unknown_room`, `invalid_transition` when it is over,
    `room_taken` when another appointment has that room at the time, and `busy` as `call` or `start`
    would there.
    """
    room = directory.room(room_id)
    with change(actor) as unit:
        unit.wait_for_other_moves()
        unit.wait_for_other_treatments()
        appointment = unit.lock(appointment_id)
        if appointment.status not in LIVE:
            raise DomainError(Code.INVALID_TRANSITION)
        if appointment.room_id == room.pk:
            return appointment
        appointment.room_id = room.pk
        unit.make_way(appointment, AppointmentStatus(appointment.status), override=override)
        try:
            with transaction.atomic():
                unit.edit(appointment, "room_moved", room_id=room.pk)
        except IntegrityError as error:
            raise DomainError(Code.ROOM_TAKEN, pointer="/room") from error
    return appointment


def _press(
    appointment_id: UUID, actor: Actor, to: AppointmentStatus, stamps: Stamps
) -> Appointment:
    with change(actor) as unit:
        appointment = unit.lock(appointment_id)
        if appointment.status != to:
            unit.move(appointment, to, **stamps(appointment, clock.now()))
    return appointment


def _enter(
    appointment_id: UUID,
    actor: Actor,
    to: AppointmentStatus,
    stamps: Stamps,
    override: bool,
) -> Appointment:
    """A press that calls somebody in, or starts a treatment."""
    with change(actor) as unit:
        unit.wait_for_other_treatments()
        appointment = unit.lock(appointment_id)
        if appointment.status != to:
            if to not in TRANSITIONS[AppointmentStatus(appointment.status)]:
                raise DomainError(Code.INVALID_TRANSITION)
            unit.make_way(appointment, to, override=override)
            unit.move(appointment, to, **stamps(appointment, clock.now()))
    return appointment


def _called(appointment: Appointment, now: datetime) -> dict[str, Any]:
    return {"called_at": now, "call_number": appointment.call_number + 1}
