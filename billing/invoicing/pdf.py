"""The PDF of an invoice: typst with our template, our fonts and the data as JSON, nothing else.

A customer's data is never part of the template's text, so a hostile name is printed as it is.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import structlog
import typst

from billing.invoicing import chain, qr
from billing.invoicing.models import TRAINING_TEXT, Invoice, InvoiceLine
from billing.payments import phones
from billing.payments.models import CustomerKind, Method
from clinic.core import clock, logs

log = structlog.get_logger(__name__)

FOLDER = Path(__file__).resolve().parent / "typst"
TEMPLATE = FOLDER / "invoice.typ"
STANDARDS = ("a-3a", "ua-1")
NO_BREAK = "\u00a0"

LABELS = {
    "pt": {
        "title": "Fatura-recibo",
        "customer": "Cliente",
        "tax_id": "NIF",
        "issued_on": "Data de emissão",
        "service_on": "Data do serviço",
        "paid": "Pago",
        "description": "Serviço",
        "quantity": "Qtd.",
        "unit_net": "Preço sem IVA",
        "vat": "IVA",
        "net": "Valor sem IVA",
        "rate": "Taxa",
        "base": "Incidência",
        "tax": "Imposto",
        "summary": "Resumo do IVA",
        "net_total": "Total sem IVA",
        "vat_total": "Total do IVA",
        "gross_total": "Total pago",
        "credited_total": "Total a crédito",
        "credit_note": "Nota de crédito",
        "credits": "Relativa à",
        "given_back": "Devolvido",
        "reason": "Motivo",
        "page": "Página",
        "of": "de",
        "qr": "Código QR fiscal deste documento",
        "producer": "Emitido pelo programa Vez, sem certificado da AT",
    },
    "en": {
        "title": "Fatura-recibo · Invoice and receipt",
        "customer": "Customer",
        "tax_id": "NIF",
        "issued_on": "Date of issue",
        "service_on": "Date of service",
        "paid": "Paid",
        "description": "Service",
        "quantity": "Qty",
        "unit_net": "Price before VAT",
        "vat": "VAT",
        "net": "Amount before VAT",
        "rate": "Rate",
        "base": "Base",
        "tax": "Tax",
        "summary": "VAT summary",
        "net_total": "Total before VAT",
        "vat_total": "Total VAT",
        "gross_total": "Total paid",
        "credited_total": "Total credited",
        "credit_note": "Nota de crédito · Credit note",
        "credits": "Credits",
        "given_back": "Given back",
        "reason": "Reason",
        "page": "Page",
        "of": "of",
        "qr": "Fiscal QR code of this document",
        "producer": "Issued by the program Vez, not certified by the tax authority",
    },
}
METHODS = {
    "pt": {Method.MULTIBANCO: "por Multibanco", Method.MB_WAY: "por MB WAY"},
    "en": {Method.MULTIBANCO: "by Multibanco", Method.MB_WAY: "by MB WAY"},
}


REFUND_REASON = "Devolução do valor pago"
"""What a credit note says if nobody gave a reason. Documents are in Portuguese first."""


@dataclass(frozen=True, slots=True)
class Pdf:
    """A finished file. `standards` names what it conforms to, by the typesetter's own check;
    `sealed_by` names whose seal is on it."""

    data: bytes
    standards: str
    sealed_by: str = ""


def render(invoice: Invoice) -> Pdf:
    """The PDF of an invoice, archival and accessible. The same invoice gives the same bytes.

    A letter that none of our fonts has can't be archival. Then the invoice is a plain PDF, since
    that is better than none.
    """
    data = json.dumps(content(invoice), ensure_ascii=False)
    try:
        return Pdf(_compile(data, list(STANDARDS)), " ".join(STANDARDS))
    except typst.TypstError as error:
        log.warning("invoice_not_archival", invoice=str(invoice.id), error=logs.describe(error))
        return Pdf(_compile(data, []), "")


def content(invoice: Invoice) -> dict[str, Any]:
    """What the template prints, formatted and in the customer's language."""
    language = "en" if invoice.language == "en" else "pt"
    labels = LABELS[language]
    lines = list(invoice.lines.all())
    issued = clock.local(invoice.issued_at)
    credited = invoice.credits
    return {
        "language": language,
        "labels": labels,
        "title": labels["title"] if credited is None else labels["credit_note"],
        "credits": [labels["credits"], credited.number] if credited is not None else [],
        "reason": invoice.reason,
        "certified": certified_phrase(invoice),
        "producer": _producer(invoice),
        "total_name": labels["gross_total"] if credited is None else labels["credited_total"],
        "money_moved": labels["paid"] if credited is None else labels["given_back"],
        "number": invoice.number,
        "atcud": invoice.atcud,
        "training": TRAINING_TEXT if invoice.training else "",
        "issued": [issued.year, issued.month, issued.day, issued.hour, issued.minute],
        "issued_on": f"{invoice.issued_on:%d-%m-%Y}",
        "service_on": f"{invoice.service_on:%d-%m-%Y}",
        "paid_on": f"{clock.local(invoice.paid_at):%d-%m-%Y}",
        "paid_by": METHODS[language][Method(invoice.payment_method)],
        "seller": {
            "name": invoice.seller_name,
            "legal_name": invoice.seller_legal_name,
            "tax_id": invoice.seller_tax_id,
            "address": invoice.seller_address,
            "city": f"{invoice.seller_postal_code} {invoice.seller_city}",
            "phone": phones.readable(invoice.seller_phone),
            "email": invoice.seller_email,
        },
        "customer": {
            "name": invoice.customer_name,
            "tax_id": invoice.customer_tax_id
            if invoice.customer_kind == CustomerKind.TAXPAYER
            else "",
            "address": invoice.customer_address,
        },
        "lines": [_line(line) for line in lines],
        "summary": [_summary(invoice, line) for line in lines],
        "net_total": euros(invoice.net_total),
        "vat_total": euros(invoice.vat_total),
        "gross_total": euros(invoice.gross_total),
        "qr": qr.svg(invoice.qr),
    }


def certified_phrase(invoice: Invoice) -> str:
    """What a certified program prints at the foot of each page; empty in training
    (Portaria 363/2010, article 6)."""
    if invoice.training:
        return ""
    certificate = f"{int(invoice.certificate):04d}/AT"
    return f"{chain.printed(invoice.hash)}-Processado por programa certificado n.º {certificate}"


def _producer(invoice: Invoice) -> str:
    """The maker of the program, for the header of a training document."""
    return " · ".join(part for part in (invoice.producer_name, invoice.producer_tax_id) if part)


def storage_key(invoice: Invoice, sha256: str) -> str:
    """The PDF's key, one for each content, since files are never replaced and sealing again gives
    other bytes. It holds nothing personal."""
    name = invoice.id.hex
    return f"invoices/{name[:2]}/{name}-{sha256}.pdf"


def file_name(invoice: Invoice) -> str:
    """The name that people see: the legal number, in characters that every file system accepts."""
    return f"{invoice.number.replace(' ', '-').replace('/', '-')}.pdf"


def euros(amount: Decimal) -> str:
    """`40,00 €` with a non-breaking space."""
    grouped = f"{amount:,.2f}".replace(",", NO_BREAK).replace(".", ",")
    return f"{grouped}{NO_BREAK}€"


def percent(rate: Decimal) -> str:
    return f"{rate.normalize():f}".replace(".", ",") + f"{NO_BREAK}%"


def _line(line: InvoiceLine) -> dict[str, Any]:
    return {
        "description": line.description,
        "quantity": str(line.quantity),
        "unit_net": euros(line.unit_net),
        "vat": percent(line.vat_rate),
        "net": euros(line.net),
    }


def _summary(invoice: Invoice, line: InvoiceLine) -> dict[str, Any]:
    reason = f"{line.exemption_code} – {line.exemption_reason}" if line.exemption_code else ""
    return {
        "rate": percent(line.vat_rate),
        "base": euros(invoice.net_total),
        "tax": euros(invoice.vat_total),
        "reason": reason,
    }


def _compile(data: str, standards: list[str]) -> bytes:
    output = _compiler().compile(
        input=str(TEMPLATE), sys_inputs={"data": data}, format="pdf", pdf_standards=standards
    )
    return bytes(output)


@cache
def _compiler() -> Any:
    """One per process, so fonts are read once. No system fonts: with them two machines would
    differ."""
    return typst.Compiler(
        root=str(FOLDER), font_paths=[str(FOLDER / "fonts")], ignore_system_fonts=True
    )
