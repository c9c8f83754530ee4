"""What people with accounts are told. Connected in the composition root; each runs in the writer's
transaction."""

from typing import Final
from uuid import UUID

from django.conf import settings

from clinic.accounts.choices import Purpose
from clinic.accounts.events import (
    ContactChanged,
    PasswordChanged,
    PatientErased,
    SecretMade,
)
from clinic.notifications import services

TEMPLATES: Final = {
    Purpose.PHONE: "phone_code",
    Purpose.EMAIL: "email_code",
    Purpose.SIGN_IN: "sign_in_code",
    Purpose.PASSWORD: "password_link",
}


def on_secret_made(event: SecretMade) -> None:
    services.tell_by(
        event.ways,
        TEMPLATES[event.purpose],
        key=f"{_about(event.user_id)}:{event.purpose}:{event.code_id}",
        context={
            "code": event.secret,
            "url": f"{settings.PUBLIC_ORIGIN}/repor/{event.secret}",
            "username": event.username,
            "minutes": event.minutes,
        },
        language=event.language,
    )


def on_contact_changed(event: ContactChanged) -> None:
    services.tell_by(
        event.ways,
        "contact_changed",
        key=f"{_about(event.user_id)}:contact_changed:{event.at.timestamp()}",
        context={"at": event.at},
        language=event.language,
    )


def on_password_changed(event: PasswordChanged) -> None:
    services.tell_by(
        event.ways,
        "password_changed",
        key=f"{_about(event.user_id)}:password_changed:{event.at.timestamp()}",
        context={"at": event.at},
        language=event.language,
    )


def on_patient_erased(event: PatientErased) -> None:
    """What was told about their visits and their money is forgotten by those who told it."""
    services.forget(_about(event.patient_id))


def _about(user_id: UUID) -> str:
    return f"account:{user_id}"
