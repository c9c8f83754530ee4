import pytest
from rest_framework.test import APIClient

from booking.models import Appointment
from clinic.directory.models import Patient
from tests.billing import factories
from tests.billing.bank import open_bank


@pytest.fixture(autouse=True)
def _own_storage(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "private"), "base_url": None},
        },
    }


@pytest.fixture
def client() -> APIClient:
    return APIClient()


@pytest.fixture
def ana(db) -> Patient:
    factories.clinic()
    return factories.patient("ana")


@pytest.fixture
def held(ana) -> Appointment:
    """Ana's massage for 40.00, held and unpaid."""
    return factories.appointment(ana)


@pytest.fixture
def bank(settings):
    with open_bank() as bank:
        settings.SANDBOX_BANK_URL = bank.url
        yield bank
