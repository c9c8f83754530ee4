"""Dates and money as people read them, for the templates of messages."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import translation
from django.utils.formats import date_format

from clinic.core import clock

register = template.Library()


@register.filter
def short_day(instant: datetime) -> str:
    """``ter 24/11`` in Portuguese, ``Tue 24 Nov`` in English."""
    return _formatted(instant, pt="D d/m", en="D j M")


@register.filter
def long_day(instant: datetime | date) -> str:
    """``terça-feira, 24 de novembro de 2026`` or ``Tuesday 24 November 2026``."""
    return _formatted(instant, pt=r"l, j \d\e F \d\e Y", en="l j F Y")


@register.filter
def hour(instant: datetime) -> str:
    """The clinic's wall clock, ``14:05``."""
    return f"{clock.local(instant):%H:%M}"


@register.filter
def euros(amount: Decimal) -> str:
    """``40,00 €`` in Portuguese, ``€40.00`` in English."""
    value = f"{amount:.2f}"
    return f"€{value}" if _english() else f"{value.replace('.', ',')}\u00a0€"


@register.filter
def euros_sms(amount: Decimal) -> str:
    """Money in as few septets as possible: ``40,00€`` or ``€40.00``."""
    return str(euros(amount)).replace("\u00a0", "")


def _english() -> bool:
    return (translation.get_language() or "").startswith("en")


def _formatted(instant: datetime | date, *, pt: str, en: str) -> str:
    local = clock.local(instant) if isinstance(instant, datetime) else instant
    text = str(date_format(local, en if _english() else pt, use_l10n=False))
    return text if _english() else text.lower()
