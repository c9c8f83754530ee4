"""The published websocket protocol is valid AsyncAPI 3 and says what the contract says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator, validate

# The contract, kept here by hand: each socket, who may open it, and the frames from the server.
SOCKETS = {
    "/ws/display": {"board", "settings", "heartbeat"},
    "/ws/staff": {"day", "heartbeat"},
    "/ws/me": {"visit", "payment", "heartbeat"},
    "/ws/kiosk": {"check_in", "heartbeat"},
}
BOARD = {"type", "revision", "server_time", "clinic", "closes_at", "opens_at", "entries"}
ENTRY = {"id", "ticket", "label", "room", "state", "call_number", "called_at", "wait"}
WAIT = {"low_minutes", "high_minutes", "estimate_minutes"}
STATES = {"waiting", "called", "in_room"}
STATUSES = {
    "pending",
    "booked",
    "arrived",
    "called",
    "in_progress",
    "fulfilled",
    "expired",
    "cancelled",
    "no_show",
}
PAYMENT_STATUSES = {"pending", "paid", "refused", "expired", "failed", "refunded"}
CHECK_IN_STATUSES = {
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
}

# What AsyncAPI 3.0 demands of the parts that we use.
REFERENCE = {
    "type": "object",
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
    "required": ["$ref"],
    "additionalProperties": False,
}


def _map_of(values: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"pattern": r"^[A-Za-z0-9_\-.]+$"},
        "additionalProperties": values,
        "minProperties": 1,
    }


STRUCTURE = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "additionalProperties": False,
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "defaultContentType": {"const": "application/json"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "properties": {
                "title": {"type": "string"},
                "version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
                "description": {"type": "string"},
                "license": {"type": "object", "required": ["name"]},
            },
            "additionalProperties": False,
        },
        "servers": _map_of(
            {
                "type": "object",
                "required": ["host", "protocol"],
                "properties": {
                    "host": {"type": "string", "pattern": "^[^/]+$"},
                    "protocol": {"enum": ["ws", "wss"]},
                    "security": {"type": "array", "items": REFERENCE},
                },
                "additionalProperties": False,
            }
        ),
        "channels": _map_of(
            {
                "type": "object",
                "required": ["address", "messages"],
                "properties": {
                    "address": {"type": "string", "pattern": "^/ws/"},
                    "description": {"type": "string"},
                    "messages": _map_of(REFERENCE),
                    "bindings": {
                        "type": "object",
                        "properties": {
                            "ws": {
                                "type": "object",
                                "properties": {
                                    "method": {"enum": ["GET", "POST"]},
                                    "bindingVersion": {"const": "0.1.0"},
                                },
                                "additionalProperties": False,
                            }
                        },
                    },
                },
                "additionalProperties": False,
            }
        ),
        "operations": _map_of(
            {
                "type": "object",
                "required": ["action", "channel"],
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": REFERENCE,
                    "messages": {"type": "array", "items": REFERENCE},
                },
                "additionalProperties": False,
            }
        ),
        "components": {
            "type": "object",
            "properties": {
                "messages": _map_of(
                    {
                        "type": "object",
                        "required": ["payload"],
                        "properties": {
                            "name": {"type": "string"},
                            "description": {"type": "string"},
                            "contentType": {"type": "string"},
                            "payload": REFERENCE,
                        },
                        "additionalProperties": False,
                    }
                ),
                "schemas": {"type": "object"},
                "securitySchemes": _map_of(
                    {
                        "type": "object",
                        "required": ["type", "name", "in"],
                        "properties": {
                            "type": {"const": "httpApiKey"},
                            "name": {"type": "string"},
                            "in": {"enum": ["query", "header", "cookie"]},
                            "description": {"type": "string"},
                        },
                        "additionalProperties": False,
                    }
                ),
            },
            "additionalProperties": False,
        },
    },
}


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    response = client.get("/api/asyncapi.json")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = response.json()
    return found


def schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def payload(document: dict[str, Any], kind: str) -> dict[str, Any]:
    return schema(document, named(document["components"]["messages"][kind]["payload"]))


def words(document: dict[str, Any], field: dict[str, Any]) -> set[str]:
    return set(schema(document, named(field))["enum"])


def named(reference: dict[str, str]) -> str:
    return reference["$ref"].rpartition("/")[2]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_it_is_built_as_asyncapi_3_demands(document: dict[str, Any]) -> None:
    validate(document, STRUCTURE)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    for reference in found:
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
    assert len(found) > 20


def test_every_schema_is_a_schema(document: dict[str, Any]) -> None:
    for one in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(one)


def test_the_sockets_and_their_frames_are_the_contracts(document: dict[str, Any]) -> None:
    published = {
        channel["address"]: set(channel["messages"]) for channel in document["channels"].values()
    }
    sent = {
        document["channels"][operation["channel"]["$ref"].rpartition("/")[2]]["address"]: {
            reference["$ref"].rpartition("/")[2] for reference in operation["messages"]
        }
        for operation in document["operations"].values()
        if operation["action"] == "send"
    }

    assert published == SOCKETS
    assert sent == SOCKETS
    assert len(document["operations"]) == len(SOCKETS)


def test_every_frame_names_its_type(document: dict[str, Any]) -> None:
    for kind in set().union(*SOCKETS.values()):
        frame = payload(document, kind)
        assert words(document, frame["properties"]["type"]) == {kind}
        assert "type" in frame["required"]


def test_the_board_has_the_contracts_fields_and_no_others(document: dict[str, Any]) -> None:
    board, entry, wait = (schema(document, name) for name in ("Board", "BoardEntry", "Wait"))

    assert board == payload(document, "board")
    for found, fields in ((board, BOARD), (entry, ENTRY), (wait, WAIT)):
        assert set(found["properties"]) == set(found["required"]) == fields
        assert found["additionalProperties"] is False
    assert words(document, entry["properties"]["state"]) == STATES


def test_the_words_are_the_contracts(document: dict[str, Any]) -> None:
    statuses = {
        "StaffAppointment": STATUSES,
        "Visit": STATUSES,
        "PaymentBody": PAYMENT_STATUSES,
        "CheckInFrame": CHECK_IN_STATUSES,
    }
    for name, expected in statuses.items():
        assert words(document, schema(document, name)["properties"]["status"]) == expected


def test_the_contracts_own_examples_are_valid(document: dict[str, Any]) -> None:
    board: dict[str, Any] = {
        "type": "board",
        "revision": 1832,
        "server_time": "2026-11-23T10:42:07+00:00",
        "clinic": "…",
        "closes_at": "2026-11-23T19:00:00+00:00",
        "opens_at": None,
        "entries": [
            {
                "id": "0f0b1a52-6d3c-4a55-9e0e-0b4f9f2f9a10",
                "ticket": "A013",
                "label": "A013",
                "room": "1",
                "state": "waiting",
                "call_number": 0,
                "called_at": None,
                "wait": {"low_minutes": 10, "high_minutes": 20, "estimate_minutes": 13},
            }
        ],
    }
    validator = Draft202012Validator({**document, "$ref": "#/components/messages/board/payload"})

    validator.validate(board)
    (entry,) = board["entries"]
    assert not validator.is_valid({**board, "entries": [{**entry, "phone": "9"}]})


def test_it_carries_no_address_but_the_public_one(document: dict[str, Any]) -> None:
    assert json.dumps(document).count("://") == 0
