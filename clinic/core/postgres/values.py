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


class _AnyNumberOfValues:
    """A cursor that writes values into the statement if there are too many to send separately."""

    connection: psycopg.Connection[Any]

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        if params is not None and len(params) > MOST_VALUES:
            query, params = psycopg.ClientCursor(self.connection).mogrify(query, params), None
        return super().execute(query, params, **options)  # type: ignore[misc]  # the cursor it is mixed into


class Cursor(_AnyNumberOfValues, base.ServerBindingCursor):
    pass


class NamedCursor(_AnyNumberOfValues, psycopg.ServerCursor[Any]):
    pass
