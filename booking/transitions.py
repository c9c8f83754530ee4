"""The one way in which an appointment changes.

`change` is a transaction with an actor. Everything done through it is audited and announced, and
the revision rises once, as the last statement before the commit.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from booking import busy, calendar_file, revision
from booking.choices import AppointmentStatus
from booking.errors import Code
from booking.events import VisitChanged
from booking.models import Appointment
from clinic.core import audit, clock, events, locks
from clinic.core.audit import Actor
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry

UNDO_WINDOW = timedelta(seconds=60)
UNDONE = "appointment.undone"
_TRANSITION_ACTIONS = (UNDONE, *(f"appointment.{status}" for status in AppointmentStatus))


_S = AppointmentStatus

TRANSITIONS: Mapping[AppointmentStatus, frozenset[AppointmentStatus]] = MappingProxyType(
    {
        _S.PENDING: frozenset({_S.BOOKED, _S.EXPIRED, _S.CANCELLED}),
        _S.BOOKED: frozenset({_S.ARRIVED, _S.CANCELLED, _S.NO_SHOW}),
        _S.ARRIVED: frozenset({_S.CALLED, _S.NO_SHOW}),
        _S.CALLED: frozenset({_S.IN_PROGRESS, _S.ARRIVED, _S.NO_SHOW}),
        _S.IN_PROGRESS: frozenset({_S.FULFILLED}),
        _S.FULFILLED: frozenset(),
        _S.NO_SHOW: frozenset(),
        _S.CANCELLED: frozenset(),
        # Paid late, and the time was still free.
        _S.EXPIRED: frozenset({_S.BOOKED}),
    }
)

# The presses that may be taken back: from which status to which, and their time stamps. What was
# given out isn't taken back: the call number stays, and so does the ticket counter.
TAKEN_BACK: Mapping[tuple[AppointmentStatus, AppointmentStatus], Mapping[str, Any]] = (
    MappingProxyType(
        {
            (_S.BOOKED, _S.ARRIVED): {
                "arrived_at": None,
                "ticket": "",
                "ticket_on": None,
                "quoted_low_minutes": None,
                "quoted_minutes": None,
                "quoted_high_minutes": None,
                "shown_low_minutes": None,
                "shown_high_minutes": None,
            },
            (_S.ARRIVED, _S.CALLED): {"called_at": None},
            (_S.CALLED, _S.IN_PROGRESS): {"started_at": None},
            (_S.IN_PROGRESS, _S.FULFILLED): {"ended_at": None, "closed_at": None},
            (_S.BOOKED, _S.NO_SHOW): {"closed_at": None},
            (_S.ARRIVED, _S.NO_SHOW): {"closed_at": None},
            (_S.CALLED, _S.NO_SHOW): {"closed_at": None},
        }
    )
)


class Step(NamedTuple):
    before: AppointmentStatus
    after: AppointmentStatus


def _undoable(entry: AuditEntry) -> Step | None:
    """The transition that a row of the log records, if it can be taken back."""
    if entry.actor_kind == "system":
        return None
    steps = (Step(before, after) for before, after in TAKEN_BACK)
    told = (entry.data.get("before"), entry.action.removeprefix("appointment."))
    return next((step for step in steps if told == (step.before, step.after)), None)


def undo_until(newest: AuditEntry) -> datetime | None:
    """Until when the change in an appointment's newest log row can be taken back."""
    return newest.at + UNDO_WINDOW if _undoable(newest) is not None else None


class Change:
    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.is_made = False

    def lock(self, appointment_id: UUID) -> Appointment:
        """Read an appointment and hold its row. Raises DomainError `not_found`."""
        found = (
            Appointment.objects.select_for_update(no_key=True, of=("self",))
            .filter(pk=appointment_id)
            .first()
        )
        if found is None:
            raise DomainError(CoreCode.NOT_FOUND)
        return found

    def wait_for_other_moves(self) -> None:
        """Wait until no other appointment is being moved in the calendar.

        Two updates that each want the other's place would deadlock on the exclusion constraints;
        inserts that give way on conflict don't. Call it before any row is locked.
        """
        locks.take(locks.MOVES)

    def wait_for_other_treatments(self) -> None:
        """Wait until nobody else is being called or started, so that the second of two desks sees
        what the first one did. Call it before any row is locked, after `wait_for_other_moves`."""
        locks.take(locks.TREATMENTS)

    def make_way(self, appointment: Appointment, to: AppointmentStatus, *, override: bool) -> None:
        """Make sure that nothing else is under way with this visit's patient, therapist or room
        before it is called or started. The caller has locked the row and has waited for other
        treatments.

        Raises DomainError `busy` with what is in the way; with `override` that ends instead: who
        was called waits again, and a treatment is finished.
        """
        others = busy.in_the_way(appointment, to)
        if others and not override:
            raise busy.refusal(others)
        for other in others:
            if not other.excludes:
                continue
            if other.visit.status == AppointmentStatus.CALLED:
                self.move(other.visit, AppointmentStatus.ARRIVED, called_at=None)
            else:
                now = clock.now()
                self.move(other.visit, AppointmentStatus.FULFILLED, ended_at=now, closed_at=now)

    def move(self, appointment: Appointment, to: AppointmentStatus, **stamps: Any) -> None:
        """Take an appointment to another status and set its stamps.

        Raises DomainError `invalid_transition` when the table doesn't allow it, or when the row is
        no longer in the status that the caller saw.
        """
        before = AppointmentStatus(appointment.status)
        if to not in TRANSITIONS[before] or not _write(appointment, status=to, **stamps):
            raise DomainError(Code.INVALID_TRANSITION)
        self._note(appointment, f"appointment.{to}", before=before)

    def undo(self, appointment: Appointment, *, seen: datetime | None) -> None:
        """Take the newest transition back: the status before it, without the stamps it set.

        Only what somebody pressed, and only within `UNDO_WINDOW`; where `seen` is given, only the
        transition that could be taken back until then. A correction, not a transition: the log
        keeps both. The caller holds the row and has waited for other moves and treatments.
        Raises DomainError `nothing_to_undo`; `busy` when practitioner, room or patient are in
        another treatment by now; `place_taken` when they have been given another appointment at
        that time.
        """
        newest = audit.newest_of(appointment, _TRANSITION_ACTIONS)
        back = _undoable(newest) if newest is not None else None
        if (
            newest is None
            or back is None
            or back.after != appointment.status
            or clock.now() > newest.at + UNDO_WINDOW
            or seen not in {None, newest.at + UNDO_WINDOW}
        ):
            raise DomainError(Code.NOTHING_TO_UNDO)
        others = busy.in_the_way(appointment, back.before)
        if any(other.excludes for other in others):
            raise busy.refusal(others)
        stamps = TAKEN_BACK[back.before, back.after]
        try:
            with transaction.atomic():
                _write(appointment, status=back.before, **stamps)
        except IntegrityError as error:
            raise DomainError(Code.PLACE_TAKEN) from error
        self._note(appointment, UNDONE, before=back.after, after=back.before)

    def edit(self, appointment: Appointment, action: str, **fields: Any) -> None:
        """Change anything but the status: time, room, label. The caller has locked the row."""
        _write(appointment, **fields)
        self._note(appointment, f"appointment.{action}", fields=sorted(fields))

    def edit_unseen(self, appointments: QuerySet[Appointment], action: str, **fields: Any) -> None:
        """The same for any number of appointments of other days, which no screen shows."""
        held = appointments.select_for_update(no_key=True, of=("self",)).order_by("pk")
        changed = list(held.only("pk", "patient_id"))
        Appointment.objects.filter(pk__in=[each.pk for each in changed]).update(**fields)
        audit.record_each(f"appointment.{action}", changed, actor=self.actor, fields=sorted(fields))

    def created(self, appointment: Appointment) -> None:
        """Note an appointment that was just written."""
        self._note(appointment, "appointment.created", status=appointment.status)

    def _note(self, appointment: Appointment, action: str, **data: Any) -> None:
        self.is_made = True
        audit.record(
            action,
            actor=self.actor,
            subject=appointment,
            patient_id=appointment.patient_id,
            **data,
        )
        events.announce(
            VisitChanged(appointment.pk, appointment.patient_id, appointment.practitioner_id)
        )


def _write(appointment: Appointment, **fields: Any) -> bool:
    """Write these columns, and what calendars need to know of them. False if the row is no longer
    in the status that the caller saw."""
    fields |= calendar_file.renewal(appointment, **fields)
    matching = Appointment.objects.filter(pk=appointment.pk, status=appointment.status)
    if not matching.update(**fields):
        return False
    for name, value in fields.items():
        setattr(appointment, name, value)
    return True


@contextmanager
def change(actor: Actor) -> Iterator[Change]:
    """One change of the day, all or nothing."""
    with transaction.atomic():
        unit = Change(actor)
        yield unit
        if unit.is_made:
            revision.bump()
