"""The waiting room's board: what it may see of the day, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from booking import revision, standings
from booking.choices import ON_PREMISES, AppointmentStatus, BoardStage
from booking.screens.parts import Wait, instant, wait
from clinic.core import clock
from clinic.directory import labels
from clinic.directory import selectors as directory
from clinic.directory.opening import opening_hours

if TYPE_CHECKING:
    from datetime import datetime

    from booking.waits import Standing

STAGES = {
    AppointmentStatus.ARRIVED: BoardStage.WAITING,
    AppointmentStatus.CALLED: BoardStage.CALLED,
    AppointmentStatus.IN_PROGRESS: BoardStage.IN_ROOM,
}
_ORDER = {
    AppointmentStatus.CALLED: 0,
    AppointmentStatus.IN_PROGRESS: 1,
    AppointmentStatus.ARRIVED: 2,
}
_READ = (
    *standings.READ,
    "patient_id",
    *("ticket", "ticket_on", "call_number", "room__name"),
    *("patient__full_name", "patient__label_choice", "label_choice"),
)


class BoardEntry(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    ticket = serializers.CharField()
    label: Any = serializers.CharField(help_text="The name that the patient chose for the screens")
    room = serializers.CharField()
    state = serializers.ChoiceField(choices=BoardStage.values)
    call_number = serializers.IntegerField(min_value=0)
    called_at = serializers.DateTimeField(allow_null=True)
    wait = Wait(allow_null=True)


class Board(serializers.Serializer[Any]):
    """What the waiting room sees: everybody who is waiting, called or in a room. Always the whole
    board; ignore a revision that isn't higher than the last."""

    type = serializers.ChoiceField(choices=["board"])
    revision = serializers.IntegerField(min_value=0, help_text="Only grows")
    server_time = serializers.DateTimeField()
    clinic = serializers.CharField()
    closes_at = serializers.DateTimeField(
        allow_null=True, help_text="The end of today's opening hours; null while it is closed"
    )
    opens_at = serializers.DateTimeField(
        allow_null=True, help_text="The next opening; null where none is known"
    )
    entries = BoardEntry(many=True)


def body() -> dict[str, Any]:
    """Who is called, treated or waiting: called first (the newest first), then those in their
    rooms, then those who wait, in the order in which they will probably be called."""
    number = revision.current()
    now = clock.now()
    today = clock.today()
    # Values, not objects, and only once: between a commit and a thousand screens every millisecond
    # counts.
    rows = list(standings.counted().values_list(*_READ, named=True))
    places = standings.of_rows(rows, now)
    here = [row for row in rows if row.ticket_on == today and row.status in ON_PREMISES]
    # Each person is listed once: where they are, or else where they wait first.
    here.sort(key=lambda row: (row.status == AppointmentStatus.ARRIVED, row.start), reverse=True)
    present = {row.patient_id: row for row in here}.values()
    opening = opening_hours.around(now)
    return {
        "type": "board",
        "revision": number,
        "server_time": instant(now),
        "clinic": directory.clinic_name(),
        "closes_at": instant(opening.closes_at),
        "opens_at": instant(opening.opens_at),
        "entries": [
            _entry(row, places.get(row.id))
            for row in sorted(present, key=lambda row: _key(row, places.get(row.id)))
        ],
    }


def _entry(row: Any, standing: Standing | None) -> dict[str, Any]:
    choice = row.label_choice or row.patient__label_choice
    return {
        "id": str(row.id),
        "ticket": row.ticket,
        "label": labels.label(row.patient__full_name, choice, row.ticket),
        "room": row.room__name,
        "state": str(STAGES[AppointmentStatus(row.status)]),
        "call_number": row.call_number,
        "called_at": instant(row.called_at),
        "wait": wait(standing.wait if standing else None),
    }


def _key(row: Any, standing: Standing | None) -> tuple[int, float, int, datetime, str]:
    status = AppointmentStatus(row.status)
    called_at = (row.called_at or row.start).timestamp()
    return (
        _ORDER[status],
        -called_at if status != AppointmentStatus.ARRIVED else 0.0,
        standing.wait.estimate_minutes if standing else 0,
        row.start,
        row.ticket,
    )
