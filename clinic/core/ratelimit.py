"""Counting attempts in PostgreSQL, so that parallel tries and restarts don't get extra ones."""

from datetime import UTC, datetime

from django.db import connection

from clinic.core import clock
from clinic.core.errors import Code, DomainError


def hit(scope: str, subject: str, *, limit: int, seconds: int) -> None:
    """Count one attempt of `subject` in the present window of `seconds`.

    Raises DomainError `throttled`, with the seconds until the window ends, from the attempt after
    `limit` on. Call it outside the transaction that may roll back, or the count is lost with it.
    """
    window, ends = _window(seconds)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO core_ratewindow (scope, subject, "window", hits, expires_at)
            VALUES (%s, %s, %s, 1, %s)
            ON CONFLICT (scope, subject, "window")
            DO UPDATE SET hits = core_ratewindow.hits + 1
            RETURNING hits
            """,
            [scope, subject, window, datetime.fromtimestamp(ends, UTC)],
        )
        hits: int = cursor.fetchone()[0]
    if hits > limit:
        raise _throttled(ends)


def check(scope: str, subject: str, *, limit: int, seconds: int) -> None:
    """Raises DomainError `throttled` where `hit` would; counts nothing."""
    window, ends = _window(seconds)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT 1 FROM core_ratewindow
            WHERE scope = %s AND subject = %s AND "window" = %s AND hits >= %s
            """,
            [scope, subject, window, limit],
        )
        is_spent = cursor.fetchone() is not None
    if is_spent:
        raise _throttled(ends)


def forget(scope: str, subject: str) -> None:
    """Clear the attempts of a subject, as after a success."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM core_ratewindow WHERE scope = %s AND subject = %s", [scope, subject]
        )


def refund(scope: str, subject: str, *, seconds: int) -> None:
    """Take one attempt of the present window back, where only failures are to count."""
    window, _ = _window(seconds)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_ratewindow SET hits = hits - 1
            WHERE scope = %s AND subject = %s AND "window" = %s AND hits > 0
            """,
            [scope, subject, window],
        )


def _window(seconds: int) -> tuple[int, int]:
    """The number of the present window, and when it ends."""
    window = int(clock.now().timestamp()) // seconds
    return window, (window + 1) * seconds


def _throttled(ends: int) -> DomainError:
    return DomainError(Code.THROTTLED, retry_after=max(1, ends - int(clock.now().timestamp())))
