"""Read-only windows on the ledger: money is changed by services, never by hand."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from billing.models import Invoice, Payment, PaymentEvent, PaymentIssue, Refund, WebhookDelivery


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


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
