"""Issuing an invoice for a confirmed payment, then rendering and mailing its PDF.

Without a certificate of the tax authority everything is issued in training mode: an own series, an
unmistakable text, no hash chain, ATCUD 0.
"""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from billing import documents, nif, qr, vat
from billing.errors import Code
from billing.models import (
    CustomerKind,
    Invoice,
    InvoiceDocument,
    InvoiceLine,
    InvoiceSeries,
    Payment,
    PaymentStatus,
)
from booking import selectors as booking
from clinic.core import audit, clock, outbox
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.directory import selectors as directory
from clinic.notifications import services as notifications
from clinic.storage import private

if TYPE_CHECKING:
    from booking.models import Appointment

DOCUMENT_TYPE = "FR"
TRAINING_PREFIX = "FORM"
NO_ATCUD = "0"
NO_HASH = "0"
NO_CERTIFICATE = "0"
TAX_REGION = "PT"
COUNTRY = "PT"
PDF = "application/pdf"
ISSUER = Actor.system("invoicing")


@transaction.atomic
def issue(payment_id: UUID) -> Invoice | None:
    """The one invoice of a paid payment; the same one when asked again.

    None for a payment whose money is not there, or no longer. The number is taken under the lock
    of its series in this transaction, so a roll-back leaves no gap.
    """
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    existing = Invoice.objects.filter(payment=payment).first()
    if existing is not None:
        return existing
    if payment.status != PaymentStatus.PAID or payment.paid_at is None:
        return None
    appointment = booking.get_appointment(payment.appointment_id)
    moment = clock.now()
    series = _locked_series(clock.local(moment).year)
    invoice = _next_invoice(series, payment, appointment, _after_the_last(series, moment))
    invoice.paid_at = payment.paid_at
    invoice.save(force_insert=True)
    _only_line(invoice, appointment).save(force_insert=True)
    series.last_number = invoice.sequence
    series.save(update_fields=["last_number"])
    audit.record(
        "invoice.issued",
        actor=ISSUER,
        subject=invoice,
        patient_id=invoice.patient_id,
        number=invoice.number,
    )
    outbox.enqueue(
        "billing.render_invoice", key=f"render-invoice:{invoice.id}", invoice_id=str(invoice.id)
    )
    return invoice


@transaction.atomic
def render(invoice_id: UUID) -> InvoiceDocument:
    """The PDF of an issued invoice, made and mailed once; the stored one when asked again."""
    invoice = Invoice.objects.select_related("payment", "patient").get(pk=invoice_id)
    document = InvoiceDocument.objects.filter(invoice=invoice).first()
    if document is not None:
        return document
    pdf = documents.render(invoice)
    key = documents.storage_key(invoice)
    private.put(key, pdf.data, PDF)
    document = InvoiceDocument.objects.create(
        invoice=invoice,
        storage_key=key,
        sha256=hashlib.sha256(pdf.data).hexdigest(),
        size=len(pdf.data),
        standards=pdf.standards,
        rendered_at=clock.now(),
    )
    _mail(invoice, document)
    return document


def pdf_of(invoice: Invoice) -> bytes:
    """The stored PDF. Raises DomainError `invoice_not_ready` while it is being made."""
    document = InvoiceDocument.objects.filter(invoice=invoice).first()
    if document is None:
        raise DomainError(Code.INVOICE_NOT_READY, retry_after=5)
    return private.get(document.storage_key)


def _locked_series(year: int) -> InvoiceSeries:
    name = f"{TRAINING_PREFIX}{year}"
    InvoiceSeries.objects.bulk_create(
        [InvoiceSeries(document_type=DOCUMENT_TYPE, name=name, training=True)],
        ignore_conflicts=True,
    )
    return InvoiceSeries.objects.select_for_update().get(document_type=DOCUMENT_TYPE, name=name)


def _next_invoice(
    series: InvoiceSeries, payment: Payment, appointment: "Appointment", issued_at: datetime
) -> Invoice:
    seller = directory.organization()
    taken_apart = vat.split(payment.amount, appointment.vat_rate)
    sequence = series.last_number + 1
    invoice = Invoice(
        payment=payment,
        patient_id=payment.patient_id,
        series=series,
        sequence=sequence,
        number=f"{series.document_type} {series.name}/{sequence}",
        document_type=series.document_type,
        training=series.training,
        atcud=NO_ATCUD,
        hash=NO_HASH,
        hash_control=NO_HASH,
        issued_on=clock.local(issued_at).date(),
        issued_at=issued_at,
        service_on=clock.local(appointment.start).date(),
        language=payment.patient.language,
        seller_name=seller.name,
        seller_legal_name=seller.legal_name,
        seller_tax_id=seller.tax_id,
        seller_address=seller.address_line,
        seller_postal_code=seller.postal_code,
        seller_city=seller.city,
        seller_phone=seller.phone,
        seller_email=seller.email,
        payment_method=payment.method,
        net_total=taken_apart.net,
        vat_total=taken_apart.vat,
        gross_total=taken_apart.gross,
    )
    _address(invoice, payment)
    invoice.qr = qr.text(qr_document(invoice, appointment.vat_rate))
    return invoice


def _after_the_last(series: InvoiceSeries, moment: datetime) -> datetime:
    """The instant to put on the next document: numbers follow time, even if the clock went back."""
    last = (
        Invoice.objects.filter(series=series, sequence=series.last_number)
        .values_list("issued_at", flat=True)
        .first()
    )
    return moment if last is None else max(moment, last)


def _address(invoice: Invoice, payment: Payment) -> None:
    invoice.customer_kind = payment.customer_kind
    invoice.customer_country = COUNTRY
    if payment.customer_kind == CustomerKind.TAXPAYER:
        invoice.customer_tax_id = payment.customer_tax_id
        invoice.customer_name = payment.customer_name or payment.patient.full_name
        invoice.customer_address = payment.customer_address
    else:
        invoice.customer_tax_id = nif.FINAL_CONSUMER_TAX_ID
        invoice.customer_name = nif.FINAL_CONSUMER_NAME


def _only_line(invoice: Invoice, appointment: "Appointment") -> InvoiceLine:
    taken_apart = vat.split(invoice.gross_total, appointment.vat_rate)
    return InvoiceLine(
        invoice=invoice,
        position=1,
        code=appointment.specialty_id,
        description=appointment.specialty.name_in(invoice.language),
        quantity=1,
        unit_net=taken_apart.unit_net,
        net=taken_apart.unit_net,
        gross=taken_apart.gross,
        vat_rate=appointment.vat_rate,
        exemption_code=appointment.vat_exemption,
        exemption_reason=vat.exemption_reason(appointment.vat_exemption),
    )


def qr_document(invoice: Invoice, rate: Decimal) -> qr.Document:
    """What the QR code of an invoice with one tax rate says."""
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
        hash_characters=NO_HASH,
        certificate=NO_CERTIFICATE,
    )


def _mail(invoice: Invoice, document: InvoiceDocument) -> None:
    address = invoice.payment.customer_email or invoice.patient.email
    if not address:
        return
    appointment = booking.get_appointment(invoice.payment.appointment_id)
    notifications.send_email(
        template="invoice_issued",
        to=address,
        language=invoice.language,
        context={
            "number": invoice.number,
            "customer_name": invoice.customer_name,
            "amount": invoice.gross_total,
            "specialty": appointment.specialty.name_in(invoice.language),
            "start": appointment.start,
        },
        key=f"invoice:{invoice.id}",
        attachments=[
            notifications.Attachment(
                name=documents.file_name(invoice),
                content_type=PDF,
                storage_key=document.storage_key,
            )
        ],
    )
