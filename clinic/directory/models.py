from __future__ import annotations

import uuid
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import (
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
    RegexValidator,
)
from django.db import models
from django.db.models import F, Q

from clinic.accounts.choices import Role
from clinic.accounts.models import User
from clinic.accounts.phones import validate_phone
from clinic.core.columns import LineColumn, in_our_years, plain
from clinic.core.single import SingleRow, only_one
from clinic.directory import nif

LOWEST_PRICE = Decimal("1.00")
HIGHEST_PRICE = Decimal("99999.00")
"""The least and the most that Multibanco accepts: nobody could pay less or more."""

SHORTEST_NAME = 2
"""By the SAF-T schema, a document has to name what was sold with at least two letters."""

SHORTEST_MINUTES, LONGEST_MINUTES = 5, 480

VAT_RATES = (
    (Decimal("0.00"), "0 %: exempt"),
    (Decimal("6.00"), "6 %: reduced"),
    (Decimal("13.00"), "13 %: intermediate"),
    (Decimal("23.00"), "23 %: normal"),
)
"""The rates of the mainland, in per cent."""


class Exemption(models.TextChoices):
    """Why no VAT is charged: the tax authority's codes that our invoices can print."""

    HEALTH = "M07", "M07: health care"
    SMALL_BUSINESS = "M10", "M10: small business"


class Organization(SingleRow):
    """The clinic itself; one row."""

    name = LineColumn(max_length=120)
    legal_name = LineColumn(max_length=200)
    tax_id = models.CharField(max_length=nif.DIGITS, validators=[nif.validate])
    address_line = LineColumn(max_length=200)
    postal_code = models.CharField(
        max_length=8,
        validators=[RegexValidator(r"\A[0-9]{4}-[0-9]{3}\Z", "Like 1200-195.", "postal_code")],
    )
    city = LineColumn(max_length=80)
    phone = models.CharField(max_length=16, validators=[validate_phone])
    email = models.EmailField()
    cancel_free_hours = models.PositiveSmallIntegerField(default=24)

    class Meta:
        constraints: ClassVar = [
            only_one("directory_organization_single"),
            plain(
                "directory_organization_is_plain",
                *("name", "legal_name", "address_line", "city", "phone", "email"),
            ),
            models.CheckConstraint(
                condition=nif.HasCheckDigit("tax_id"), name="directory_organization_nif"
            ),
            models.CheckConstraint(
                condition=Q(postal_code__regex="^[0-9]{4}-[0-9]{3}$"),
                name="directory_organization_postal_code",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Specialty(models.Model):
    code = models.SlugField(primary_key=True, max_length=40)
    name_pt = LineColumn(max_length=80, validators=[MinLengthValidator(SHORTEST_NAME)])
    name_en = LineColumn(max_length=80, validators=[MinLengthValidator(SHORTEST_NAME)])
    duration_minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(SHORTEST_MINUTES), MaxValueValidator(LONGEST_MINUTES)]
    )
    price = models.DecimalField(
        max_digits=8,
        decimal_places=2,
        validators=[MinValueValidator(LOWEST_PRICE), MaxValueValidator(HIGHEST_PRICE)],
    )
    vat_rate = models.DecimalField(max_digits=4, decimal_places=2, choices=VAT_RATES)
    vat_exemption = models.CharField(
        max_length=3, blank=True, default="", choices=Exemption.choices
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["position", "code"]
        verbose_name_plural = "specialties"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(duration_minutes__range=(SHORTEST_MINUTES, LONGEST_MINUTES)),
                name="directory_specialty_lasts",
            ),
            models.CheckConstraint(
                condition=Q(price__range=(LOWEST_PRICE, HIGHEST_PRICE)),
                name="directory_specialty_price_payable",
            ),
            models.CheckConstraint(
                condition=Q(name_pt__regex="..", name_en__regex=".."),
                name="directory_specialty_named",
            ),
            plain("directory_specialty_is_plain", "name_pt", "name_en"),
            models.CheckConstraint(
                condition=Q(vat_rate__gt=0, vat_exemption="")
                | (Q(vat_rate=0) & ~Q(vat_exemption="")),
                name="directory_specialty_vat_or_exemption",
            ),
            models.CheckConstraint(
                condition=Q(vat_rate__in=[rate for rate, _ in VAT_RATES]),
                name="directory_specialty_vat_rate_known",
            ),
            models.CheckConstraint(
                condition=Q(vat_exemption__in=["", *Exemption.values]),
                name="directory_specialty_exemption_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name_en

    def name_in(self, language: str) -> str:
        """The name in that language; Portuguese unless English is asked for."""
        return self.name_en if language.startswith("en") else self.name_pt


class Room(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = LineColumn(max_length=20, unique=True)
    floor = LineColumn(max_length=20, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [plain("directory_room_is_plain", "name", "floor")]

    def __str__(self) -> str:
        return self.name


class Practitioner(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="practitioner",
    )
    name = LineColumn(max_length=120)
    specialties = models.ManyToManyField(Specialty, related_name="practitioners")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="practitioners")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["position", "name", "id"]
        constraints: ClassVar = [plain("directory_practitioner_is_plain", "name")]

    def __str__(self) -> str:
        return self.name


class WorkingHours(models.Model):
    """A weekly interval in civil time; an end of 00:00 is the midnight that closes the day."""

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, related_name="working_hours"
    )
    weekday = models.PositiveSmallIntegerField(help_text="0 is Monday")
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        ordering: ClassVar = ["practitioner", "weekday", "start"]
        verbose_name_plural = "working hours"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(end__gt=F("start")) | Q(end="00:00"),
                name="directory_hours_end_after_start",
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="directory_hours_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.start:%H:%M}-{self.end:%H:%M}"


class HoursException(models.Model):
    """A time without work: for one practitioner, or for the whole clinic if none is named."""

    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, null=True, blank=True, related_name="exceptions"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = LineColumn(max_length=120, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["starts_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="directory_exception_lasts"
            ),
            in_our_years("directory_exception_can_be", "starts_at", "ends_at"),
            plain("directory_exception_is_plain", "reason"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d} {self.reason}"


class PatientManager(models.Manager["Patient"]):
    def get_queryset(self) -> models.QuerySet[Patient]:
        return super().get_queryset().filter(role=Role.PATIENT)


class Patient(User):
    """A user in the role of patient."""

    # Django lets a proxy have a manager of its own; the stubs accept only a kind of User's. That
    # creates accounts of every role, which nobody should be able to ask of patients.
    objects = PatientManager()  # type: ignore[assignment,misc]  # see above

    class Meta:
        proxy = True
        ordering: ClassVar = ["full_name", "id"]
