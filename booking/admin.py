from django.contrib import admin

from booking.models import Appointment
from clinic.core.admin import ReadOnly


@admin.register(Appointment)
class AppointmentAdmin(ReadOnly):
    """Read-only: appointments change through the product's own buttons."""

    list_display = ("start", "practitioner", "room", "specialty", "status", "ticket", "source")
    list_filter = ("status", "source", "practitioner")
    date_hierarchy = "start"
    list_select_related = ("practitioner", "room", "specialty")
