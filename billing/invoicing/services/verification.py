"""Re-checks what was issued here, document by document. Third parties answer for their own."""

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal

from django.db.models import Exists, OuterRef, Sum

from billing.invoicing import chain, numbering, qr, vat
from billing.invoicing.issuers.own import qr_document
from billing.invoicing.models import (
    OWN_ISSUER,
    PRINTED,
    PRINTED_OF_A_LINE,
    DocumentType,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    SigningKey,
)
from billing.payments.models import (
    OF_NO_USE,
    Payment,
    PaymentIssue,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from clinic.core import clock, text
from clinic.storage import private


def verify() -> tuple[int, list[str]]:
    """Returns how many documents were checked, and a sentence for each fault."""
    checked = 0
    faults: list[str] = []
    keys = dict(SigningKey.objects.values_list("version", "public_key"))
    for series in InvoiceSeries.objects.order_by("document_type", "name"):
        before: Invoice | None = None
        expected = 1
        for invoice in _invoices_of(series):
            checked += 1
            if invoice.sequence != expected:
                faults.append(f"{series}: number {expected} is missing before {invoice.number}")
            expected = (invoice.sequence or 0) + 1
            found = [*_faults(invoice, series), *_chain_faults(invoice, before, keys)]
            faults += [f"{invoice.number}: {fault}" for fault in found]
            before = invoice
        if expected != series.last_number + 1:
            faults.append(f"{series}: the series counts {series.last_number}, not {expected - 1}")
    return checked, faults


def missing() -> list[str]:
    """A sentence for each payment for a visit that has no document, and for each finished refund of
    an invoice that isn't credited; third parties' documents included.

    Money that came too late or twice needs no document: it goes back, or a person decides.
    """
    unusable = PaymentIssue.objects.filter(payment=OuterRef("pk"), kind__in=OF_NO_USE)
    receipts = Invoice.objects.filter(document_type=DocumentType.INVOICE_RECEIPT)
    paid = Payment.objects.filter(
        ~Exists(receipts.filter(payment=OuterRef("pk"))),
        ~Exists(unusable),
        status=PaymentStatus.PAID,
    )
    uncredited = Refund.objects.filter(
        Exists(receipts.filter(payment=OuterRef("payment"))),
        status=RefundStatus.DONE,
        credit_note=None,
    )
    return [
        *(
            f"payment {each.pk}: {each.amount} paid, and no document"
            for each in paid.order_by("paid_at")
        ),
        *(
            f"refund {each.pk}: {each.amount} given back, and no credit note"
            for each in uncredited.order_by("settled_at")
        ),
    ]


def left_out() -> int:
    """How many third parties' documents `verify` leaves out."""
    return Invoice.objects.exclude(issuer=OWN_ISSUER).count()


def _invoices_of(series: InvoiceSeries) -> Iterator[Invoice]:
    return (
        Invoice.objects.filter(series=series)
        .select_related("document", "payment", "refund", "credits")
        .prefetch_related("lines")
        .order_by("sequence")
        .iterator(chunk_size=500)
    )


def _faults(invoice: Invoice, series: InvoiceSeries) -> Iterator[str]:
    if invoice.number != f"{series.document_type} {series.name}/{invoice.sequence}":
        yield "the number doesn't belong to its series"
    if series.training:
        atcud = numbering.TRAINING_ATCUD
    else:
        atcud = f"{series.validation_code}-{invoice.sequence}"
    if invoice.atcud != atcud:
        yield "the ATCUD doesn't belong to its series"
    if invoice.issued_on != clock.local(invoice.issued_at).date():
        yield "its date is not the day on which it was issued"
    if invoice.issued_on.year != series.year:
        yield f"it was issued in another year than its series of {series.year}"
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
        if not _price_is_right(line, invoice):
            yield f"line {line.position} has another net price than its gross price says"
    for row, columns in (invoice, PRINTED), *((line, PRINTED_OF_A_LINE) for line in lines):
        yield from (
            f"its {column} has characters that no file may hold"
            for column in columns
            if not text.is_printable(getattr(row, column))
        )
    if invoice.credits is not None and invoice.credits.training != invoice.training:
        yield f"of it and {invoice.credits.number} only one is for training"
    yield from _money_faults(invoice)
    if lines and invoice.qr != qr.text(qr_document(invoice, lines[0].vat_rate)):
        yield "the QR code says something else"
    document = getattr(invoice, "document", None)
    if document is not None and not _file_matches(document.storage_key, document.sha256):
        yield "the stored PDF is missing or was changed"


def _money_faults(invoice: Invoice) -> Iterator[str]:
    if invoice.refund is None or invoice.credits is None:
        if invoice.gross_total != invoice.payment.amount:
            yield "the total is not what was paid"
        return
    if invoice.gross_total != invoice.refund.amount:
        yield "the total is not what was given back"
    yield from _credit_faults(invoice.credits)


def _credit_faults(invoice: Invoice) -> Iterator[str]:
    """The credit notes of an invoice together don't exceed its gross, net and VAT. So those of a
    fully credited invoice come to exactly these."""
    notes = invoice.credit_notes.aggregate(
        gross=Sum("gross_total"), net=Sum("net_total"), vat=Sum("vat_total")
    )
    if notes["gross"] > invoice.gross_total:
        yield f"more than {invoice.number} was for has been credited"
    elif notes["net"] > invoice.net_total or notes["vat"] > invoice.vat_total:
        yield f"more of the net or VAT of {invoice.number} than there is has been credited"


def _price_is_right(line: InvoiceLine, invoice: Invoice) -> bool:
    """Whether a line's net price follows from its gross price, or from the total if a credit note
    takes what is left of an invoice."""
    right = {vat.split(line.gross, line.vat_rate).unit_net}
    if invoice.credits is not None:
        right.add(invoice.net_total)
    return line.unit_net in right


def _chain_faults(
    invoice: Invoice, before: Invoice | None, keys: Mapping[int, str]
) -> Iterator[str]:
    for earlier in filter(None, (before, invoice.credits)):
        if numbering.runs_back(earlier.issued_at, invoice.issued_at):
            yield f"it was issued before {earlier.number}"
    if invoice.training:
        if invoice.hash != chain.UNSIGNED:
            yield "a training document is signed"
        return
    key = keys.get(int(invoice.hash_control)) if invoice.hash_control.isdecimal() else None
    if key is None:
        yield f"nobody knows the key {invoice.hash_control}"
        return
    signed = numbering.signed_message(invoice, before.hash if before else "")
    if not chain.is_signed_by(key, signed, invoice.hash):
        yield "the hash doesn't follow from the document and the one before"


def _file_matches(storage_key: str, sha256: str) -> bool:
    try:
        data = private.get(storage_key)
    except FileNotFoundError:
        return False
    return hashlib.sha256(data).hexdigest() == sha256
