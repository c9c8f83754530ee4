"""Everything that comes over a websocket, told apart by `type`, and its place in the published
OpenAPI document: from there the AsyncAPI document and the front end's types take it."""

from typing import Any

from drf_spectacular.plumbing import build_mocked_view
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.serializers import Serializer

from billing.payments.screens import PaymentFrame
from booking.screens.board import Board
from booking.screens.day import StaffDay
from booking.screens.visit import Visit
from realtime.asyncapi import LIVE_FRAME
from realtime.serializers import Heartbeat, SettingsFrame
from recognition.screens import CheckInFrame

FRAMES: dict[str, type[Serializer[Any]]] = {
    "board": Board,
    "day": StaffDay,
    "visit": Visit,
    "payment": PaymentFrame,
    "check_in": CheckInFrame,
    "settings": SettingsFrame,
    "heartbeat": Heartbeat,
}


def describe(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Put the frames beside the answers of the views, before enumerations are named."""
    frame = PolymorphicProxySerializer(
        component_name=LIVE_FRAME, serializers={**FRAMES}, resource_type_field_name="type"
    )
    view = build_mocked_view("GET", "/ws", extend_schema(), generator.registry)
    view.schema.resolve_serializer(frame, "response")
    result["components"] |= generator.registry.build({})
    return result
