"""With the broker gone, booking and paying go on; what they owe arrives when it is back."""

from datetime import timedelta

import pytest

from billing.invoicing.models import Invoice
from billing.payments.models import Payment
from booking.models import Appointment
from clinic.core import clock
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from clinic.launcher.processes import wait_until
from clinic.sandbox.models import SandboxMessage
from tests.chaos.conftest import Stack
from tests.conftest import Clinic
from tests.contract.test_access import notice_of

VISITS = 5


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_everything_owed_arrives_once_when_the_broker_returns(
    stack: Stack, clinic: Clinic, ana: Patient
) -> None:
    tomorrow = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    browser = stack.browser_of(ana)
    stack.valkey.kill()

    for visit in range(VISITS):
        held = browser.post(
            "/api/appointments",
            json={
                "specialty": "massage",
                "practitioner": str(clinic.sousa.id),
                "start": (tomorrow + timedelta(hours=visit)).isoformat(),
            },
        )
        assert held.status_code == 201, held.text
        token = held.json()["checkout_url"].rsplit("/", 1)[1]
        payment = browser.post(
            f"/api/checkout/{token}/payments",
            json={"method": "multibanco", "invoice": {"kind": "final_consumer"}},
            headers={"Idempotency-Key": f"visit-{visit}"},
        )
        assert payment.status_code == 201, payment.text
        body, signature = notice_of(payment.json())
        paid = browser.post(
            "/api/webhooks/payments/sandbox",
            content=body,
            headers={"Content-Type": "application/json", "X-Signature": signature},
        )
        assert paid.status_code == 200, paid.text
    assert not SandboxMessage.objects.exists()
    assert not Invoice.objects.exists()

    stack.valkey.start()

    arrived = wait_until(
        lambda: (
            SandboxMessage.objects.count() == 3 * VISITS
            and not OutboxMessage.objects.filter(done_at=None).exists()
        ),
        seconds=30,
    )
    undone = OutboxMessage.objects.filter(done_at=None).values_list("task", "last_error")
    assert arrived, list(undone)
    assert Appointment.objects.filter(status="booked").count() == VISITS
    assert Payment.objects.filter(status="paid").count() == VISITS
    assert Invoice.objects.count() == VISITS
    assert SandboxMessage.objects.filter(channel="sms").count() == 2 * VISITS
    assert SandboxMessage.objects.filter(channel="email").count() == VISITS
