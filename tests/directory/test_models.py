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
def test_a_price_below_one_euro_is_refused(massage: Specialty, price: str) -> None:
    fields = refused(massage, "directory_specialty_price_payable", price=Decimal(price))

    assert "price" in fields


def test_one_euro_is_a_price(massage: Specialty) -> None:
    massage.price = Decimal("1.00")

    massage.full_clean()
    massage.save()


@pytest.mark.parametrize("rate", ["22.00", "16.00", "5.00"])
def test_a_rate_that_the_mainland_does_not_have_is_refused(massage: Specialty, rate: str) -> None:
    fields = refused(massage, "directory_specialty_vat_rate_known", vat_rate=Decimal(rate))

    assert "vat_rate" in fields


@pytest.mark.parametrize("code", ["M7", "M99", "abc"])
def test_an_exemption_that_no_invoice_can_print_is_refused(massage: Specialty, code: str) -> None:
    fields = refused(
        massage,
        "directory_specialty_exemption_known",
        vat_rate=Decimal("0.00"),
        vat_exemption=code,
    )

    assert "vat_exemption" in fields
