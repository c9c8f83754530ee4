"""The websocket protocol as an AsyncAPI 3 document: the four sockets and all their frames."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from booking.choices import AppointmentStatus, BoardStage, Source

Schema = dict[str, Any]

VERSION = "1.0.0"
INSTANT: Schema = {"type": "string", "format": "date-time"}
ID: Schema = {"type": "string", "format": "uuid"}
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
MONEY: Schema = {"type": "string", "pattern": r"^-?\d+\.\d{2}$"}


def _or_null(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def _one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _object(properties: Mapping[str, Schema], *, optional: Iterable[str] = ()) -> Schema:
    """An object that has these properties and no others."""
    left_out = set(optional)
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in left_out],
        "additionalProperties": False,
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _frame(kind: str, properties: Mapping[str, Schema], *, optional: Iterable[str] = ()) -> Schema:
    named = {"type": {"type": "string", "const": kind}, **properties}
    return _object(named, optional=optional)


CHECK_IN_STATUSES = (
    "processing",
    "arrived",
    "already_arrived",
    "confirm",
    "not_recognised",
    "no_appointment",
    "too_early",
    "no_face",
    "multiple_faces",
    "poor_image",
    "unavailable",
)
NUMBERED: dict[str, Schema] = {"revision": COUNT, "server_time": INSTANT}
NAMED: dict[str, Schema] = {"id": ID, "name": TEXT}

SCHEMAS: dict[str, Schema] = {
    "wait": _object({"low_minutes": COUNT, "high_minutes": COUNT, "estimate_minutes": COUNT}),
    "entry": _object(
        {
            "id": ID,
            "ticket": TEXT,
            "label": TEXT,
            "room": TEXT,
            "state": _one_of(*BoardStage.values),
            "call_number": COUNT,
            "called_at": _or_null(INSTANT),
            "wait": _or_null(_ref("wait")),
        }
    ),
    "specialty": _object(
        {"code": TEXT, "name_pt": TEXT, "name_en": TEXT, "duration_minutes": COUNT},
        optional=["duration_minutes"],
    ),
    "named": _object(NAMED),
    "staff_appointment": _object(
        {
            "id": ID,
            "patient": _object({"id": ID, "full_name": TEXT, "label": TEXT}),
            "specialty": _ref("specialty"),
            "practitioner": _ref("named"),
            "room": _ref("named"),
            "start": INSTANT,
            "end": INSTANT,
            "status": _one_of(*AppointmentStatus.values),
            "is_missed": {"type": "boolean"},
            "ticket": TEXT,
            "label": TEXT,
            "arrived_at": _or_null(INSTANT),
            "called_at": _or_null(INSTANT),
            "call_number": COUNT,
            "started_at": _or_null(INSTANT),
            "ended_at": _or_null(INSTANT),
            "hold_expires_at": _or_null(INSTANT),
            "source": _one_of(*Source.values),
            "wait": _or_null(_ref("wait")),
            "told": _or_null(_ref("wait")),
            "note": TEXT,
            "changed_by": _or_null(_object({"name": TEXT, "at": INSTANT, "action": TEXT})),
            "undo_until": _or_null(INSTANT),
        }
    ),
    "payment_body": _object(
        {
            "id": ID,
            "method": _one_of("multibanco", "mb_way"),
            "status": _one_of("pending", "paid", "refused", "expired", "failed", "refunded"),
            "amount": MONEY,
            "reason": TEXT,
            "currency": TEXT,
            "entity": _or_null(TEXT),
            "reference": _or_null(TEXT),
            "phone": _or_null(TEXT),
            "expires_at": _or_null(INSTANT),
            "created_at": INSTANT,
            "paid_at": _or_null(INSTANT),
        }
    ),
    "board": _frame(
        "board",
        {
            **NUMBERED,
            "clinic": TEXT,
            "closes_at": _or_null(INSTANT),
            "opens_at": _or_null(INSTANT),
            "entries": {"type": "array", "items": _ref("entry")},
        },
        optional=["closes_at", "opens_at"],
    ),
    "day": _frame(
        "day",
        {
            **NUMBERED,
            "date": {"type": "string", "format": "date"},
            "practitioners": {
                "type": "array",
                "items": _object(
                    {
                        **NAMED,
                        "room": _or_null(_ref("named")),
                        "user": _or_null(ID),
                        "appointments": {"type": "array", "items": _ref("staff_appointment")},
                    }
                ),
            },
        },
    ),
    "visit": _frame(
        "visit",
        {
            **NUMBERED,
            "appointment": ID,
            "specialty": _ref("specialty"),
            "practitioner": _ref("named"),
            "start": INSTANT,
            "end": INSTANT,
            "status": _one_of(*AppointmentStatus.values),
            "room": TEXT,
            "ticket": TEXT,
            "label": TEXT,
            "position": _or_null(COUNT),
            "wait": _or_null(_ref("wait")),
            "call_number": COUNT,
            "called_at": _or_null(INSTANT),
        },
    ),
    "payment": _frame("payment", {"appointment": ID, "payment": _ref("payment_body")}),
    "check_in": _frame(
        "check_in",
        {
            "id": ID,
            "status": _one_of(*CHECK_IN_STATUSES),
            "label": _or_null(TEXT),
            "ticket": _or_null(TEXT),
            "room": _or_null(TEXT),
            "wait": _or_null(_ref("wait")),
            "detail": _or_null(TEXT),
        },
    ),
    "settings": _frame("settings", {}),
    "heartbeat": _frame("heartbeat", {**NUMBERED, "stale": {"type": "boolean"}}),
}

FRAMES: dict[str, str] = {
    "board": "What the waiting room sees: everybody who is waiting, called or in a room. "
    "Always the whole board; ignore a revision that isn't higher than the last. `closes_at` is the "
    "end of the opening hours that run now, `opens_at` the start of the next.",
    "day": "The staff's day by practitioner, always whole.",
    "visit": "One of the patient's own appointments of today.",
    "payment": "One of the patient's payments, after each change.",
    "check_in": "The outcome of one check-in at this kiosk.",
    "settings": "Staff have changed what this display shows, how large or how loud: read "
    "`GET /api/devices/me`.",
    "heartbeat": "The server is there. `revision` is the newest that it knows; `stale` means that "
    "live updates don't reach it at present, so that what is on show may be some seconds old.",
}

# Path, who may open it, and which frames it carries.
CHANNELS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "display": ("/ws/display", "A waiting-room display.", ("board", "settings", "heartbeat")),
    "staff": ("/ws/staff", "The clinic's staff.", ("day", "heartbeat")),
    "me": ("/ws/me", "A patient.", ("visit", "payment", "heartbeat")),
    "kiosk": ("/ws/kiosk", "An entrance kiosk.", ("check_in", "heartbeat")),
}

_INTRODUCTION = """\
Text frames of JSON from the server. A client sends nothing: whatever it sends closes the socket.

The whole state comes at once, then again after each change, and a heartbeat every 4 seconds. Once
one is overdue, what is shown may be old. A socket that has been silent for 35 seconds is dead:
connect anew, with growing pauses.

A browser is known by its cookies and must come from this very origin; a client that is no browser
sends `Authorization: Device <token>` and no Origin. A refused handshake is answered with HTTP 403.

An open socket is closed with 1007 (a frame that isn't a JSON object), 1008 (any other frame), 1009
(a frame over 64 KB), 1012 (the server restarts or can't read the state), 4401 (the session or the
device has ended) or 4408 (eight hours have passed).
"""


def document() -> dict[str, Any]:
    """The whole document, ready to be served."""
    scheme, _, host = settings.PUBLIC_ORIGIN.partition("://")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vez: live updates",
            "version": VERSION,
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "clinic": {
                "host": host,
                "protocol": "wss" if scheme == "https" else "ws",
                "security": [
                    {"$ref": "#/components/securitySchemes/cookie"},
                    {"$ref": "#/components/securitySchemes/device"},
                ],
            }
        },
        "channels": {name: _channel(name) for name in CHANNELS},
        "operations": {f"send_{name}": _operation(name) for name in CHANNELS},
        "components": {
            "messages": {name: _message(name) for name in FRAMES},
            "schemas": SCHEMAS,
            "securitySchemes": {
                "cookie": {
                    "type": "httpApiKey",
                    "in": "cookie",
                    "name": settings.ACCESS_COOKIE,
                    "description": "The HttpOnly cookie of a login, or of a paired device.",
                },
                "device": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Device <token>`, as pairing has returned it.",
                },
            },
        },
    }


def _channel(name: str) -> dict[str, Any]:
    address, who, carried = CHANNELS[name]
    return {
        "address": address,
        "description": who,
        "messages": {frame: {"$ref": f"#/components/messages/{frame}"} for frame in carried},
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
    }


def _operation(name: str) -> dict[str, Any]:
    _, _, carried = CHANNELS[name]
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{frame}"} for frame in carried],
    }


def _message(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": FRAMES[name],
        "contentType": "application/json",
        "payload": _ref(name),
    }
