"""What the templates of all channels share: their values, their languages, and how they are
filled."""

import unicodedata
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from django.template.backends.django import DjangoTemplates
from django.utils import translation

from clinic.directory import selectors as directory

LANGUAGES = ("pt", "en")
NAMES = ("clinic", "address", "practitioner", "customer_name", "specialty")
FILTERS = "clinic.notifications.templatetags.clinic_text"


class Templates:
    """A folder with one file for each template, language and form: ``paid_twice.pt.txt``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def render(self, template: str, form: str, language: str, values: Mapping[str, Any]) -> str:
        """A template, filled in; values are escaped in ``html`` and nowhere else."""
        code = language_of(language)
        engine = self._html if form == "html" else self._text
        with translation.override(code):
            words = engine.get_template(f"{template}.{code}.{form}")
            return str(words.render({**values, "language": code}))

    @cached_property
    def _text(self) -> DjangoTemplates:
        return self._engine(escape=False)

    @cached_property
    def _html(self) -> DjangoTemplates:
        return self._engine(escape=True)

    def _engine(self, *, escape: bool) -> DjangoTemplates:
        return DjangoTemplates(
            {
                "NAME": f"{self._folder} {escape}",
                "DIRS": [self._folder],
                "APP_DIRS": False,
                "OPTIONS": {"autoescape": escape, "builtins": [FILTERS]},
            }
        )


def language_of(language: str) -> str:
    """One of `LANGUAGES`; Portuguese for anything unknown."""
    code = language.lower()[:2]
    return code if code in LANGUAGES else LANGUAGES[0]


def values_for(template: str, needed: frozenset[str], context: Mapping[str, Any]) -> dict[str, Any]:
    """The context plus the clinic's letterhead; each name is a single visible line.

    Raises `KeyError` if something that the template needs is missing.
    """
    missing = needed - context.keys()
    if missing:
        raise KeyError(f"{template} needs {', '.join(sorted(missing))}")
    values: dict[str, Any] = directory.letterhead()
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
