"""Reads a provider's message, field by field. A field with the wrong form makes it malformed."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from uuid import UUID

import httpx

from billing.payments.providers.base import MalformedEventError
from clinic.core import clock

MOST_DIGITS = 8
LONGEST_TEXT = 100


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """The JSON object in an answer, with exact numbers; empty if there is none."""
    try:
        answer = json.loads(response.content, parse_float=Decimal)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def malformed(name: str) -> NoReturn:
    raise MalformedEventError(name)


def text(body: Mapping[str, Any], name: str) -> str:
    """A line of printable text."""
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT or not value.isprintable():
        malformed(name)
    return value


def optional(body: Mapping[str, Any], name: str) -> str:
    """A line of printable text, or none."""
    return "" if body.get(name) in (None, "") else text(body, name)


def number(body: Mapping[str, Any], name: str) -> str:
    """A number or a name that some write as text and some as an integer."""
    value = body.get(name)
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return text({name: str(value) if is_integer else value}, name)


def uuid(value: object, name: str) -> UUID:
    try:
        return UUID(value) if isinstance(value, str) else malformed(name)
    except ValueError:
        malformed(name)


def money(value: object, name: str) -> Decimal:
    """An amount as text or as a number; a binary fraction counts as the text it was read from."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        malformed(name)
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        malformed(name)
    if not amount.is_finite() or amount.adjusted() >= MOST_DIGITS:
        malformed(name)
    return amount


def instant(body: Mapping[str, Any], name: str) -> datetime:
    """A moment; without a zone it is the clinic's."""
    try:
        moment = datetime.fromisoformat(text(body, name))
    except ValueError:
        malformed(name)
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.zone())
