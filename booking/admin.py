from django.contrib import admin
from django.http import HttpRequest

from booking.models import Appointment


@admin.register(Appointment)
class AppointmentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """To look at only: appointments change through the product's own buttons."""

    list_display = ("start", "practitioner", "room", "specialty", "status", "ticket", "source")
    list_filter = ("status", "source", "practitioner")
    date_hierarchy = "start"
    list_select_related = ("practitioner", "room", "specialty")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: object = None) -> bool:
        return False
