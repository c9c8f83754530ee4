from typing import TYPE_CHECKING

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest

from clinic.accounts.principals import actor_of
from clinic.accounts.services import room_was_renamed
from clinic.core.admin import ModelAdmin, TabularInline
from clinic.directory import models

if TYPE_CHECKING:
    from django.forms import ModelForm


@admin.register(models.Organization)
class OrganizationAdmin(ModelAdmin):
    list_display = ("name", "city", "phone")

    def has_delete_permission(self, *_args: object, **_kwargs: object) -> bool:
        return False


@admin.register(models.Specialty)
class SpecialtyAdmin(ModelAdmin):
    list_display = ("code", "name_pt", "duration_minutes", "price", "vat_rate", "is_active")


@admin.register(models.Room)
class RoomAdmin(ModelAdmin):
    list_display = ("name", "floor")

    def save_model(
        self, request: HttpRequest, obj: models.Room, form: "ModelForm[models.Room]", change: bool
    ) -> None:
        """Save, and tell the displays that show this room: they know it by its name."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if change and "name" in form.changed_data:
                room_was_renamed(form.initial["name"], obj.name, by=actor_of(request.user))


class WorkingHoursInline(TabularInline):
    model = models.WorkingHours
    extra = 0


@admin.register(models.Practitioner)
class PractitionerAdmin(ModelAdmin):
    list_display = ("name", "room", "position", "is_active")
    filter_horizontal = ("specialties",)
    inlines = (WorkingHoursInline,)


@admin.register(models.HoursException)
class HoursExceptionAdmin(ModelAdmin):
    list_display = ("starts_at", "ends_at", "practitioner", "reason")
    date_hierarchy = "starts_at"
