"""The SAF-T (PT) file: a year's documents for the tax authority, version 1.04_01.

Names and order of the elements follow the official schema (Portaria 302/2016). The file is written
while the rows are read, so memory doesn't grow with their number.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, Protocol
from xml.parsers import expat
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from django.db.models import Q, QuerySet, Sum

from billing.invoicing import vat
from billing.invoicing.models import (
    OWN_ISSUER,
    DocumentType,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    InvoicingRules,
)
from billing.payments.models import Method
from clinic.core import clock, text
from clinic.directory import nif

VERSION = "1.04_01"
NAMESPACE = f"urn:OECD:StandardAuditFile-Tax:PT_{VERSION}"
ENCODING = "windows-1252"
PRODUCT = "Vez"
PRODUCT_VERSION = "1.0"
SOURCE = "Vez"
UNKNOWN = "Desconhecido"
REGION = "PT"
CURRENCY = "EUR"
ROWS_AT_ONCE = 500
LEFT_OUT = "Sem {} documentos que outro programa certificado emitiu"
TAX_CODES: dict[vat.Bracket, tuple[str, str]] = {
    "exempt": ("ISE", "Isento"),
    "reduced": ("RED", "Taxa reduzida"),
    "intermediate": ("INT", "Taxa intermédia"),
    "normal": ("NOR", "Taxa normal"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """Civil days from first to last, both included."""

    year: int
    first: date
    last: date


class Seller(Protocol):
    """The clinic's data for the header."""

    name: str
    legal_name: str
    tax_id: str
    address_line: str
    postal_code: str
    city: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Totals:
    """The file's own totals: how many documents, and the net sums of credit notes and invoices;
    also how many documents of third parties fall into its period, which are in their files."""

    documents: int
    debit: Decimal
    credit: Decimal
    left_out: int


def write(out: IO[bytes], period: Period, *, seller: Seller, rules: InvoicingRules) -> Totals:
    """Write the file of a period, with the documents that are issued when writing begins.

    A certified program exports its real documents, an uncertified one those for training. A third
    party exports its own, and the header says so. Letters that Windows-1252 doesn't have are
    written as character references.
    """
    within = Q(issued_on__gte=period.first, issued_on__lte=period.last)
    chosen = _issued_by_now(training=not rules.certificate_number).filter(within)
    left_out = Invoice.objects.exclude(issuer=OWN_ISSUER).filter(within).count()
    totals = _totals(chosen, left_out)
    file = _File(out)
    with file.root():
        _header(file, period, seller, rules, left_out)
        with file.element("MasterFiles"):
            for customer in _customers(chosen):
                _customer(file, customer)
            for line in _products(chosen):
                _product(file, line)
            _tax_table(file, chosen)
        with file.element("SourceDocuments"), file.element("SalesInvoices"):
            file.text("NumberOfEntries", totals.documents)
            file.text("TotalDebit", totals.debit)
            file.text("TotalCredit", totals.credit)
            for invoice in _documents(chosen):
                _document(file, invoice, rules)
    return totals


class UnreadableFileError(ValueError):
    """The written file can't be read."""


def check(written: IO[bytes], totals: Totals) -> None:
    """Check a written file as its readers will read it: well-formed, and with every document.

    Memory doesn't grow with the file. Raises UnreadableFileError.
    """
    found = 0

    def count(name: str, _attributes: object) -> None:
        nonlocal found
        found += name == "Invoice"

    parser = expat.ParserCreate()
    parser.StartElementHandler = count
    try:
        parser.ParseFile(written)
    except expat.ExpatError as error:
        raise UnreadableFileError(f"not well-formed: {error}") from error
    if found != totals.documents:
        raise UnreadableFileError(f"{found} documents of {totals.documents}")


class _File:
    """Writes the elements of the file one after another."""

    def __init__(self, out: IO[bytes]) -> None:
        self._xml = XMLGenerator(out, ENCODING, short_empty_elements=False)

    @contextmanager
    def root(self) -> Iterator[None]:
        self._xml.startDocument()
        self._xml.startElement("AuditFile", AttributesImpl({"xmlns": NAMESPACE}))
        yield
        self._xml.endElement("AuditFile")
        self._xml.endDocument()

    @contextmanager
    def element(self, name: str) -> Iterator[None]:
        self._xml.startElement(name, AttributesImpl({}))
        yield
        self._xml.endElement(name)

    def text(self, name: str, value: object, most: int | None = None) -> None:
        """A text element, cut to the length in the schema; none for an empty text.

        Characters that XML can't hold are left out, since an issued document can't be changed.
        """
        content = text.printable(str(value))[:most].rstrip()
        if content:
            with self.element(name):
                self._xml.characters(content)


def _issued_by_now(*, training: bool) -> QuerySet[Invoice]:
    """Documents up to the numbers that the series have now. One issued while the file is written
    would be in one part of it and not in another."""
    by_now = Q(pk=None)
    for series in InvoiceSeries.objects.filter(training=training):
        by_now |= Q(series=series, sequence__lte=series.last_number)
    return Invoice.objects.filter(by_now)


def _totals(chosen: QuerySet[Invoice], left_out: int) -> Totals:
    lines = InvoiceLine.objects.filter(invoice__in=chosen)
    net = lines.aggregate(
        debit=Sum("net", filter=Q(invoice__document_type=DocumentType.CREDIT_NOTE)),
        credit=Sum("net", filter=Q(invoice__document_type=DocumentType.INVOICE_RECEIPT)),
    )
    zero = Decimal(0)
    return Totals(chosen.count(), net["debit"] or zero, net["credit"] or zero, left_out)


def _header(
    file: _File, period: Period, seller: Seller, rules: InvoicingRules, left_out: int
) -> None:
    with file.element("Header"):
        file.text("AuditFileVersion", VERSION)
        file.text("CompanyID", seller.tax_id)
        file.text("TaxRegistrationNumber", seller.tax_id)
        file.text("TaxAccountingBasis", "F")
        file.text("CompanyName", seller.legal_name, 100)
        file.text("BusinessName", seller.name, 60)
        with file.element("CompanyAddress"):
            file.text("AddressDetail", seller.address_line, 210)
            file.text("City", seller.city, 50)
            file.text("PostalCode", seller.postal_code)
            file.text("Country", "PT")
        file.text("FiscalYear", period.year)
        file.text("StartDate", period.first.isoformat())
        file.text("EndDate", period.last.isoformat())
        file.text("CurrencyCode", CURRENCY)
        file.text("DateCreated", clock.today().isoformat())
        file.text("TaxEntity", "Global")
        file.text("ProductCompanyTaxID", rules.producer_tax_id or seller.tax_id)
        file.text("SoftwareCertificateNumber", rules.certificate_number or "0")
        producer = (rules.producer_name or seller.legal_name).replace("/", "-")
        file.text("ProductID", f"{PRODUCT}/{producer}", 255)
        file.text("ProductVersion", PRODUCT_VERSION)
        if left_out:
            file.text("HeaderComment", LEFT_OUT.format(left_out))
        file.text("Telephone", seller.phone, 20)
        file.text("Email", seller.email, 254)


def _customers(chosen: QuerySet[Invoice]) -> Iterator[Invoice]:
    """The newest document of each customer, for their name and address."""
    newest = chosen.order_by("customer_tax_id", "-issued_at", "-sequence")
    return newest.distinct("customer_tax_id").iterator(ROWS_AT_ONCE)


def _customer(file: _File, invoice: Invoice) -> None:
    with file.element("Customer"):
        file.text("CustomerID", _customer_id(invoice))
        file.text("AccountID", UNKNOWN)
        file.text("CustomerTaxID", invoice.customer_tax_id)
        file.text("CompanyName", invoice.customer_name, 100)
        with file.element("BillingAddress"):
            file.text("AddressDetail", invoice.customer_address or UNKNOWN, 210)
            file.text("City", UNKNOWN)
            file.text("PostalCode", UNKNOWN)
            file.text("Country", invoice.customer_country)
        file.text("SelfBillingIndicator", 0)


def _customer_id(invoice: Invoice) -> str:
    is_unnamed = invoice.customer_tax_id == nif.FINAL_CONSUMER_TAX_ID
    return "CF" if is_unnamed else invoice.customer_tax_id


def _products(chosen: QuerySet[Invoice]) -> Iterator[InvoiceLine]:
    lines = InvoiceLine.objects.filter(invoice__in=chosen)
    return lines.order_by("code", "-pk").distinct("code").iterator(ROWS_AT_ONCE)


def _product(file: _File, line: InvoiceLine) -> None:
    with file.element("Product"):
        file.text("ProductType", "S")
        file.text("ProductCode", line.code)
        file.text("ProductDescription", line.description)
        file.text("ProductNumberCode", line.code)


def _tax_table(file: _File, chosen: QuerySet[Invoice]) -> None:
    lines = InvoiceLine.objects.filter(invoice__in=chosen)
    rates = list(lines.order_by("vat_rate").values_list("vat_rate", flat=True).distinct())
    if not rates:
        return
    with file.element("TaxTable"):
        for rate in rates:
            code, description = TAX_CODES[vat.bracket(rate)]
            with file.element("TaxTableEntry"):
                file.text("TaxType", "IVA")
                file.text("TaxCountryRegion", REGION)
                file.text("TaxCode", code)
                file.text("Description", description)
                file.text("TaxPercentage", rate)


def _documents(chosen: QuerySet[Invoice]) -> Iterator[Invoice]:
    whole = chosen.select_related("credits").prefetch_related("lines")
    return whole.order_by("document_type", "series", "sequence").iterator(ROWS_AT_ONCE)


def _document(file: _File, invoice: Invoice, rules: InvoicingRules) -> None:
    entered_at = f"{clock.local(invoice.issued_at):%Y-%m-%dT%H:%M:%S}"
    with file.element("Invoice"):
        file.text("InvoiceNo", invoice.number)
        file.text("ATCUD", invoice.atcud)
        with file.element("DocumentStatus"):
            file.text("InvoiceStatus", "N")
            file.text("InvoiceStatusDate", entered_at)
            file.text("SourceID", SOURCE)
            file.text("SourceBilling", "P")
        file.text("Hash", invoice.hash)
        file.text("HashControl", invoice.hash_control)
        file.text("Period", invoice.issued_on.month)
        file.text("InvoiceDate", invoice.issued_on.isoformat())
        file.text("InvoiceType", invoice.document_type)
        with file.element("SpecialRegimes"):
            file.text("SelfBillingIndicator", 0)
            file.text("CashVATSchemeIndicator", 0)
            file.text("ThirdPartiesBillingIndicator", 0)
        file.text("SourceID", SOURCE)
        file.text("SystemEntryDate", entered_at)
        file.text("CustomerID", _customer_id(invoice))
        for line in invoice.lines.all():
            _line(file, invoice, line)
        with file.element("DocumentTotals"):
            file.text("TaxPayable", invoice.vat_total)
            file.text("NetTotal", invoice.net_total)
            file.text("GrossTotal", invoice.gross_total)
            with file.element("Payment"):
                file.text("PaymentMechanism", _mechanism(invoice, rules))
                file.text("PaymentAmount", invoice.gross_total)
                file.text("PaymentDate", clock.local(invoice.paid_at).date().isoformat())


def _line(file: _File, invoice: Invoice, line: InvoiceLine) -> None:
    code, _ = TAX_CODES[vat.bracket(line.vat_rate)]
    with file.element("Line"):
        file.text("LineNumber", line.position)
        file.text("ProductCode", line.code)
        file.text("ProductDescription", line.description)
        file.text("Quantity", line.quantity)
        file.text("UnitOfMeasure", "un")
        file.text("UnitPrice", line.unit_net)
        file.text("TaxPointDate", invoice.service_on.isoformat())
        if invoice.credits is not None:
            with file.element("References"):
                file.text("Reference", invoice.credits.number)
                file.text("Reason", invoice.reason, 50)
        file.text("Description", line.description)
        is_note = invoice.document_type == DocumentType.CREDIT_NOTE
        file.text("DebitAmount" if is_note else "CreditAmount", line.net)
        with file.element("Tax"):
            file.text("TaxType", "IVA")
            file.text("TaxCountryRegion", REGION)
            file.text("TaxCode", code)
            file.text("TaxPercentage", line.vat_rate)
        file.text("TaxExemptionReason", line.exemption_reason, 60)
        file.text("TaxExemptionCode", line.exemption_code)


def _mechanism(invoice: Invoice, rules: InvoicingRules) -> str:
    return "MB" if invoice.payment_method == Method.MULTIBANCO else rules.mb_way_mechanism
