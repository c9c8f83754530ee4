"""What realtime does when something has happened. Connected in the composition root, after commit.

The writer's process builds each frame once and publishes the encoded text; the hubs only pass it
on. The board comes first: the waiting room is who waits for it.
"""

from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

from booking import selectors as booking
from booking.events import VisitChanged, WaitsChanged
from booking.screens import board, day, visit
from clinic.accounts.events import DeviceRevoked, DisplayChanged, SessionRevoked
from clinic.core import clock
from realtime import credentials, frames, groups
from realtime.frames import Frame
from realtime.publisher import Message, heard, publish


class PaymentEvent(Protocol):
    """What is needed of billing's `PaymentChanged`."""

    @property
    def payment_id(self) -> UUID: ...
    @property
    def patient_id(self) -> UUID: ...


class CheckInEvent(Protocol):
    """What is needed of recognition's `CheckInDecided`."""

    @property
    def check_in_id(self) -> UUID: ...
    @property
    def device_id(self) -> UUID: ...


Read = Callable[[UUID], dict[str, Any]]


def on_visit_changed(event: VisitChanged) -> None:
    """Show a visit's new state: on the displays first, then to the staff, to its patient, and to
    those who wait for the same practitioner."""
    _show_queue()
    _show_visits(event.practitioner_id, changed=(event.patient_id, event.appointment_id))


def on_waits_changed(_event: WaitsChanged) -> None:
    """Show estimates that time alone has moved, or the new day."""
    _show_queue()
    _show_visits()


def on_payment_changed(read: Read) -> Callable[[PaymentEvent], None]:
    """The subscriber that shows a payment to its patient; `read` is billing's frame of it."""

    def show(event: PaymentEvent) -> None:
        frame = frames.payment(read(event.payment_id))
        publish([_to(groups.me(event.patient_id), frame)])

    return show


def on_check_in_decided(read: Read) -> Callable[[CheckInEvent], None]:
    """The subscriber that shows a check-in's outcome at its kiosk; `read` is its frame."""

    def show(event: CheckInEvent) -> None:
        frame = frames.check_in(read(event.check_in_id))
        publish([_to(groups.kiosk(event.device_id), frame)])

    return show


def on_session_revoked(event: SessionRevoked) -> None:
    """Close the sockets of a session that has ended."""
    _revoke(credentials.of_session(event.session_id))


def on_device_revoked(event: DeviceRevoked) -> None:
    """Close the sockets of a device that has lost its credential."""
    _revoke(credentials.of_device(event.device_id))


def on_display_changed(event: DisplayChanged) -> None:
    """Tell a display that it has other settings."""
    credential = credentials.of_device(event.device_id)
    publish([(groups.CONTROL, {"type": "settings", "credential": credential})])


def _show_queue() -> None:
    publish([_to(groups.BOARD, frames.of(board.body()))])
    if heard([groups.STAFF]):
        publish([_to(groups.STAFF, frames.of(day.body(clock.today())))])


def _show_visits(
    practitioner_id: UUID | None = None, *, changed: tuple[UUID, UUID] | None = None
) -> None:
    """Show their visits to those who wait for the practitioner, or for any, and the visit that has
    changed to its patient; of all these to whoever has a page open."""
    patients = booking.waiting_patients(practitioner_id)
    if changed is not None:
        patients.add(changed[0])
    listening = heard(map(groups.me, patients))
    patients = {patient_id for patient_id in patients if groups.me(patient_id) in listening}
    if not patients:
        return
    visits = visit.bodies_waiting(patients, practitioner_id)
    if changed is not None and changed[0] in patients:
        patient_id, appointment_id = changed
        own = visit.body(appointment_id)
        others = [one for one in visits if one[1]["appointment"] != own["appointment"]]
        visits = [(patient_id, own), *others]
    publish([_to(groups.me(patient_id), frames.visit(body)) for patient_id, body in visits])


def _to(group: str, frame: Frame) -> tuple[str, Message]:
    return group, {
        "type": "frame",
        "group": group,
        "slot": frame.slot,
        "revision": frame.revision,
        "text": frame.text,
    }


def _revoke(credential: str) -> None:
    publish([(groups.CONTROL, {"type": "revoked", "credential": credential})])
