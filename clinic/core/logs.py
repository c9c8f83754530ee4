"""What a log or a table may say of a failure: what it was and where, never its message.

The message of an exception isn't ours: PostgreSQL quotes the row, SMTP the address, a parser the
text. It is left out, whoever logs. So are the credentials in some addresses.
"""

import logging
import re
import traceback
from collections.abc import Callable, Iterator, MutableMapping
from types import TracebackType
from typing import Any

from clinic.core import clock
from clinic.core.errors import DomainError, UnansweredError

Event = MutableMapping[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
HIDDEN = "…"


def describe(error: BaseException) -> str:
    """The exception's type. Domain errors add their code, a missing answer adds its cause,
    PostgreSQL's errors add SQLSTATE and the name of the constraint."""
    said = [type(error).__name__]
    if isinstance(error, UnansweredError) and error.__cause__ is not None:
        said.append(type(error.__cause__).__name__)
    if isinstance(error, DomainError):
        said.append(error.code)
    for one in (error, error.__cause__):
        if sqlstate := getattr(one, "sqlstate", None):
            said += [sqlstate, getattr(getattr(one, "diag", None), "constraint_name", None) or ""]
            break
    return " ".join(filter(None, said))


def render(exc_info: ExcInfo) -> str:
    """A traceback with every frame, in which exceptions appear only as `describe` gives them."""
    _, error, trace = exc_info
    return "".join(_lines(error, error.__traceback__ or trace, set())).rstrip()


def _lines(error: BaseException, trace: TracebackType | None, told: set[int]) -> Iterator[str]:
    told.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in told:
        yield from _lines(before, before.__traceback__, told)
        yield "\nand from it:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(trace)
    yield f"{describe(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _lines(one, one.__traceback__, told)


def stamp(_logger: Any, _method: str, event: Event) -> Event:
    """A processor that adds the time, by the clock that all hosts share."""
    event["timestamp"] = clock.now().isoformat().replace("+00:00", "Z")
    return event


def without_messages(_logger: Any, _method: str, event: Event) -> Event:
    """A processor for other libraries' records, before their exception is rendered: it also removes
    what they quote of an exception in their own sentences."""
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["event"] = _sentence(record, str(event["event"]))
    return event


def _sentence(record: logging.LogRecord, said: str) -> str:
    # Celery puts an exception's repr among the arguments, even without exc_info.
    if isinstance(record.args, dict) and isinstance(quoted := record.args.get("exc"), str):
        kind = re.match(r"\w*", quoted)
        said = str(record.msg) % {**record.args, "exc": kind[0] if kind else ""}
    error = record.exc_info[1] if record.exc_info else None
    while error is not None:
        for words in (repr(error), str(error)):
            if words:
                said = said.replace(words, describe(error))
        error = error.__cause__ or error.__context__
    return said


def without_secrets(address: re.Pattern[str]) -> Callable[[Any, str, Event], Event]:
    """A processor that hides credentials in addresses: whatever `address` matches after its group
    `open`."""

    def hide(_logger: Any, _method: str, event: Event) -> Event:
        for name, value in event.items():
            if isinstance(value, str):
                event[name] = address.sub(rf"\g<open>{HIDDEN}", value)
        return event

    return hide
