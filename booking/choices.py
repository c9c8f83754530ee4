"""The fixed sets of words about a visit. Any app may use them."""

from django.db.models import TextChoices


class AppointmentStatus(TextChoices):
    PENDING = "pending"
    BOOKED = "booked"
    ARRIVED = "arrived"
    CALLED = "called"
    IN_PROGRESS = "in_progress"
    FULFILLED = "fulfilled"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Source(TextChoices):
    ONLINE = "online"
    DESK = "desk"
    WALK_IN = "walk_in"


class BoardStage(TextChoices):
    """Where somebody is, as shared screens show it."""

    WAITING = "waiting"
    CALLED = "called"
    IN_ROOM = "in_room"


_S = AppointmentStatus

LIVE: tuple[AppointmentStatus, ...] = (
    _S.PENDING,
    _S.BOOKED,
    _S.ARRIVED,
    _S.CALLED,
    _S.IN_PROGRESS,
)
ON_PREMISES: tuple[AppointmentStatus, ...] = (_S.ARRIVED, _S.CALLED, _S.IN_PROGRESS)
CLOSED: tuple[AppointmentStatus, ...] = (_S.FULFILLED, _S.NO_SHOW, _S.CANCELLED, _S.EXPIRED)
