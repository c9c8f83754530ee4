"""Every frame that a test receives is held against the published protocol."""

from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from realtime import asyncapi

_document = asyncapi.document()
_formats = FormatChecker(["date", "date-time", "uuid"])
_carried = {address: frames for address, _, frames in asyncapi.CHANNELS.values()}
_validators = {
    kind: Draft202012Validator(
        {**_document, "$ref": f"#/components/schemas/{kind}"}, format_checker=_formats
    )
    for kind in asyncapi.FRAMES
}


def check(path: str, frame: dict[str, Any]) -> None:
    """Raise AssertionError or ValidationError for a frame that the protocol doesn't have there."""
    kind = frame["type"]
    assert kind in _carried[path], f"{kind} isn't a frame of {path}"
    _validators[kind].validate(frame)
