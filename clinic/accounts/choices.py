"""The fixed sets of words about people and devices, and how long codes and the names on screens
are. Any app above may use them."""

from django.db.models import TextChoices

ROOM_MAX_LENGTH = 20
TICKET_MAX_LENGTH = 6
CODE_DIGITS = 6


class Role(TextChoices):
    PATIENT = "patient", "Patient"
    PRACTITIONER = "practitioner", "Practitioner"
    RECEPTION = "reception", "Reception"
    MANAGER = "manager", "Manager"


STAFF_ROLES = frozenset({Role.PRACTITIONER, Role.RECEPTION, Role.MANAGER})
RECEPTION_ROLES = frozenset({Role.RECEPTION, Role.MANAGER})


class LabelChoice(TextChoices):
    """How a patient is named on shared screens."""

    TICKET = "ticket", "Ticket only"
    SHORT = "short", "Given name and initial"
    FULL = "full", "Full name"


class Language(TextChoices):
    PORTUGUESE = "pt", "Português"
    ENGLISH = "en", "English"


class Purpose(TextChoices):
    """What a secret that was sent to a person is good for."""

    PHONE = "phone", "Show that the phone is theirs"
    EMAIL = "email", "Show that the e-mail address is theirs"
    SIGN_IN = "sign_in", "Sign in without the password"
    PASSWORD = "password", "Choose another password"


class DeviceKind(TextChoices):
    DISPLAY = "display", "Waiting-room display"
    KIOSK = "kiosk", "Entrance kiosk"


class SoundState(TextChoices):
    """Whether a display can be heard."""

    ON = "on", "On"
    BLOCKED = "blocked", "The browser waits for a touch"
    QUIET = "quiet", "Quiet hours"
    MUTED = "muted", "Volume 0"


class BoardState(TextChoices):
    """How a display gets what it shows."""

    LIVE = "live", "By its socket"
    POLLED = "polled", "By HTTP, the socket is lost"
    STALE = "stale", "From memory, older than a minute"


class Picture(TextChoices):
    """What fills a display."""

    CONNECTING = "connecting", "No board yet"
    CALLS = "calls", "Somebody is called"
    QUIET = "quiet", "Nobody is called"
    CLOSED = "closed", "The clinic is closed"
    UNTRUSTED = "untrusted", "Too old to be believed"
