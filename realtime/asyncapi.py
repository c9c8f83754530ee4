"""The websocket protocol as an AsyncAPI 3 document: the four sockets and all their frames.

A frame is described once, as the serializer of its body; here stands which socket carries it.
"""

import functools
from typing import Any

from django.conf import settings
from drf_spectacular.settings import spectacular_settings

Schema = dict[str, Any]

VERSION = "1.0.0"
LIVE_FRAME = "LiveFrame"

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
            "messages": {frame: _message(frame) for frame in frames()},
            "schemas": schemas(),
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


def _message(frame: str) -> dict[str, Any]:
    reference = frames()[frame]
    return {
        "name": frame,
        "description": schemas()[_named(reference)]["description"],
        "contentType": "application/json",
        "payload": {"$ref": reference},
    }


def frames() -> dict[str, str]:
    """Each type of frame, with the reference to its schema."""
    mapping: dict[str, str] = _components()[LIVE_FRAME]["discriminator"]["mapping"]
    return mapping


@functools.cache
def schemas() -> dict[str, Schema]:
    """The frames and all that they are made of: the OpenAPI components, as JSON Schema."""
    found: dict[str, Schema] = {}
    awaited = [_named(reference) for reference in frames().values()]
    while awaited:
        if (name := awaited.pop()) not in found:
            found[name] = _as_json_schema(_components()[name])
            awaited += map(_named, _references(found[name]))
    return dict(sorted(found.items()))


@functools.cache
def _components() -> dict[str, Schema]:
    generator = spectacular_settings.DEFAULT_GENERATOR_CLASS()
    components: dict[str, Schema] = generator.get_schema(public=True)["components"]["schemas"]
    return components


def _named(reference: str) -> str:
    return reference.rpartition("/")[2]


def _references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for item in part for found in _references(item)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"]] if "$ref" in part else []
    return own + _references(list(part.values()))


def _as_json_schema(part: Any) -> Any:
    """The same in JSON Schema, where null is a type; an object has the properties that are named
    and no others."""
    if isinstance(part, list):
        return [_as_json_schema(item) for item in part]
    if not isinstance(part, dict):
        return part
    plain = {key: _as_json_schema(value) for key, value in part.items() if key != "nullable"}
    if plain.get("type") == "object":
        plain["additionalProperties"] = False
    return {"anyOf": [plain, {"type": "null"}]} if part.get("nullable") else plain
