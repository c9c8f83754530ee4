"""A read-only view of what the clinic sent; the texts themselves aren't shown."""

from django.contrib import admin

from clinic.core.admin import ReadOnly
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
class MessageAdmin(ReadOnly):
    list_display = SHOWN
    fields = SHOWN
    list_filter = ("status", "channel", "template")
    date_hierarchy = "created_at"
