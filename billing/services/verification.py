"""Re-checking what was issued, document by document."""

import hashlib
from collections.abc import Iterator
from decimal import Decimal

from billing import qr, vat
from billing.models import Invoice, InvoiceSeries
from billing.services import invoices
from clinic.storage import private


def verify() -> tuple[int, list[str]]:
    """How many invoices were looked at, and a sentence for each fault."""
    checked = 0
    faults: list[str] = []
    for series in InvoiceSeries.objects.order_by("document_type", "name"):
        expected = 1
        for invoice in _invoices_of(series):
            checked += 1
            if invoice.sequence != expected:
                faults.append(f"{series}: number {expected} is missing before {invoice.number}")
            expected = invoice.sequence + 1
            faults += [f"{invoice.number}: {fault}" for fault in _faults(invoice, series)]
        if expected != series.last_number + 1:
            faults.append(f"{series}: the series counts {series.last_number}, not {expected - 1}")
    return checked, faults


def _invoices_of(series: InvoiceSeries) -> Iterator[Invoice]:
    return (
        Invoice.objects.filter(series=series)
        .select_related("document", "payment")
        .prefetch_related("lines")
        .order_by("sequence")
        .iterator(chunk_size=500)
    )


def _faults(invoice: Invoice, series: InvoiceSeries) -> Iterator[str]:
    if invoice.number != f"{series.document_type} {series.name}/{invoice.sequence}":
        yield "the number doesn't belong to its series"
    lines = list(invoice.lines.all())
    if not lines:
        yield "there is no line"
    net = sum((line.net for line in lines), Decimal(0)).quantize(vat.CENT)
    gross = sum((line.gross for line in lines), Decimal(0))
    if (net, gross) != (invoice.net_total, invoice.gross_total):
        yield "the lines don't add up to the totals"
    if invoice.net_total + invoice.vat_total != invoice.gross_total:
        yield "net and VAT don't add up to gross"
    for line in lines:
        if vat.split(line.gross, line.vat_rate).unit_net != line.unit_net:
            yield f"line {line.position} has another net price than its gross price says"
    if invoice.gross_total != invoice.payment.amount:
        yield "the total is not what was paid"
    if lines and invoice.qr != qr.text(invoices.qr_document(invoice, lines[0].vat_rate)):
        yield "the QR code says something else"
    document = getattr(invoice, "document", None)
    if document is not None and not _file_matches(document.storage_key, document.sha256):
        yield "the stored PDF is missing or was changed"


def _file_matches(storage_key: str, sha256: str) -> bool:
    try:
        data = private.get(storage_key)
    except FileNotFoundError:
        return False
    return hashlib.sha256(data).hexdigest() == sha256
