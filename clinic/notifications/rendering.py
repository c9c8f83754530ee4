"""From a template's name and its values to the words that go out."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.template.backends.django import DjangoTemplates
from django.utils import translation

from clinic.directory import selectors as directory
from clinic.notifications import gsm7

LANGUAGES = ("pt", "en")

SMS_NEEDS: Mapping[str, frozenset[str]] = {
    "hold_payment_link": frozenset({"start", "amount", "hold_expires_at", "url"}),
    "appointment_booked": frozenset({"start", "check_in_code", "url"}),
    "appointment_cancelled": frozenset({"start"}),
    "appointment_rescheduled": frozenset({"start", "check_in_code", "url"}),
    "money_returned": frozenset({"start", "amount"}),
    "paid_twice": frozenset({"start", "amount"}),
}
EMAIL_NEEDS: Mapping[str, frozenset[str]] = {
    "hold_payment_link": frozenset(
        {"specialty", "practitioner", "start", "amount", "hold_expires_at", "url"}
    ),
    "appointment_booked": frozenset({"specialty", "practitioner", "start", "check_in_code", "url"}),
    "appointment_cancelled": frozenset({"specialty", "practitioner", "start"}),
    "appointment_rescheduled": frozenset(
        {"specialty", "practitioner", "start", "check_in_code", "url"}
    ),
    "money_returned": frozenset({"specialty", "practitioner", "start", "amount"}),
    "paid_twice": frozenset({"specialty", "practitioner", "start", "amount"}),
    "invoice_issued": frozenset({"number", "customer_name", "amount", "specialty", "start"}),
    "credit_note_issued": frozenset(
        {"number", "credits", "customer_name", "amount", "specialty", "start"}
    ),
}
NAMES = ("clinic", "address", "practitioner", "customer_name", "specialty")
SHORTENABLE = ("address", "clinic")
SHORTEST = 6
FILTERS = "clinic.notifications.templatetags.clinic_text"


@dataclass(frozen=True, slots=True)
class Mail:
    subject: str
    text: str
    html: str


class TooLongError(ValueError):
    """An SMS doesn't fit one part even with every name shortened."""


def language_of(language: str) -> str:
    """One of `LANGUAGES`; anything unknown reads Portuguese."""
    code = language.lower()[:2]
    return code if code in LANGUAGES else LANGUAGES[0]


def sms(template: str, language: str, context: Mapping[str, Any]) -> str:
    """The text in GSM-7 and in one part: names are shortened, links, codes and times never.

    The template's brief wording (`brief` is true) is the last resort. Raises `KeyError` for a
    missing value, and `TooLongError` when even the brief wording needs a second part.
    """
    values = _values(SMS_NEEDS[template], template, context)
    for brief in (False, True):
        text = _shortened(template, language, values | {"brief": brief})
        if gsm7.parts(text) == 1:
            return text
    raise TooLongError(template)


def email(template: str, language: str, context: Mapping[str, Any]) -> Mail:
    """Subject, plain text and HTML. Values are escaped in the HTML, and only there.

    The first line of the text template is the subject. Raises `KeyError` for a missing value.
    """
    values = _values(EMAIL_NEEDS[template], template, context)
    plain = _render(f"email/{template}", "txt", language, values)
    html = _render(f"email/{template}", "html", language, values)
    subject, _, text = plain.strip().partition("\n")
    return Mail(" ".join(subject.split()), text.strip() + "\n", html.strip() + "\n")


def _shortened(template: str, language: str, values: dict[str, Any]) -> str:
    text = _sms_text(template, language, values)
    while gsm7.parts(text) > 1:
        name = max(SHORTENABLE, key=lambda candidate: len(values[candidate]))
        if len(values[name]) <= SHORTEST:
            break
        values[name] = values[name].rstrip(".")[:-1].rstrip(" ,-") + "."
        text = _sms_text(template, language, values)
    return text


def _sms_text(template: str, language: str, values: dict[str, Any]) -> str:
    text = _render(f"sms/{template}", "txt", language, values)
    return gsm7.fold(" ".join(text.split()))


def _render(name: str, suffix: str, language: str, values: dict[str, Any]) -> str:
    code = language_of(language)
    with translation.override(code):
        template = _engine(escape=suffix == "html").get_template(
            f"notifications/{name}.{code}.{suffix}"
        )
        return str(template.render(values | {"language": code}))


@cache
def _engine(*, escape: bool) -> DjangoTemplates:
    return DjangoTemplates(
        {
            "NAME": "messages_html" if escape else "messages_text",
            "DIRS": [],
            "APP_DIRS": True,
            "OPTIONS": {"autoescape": escape, "builtins": [FILTERS]},
        }
    )


def _values(needed: frozenset[str], template: str, context: Mapping[str, Any]) -> dict[str, Any]:
    missing = needed - context.keys()
    if missing:
        raise KeyError(f"{template} needs {', '.join(sorted(missing))}")
    organization = directory.organization()
    values: dict[str, Any] = {
        "clinic": organization.name,
        "address": organization.address_line,
        "phone": organization.phone,
    }
    values.update(context)
    for name in NAMES:
        if name in values:
            values[name] = _one_line(str(values[name]))
    return values


def _one_line(name: str) -> str:
    visible = "".join(
        " " if character.isspace() else character
        for character in name
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    return " ".join(visible.split())
