"""Counting attempts in PostgreSQL, so that parallel tries and restarts don't get extra ones."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection

from clinic.core import clock
from clinic.core.errors import Code, DomainError
from clinic.core.models import RateWindow


def hit(scope: str, subject: str, *, limit: int, seconds: int) -> int:
    """Count one attempt of `subject` in its window of `seconds`, which its first attempt opens.
    Returns how many the window has now.

    Raises DomainError `throttled`, with the seconds until the window ends, from the attempt after
    `limit` on. Call it outside the transaction that may roll back, or the count is lost with it.
    """
    hits, ends = _count(scope, subject, seconds)
    if hits > limit:
        raise _throttled(ends)
    return hits


def count(scope: str, subject: str, *, seconds: int) -> int:
    """Like `hit`, but never refuses. Attempts of one subject wait for each other until the caller's
    transaction ends."""
    hits, _ = _count(scope, subject, seconds)
    return hits


def spent(scope: str, subjects: Collection[str], *, limit: int) -> set[str]:
    """The subjects whose windows hold `limit` attempts or more; counts nothing."""
    windows = RateWindow.objects.filter(scope=scope, subject__in=subjects, hits__gte=limit)
    return set(windows.filter(expires_at__gt=clock.now()).values_list("subject", flat=True))


def _count(scope: str, subject: str, seconds: int) -> tuple[int, datetime]:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO core_ratewindow AS held (scope, subject, hits, expires_at)
            VALUES (%(scope)s, %(subject)s, 1, %(ends)s)
            ON CONFLICT (scope, subject) DO UPDATE SET
                hits = CASE WHEN held.expires_at > %(now)s THEN held.hits + 1 ELSE 1 END,
                expires_at = CASE WHEN held.expires_at > %(now)s
                                  THEN held.expires_at ELSE excluded.expires_at END
            RETURNING hits, expires_at
            """,
            {
                "scope": scope,
                "subject": subject,
                "now": now,
                "ends": now + timedelta(seconds=seconds),
            },
        )
        hits, ends = cursor.fetchone()
    return hits, ends


def check(scope: str, subject: str, *, limit: int) -> None:
    """Raise DomainError `throttled` if `hit` would; counts nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT expires_at FROM core_ratewindow
            WHERE scope = %s AND subject = %s AND expires_at > %s AND hits >= %s
            """,
            [scope, subject, clock.now(), limit],
        )
        spent = cursor.fetchone()
    if spent:
        raise _throttled(spent[0])


def forget(scope: str, subject: str) -> None:
    """Clear the attempts of a subject, for instance after a success."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM core_ratewindow WHERE scope = %s AND subject = %s", [scope, subject]
        )


def refund(scope: str, subject: str) -> None:
    """Take back one attempt of the current window, if only failures are to count."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE core_ratewindow SET hits = hits - 1
            WHERE scope = %s AND subject = %s AND expires_at > %s AND hits > 0
            """,
            [scope, subject, clock.now()],
        )


def _throttled(ends: datetime) -> DomainError:
    left = ends - clock.now()
    return DomainError(Code.THROTTLED, retry_after=max(1, -(-left // timedelta(seconds=1))))
