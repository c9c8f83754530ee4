"""The closed sets of words about people and devices. Any app above may use them."""

from django.db.models import TextChoices


class Role(TextChoices):
    PATIENT = "patient", "Patient"
    PRACTITIONER = "practitioner", "Practitioner"
    RECEPTION = "reception", "Reception"
    MANAGER = "manager", "Manager"


STAFF_ROLES = frozenset({Role.PRACTITIONER, Role.RECEPTION, Role.MANAGER})
RECEPTION_ROLES = frozenset({Role.RECEPTION, Role.MANAGER})


class LabelChoice(TextChoices):
    """How a patient is named on the screens that everybody sees."""

    TICKET = "ticket", "Ticket only"
    SHORT = "short", "Given name and initial"
    FULL = "full", "Full name"


class Language(TextChoices):
    PORTUGUESE = "pt", "Português"
    ENGLISH = "en", "English"


class DeviceKind(TextChoices):
    DISPLAY = "display", "Waiting-room display"
    KIOSK = "kiosk", "Entrance kiosk"
