from typing import Any

from django.utils.translation import get_language
from rest_framework import serializers

from clinic.directory.models import Practitioner, Specialty


class SpecialtyOut(serializers.Serializer[Any]):
    code = serializers.SlugField()
    name_pt = serializers.CharField()
    name_en = serializers.CharField()
    name = serializers.SerializerMethodField(help_text="In the language of Accept-Language")
    duration_minutes = serializers.IntegerField()
    price = serializers.DecimalField(max_digits=8, decimal_places=2)
    vat_rate = serializers.DecimalField(max_digits=4, decimal_places=2)

    def get_name(self, specialty: Specialty) -> str:
        return specialty.name_in(get_language() or "pt")


class PractitionerOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    specialties = serializers.SerializerMethodField()

    def get_specialties(self, practitioner: Practitioner) -> list[str]:
        return [specialty.code for specialty in practitioner.specialties.all()]


class ClinicOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    phone = serializers.CharField()
    address_line = serializers.CharField()
    postal_code = serializers.CharField()
    city = serializers.CharField()
    time_zone = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    cancel_free_hours = serializers.IntegerField()
    sandbox = serializers.BooleanField()


class RoomOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    floor = serializers.CharField(allow_blank=True)


class PatientOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField()
    phone = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)


class PractitionerQuery(serializers.Serializer[Any]):
    specialty = serializers.SlugField(required=False, max_length=40)


class PatientQuery(serializers.Serializer[Any]):
    search = serializers.CharField(max_length=120, allow_blank=True)
