"""Short codes that people read aloud: the check-in code of an SMS and the ticket of a day."""

import secrets
from datetime import date

from django.db import connection

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CHECK_IN_LENGTH = 6
TICKET_LETTER = "A"


def check_in_code() -> str:
    """Six random characters without the look-alikes 0, 1, I and O."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CHECK_IN_LENGTH))


def normalise(typed: str) -> str:
    """What somebody typed, as a code is stored: capitals, no spaces or dashes."""
    return "".join(sign for sign in typed.upper() if sign not in " -\t\n")


def next_ticket(day: date) -> str:
    """The day's next ticket (A001, A002, …). The day's counter stays locked until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO booking_ticketcounter (day, last) VALUES (%s, 1)
            ON CONFLICT (day) DO UPDATE SET last = booking_ticketcounter.last + 1
            RETURNING last
            """,
            [day],
        )
        number: int = cursor.fetchone()[0]
    return ticket(number)


def ticket(number: int) -> str:
    """The ticket with that number of a day."""
    return f"{TICKET_LETTER}{number:03d}"
