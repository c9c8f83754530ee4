"""The number that only grows: it tells which version of the day a screen shows."""

from django.db import connection


def current() -> int:
    """The current revision. Read it before the rows it describes: a frame may be newer than its
    number, never older."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM booking_queuerevision WHERE id = 1")
        row = cursor.fetchone()
    return row[0] if row else 0


def bump() -> int:
    """Raise the revision. The last statement of a change: its row stays locked until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO booking_queuerevision (id, value, waits_digest) VALUES (1, 1, '')
            ON CONFLICT (id) DO UPDATE SET value = booking_queuerevision.value + 1
            RETURNING value
            """
        )
        value: int = cursor.fetchone()[0]
    return value


def bump_if_changed(digest: str) -> int | None:
    """Raise the revision if the shown estimates differ from those of the last call."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO booking_queuerevision (id, value, waits_digest) VALUES (1, 1, %(digest)s)
            ON CONFLICT (id) DO UPDATE
            SET value = booking_queuerevision.value + 1, waits_digest = %(digest)s
            WHERE booking_queuerevision.waits_digest <> %(digest)s
            RETURNING value
            """,
            {"digest": digest},
        )
        row = cursor.fetchone()
    return row[0] if row else None
