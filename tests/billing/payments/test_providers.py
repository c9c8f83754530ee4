"""Whoever adds a provider is told of the places that only people see."""

import re
from pathlib import Path

from django.conf import settings as django_settings
from pytest_django import Settings

from billing.payments import providers

ROOT = Path(__file__).resolve().parents[3]
NAMED_IN = (
    "frontend/src/features/money/provider.ts",
    "frontend/src/locales/en/money.ts",
    "frontend/src/locales/pt/money.ts",
    "docs/operations/settings.md",
)


def test_people_know_every_provider_by_a_name(settings: Settings) -> None:
    for name in dir(django_settings):
        if re.fullmatch(r"[A-Z]+_(API|BACKOFFICE)_KEY", name):
            setattr(settings, name, "key")

    known = providers.known()

    assert {"sandbox", "eupago", "ifthenpay"} <= known.keys()
    for file in NAMED_IN:
        words = set(re.findall(r"\w+", (ROOT / file).read_text()))
        assert known.keys() - words == set(), file
