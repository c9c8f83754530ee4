"""Every frame that a test receives is held against the published protocol."""

import functools
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from realtime import asyncapi

_formats = FormatChecker(["date", "date-time", "uuid"])
_carried = {address: frames for address, _, frames in asyncapi.CHANNELS.values()}


def check(path: str, frame: dict[str, Any]) -> None:
    """Raise AssertionError or ValidationError for a frame that the protocol doesn't have there."""
    kind = frame["type"]
    assert kind in _carried[path], f"{kind} isn't a frame of {path}"
    _validators()[kind].validate(frame)


@functools.cache
def _validators() -> dict[str, Draft202012Validator]:
    document = asyncapi.document()
    return {
        kind: Draft202012Validator(
            {**document, "$ref": f"#/components/messages/{kind}/payload"}, format_checker=_formats
        )
        for kind in document["components"]["messages"]
    }
