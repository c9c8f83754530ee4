"""A provider that accepts and never answers keeps its own questions waiting, and nothing else."""

import time

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice, InvoiceDocument
from billing.payments.models import Payment, PaymentStatus, Reason, RequestState
from billing.payments.services import requests
from booking.models import Appointment
from clinic.core import clock
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from tests.billing import factories
from tests.billing.factories import drain
from tests.billing.invoicing.test_invoices import paid
from tests.billing.invoicing.test_sealing import BrokenSealer, LocalSealer, seal_with
from tests.billing.payments.eupago_double import Eupago
from tests.billing.payments.test_eupago import CREATE, INFO, later, state

pytestmark = pytest.mark.django_db(transaction=True)

HANG_SECONDS = 0.6
"""Of the double, which then breaks off as a client does that has waited enough."""

SEALING: list[bool] = []


class WatchfulSealer(LocalSealer):
    def seal(self, pdf: bytes) -> bytes:
        SEALING.append(connection.in_atomic_block)
        return super().seal(pdf)


def accepted(count: int) -> list[Payment]:
    """So many references of eupago's, all over by now."""
    patients = [factories.patient(f"patient-{number}") for number in range(count)]
    payments = [factories.multibanco(factories.appointment(patient)) for patient in patients]
    drain()
    for payment in payments:
        payment.refresh_from_db()
        later(payment, 15 * 60 + 181)
    return payments


def test_what_is_over_ends_without_the_provider(eupago: Eupago, ana: Patient) -> None:
    (payment,) = accepted(1)

    assert requests.expire_due() == 1

    assert state(payment) == (PaymentStatus.EXPIRED, Reason.TIMED_OUT, RequestState.ACCEPTED)
    assert eupago.created(INFO) == 0


def test_a_provider_is_asked_before_a_payment_ends(eupago: Eupago, ana: Patient) -> None:
    (payment,) = accepted(1)
    later(payment, 15 * 60 + 170)

    assert requests.expire_due() == 0

    assert state(payment) == (PaymentStatus.PENDING, "", RequestState.ACCEPTED)


def test_a_reference_that_nobody_has_seen_ends_without_the_provider(
    eupago: Eupago, held: Appointment
) -> None:
    eupago.will(CREATE, "lose")
    payment = factories.multibanco(held)
    drain()
    later(payment, 170)
    assert requests.expire_due() == 0
    later(payment, 181)

    assert requests.expire_due() == 1

    assert state(payment) == (PaymentStatus.FAILED, Reason.UNAVAILABLE, RequestState.UNKNOWN)
    assert eupago.created(INFO) == 0


def test_a_round_of_questions_ends_in_its_time(
    eupago: Eupago, ana: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted(4)
    eupago.will(INFO, *["hang"] * 4)
    monkeypatch.setattr(requests, "RUN_SECONDS", HANG_SECONDS / 2)
    began = time.monotonic()

    assert requests.follow_due() == 1

    assert time.monotonic() - began < 2 * HANG_SECONDS
    assert Payment.objects.filter(status=PaymentStatus.PENDING).count() == 3


def test_nobody_waits_for_a_seal_with_a_lock_held(
    client: APIClient, held: Appointment, settings: Settings
) -> None:
    seal_with(settings, BrokenSealer)
    paid(client, held)
    settings.PDF_SEALER = f"{__name__}.WatchfulSealer"
    OutboxMessage.objects.filter(task="billing.render_invoice").update(next_at=clock.now())
    SEALING.clear()

    drain()

    assert SEALING == [False]
    assert InvoiceDocument.objects.get().invoice == Invoice.objects.get()
