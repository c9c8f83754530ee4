"""Read-only views of the ledger: services change money, never somebody by hand."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from billing.invoicing.models import DocumentRequest, Invoice
from billing.payments.models import (
    Payment,
    PaymentEvent,
    PaymentIssue,
    Reconciliation,
    Refund,
    WebhookDelivery,
)
from billing.payments.services import issues
from clinic.accounts.principals import actor_of
from clinic.core.admin import ReadOnly


@admin.register(Payment)
class PaymentAdmin(ReadOnly):
    list_display = ("created_at", "method", "status", "reason", "amount", "reference", "provider")
    list_filter = ("status", "method", "provider")
    date_hierarchy = "created_at"


@admin.register(PaymentEvent)
class PaymentEventAdmin(ReadOnly):
    list_display = ("received_at", "type", "amount", "from_status", "to_status", "event_id")


class Openness(admin.SimpleListFilter):
    """Shows what somebody still has to look at, unless another filter is chosen."""

    title = "state"
    parameter_name = "state"

    def lookups(self, *_args: Any) -> list[tuple[str, str]]:
        return [("settled", "Settled"), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        still_open, *others = super().choices(changelist)
        yield {**still_open, "display": "Open"}
        yield from others

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() != "settled")


@admin.register(PaymentIssue)
class PaymentIssueAdmin(ReadOnly):
    list_display = ("created_at", "kind", "payment", "resolved_at")
    list_filter = (Openness, "kind")
    actions = ("mark_as_settled",)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_paymentissue")

    @admin.action(description="Mark as settled", permissions=["settle"])
    def mark_as_settled(self, request: HttpRequest, chosen: QuerySet[PaymentIssue]) -> None:
        ids = list(chosen.values_list("pk", flat=True))
        settled = issues.settle(ids, actor=actor_of(request.user))
        self.message_user(request, f"{settled} settled.")


@admin.register(Refund)
class RefundAdmin(ReadOnly):
    list_display = ("requested_at", "amount", "status", "settled_at")
    list_filter = ("status",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly):
    list_display = ("received_at", "provider", "outcome", "processed_at")
    list_filter = ("provider", "outcome")


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnly):
    list_display = ("started_at", "provider", "asked", "unanswered", "listed", "differences")
    list_filter = ("provider",)


@admin.register(DocumentRequest)
class DocumentRequestAdmin(ReadOnly):
    list_display = ("created_at", "issuer", "sent_at", "refusal", "issued_at")
    list_filter = ("issuer",)
    exclude = ("draft",)


@admin.register(Invoice)
class InvoiceAdmin(ReadOnly):
    list_display = ("number", "issuer", "issued_on", "customer_name", "gross_total", "training")
    search_fields: ClassVar[list[str]] = ["number", "customer_tax_id"]
    date_hierarchy = "issued_at"
