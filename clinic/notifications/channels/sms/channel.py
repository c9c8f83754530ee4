"""SMS: one part in GSM-7, and so many per number and day."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import phonenumbers
from django.conf import settings
from django.core.checks import CheckMessage, Error

from clinic.notifications.channels.base import Channel, RejectedError, Words
from clinic.notifications.channels.sms import gsm7
from clinic.notifications.rendering import Templates, values_for

if TYPE_CHECKING:
    from clinic.directory.models import Patient

E164 = re.compile(r"\+[1-9][0-9]{7,14}")
SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}")
LONGEST_ORIGIN = 70
SHORTENABLE = ("address", "clinic")
SHORTEST = 6
TEMPLATES = Templates(Path(__file__).parent / "templates")


class TooLongError(ValueError):
    """The text doesn't fit into one SMS even with every name shortened."""


class Sms(Channel):
    name = "sms"
    label = "SMS"
    queue = "sms"
    needs: ClassVar[Mapping[str, frozenset[str]]] = {
        "hold_payment_link": frozenset({"start", "amount", "hold_expires_at", "url"}),
        "appointment_booked": frozenset({"start", "check_in_code", "url"}),
        "appointment_cancelled": frozenset({"start"}),
        "appointment_rescheduled": frozenset({"start", "check_in_code", "url"}),
        "money_returned": frozenset({"start", "amount"}),
        "paid_twice": frozenset({"start", "amount"}),
        "phone_code": frozenset({"code", "minutes"}),
        "sign_in_code": frozenset({"code", "minutes"}),
        "password_link": frozenset({"url", "minutes"}),
        "contact_changed": frozenset({"at"}),
        "password_changed": frozenset({"at"}),
    }

    def address_of(self, patient: "Patient") -> str:
        return patient.phone

    def refuse(self, address: str) -> None:
        """Raise `RejectedError` unless the number is E.164 and could exist."""
        if E164.fullmatch(address):
            try:
                if phonenumbers.is_valid_number(phonenumbers.parse(address)):
                    return
            except phonenumbers.NumberParseException:
                raise RejectedError("invalid_phone") from None
        raise RejectedError("invalid_phone")

    def write(self, template: str, language: str, context: Mapping[str, Any]) -> Words:
        """The text in GSM-7 and in one part: names may be shortened; links, codes and times never
        are.

        The template's brief wording (`brief` is true) is the last resort. Raises `KeyError` for a
        missing value, and `TooLongError` when even the brief wording needs a second part.
        """
        values = values_for(template, self.needs[template], context)
        for brief in (False, True):
            text = _shortened(template, language, values | {"brief": brief})
            if gsm7.parts(text) == 1:
                return Words(text)
        raise TooLongError(template)

    def most_a_day(self) -> int | None:
        limit: int = settings.SMS_PER_NUMBER_A_DAY
        return limit

    def checks(self) -> list[CheckMessage]:
        """Also checks the sender's name by the rules of SNS, and that links are short enough for
        one SMS."""
        found = super().checks()
        if not SENDER_ID.fullmatch(settings.SNS_SENDER_ID):
            found.append(
                Error(
                    "SNS_SENDER_ID must be 1 to 11 letters and digits, with at least one letter.",
                    id="notifications.E001",
                )
            )
        if len(settings.PUBLIC_ORIGIN) > LONGEST_ORIGIN:
            found.append(
                Error(
                    f"PUBLIC_ORIGIN is longer than {LONGEST_ORIGIN} characters: "
                    "a payment link would not fit into one SMS.",
                    id="notifications.E002",
                )
            )
        return found


def _shortened(template: str, language: str, values: dict[str, Any]) -> str:
    text = _text(template, language, values)
    while gsm7.parts(text) > 1:
        name = max(SHORTENABLE, key=lambda candidate: len(values[candidate]))
        if len(values[name]) <= SHORTEST:
            break
        values[name] = values[name].rstrip(".")[:-1].rstrip(" ,-") + "."
        text = _text(template, language, values)
    return text


def _text(template: str, language: str, values: dict[str, Any]) -> str:
    text = TEMPLATES.render(template, "txt", language, values)
    return gsm7.fold(" ".join(text.split()))
