from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from clinic.directory.models import Specialty
from clinic.directory.services import install_catalogue

pytestmark = pytest.mark.django_db


@pytest.fixture
def massage() -> Specialty:
    install_catalogue()
    return Specialty.objects.get(pk="massage")


def refused(specialty: Specialty, constraint: str, **fields: object) -> set[str]:
    """That the form refuses it, at which fields, and that the database does too."""
    before = Specialty.objects.filter(pk=specialty.pk).values().get()
    for name, value in fields.items():
        setattr(specialty, name, value)
    with pytest.raises(ValidationError) as raised:
        specialty.full_clean()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Specialty.objects.filter(pk=specialty.pk).update(**fields)
    assert Specialty.objects.filter(pk=specialty.pk).values().get() == before
    return set(raised.value.message_dict)


@pytest.mark.parametrize("price", ["0.00", "0.50", "0.99", "-1.00"])
def test_a_price_below_one_euro_is_refused(massage, price):
    fields = refused(massage, "directory_specialty_price_payable", price=Decimal(price))

    assert "price" in fields


def test_one_euro_is_a_price(massage):
    massage.price = Decimal("1.00")

    massage.full_clean()
    massage.save()
