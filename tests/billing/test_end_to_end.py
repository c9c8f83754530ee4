"""The whole way of the money over HTTP, with the sandbox bank at the other end of a socket."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import time_machine
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from billing.invoicing.models import Invoice
from billing.payments import providers
from billing.payments.models import (
    Payment,
    PaymentEvent,
    PaymentIssue,
    Refund,
    RequestState,
    WebhookDelivery,
)
from billing.payments.services import reconciliation, requests
from booking.models import Appointment
from booking.services import changes
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.models import OutboxMessage
from clinic.notifications.models import Message
from tests.billing import factories
from tests.billing.factories import drain

pytestmark = pytest.mark.django_db(transaction=True)

CONSUMER = {"kind": "final_consumer"}


class Browser:
    """A patient's browser that holds the payment link."""

    def __init__(self, origin: str, held: Appointment) -> None:
        self.http = httpx.Client(base_url=origin, timeout=10)
        self.url = factories.payments_url(held)
        self.token = self.http.get("/api/auth/csrf").json()["csrf_token"]

    def pay(self, key: str = "k", **order: object) -> dict[str, object]:
        answer = self.http.post(
            self.url,
            json={"invoice": CONSUMER, **order},
            headers={"Idempotency-Key": key, "X-CSRFToken": self.token},
        )
        assert answer.status_code == 201, answer.text
        made: dict[str, object] = answer.json()
        return made

    def follow(self, payment: dict[str, object]) -> dict[str, object]:
        found: dict[str, object] = self.http.get(f"{self.url}/{payment['id']}").json()
        return found


@pytest.fixture
def origin(live_server: LiveServer, settings: Settings) -> str:
    settings.INTERNAL_ORIGIN = live_server.url
    settings.SANDBOX_BANK_URL = f"{live_server.url}/api/sandbox/bank"
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return str(live_server.url)


@pytest.fixture
def browser(origin: str, held: Appointment) -> Iterator[Browser]:
    browser = Browser(origin, held)
    yield browser
    browser.http.close()


def app_of(browser: Browser) -> list[dict[str, str]]:
    answer = browser.http.get("/api/sandbox/bank/mb-way", params={"phone": "+351912345678"})
    requests: list[dict[str, str]] = answer.json()
    return requests


def test_multibanco_from_the_reference_to_the_mailed_invoice(
    browser: Browser, held: Appointment
) -> None:
    payment = browser.pay(method="multibanco")
    atm = {name: payment[name] for name in ("entity", "reference", "amount")}

    wrong = browser.http.post("/api/sandbox/bank/multibanco", json={**atm, "amount": "40.01"})
    paid = browser.http.post("/api/sandbox/bank/multibanco", json=atm)
    drain()

    assert (wrong.status_code, paid.status_code) == (422, 200)
    assert browser.follow(payment)["status"] == "paid"
    held.refresh_from_db()
    assert held.status == "booked"
    mail = Message.objects.get(template="invoice_issued")
    assert mail.to == "ana@example.org"
    assert mail.attachments[0]["storage_key"] == Invoice.objects.get().document.storage_key


def test_mb_way_approved_in_the_app(browser: Browser) -> None:
    payment = browser.pay(method="mb_way", phone="912345678")
    assert app_of(browser) == []
    drain()
    request = app_of(browser)[0]
    assert browser.follow(payment)["status"] == "pending"

    browser.http.post(f"/api/sandbox/bank/mb-way/{request['id']}", json={"action": "approve"})
    drain()

    assert browser.follow(payment)["status"] == "paid"
    assert Invoice.objects.count() == 1


def test_mb_way_refused_in_the_app_and_then_paid_by_multibanco(
    browser: Browser, held: Appointment
) -> None:
    refused = browser.pay(method="mb_way", phone="912345678")
    drain()
    request = app_of(browser)[0]
    browser.http.post(f"/api/sandbox/bank/mb-way/{request['id']}", json={"action": "refuse"})
    drain()
    assert (browser.follow(refused)["status"], browser.follow(refused)["reason"]) == (
        "refused",
        "refused",
    )

    payment = browser.pay("again", method="multibanco")
    browser.http.post(
        "/api/sandbox/bank/multibanco",
        json={name: payment[name] for name in ("entity", "reference", "amount")},
    )
    drain()

    held.refresh_from_db()
    assert (browser.follow(payment)["status"], held.status) == ("paid", "booked")


def test_choosing_multibanco_takes_the_request_out_of_the_app(browser: Browser) -> None:
    browser.pay(method="mb_way", phone="912345678")
    drain()
    assert len(app_of(browser)) == 1

    browser.pay("other", method="multibanco")
    drain()

    assert app_of(browser) == []


def test_a_number_without_mb_way_says_so(browser: Browser) -> None:
    payment = browser.pay(method="mb_way", phone="910000001")
    drain()

    followed = browser.follow(payment)
    assert (followed["status"], followed["reason"]) == ("failed", "not_enrolled")


def test_a_bank_that_tells_twice_is_believed_once(browser: Browser) -> None:
    payment = browser.pay(method="mb_way", phone="910000005")
    drain()
    request = Payment.objects.get().request_id
    browser.http.post(f"/api/sandbox/bank/mb-way/{request}", json={"action": "approve"})
    drain()

    assert browser.follow(payment)["status"] == "paid"
    assert PaymentEvent.objects.count() == 1
    assert Invoice.objects.count() == 1
    assert not PaymentIssue.objects.exists()


@pytest.mark.parametrize("notice", ["dropped", "mis_signed"])
def test_money_that_nobody_told_of_or_not_the_bank_is_found_at_night(
    browser: Browser, held: Appointment, notice: str
) -> None:
    payment = browser.pay(method="multibanco")
    atm = {name: payment[name] for name in ("entity", "reference", "amount")}
    browser.http.post("/api/sandbox/bank/multibanco", json={**atm, "notice": notice})
    drain()
    assert browser.follow(payment)["status"] == "pending"
    assert not WebhookDelivery.objects.exists()

    with time_machine.travel(clock.now() + timedelta(hours=1)):
        found = reconciliation.reconcile(providers.get("sandbox"))
        drain()

    held.refresh_from_db()
    assert [difference["outcome"] for difference in found.differences] == ["applied"]
    assert (browser.follow(payment)["status"], held.status) == ("paid", "booked")
    assert Invoice.objects.count() == 1


def test_a_bank_that_pays_after_its_own_deadline_is_still_believed(
    browser: Browser, held: Appointment
) -> None:
    payment = browser.pay(method="mb_way", phone="910000004")
    drain()
    for task, status in (("sandbox.expire_mb_way", "expired"), ("sandbox.decide_magic", "paid")):
        OutboxMessage.objects.filter(task=task).update(next_at=clock.now())
        drain()
        assert browser.follow(payment)["status"] == status

    held.refresh_from_db()
    assert held.status == "booked"


def test_a_cancelled_visit_is_refunded_through_the_bank(
    browser: Browser, held: Appointment
) -> None:
    payment = browser.pay(method="mb_way", phone="912345678")
    drain()
    request = app_of(browser)[0]
    browser.http.post(f"/api/sandbox/bank/mb-way/{request['id']}", json={"action": "approve"})
    drain()

    changes.cancel(held.pk, actor=Actor.system("test"), by_clinic=True)
    drain()

    assert browser.follow(payment)["status"] == "refunded"
    assert Refund.objects.get().status == "done"


def test_the_banks_silence_is_asked_about(
    browser: Browser, held: Appointment, settings: Settings
) -> None:
    bank_url = settings.SANDBOX_BANK_URL
    settings.SANDBOX_BANK_URL = "http://127.0.0.1:9"
    payment = browser.pay(method="mb_way", phone="912345678")
    drain()
    assert Payment.objects.get().request_state == RequestState.UNKNOWN
    settings.SANDBOX_BANK_URL = bank_url
    Payment.objects.update(sent_at=clock.now() - timedelta(seconds=31))

    requests.follow_due()

    followed = browser.follow(payment)
    assert (followed["status"], followed["reason"]) == ("failed", "provider_unavailable")
    again = browser.pay("again", method="mb_way", phone="912345678")
    drain()
    assert again["id"] != payment["id"]
    assert len(app_of(browser)) == 1
