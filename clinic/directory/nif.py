"""Portuguese tax numbers (NIF) as people type them."""

import re
import unicodedata

from django.core.exceptions import ValidationError as ColumnError
from django.db.models import BooleanField, Func
from stdnum.exceptions import ValidationError
from stdnum.pt import nif as stdnum_nif

FINAL_CONSUMER_TAX_ID = "999999990"
FINAL_CONSUMER_NAME = "Consumidor final"
DIGITS = 9
_BETWEEN_DIGITS = re.compile(r"[\s.\-\u2010-\u2015\u2212]")
_WEIGHTS = range(DIGITS, 1, -1)


class InvalidTaxIdError(ValueError):
    """The text isn't a tax number that an invoice can carry."""


def parse(text: str) -> str:
    """The nine digits of a tax number that belongs to somebody.

    Accepts spaces, dots, dashes and the country prefix. Raises InvalidTaxIdError for wrong digits
    and for the number reserved for the final consumer, which only the system writes.
    """
    written = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    if not written.isascii():
        raise InvalidTaxIdError("digits only")
    try:
        digits = stdnum_nif.validate(written)
    except ValidationError as error:
        raise InvalidTaxIdError("the check digit does not match") from error
    if digits == FINAL_CONSUMER_TAX_ID:
        raise InvalidTaxIdError("reserved for the final consumer")
    return str(digits)


def validate(value: str) -> None:
    """For a column that holds the nine digits. Raises Django's ValidationError."""
    try:
        right = parse(value)
    except InvalidTaxIdError:
        right = ""
    if value != right:
        raise ColumnError("This isn't a valid NIF: nine digits.", code="invalid_tax_id")


class HasCheckDigit(Func):
    """For the database: nine digits, the last of which follows from the others."""

    output_field = BooleanField()
    template = (
        "(CASE WHEN %(expressions)s ~ '^[1-9][0-9]{8}$' THEN MOD(MOD(11 - MOD("
        + " + ".join(
            f"{weight} * SUBSTR(%(expressions)s, {place}, 1)::integer"
            for place, weight in enumerate(_WEIGHTS, start=1)
        )
        + ", 11), 11), 10) = SUBSTR(%(expressions)s, 9, 1)::integer ELSE FALSE END)"
    )
