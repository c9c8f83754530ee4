"""Portuguese tax numbers (NIF) as customers type them."""

from stdnum.exceptions import ValidationError
from stdnum.pt import nif as stdnum_nif

FINAL_CONSUMER_TAX_ID = "999999990"
FINAL_CONSUMER_NAME = "Consumidor final"


class InvalidTaxIdError(ValueError):
    """The text is no tax number an invoice can carry."""


def parse(text: str) -> str:
    """The nine digits of a tax number that belongs to somebody.

    Accepts spaces, dots, dashes and the country prefix. Raises InvalidTaxIdError for wrong digits
    and for the number reserved for the final consumer, which only the system writes.
    """
    if not text.isascii():
        raise InvalidTaxIdError("digits only")
    try:
        digits = stdnum_nif.validate(text)
    except ValidationError as error:
        raise InvalidTaxIdError("the check digit does not match") from error
    if digits == FINAL_CONSUMER_TAX_ID:
        raise InvalidTaxIdError("reserved for the final consumer")
    return str(digits)
