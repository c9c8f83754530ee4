"""Where the hub reads what its sockets show: the selectors of the apps below, as frames."""

from typing import Any

from booking import selectors as booking
from booking.services import looks
from clinic.accounts.principals import Principal, actor_of
from clinic.accounts.websockets import still_valid
from clinic.core import clock
from realtime import frames, groups
from realtime.hub import State


def board() -> dict[str, Any]:
    """The board frame's body at this moment."""
    return booking.board().as_dict()


class DatabaseSources:
    """The hub's sources in PostgreSQL."""

    def revision(self) -> int:
        return booking.revision()

    def state(self, group: str) -> State:
        # The revision is read first: what is read after it can only be newer than it says.
        revision = booking.revision()
        if group == groups.BOARD:
            return State(revision, (frames.board(board()),))
        if group == groups.STAFF:
            return State(revision, (frames.day(booking.day(clock.today())),))
        patient_id = groups.patient_of(group)
        if patient_id is None:
            return State(revision, ())
        return State(
            revision, tuple(frames.visit(body) for body in booking.visits_today(patient_id))
        )

    def may_stay(self, principal: object) -> bool:
        return isinstance(principal, Principal) and still_valid(principal)

    def note_look(self, principal: object) -> None:
        if not isinstance(principal, Principal) or principal.user is None:
            raise TypeError("only a user's socket shows patients' data")
        looks.watch_today(actor_of(principal.user))
