"""The QR code of Portuguese fiscal documents: its text by the official table, and its image."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import segno
from segno import encoder

MINIMUM_VERSION = 9


@dataclass(frozen=True, slots=True)
class RegionTaxes:
    """Taxable amounts and VAT of one tax region; None leaves a field out. At most three regions
    fit."""

    region: str
    exempt_base: Decimal | None = None
    reduced: tuple[Decimal, Decimal] | None = None
    intermediate: tuple[Decimal, Decimal] | None = None
    normal: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a document that the code holds."""

    seller_tax_id: str
    buyer_tax_id: str
    buyer_country: str
    type: str
    status: str
    issued_on: date
    number: str
    atcud: str
    taxes: Sequence[RegionTaxes]
    tax_total: Decimal
    gross_total: Decimal
    hash_characters: str
    certificate: str
    not_subject: Decimal | None = None
    stamp_duty: Decimal | None = None
    withholding: Decimal | None = None
    free_text: str = ""


def text(document: Document) -> str:
    """The string in the code. Raises ValueError for what the code can't hold."""
    if not 1 <= len(document.taxes) <= 3:
        raise ValueError("one to three tax regions")
    fields = [
        ("A", document.seller_tax_id),
        ("B", document.buyer_tax_id),
        ("C", document.buyer_country),
        ("D", document.type),
        ("E", document.status),
        ("F", f"{document.issued_on:%Y%m%d}"),
        ("G", document.number),
        ("H", document.atcud),
    ]
    for letter, taxes in zip("IJK", document.taxes, strict=False):
        fields += _region(letter, taxes)
    fields += [
        *_optional("L", document.not_subject),
        *_optional("M", document.stamp_duty),
        ("N", _amount(document.tax_total)),
        ("O", _amount(document.gross_total)),
        *_optional("P", document.withholding),
        ("Q", document.hash_characters),
        ("R", document.certificate),
    ]
    if document.free_text:
        fields.append(("S", document.free_text))
    for code, value in fields:
        if not value or "*" in value or not value.isascii() or not value.isprintable():
            raise ValueError(f"field {code} can't be written")
    return "*".join(f"{code}:{value}" for code, value in fields)


def svg(content: str) -> str:
    """The code as SVG with its quiet zone: correction M, byte mode, at least version 9."""
    try:
        code = segno.make(
            content, error="m", mode="byte", boost_error=False, version=MINIMUM_VERSION
        )
    except encoder.DataOverflowError:
        code = segno.make(content, error="m", mode="byte", boost_error=False, micro=False)
    buffer = io.BytesIO()
    code.save(buffer, kind="svg", border=4, scale=4, dark="#000", xmldecl=False)
    return buffer.getvalue().decode()


def _region(letter: str, taxes: RegionTaxes) -> list[tuple[str, str]]:
    fields = [(f"{letter}1", taxes.region), *_optional(f"{letter}2", taxes.exempt_base)]
    for position, pair in ((3, taxes.reduced), (5, taxes.intermediate), (7, taxes.normal)):
        if pair is not None:
            base, vat = pair
            fields.append((f"{letter}{position}", _amount(base)))
            fields.append((f"{letter}{position + 1}", _amount(vat)))
    return fields


def _optional(code: str, amount: Decimal | None) -> list[tuple[str, str]]:
    return [] if amount is None else [(code, _amount(amount))]


def _amount(amount: Decimal) -> str:
    return f"{amount:.2f}"
