"""What no clinic can have is refused where it is entered, and by the database whoever writes it."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from clinic.directory.models import Organization, Specialty
from tests.conftest import Clinic

pytestmark = pytest.mark.django_db

SPECIALTY: list[tuple[str, Any]] = [
    ("price", Decimal("99999.01")),
    ("price", Decimal("0.99")),
    ("price", Decimal("0.00")),
    ("price", Decimal("-40.00")),
    ("duration_minutes", 0),
    ("duration_minutes", 4),
    ("duration_minutes", 481),
    ("name_pt", "M"),
    ("name_pt", ""),
    ("name_en", "M"),
    ("vat_rate", Decimal("0.00")),
    ("vat_rate", Decimal("22.00")),
    ("vat_exemption", "M07"),
    ("vat_exemption", "M99"),
]
ORGANIZATION: list[tuple[str, Any]] = [
    ("tax_id", "510123458"),
    ("tax_id", "012345678"),
    ("tax_id", "51012345"),
    ("tax_id", "51012345a"),
    ("tax_id", ""),
    ("postal_code", "1200195"),
    ("postal_code", "1200-19"),
    ("postal_code", ""),
]


def _is_refused(example: models.Model, column: str, value: Any) -> None:
    before = getattr(example, column)
    rows = type(example)._default_manager.filter(pk=example.pk)
    setattr(example, column, value)

    with pytest.raises(ValidationError):
        example.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**{column: value})

    assert rows.values_list(column, flat=True).get() == before


@pytest.mark.parametrize(("column", "value"), SPECIALTY)
def test_a_specialty_that_could_not_be_sold_or_invoiced(
    clinic: Clinic, column: str, value: Any
) -> None:
    _is_refused(Specialty.objects.get(pk="massage"), column, value)


@pytest.mark.parametrize(("column", "value"), ORGANIZATION)
def test_a_clinic_that_could_issue_no_document(clinic: Clinic, column: str, value: Any) -> None:
    _is_refused(Organization.objects.get(), column, value)


@pytest.mark.parametrize("phone", ["21 123 4567", "+351 21", "geral", ""])
def test_a_clinic_that_nobody_could_call(clinic: Clinic, phone: str) -> None:
    organization = Organization.objects.get()
    organization.phone = phone

    with pytest.raises(ValidationError) as refused:
        organization.full_clean()

    assert list(refused.value.error_dict) == ["phone"]


def test_what_is_just_within_the_bounds_is_taken(clinic: Clinic) -> None:
    massage = Specialty.objects.get(pk="massage")
    massage.price, massage.duration_minutes, massage.name_pt = Decimal("99999.00"), 480, "Ma"
    massage.full_clean()
    massage.save()
    organization = Organization.objects.get()
    for valid in ("501442600", "500000000", "299999998", "510123457"):
        organization.tax_id = valid
        organization.full_clean()
        organization.save()
