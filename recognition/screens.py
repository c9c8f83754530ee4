"""What the kiosk shows of a check-in: the body beside the serializer that describes it."""

import uuid
from typing import Any

from rest_framework import serializers

from booking.screens import visit
from booking.screens.parts import Wait
from recognition.engines.base import Flaw
from recognition.models import MISSED, PRESENT, CheckIn, CheckInStatus
from recognition.services.check_in import is_late

QUALITY_FLAWS = [
    (flaw.value, flaw.value) for flaw in Flaw if flaw not in (Flaw.NO_FACE, Flaw.MULTIPLE_FACES)
]


class CheckInResult(serializers.Serializer[Any]):
    """The answer for the kiosk's screen. Only an arrival says which visit it is."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=CheckInStatus.choices)
    label: Any = serializers.CharField(allow_null=True)
    ticket = serializers.CharField(allow_null=True)
    room = serializers.CharField(allow_null=True)
    wait = Wait(allow_null=True)
    detail = serializers.ChoiceField(
        choices=[*QUALITY_FLAWS, MISSED],
        allow_null=True,
        help_text="What is wrong with a poor image; `missed` beside `no_appointment`: there was "
        "one today, and its time is over",
    )


class CheckInFrame(CheckInResult):
    """The outcome of one check-in at this kiosk."""

    type = serializers.ChoiceField(choices=["check_in"])


def check_in_body(check_in_id: uuid.UUID) -> dict[str, Any]:
    """The answer as the kiosk shows it: with label, ticket, room and wait if somebody has arrived.

    A check-in that no worker answered in time already reads as `unavailable`. Raises
    CheckIn.DoesNotExist for an unknown id.
    """
    found = CheckIn.objects.get(pk=check_in_id)
    body: dict[str, Any] = {
        "id": str(found.id),
        "status": found.status,
        "label": None,
        "ticket": None,
        "room": None,
        "wait": None,
        "detail": found.detail or None,
    }
    if found.status == CheckInStatus.PROCESSING and is_late(found):
        body["status"] = CheckInStatus.UNAVAILABLE.value
    if found.status in PRESENT and found.appointment_id is not None:
        shown = visit.body(found.appointment_id)
        body |= {name: shown[name] for name in ("label", "ticket", "room", "wait")}
    return body


def check_in_frame(check_in_id: uuid.UUID) -> dict[str, Any]:
    """`check_in_body` for a socket. Raises CheckIn.DoesNotExist for an unknown id."""
    return {"type": "check_in", **check_in_body(check_in_id)}
