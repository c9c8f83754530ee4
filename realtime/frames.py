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


def of(body: Body, *, about: str | None = None) -> Frame:
    """A body by its `type`; `about` is whose state it carries, where a socket carries several."""
    kind = body["type"]
    return Frame(
        slot=kind if about is None else f"{kind}.{about}",
        text=encode(body),
        revision=body.get("revision"),
    )


def visit(body: Body) -> Frame:
    return of(body, about=body["appointment"])


def payment(body: Body) -> Frame:
    return of(body, about=body["payment"]["id"])


def check_in(body: Body) -> Frame:
    return of(body, about=body["id"])


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
