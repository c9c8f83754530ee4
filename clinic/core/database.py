"""What PostgreSQL's errors mean for the request, and how connections recover.

Every SQLSTATE has its answer in `MEANINGS`. If the answer is `unavailable`, the connection may be
at fault: it may still lead to a server that was replaced, or keep settings from when that server
was a standby. So it isn't used again once the current request or task is over.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import (
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    OperationalError,
)
from django.db.backends.base.base import BaseDatabaseWrapper

from clinic.core.errors import Code

READ_ONLY = "25006"

MEANINGS = {
    # By class, which is the first two characters; an entry for the full code comes before its
    # class.
    "02": Code.INTERNAL,  # no data
    "03": Code.INTERNAL,  # statement not complete
    "08": Code.UNAVAILABLE,  # connection
    "09": Code.INTERNAL,  # triggered action
    "0A": Code.INTERNAL,  # not supported, but for an outdated plan
    "0B": Code.INTERNAL,  # transaction initiation
    "0F": Code.INTERNAL,  # locator
    "0L": Code.INTERNAL,  # grantor
    "0P": Code.INTERNAL,  # role
    "0Z": Code.INTERNAL,  # diagnostics
    "10": Code.INTERNAL,  # XQuery
    "20": Code.INTERNAL,  # case not found
    "21": Code.INTERNAL,  # cardinality
    "22": Code.INVALID,  # data: too long, out of range, not text, not a date
    "23": Code.CONFLICT,  # constraints
    "24": Code.INTERNAL,  # cursor
    "25": Code.UNAVAILABLE,  # transaction: read-only, idle for too long, already failed
    "26": Code.UNAVAILABLE,  # the prepared statement isn't there: another server behind a pooler
    "27": Code.CONFLICT,  # changed meanwhile by a trigger
    "28": Code.UNAVAILABLE,  # the account isn't let in
    "2B": Code.INTERNAL,  # privileges depend on it
    "2D": Code.INTERNAL,  # transaction termination
    "2F": Code.INTERNAL,  # SQL routine
    "34": Code.INTERNAL,  # cursor's name
    "38": Code.INTERNAL,  # external routine
    "39": Code.INTERNAL,  # external routine's call
    "3B": Code.INTERNAL,  # savepoint
    "3D": Code.UNAVAILABLE,  # the database isn't there, as while it is restored
    "3F": Code.INTERNAL,  # schema's name
    "40": Code.OVERLOADED,  # serialization, deadlock: nothing was done, and the same may be tried
    "40003": Code.UNAVAILABLE,  # nobody knows whether it was done
    "42": Code.INTERNAL,  # syntax, names, types, rights
    # Another release's tables, or rights that a new server doesn't have yet.
    "42501": Code.UNAVAILABLE,  # rights
    "42703": Code.UNAVAILABLE,  # a column isn't there
    "42704": Code.UNAVAILABLE,  # a type, constraint or collation isn't there
    "42883": Code.UNAVAILABLE,  # a function isn't there
    "42P01": Code.UNAVAILABLE,  # a table isn't there
    "42P10": Code.UNAVAILABLE,  # the index by which an insert finds its conflicts isn't there
    "42P05": Code.UNAVAILABLE,  # the prepared statement is there: left by another behind a pooler
    "44": Code.CONFLICT,  # check option
    "53": Code.UNAVAILABLE,  # disk full, memory, too many connections
    "54": Code.TOO_LARGE,  # more than an index, a row or the parser takes
    "55": Code.UNAVAILABLE,  # not in the state it needs: recovering, closed to connections, in use
    "55P03": Code.OVERLOADED,  # lock not available
    "57": Code.UNAVAILABLE,  # shut down, crashed, starting
    "57014": Code.OVERLOADED,  # took too long
    "58": Code.UNAVAILABLE,  # operating system
    "72": Code.UNAVAILABLE,  # snapshot too old
    "F0": Code.UNAVAILABLE,  # configuration
    "HV": Code.INTERNAL,  # foreign data
    "P0": Code.INTERNAL,  # PL/pgSQL: our triggers' refusals
    "XX": Code.UNAVAILABLE,  # PostgreSQL's own faults, corrupted files
}

_WITHOUT_STATE: tuple[tuple[type[Exception], Code], ...] = (
    (IntegrityError, Code.CONFLICT),
    (DataError, Code.INVALID),
    # There was no connection, or it was lost.
    (OperationalError, Code.UNAVAILABLE),
    (InterfaceError, Code.UNAVAILABLE),
)

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def meaning(error: Error) -> Code:
    """The code with which a request that met this error is answered. `internal` is our own
    fault."""
    said = _said(error)
    if said is None or said.sqlstate is None:
        found = (code for kind, code in _WITHOUT_STATE if isinstance(error, kind))
        return next(found, Code.INTERNAL)
    if _is_outdated_plan(said):
        return Code.UNAVAILABLE
    return MEANINGS.get(said.sqlstate) or MEANINGS.get(said.sqlstate[:2], Code.INTERNAL)


@contextmanager
def unless_read_only() -> Iterator[None]:
    """For a note that may be lost: if the database can't be written, the block ends silently at its
    first write."""
    try:
        yield
    except Error as error:
        said = _said(error)
        if said is None or said.sqlstate != READ_ONLY:
            raise


def look_after(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Receiver of `connection_created`: from then on the connection recovers from its errors."""
    if _recover not in connection.execute_wrappers:
        connection.execute_wrappers.append(_recover)


def _recover(
    execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]
) -> object:
    """Run a statement again if an altered table made its plan out of date and it isn't in a
    transaction: PostgreSQL refused it before doing anything."""
    connection: BaseDatabaseWrapper = context["connection"]
    try:
        return execute(sql, params, many, context)
    except NotSupportedError as error:
        if connection.in_atomic_block or not _is_outdated_plan(_said(error)):
            _let_go(connection, error)
            raise
    except Error as error:
        _let_go(connection, error)
        raise
    connection.connection.execute("DEALLOCATE ALL")
    return execute(sql, params, many, context)


def _let_go(connection: BaseDatabaseWrapper, error: Error) -> None:
    if meaning(error) == Code.UNAVAILABLE:
        # Read by `close_old_connections`, around every request, every task and every poll of the
        # hub.
        connection.close_at = time.monotonic()


def _said(error: Error) -> psycopg.Error | None:
    """PostgreSQL's own error, from which Django raised its error."""
    return error.__cause__ if isinstance(error.__cause__, psycopg.Error) else None


def _is_outdated_plan(said: psycopg.Error | None) -> bool:
    # The message is in the server's language, and the code is shared by everything unsupported.
    return said is not None and said.diag.source_function == "RevalidateCachedQuery"
