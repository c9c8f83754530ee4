"""A read-only window on what the clinic sent; the words themselves are not shown."""

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from clinic.notifications.models import Message

SHOWN = (
    "created_at",
    "channel",
    "template",
    "language",
    "to",
    "status",
    "failure",
    "sent_at",
)


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = SHOWN
    fields = SHOWN
    list_filter = ("status", "channel", "template")
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
