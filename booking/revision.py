"""The number that only grows: which version of the day a screen is showing."""

from django.db import connection

from booking.models import QueueRevision


def current() -> int:
    """Read it before the rows it describes: a frame may then be newer than its number, never older."""
    return QueueRevision.objects.filter(pk=1).values_list("value", flat=True).first() or 0


def bump() -> int:
    """Raise the revision; the last statement of a change, since its row is locked until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO booking_queuerevision (id, value) VALUES (1, 1)
            ON CONFLICT (id) DO UPDATE SET value = booking_queuerevision.value + 1
            RETURNING value
            """
        )
        value: int = cursor.fetchone()[0]
    return value
