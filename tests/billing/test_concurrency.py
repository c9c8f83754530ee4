"""Many at once, on real transactions: one payment, one invoice, one e-mail."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice, InvoiceDocument, InvoiceSeries
from billing.invoicing.services import invoices
from billing.payments.models import (
    Payment,
    PaymentEvent,
    PaymentIssue,
    PaymentStatus,
    WebhookDelivery,
)
from billing.payments.services import webhooks
from booking.models import Appointment
from booking.services import holds
from clinic.core.errors import DomainError
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from tests.billing import factories
from tests.billing.factories import drain, notice, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def at_once(times: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act` in that many threads, all released together."""
    barrier = threading.Barrier(times)

    def one(number: int) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_a_notice_sent_a_hundred_times_by_twenty_at_once_counts_once(held: Appointment) -> None:
    payment = factories.multibanco(held)
    body = json.dumps(notice(payment)).encode()

    def tell(_number: int) -> list[int]:
        client = APIClient()
        return [send(client, body).status_code for _ in range(5)]

    answers = at_once(20, tell)
    at_once(4, lambda _: drain())
    drain()

    assert answers == [[200] * 5] * 20
    payment.refresh_from_db()
    held.refresh_from_db()
    assert (payment.status, held.status) == (PaymentStatus.PAID, "booked")
    assert WebhookDelivery.objects.count() == 1
    assert PaymentEvent.objects.count() == 1
    assert Invoice.objects.count() == 1
    assert InvoiceDocument.objects.count() == 1
    assert Message.objects.filter(template="invoice_issued").count() == 1
    assert not PaymentIssue.objects.exists()


def test_twenty_wordings_of_one_event_worked_on_in_parallel_count_once(held: Appointment) -> None:
    payment = factories.multibanco(held)
    event = notice(payment)
    client = APIClient()
    for indent in range(20):
        send(client, json.dumps(event, indent=indent).encode())
    deliveries = list(WebhookDelivery.objects.values_list("pk", flat=True))

    outcomes = at_once(20, lambda number: webhooks.process(deliveries[number]))

    assert sorted(outcomes) == ["applied"] + ["repeated"] * 19
    assert PaymentEvent.objects.count() == 1
    assert OutboxMessage.objects.filter(task="billing.issue_invoice").count() == 1


def test_sixteen_clicks_start_one_payment(held: Appointment) -> None:
    order = {"method": "mb_way", "phone": "912345678", "invoice": {"kind": "final_consumer"}}

    def click(number: int) -> Any:
        return APIClient().post(
            factories.payments_url(held),
            order,
            format="json",
            headers={"Idempotency-Key": f"click-{number % 4}"},
        )

    answers = at_once(16, click)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Payment.objects.count() == 1
    assert OutboxMessage.objects.filter(task="billing.start_payment").count() == 1


def test_references_given_out_together_all_differ(ana: Patient) -> None:
    appointments = [factories.appointment(ana) for _ in range(12)]

    payments = at_once(12, lambda number: factories.multibanco(appointments[number]))

    assert len({payment.reference for payment in payments}) == 12


def test_invoices_issued_together_are_numbered_without_a_gap(ana: Patient) -> None:
    payments = [factories.multibanco(factories.appointment(ana)) for _ in range(12)]
    client = APIClient()
    for payment in payments:
        send(client, notice(payment))
    for delivery in WebhookDelivery.objects.all():
        webhooks.process(delivery.pk)

    at_once(24, lambda number: invoices.issue(payments[number % 12].pk))

    assert list(Invoice.objects.order_by("sequence").values_list("sequence", flat=True)) == list(
        range(1, 13)
    )
    assert InvoiceSeries.objects.get().last_number == 12
    dates = list(Invoice.objects.order_by("sequence").values_list("issued_at", flat=True))
    assert dates == sorted(dates)


def test_paying_and_expiring_in_the_same_instant_agree_with_each_other(ana: Patient) -> None:
    payments = [factories.multibanco(factories.appointment(ana)) for _ in range(8)]
    client = APIClient()
    for payment in payments:
        send(client, notice(payment))
    deliveries = list(WebhookDelivery.objects.order_by("received_at").values_list("pk", flat=True))
    Appointment.objects.update(hold_expires_at=payments[0].created_at)

    def act(number: int) -> object:
        if number % 2:
            return holds.expire_due()
        return webhooks.process(deliveries[number // 2])

    at_once(16, act)
    drain()

    for payment in Payment.objects.select_related("appointment"):
        assert payment.status == PaymentStatus.PAID
        late = payment.issues.filter(kind="late").exists()
        booked = payment.appointment.status == "booked"
        assert late != booked
        assert Invoice.objects.filter(payment=payment).exists() == booked


def test_ten_phones_at_once_are_three_pushes(held: Appointment) -> None:
    def ask(number: int) -> str:
        try:
            return str(factories.mb_way(held, f"+35191234560{number}").method)
        except DomainError as error:
            return error.code

    answers = at_once(10, ask)

    assert sorted(answers) == ["mb_way"] * 3 + ["too_many_pushes"] * 7
    assert Payment.objects.count() == 3
    assert Payment.objects.filter(status="pending").count() == 1
