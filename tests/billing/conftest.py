from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from booking.models import Appointment
from clinic.directory.models import Patient
from tests.billing import factories
from tests.billing.bank import Bank, open_bank
from tests.billing.doubles import open_double
from tests.billing.invoicing import invoicexpress_double
from tests.billing.invoicing.invoicexpress_double import InvoiceXpress, open_invoicexpress
from tests.billing.payments import eupago_double, ifthenpay_double
from tests.billing.payments.eupago_double import Eupago
from tests.billing.payments.ifthenpay_double import Ifthenpay


@pytest.fixture(autouse=True)
def _own_storage(settings: Settings, tmp_path: Path) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "clinic.storage.folder.FolderStorage",
            "OPTIONS": {"location": str(tmp_path / "private"), "base_url": None},
        },
    }


@pytest.fixture
def client() -> APIClient:
    return APIClient()


@pytest.fixture
def ana(db: None) -> Patient:
    factories.clinic()
    return factories.patient("ana")


@pytest.fixture
def held(ana: Patient) -> Appointment:
    """Ana's massage for 40.00, held and unpaid."""
    return factories.appointment(ana)


@pytest.fixture
def bank(settings: Settings) -> Iterator[Bank]:
    with open_bank() as bank:
        settings.SANDBOX_BANK_URL = bank.url
        yield bank


@pytest.fixture
def eupago(settings: Settings) -> Iterator[Eupago]:
    """New payments go to a double of eupago, which has to have nothing to complain about."""
    with open_double(Eupago()) as eupago:
        settings.PAYMENT_PROVIDER = "eupago"
        settings.EUPAGO_URL = eupago.url
        settings.EUPAGO_API_KEY = eupago_double.API_KEY
        settings.EUPAGO_WEBHOOK_KEY = eupago_double.WEBHOOK_KEY
        settings.EUPAGO_CLIENT_ID = eupago_double.CLIENT["client_id"]
        settings.EUPAGO_CLIENT_SECRET = eupago_double.CLIENT["client_secret"]
        yield eupago
        assert eupago.complaints == []


@pytest.fixture
def invoicexpress(settings: Settings) -> Iterator[InvoiceXpress]:
    """Documents are issued by a double of InvoiceXpress, which has nothing to complain about."""
    with open_invoicexpress() as invoicexpress:
        settings.INVOICE_ISSUER = "billing.invoicing.issuers.invoicexpress.InvoiceXpressIssuer"
        settings.INVOICEXPRESS_URL = invoicexpress.url
        settings.INVOICEXPRESS_API_KEY = invoicexpress_double.API_KEY
        yield invoicexpress
        assert invoicexpress.complaints == []


@pytest.fixture
def ifthenpay(settings: Settings) -> Iterator[Ifthenpay]:
    """New payments go to a double of ifthenpay, which has to have nothing to complain about."""
    with open_double(Ifthenpay()) as ifthenpay:
        settings.PAYMENT_PROVIDER = "ifthenpay"
        settings.IFTHENPAY_URL = ifthenpay.url
        for name, value in ifthenpay_double.SETTINGS.items():
            setattr(settings, name, value)
        yield ifthenpay
        assert ifthenpay.complaints == []
