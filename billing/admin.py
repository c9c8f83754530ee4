"""Read-only windows on the ledger: money is changed by services, never by hand."""

from typing import ClassVar

from django.contrib import admin

from billing.models import Invoice, Payment, PaymentEvent, PaymentIssue, Refund, WebhookDelivery
from clinic.core.admin import ReadOnly


@admin.register(Payment)
class PaymentAdmin(ReadOnly):
    list_display = ("created_at", "method", "status", "reason", "amount", "reference", "provider")
    list_filter = ("status", "method", "provider")
    date_hierarchy = "created_at"


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnly):
    list_display = ("received_at", "type", "amount", "from_status", "to_status", "event_id")


@admin.register(PaymentIssue)
class PaymentIssueAdmin(ReadOnly):
    list_display = ("created_at", "kind", "payment", "resolved_at")
    list_filter = ("kind",)


@admin.register(Refund)
class RefundAdmin(ReadOnly):
    list_display = ("requested_at", "amount", "status", "settled_at")
    list_filter = ("status",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly):
    list_display = ("received_at", "provider", "outcome", "processed_at")
    list_filter = ("provider", "outcome")


@admin.register(Invoice)
class InvoiceAdmin(ReadOnly):
    list_display = ("number", "issued_on", "customer_name", "gross_total", "training")
    search_fields: ClassVar[list[str]] = ["number", "customer_tax_id"]
    date_hierarchy = "issued_at"
