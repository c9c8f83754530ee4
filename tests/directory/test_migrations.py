"""The rules for prices and VAT, brought to a clinic that was open before them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

FIRST = ("directory", "0001_initial")
NOW = ("directory", "0005_known_rates_and_exemptions")


def migrate(target: tuple[str, str]) -> Any:
    """Go there, and give the specialties as they were or are then."""
    MigrationExecutor(connection).migrate([target])
    apps = MigrationExecutor(connection).loader.project_state([target]).apps
    return apps.get_model("directory", "Specialty")


@pytest.fixture
def specialties(transactional_db: None) -> Iterator[Any]:
    """The table as it was at first. Other apps' migrations stand on ours and go back with them."""
    yield migrate(FIRST)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_what_could_not_be_paid_or_invoiced_is_off_the_list_and_the_rest_stays(specialties):
    before = {
        "free": ("0.00", "0.00", "M07"),
        "cheap": ("0.50", "23.00", ""),
        "islands": ("40.00", "16.00", ""),
        "unknown": ("40.00", "0.00", "abc"),
        "small": ("1.00", "0.00", "M10"),
        "massage": ("40.00", "23.00", ""),
    }
    for code, (price, rate, exemption) in before.items():
        specialties.objects.create(
            code=code,
            name_pt=code,
            name_en=code,
            duration_minutes=30,
            price=Decimal(price),
            vat_rate=Decimal(rate),
            vat_exemption=exemption,
        )

    rows = migrate(NOW).objects.values_list(
        "code", "price", "vat_rate", "vat_exemption", "is_active"
    )

    assert {(code, str(price), str(rate), *rest) for code, price, rate, *rest in rows} == {
        ("free", "1.00", "0.00", "M07", False),
        ("cheap", "1.00", "23.00", "", False),
        ("islands", "40.00", "23.00", "", False),
        ("unknown", "40.00", "0.00", "M07", False),
        ("small", "1.00", "0.00", "M10", True),
        ("massage", "40.00", "23.00", "", True),
    }
