"""What is sent over a socket. A frame is built once and encoded once, however many read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Frame:
    """One encoded message.

    `slot` names the thing whose whole state it carries: a newer frame of a slot replaces an older
    one. `revision` orders the frames of a slot; None means that no later frame depends on it.
    """

    slot: str
    text: str
    revision: int | None = None
    event: dict[str, str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "event", {"type": "websocket.send", "text": self.text})

    @cached_property
    def wire(self) -> bytes:
        """The message as the bytes of one unmasked websocket frame (RFC 6455, 5.2)."""
        return WireFrame(Opcode.TEXT, self.text.encode()).serialize(mask=False)


def encode(body: Body) -> str:
    """Compact JSON in ASCII, the cheapest text to put on a thousand sockets."""
    return json.dumps(body, separators=(",", ":"), cls=DjangoJSONEncoder)


def board(body: Body) -> Frame:
    return _of("board", body)


def day(body: Body) -> Frame:
    return _of("day", body)


def visit(body: Body) -> Frame:
    return _of("visit", body, slot=f"visit.{body['appointment']}")


def payment(body: Body, *, appointment_id: object) -> Frame:
    """A payment as its contract has it, wrapped with the appointment it pays."""
    wrapped = {"appointment": str(appointment_id), "payment": body}
    return _of("payment", wrapped, slot=f"payment.{body['id']}")


def check_in(body: Body) -> Frame:
    return _of("check_in", body, slot=f"check_in.{body['id']}")


def settings() -> Frame:
    """To one display: staff have changed its settings, which it reads over HTTP. It carries none,
    so that of two changes the older can't arrive last."""
    return Frame(slot="settings", text=encode({"type": "settings"}))


def heartbeat(*, revision: int, server_time: datetime, stale: bool) -> Frame:
    """`stale` says that live updates don't reach this process at present: what is on show may be
    some seconds old."""
    body = {
        "type": "heartbeat",
        "revision": revision,
        "server_time": server_time.isoformat(timespec="seconds"),
        "stale": stale,
    }
    return Frame(slot="heartbeat", text=encode(body))


def _of(kind: str, body: Body, *, slot: str | None = None) -> Frame:
    revision = body.get("revision")
    return Frame(slot=slot or kind, text=encode({"type": kind, **body}), revision=revision)
