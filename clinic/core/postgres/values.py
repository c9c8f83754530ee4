"""Statements with any number of values.

Values travel separately from the statement, so that its plan can be reused, and the protocol counts
them in 16 bits. Bulk writes go in batches. A statement that can't be divided, such as one with a
long list in its condition, has its values written into it.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db.backends.postgresql import base, features, operations

MOST_VALUES = 2**16 - 1
# An update names each row in a CASE, which PostgreSQL goes through for every row of the batch.
ROWS_AT_ONCE = 500


class DatabaseFeatures(features.DatabaseFeatures):
    max_query_params = MOST_VALUES


class DatabaseOperations(operations.DatabaseOperations):
    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """How many rows go into one statement."""
        return min(ROWS_AT_ONCE, MOST_VALUES // max(len(fields), 1))


class Cursor(base.CursorMixin, psycopg.Cursor[Any]):
    """Django's cursor for values that travel separately, with any number of them."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(*_sendable(self.connection, query, params), **options)


class NamedCursor(psycopg.ServerCursor[Any]):
    """The same, for results that are fetched in parts."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(*_sendable(self.connection, query, params), **options)


def _sendable(connection: psycopg.Connection[Any], query: Any, params: Any) -> tuple[Any, Any]:
    """The statement and its values. Values that are too many to send separately are written into
    the statement."""
    if params is None or len(params) <= MOST_VALUES:
        return query, params
    return psycopg.ClientCursor(connection).mogrify(query, params), None
