"""How often the hub does what. The two that an installation may want to change are settings."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    heartbeat: float = 4.0
    """Between two heartbeats on each socket. Screens say after 6 s without one that what they show
    may be old, so that nobody relies on a dead wire for more than 8 s."""
    personal: float = 15.0
    """Between two readings of a patient's own visits while the queue moves without them."""
    watch: float = 1.0
    """Between two looks at Redis and at the queue's revision. A lost message costs at most this,
    and `read` on top where the database is silent: less than the 5 s that screens are given."""
    access: float = 60.0
    """Between two checks that the sessions and devices behind the sockets still live."""
    read: float = 3.0
    """An answer of the database that takes longer counts as none."""
    snapshot: float = 1.0
    """A state this fresh is given to a new socket without reading it again."""
    max_age: float = 8 * 3600.0
    """The longest life of a socket."""

    @classmethod
    def from_settings(cls) -> "Timing":
        return cls(heartbeat=settings.WS_HEARTBEAT_SECONDS, max_age=settings.WS_MAX_AGE_SECONDS)
