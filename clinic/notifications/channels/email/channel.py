"""E-mail: plain text and HTML, and the only channel that carries files."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from clinic.notifications.channels.base import Channel, RejectedError, Words
from clinic.notifications.rendering import Templates, values_for

if TYPE_CHECKING:
    from clinic.directory.models import Patient

TEMPLATES = Templates(Path(__file__).parent / "templates")


class Email(Channel):
    name = "email"
    label = "E-mail"
    queue = "email"
    needs: ClassVar[Mapping[str, frozenset[str]]] = {
        "hold_payment_link": frozenset(
            {"specialty", "practitioner", "start", "amount", "hold_expires_at", "url"}
        ),
        "appointment_booked": frozenset(
            {"specialty", "practitioner", "start", "check_in_code", "url"}
        ),
        "appointment_cancelled": frozenset({"specialty", "practitioner", "start"}),
        "appointment_rescheduled": frozenset(
            {"specialty", "practitioner", "start", "check_in_code", "url"}
        ),
        "money_returned": frozenset({"specialty", "practitioner", "start", "amount"}),
        "paid_twice": frozenset({"specialty", "practitioner", "start", "amount"}),
        "email_code": frozenset({"code", "minutes"}),
        "password_link": frozenset({"username", "url", "minutes"}),
        "contact_changed": frozenset({"at"}),
        "password_changed": frozenset({"at"}),
        "invoice_issued": frozenset({"number", "customer_name", "amount", "specialty", "start"}),
        "credit_note_issued": frozenset(
            {"number", "credits", "customer_name", "amount", "specialty", "start"}
        ),
    }
    carries_files = True

    def address_of(self, patient: "Patient") -> str:
        return patient.email

    def refuse(self, address: str) -> None:
        """Raise `RejectedError` unless this is one e-mail address and nothing else."""
        try:
            validate_email(address)
        except ValidationError:
            raise RejectedError("invalid_address") from None

    def write(self, template: str, language: str, context: Mapping[str, Any]) -> Words:
        """Subject, plain text and HTML. Values are escaped in the HTML, and only there.

        The first line of the text template is the subject. Raises `KeyError` for a missing value.
        """
        values = values_for(template, self.needs[template], context)
        plain = TEMPLATES.render(template, "txt", language, values)
        html = TEMPLATES.render(template, "html", language, values)
        subject, _, text = plain.strip().partition("\n")
        return Words(text.strip() + "\n", " ".join(subject.split()), html.strip() + "\n")
