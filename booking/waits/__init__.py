"""How long a patient still waits, from what is known at one instant and learned from the past."""

from booking.waits.forecast import Entry, Standing, standings
from booking.waits.learning import History, Learned, Visit
from booking.waits.report import Accuracy, Quoted, accuracy, by_day
from booking.waits.shown import WaitRange

__all__ = [
    "Accuracy",
    "Entry",
    "History",
    "Learned",
    "Quoted",
    "Standing",
    "Visit",
    "WaitRange",
    "accuracy",
    "by_day",
    "standings",
]
