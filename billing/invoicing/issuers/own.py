"""Our own program as the issuer: numbers, signatures and files made here."""

from decimal import Decimal

from billing.invoicing import chain, numbering, pdf, qr, sealing, vat
from billing.invoicing.models import OWN_ISSUER, Invoice, InvoiceLine
from billing.invoicing.pdf import Pdf

TAX_REGION = "PT"


class OwnIssuer:
    key = OWN_ISSUER
    at_once = True

    def issue(self, document: Invoice, line: InvoiceLine) -> None:
        numbering.number(document)
        document.qr = qr.text(qr_document(document, line.vat_rate))

    def find(self, _document: Invoice, _line: InvoiceLine) -> bool:
        return False

    def pdf(self, document: Invoice) -> Pdf:
        made = pdf.render(document)
        sealer = sealing.current()
        if sealer is None:
            return made
        return Pdf(sealing.sealed(made.data, sealer), made.standards, sealer.name)


def qr_document(invoice: Invoice, rate: Decimal) -> qr.Document:
    """The content of the QR code of a document with one tax rate."""
    taxed = (invoice.net_total, invoice.vat_total)
    match vat.bracket(rate):
        case "exempt":
            taxes = qr.RegionTaxes(TAX_REGION, exempt_base=invoice.net_total)
        case "reduced":
            taxes = qr.RegionTaxes(TAX_REGION, reduced=taxed)
        case "intermediate":
            taxes = qr.RegionTaxes(TAX_REGION, intermediate=taxed)
        case "normal":
            taxes = qr.RegionTaxes(TAX_REGION, normal=taxed)
    return qr.Document(
        seller_tax_id=invoice.seller_tax_id,
        buyer_tax_id=invoice.customer_tax_id,
        buyer_country=invoice.customer_country,
        type=invoice.document_type,
        status="N",
        issued_on=invoice.issued_on,
        number=invoice.number,
        atcud=invoice.atcud,
        taxes=[taxes],
        tax_total=invoice.vat_total,
        gross_total=invoice.gross_total,
        hash_characters=chain.printed(invoice.hash),
        certificate=invoice.certificate,
    )
