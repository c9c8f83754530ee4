"""Domain events: how a lower app speaks to the apps above it.

A writer announces what happened inside its transaction. Subscribers with `when="now"` run in that
same transaction (their writes commit or fail with it); those with `when="commit"` run after it,
each on its own, so that a failing one stops neither the writer nor its neighbours. All
subscriptions are in `clinic/config/wiring.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, TypeVar

from django.db import transaction

E = TypeVar("E")
When = Literal["now", "commit"]

_now: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
_commit: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
_muted: ContextVar[bool] = ContextVar("muted", default=False)


def subscribe(event_type: type[E], handler: Callable[[E], None], *, when: When) -> None:
    """Call `handler` for every event of exactly this type. Subscribing twice has no effect."""
    handlers = (_now if when == "now" else _commit)[event_type]
    if handler not in handlers:
        handlers.append(handler)


def announce(event: object) -> None:
    """Tell the subscribers. Outside a transaction the `commit` subscribers run at once."""
    for handler in _now[type(event)]:
        handler(event)
    for handler in () if _muted.get() else _commit[type(event)]:
        transaction.on_commit(_call(handler, event), robust=True)


def _call(handler: Callable[[E], None], event: E) -> Callable[[], None]:
    # Not a partial: when a hook fails, Django reads its `__qualname__`, which a partial doesn't
    # have.
    def call() -> None:
        handler(event)

    return call


@contextmanager
def muted() -> Iterator[None]:
    """Inside the block `commit` subscribers hear nothing. For many changes that are followed by a
    single announcement."""
    token = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(token)
