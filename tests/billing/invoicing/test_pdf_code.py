"""The code on the paper, read as the tax authority's app does: from the picture of the page."""

import io
from dataclasses import dataclass
from decimal import Decimal

import pypdf
import pypdfium2
import pytest
import zxingcpp
from pypdf.generic import StreamObject
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice
from clinic.directory.models import Patient
from clinic.storage import private
from tests.billing import factories
from tests.billing.bank import Bank
from tests.billing.invoicing.test_certified import certified, give_back, key_pem
from tests.billing.invoicing.test_invoices import TAXPAYER, paid

__all__ = ["certified", "key_pem"]  # fixtures of the certified program

pytestmark = pytest.mark.django_db

DOTS_PER_INCH = 200
MILLIMETRES_PER_INCH = 25.4
SMALLEST_CODE_MM = 30
QUIET_ZONE_MM = 2.5


@dataclass(frozen=True)
class Read:
    """What a reader found on a page, in millimetres."""

    text: str
    correction: str
    left: float
    top: float
    width: float
    height: float


def read(pdf: bytes) -> Read:
    """The one QR code on the first page; lines of text can look like other codes."""
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=DOTS_PER_INCH / 72).to_numpy()
    (found,) = zxingcpp.read_barcodes(
        page, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    )
    corners = found.position
    to_mm = MILLIMETRES_PER_INCH / DOTS_PER_INCH
    left, top = corners.top_left.x * to_mm, corners.top_left.y * to_mm
    return Read(
        text=found.text,
        correction=found.ec_level,
        left=left,
        top=top,
        width=corners.top_right.x * to_mm - left,
        height=corners.bottom_left.y * to_mm - top,
    )


def metadata(pdf: bytes) -> str:
    stream = pypdf.PdfReader(io.BytesIO(pdf)).root_object["/Metadata"].get_object()
    assert isinstance(stream, StreamObject)
    return bytes(stream.get_data()).decode()


def test_invoice_and_credit_note_carry_a_code_that_reads_as_it_was_stored(
    client: APIClient, ana: Patient, bank: Bank, certified: int
) -> None:
    payment = paid(client, factories.appointment(ana), TAXPAYER)
    give_back(payment, bank, "15.00")
    documents = list(Invoice.objects.order_by("document_type"))
    assert [document.document_type for document in documents] == ["FR", "NC"]

    for document in documents:
        pdf = private.get(document.document.storage_key)
        code = read(pdf)

        assert code.text == document.qr
        assert f"*O:{Decimal(document.gross_total):.2f}*" in code.text
        assert code.correction == "M"
        assert min(code.width, code.height) >= SMALLEST_CODE_MM
        said = metadata(pdf)
        assert "<pdfaid:part>3</pdfaid:part>" in said
        assert "<pdfaid:conformance>A</pdfaid:conformance>" in said
        assert "<pdfuaid:part>1</pdfuaid:part>" in said
