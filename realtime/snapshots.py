"""Where the hub reads what its sockets show: the screens of the apps below, as frames."""

from collections.abc import Mapping

from booking import selectors as booking
from booking.screens import board, day, visit
from booking.services import looks
from clinic.accounts import selectors, websockets
from clinic.accounts.principals import Principal, actor_of
from clinic.core import clock
from realtime import frames, groups
from realtime.hub import State


class DatabaseSources:
    """The hub's sources in PostgreSQL."""

    def revision(self) -> int:
        return booking.revision()

    def state(self, group: str) -> State:
        # The revision is read first: what is read after it can only be newer than it says.
        revision = booking.revision()
        if group == groups.BOARD:
            return State(revision, (frames.of(board.body()),))
        if group == groups.STAFF:
            return State(revision, (frames.of(day.body(clock.today())),))
        patient_id = groups.patient_of(group)
        if patient_id is None:
            return State(revision, ())
        return State(revision, tuple(frames.visit(body) for body in visit.bodies_today(patient_id)))

    def devices(self) -> websockets.Devices:
        return selectors.live_devices()

    def ended(self, principals: Mapping[str, Principal]) -> set[str]:
        return websockets.ended(principals)

    def note_look(self, principal: Principal) -> None:
        if principal.user is None:
            raise TypeError("only a user's socket shows patients' data")
        looks.watch_today(actor_of(principal.user))
