"""Very many rows, one part at a time.

One statement for all rows would lock them until it ends, and would have done nothing if a time
limit cut it off. The work on each part is committed on its own.
"""

import time
from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

ROWS_AT_ONCE = 1_000
PATIENCE_SECONDS = 15.0

Row = TypeVar("Row", bound=Model)


def of(rows: QuerySet[Row], *, at_once: int = ROWS_AT_ONCE) -> Iterator[QuerySet[Row]]:
    """These rows in parts, in the order of their keys; each row once, whatever becomes of it.

    Call it with no transaction open. After PATIENCE_SECONDS there are no more parts: the rest waits
    for the next run.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    ahead = rows.order_by("pk")
    while keys := list(ahead.values_list("pk", flat=True)[:at_once]):
        yield rows.filter(pk__in=keys)
        if len(keys) < at_once or time.monotonic() > deadline:
            return
        ahead = rows.filter(pk__gt=keys[-1]).order_by("pk")
