"""A document for money that came in or went back, and its PDF, which is kept and mailed."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from billing.invoicing import issuers, pdf, vat
from billing.invoicing.errors import Code
from billing.invoicing.issuers.base import InvoiceIssuer
from billing.invoicing.models import DocumentType, Invoice, InvoiceDocument, InvoiceLine
from billing.invoicing.services import issuance
from billing.payments.models import CustomerKind, Payment, PaymentStatus, Refund, RefundStatus
from booking import selectors as booking
from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.directory import nif
from clinic.directory import selectors as directory
from clinic.notifications import services as notifications
from clinic.storage import private

if TYPE_CHECKING:
    from datetime import datetime

    from booking.models import Appointment

COUNTRY = "PT"
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Service:
    """The one service that a document is for."""

    code: str
    description: str
    vat_rate: Decimal
    exemption_code: str
    exemption_reason: str


@transaction.atomic
def issue(payment_id: UUID) -> Invoice | None:
    """The one invoice-receipt of a paid payment; the same one if called again.

    None if the payment's money isn't there, or no longer, and while a third party is being asked.
    """
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    existing = invoice_of(payment)
    if existing is not None:
        return existing
    if payment.status != PaymentStatus.PAID or payment.paid_at is None:
        return None
    if issuance.is_asked_for(payment):
        return None
    appointment = booking.get_appointment(payment.appointment_id)
    invoice = Invoice(
        payment=payment,
        patient_id=payment.patient_id,
        service_on=clock.local(appointment.start).date(),
        language=payment.patient.language,
        payment_method=payment.method,
        paid_at=payment.paid_at,
    )
    _name_seller(invoice)
    _name_customer(invoice, payment)
    return _complete(
        issuers.current(),
        invoice,
        DocumentType.INVOICE_RECEIPT,
        vat.split(payment.amount, appointment.vat_rate),
        _sold(appointment, invoice.language),
    )


@transaction.atomic
def credit(refund_id: UUID) -> Invoice | None:
    """The one credit note of a paid refund, by the issuer of the invoice; the same one if called
    again.

    None if there is nothing to credit, because the money went back before an invoice was issued,
    and while a third party is being asked. An invoice still on its way is credited when it arrives.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=refund.payment_id)
    existing = Invoice.objects.filter(refund=refund).first()
    if existing is not None:
        return existing
    invoice = invoice_of(payment)
    if invoice is None or refund.status != RefundStatus.DONE or refund.settled_at is None:
        return None
    if issuance.is_asked_for(payment, refund=refund):
        return None
    line = invoice.lines.get()
    note = Invoice(
        payment=payment,
        credits=invoice,
        refund=refund,
        reason=refund.reason or pdf.REFUND_REASON,
        paid_at=refund.settled_at,
        **{field: getattr(invoice, field) for field in COPIED_TO_A_CREDIT_NOTE},
    )
    sold = Service(
        code=line.code,
        description=line.description,
        vat_rate=line.vat_rate,
        exemption_code=line.exemption_code,
        exemption_reason=line.exemption_reason,
    )
    issuer = issuers.get(invoice.issuer)
    taken_apart = (
        vat.part(refund.amount, sold.vat_rate, **_left_of(invoice))
        if issuer.at_once
        # A third party does its own sums, from the rate alone.
        else vat.split(refund.amount, sold.vat_rate)
    )
    return _complete(issuer, note, DocumentType.CREDIT_NOTE, taken_apart, sold)


def _left_of(invoice: Invoice) -> dict[str, Decimal]:
    """What is left of an invoice after its credit notes."""
    credited = invoice.credit_notes.aggregate(
        net=Sum("net_total", default=Decimal(0)), vat=Sum("vat_total", default=Decimal(0))
    )
    return {
        "net_left": invoice.net_total - credited["net"],
        "vat_left": invoice.vat_total - credited["vat"],
    }


COPIED_TO_A_CREDIT_NOTE = (
    *("patient_id", "service_on", "language", "payment_method"),
    *("seller_name", "seller_legal_name", "seller_tax_id", "seller_address", "seller_postal_code"),
    *("seller_city", "seller_phone", "seller_email"),
    *("customer_kind", "customer_name", "customer_tax_id", "customer_country", "customer_address"),
)


def invoice_of(payment: Payment) -> Invoice | None:
    """The invoice-receipt of a payment."""
    return payment.documents.filter(document_type=DocumentType.INVOICE_RECEIPT).first()


def render(invoice_id: UUID) -> InvoiceDocument:
    """The PDF of an issued document, made by its issuer and mailed once; the stored one if called
    again.

    No lock is held while waiting for issuer, sealer and storage: of two files made at once, one
    stays. If there is no file yet, raises SealError or NotReadyError, and stores and mails nothing.
    """
    known = InvoiceDocument.objects.filter(invoice_id=invoice_id).first()
    if known is not None:
        return known
    invoice = Invoice.objects.select_related("payment", "patient", "credits").get(pk=invoice_id)
    file = issuers.get(invoice.issuer).pdf(invoice)
    made = InvoiceDocument(
        invoice=invoice,
        sha256=hashlib.sha256(file.data).hexdigest(),
        size=len(file.data),
        standards=file.standards,
        sealed_by=file.sealed_by,
    )
    made.storage_key = pdf.storage_key(invoice, made.sha256)
    private.put(made.storage_key, file.data, PDF)
    kept = _keep(made)
    if kept.storage_key != made.storage_key:
        private.delete(made.storage_key)
    return kept


@transaction.atomic
def _keep(made: InvoiceDocument) -> InvoiceDocument:
    Invoice.objects.select_for_update(no_key=True).get(pk=made.invoice_id)
    first = InvoiceDocument.objects.filter(invoice_id=made.invoice_id).first()
    if first is not None:
        return first
    made.rendered_at = clock.now()
    made.save(force_insert=True)
    _send(made.invoice, made)
    return made


def pdf_of(invoice: Invoice) -> bytes:
    """The stored PDF. Raises DomainError `invoice_not_ready` while it is being made."""
    document = InvoiceDocument.objects.filter(invoice=invoice).first()
    if document is None:
        raise DomainError(Code.INVOICE_NOT_READY, retry_after=5)
    return private.get(document.storage_key)


def _complete(
    issuer: InvoiceIssuer,
    invoice: Invoice,
    document_type: DocumentType,
    taken_apart: vat.Split,
    sold: Service,
) -> Invoice | None:
    """Have a document issued with its line; its PDF follows."""
    invoice.document_type = document_type
    invoice.net_total = taken_apart.net
    invoice.vat_total = taken_apart.vat
    invoice.gross_total = taken_apart.gross
    line = InvoiceLine(
        invoice=invoice,
        position=1,
        code=sold.code,
        description=sold.description,
        quantity=1,
        unit_net=taken_apart.unit_net,
        net=taken_apart.unit_net,
        gross=taken_apart.gross,
        vat_rate=sold.vat_rate,
        exemption_code=sold.exemption_code,
        exemption_reason=sold.exemption_reason,
    )
    return issuance.issue(issuer, invoice, line)


def _sold(appointment: "Appointment", language: str) -> Service:
    return Service(
        code=appointment.specialty_id,
        description=appointment.specialty.name_in(language),
        vat_rate=appointment.vat_rate,
        exemption_code=appointment.vat_exemption,
        exemption_reason=vat.exemption_reason(appointment.vat_exemption),
    )


def _name_seller(invoice: Invoice) -> None:
    seller = directory.organization()
    invoice.seller_name = seller.name
    invoice.seller_legal_name = seller.legal_name
    invoice.seller_tax_id = seller.tax_id
    invoice.seller_address = seller.address_line
    invoice.seller_postal_code = seller.postal_code
    invoice.seller_city = seller.city
    invoice.seller_phone = seller.phone
    invoice.seller_email = seller.email


def _name_customer(invoice: Invoice, payment: Payment) -> None:
    invoice.customer_kind = payment.customer_kind
    invoice.customer_country = COUNTRY
    if payment.customer_kind == CustomerKind.TAXPAYER:
        invoice.customer_tax_id = payment.customer_tax_id
        invoice.customer_name = payment.customer_name or payment.patient.full_name
        invoice.customer_address = payment.customer_address
    else:
        invoice.customer_tax_id = nif.FINAL_CONSUMER_TAX_ID
        invoice.customer_name = nif.FINAL_CONSUMER_NAME


def _send(invoice: Invoice, document: InvoiceDocument) -> None:
    """Mail it to the address given for the invoice, else to the patient's own."""
    appointment = booking.get_appointment(invoice.payment.appointment_id)
    is_note = invoice.document_type == DocumentType.CREDIT_NOTE
    context: dict[str, str | Decimal | datetime] = {
        "number": invoice.number,
        "customer_name": invoice.customer_name,
        "amount": invoice.gross_total,
        "specialty": appointment.specialty.name_in(invoice.language),
        "start": appointment.start,
    }
    if invoice.credits is not None:
        context["credits"] = invoice.credits.number
    notifications.tell(
        invoice.patient,
        "credit_note_issued" if is_note else "invoice_issued",
        key=f"invoice:{invoice.id}",
        context=context,
        language=invoice.language,
        attachments=[
            notifications.Attachment(
                name=pdf.file_name(invoice),
                content_type=PDF,
                storage_key=document.storage_key,
            )
        ],
        addresses={"email": invoice.payment.customer_email},
    )
