from django.contrib import admin

from clinic.core.admin import ModelAdmin, TabularInline
from clinic.directory import models


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
