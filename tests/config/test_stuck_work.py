"""The manager's list of work that has come to a halt, of all apps at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from billing.payments.models import Payment
from clinic.accounts.choices import Role
from clinic.config.celery import app as celery
from clinic.core import clock, outbox
from clinic.core.models import AuditEntry, OutboxMessage
from tests.billing import factories
from tests.billing.invoicing.test_invoice_api import logged_in

pytestmark = pytest.mark.django_db

WORK = "/api/staff/stuck-work"


@pytest.fixture
def manager() -> APIClient:
    return logged_in(factories.user("marta", role=Role.MANAGER))


@pytest.fixture
def unpaid() -> Payment:
    """A payment of Ana's whose invoice fails, and keeps failing."""
    factories.clinic()
    payment = factories.multibanco(factories.appointment(factories.patient("ana")))
    with transaction.atomic():
        outbox.enqueue("billing.issue_invoice", key="invoice", payment_id=str(payment.pk))
    OutboxMessage.objects.filter(key="invoice").update(
        failures=20, why="series_missing", next_at=clock.now() + timedelta(minutes=10)
    )
    return payment


def test_the_manager_reads_what_it_is_about_since_when_and_why(
    manager: APIClient, unpaid: Payment
) -> None:
    message = OutboxMessage.objects.get(key="invoice")

    body = manager.get(WORK).json()

    assert body["count"] == 1
    (work,) = body["results"]
    assert (work["id"], work["what"], work["code"]) == (
        str(message.id),
        "Fatura por emitir",
        "series_missing",
    )
    assert work["subject"]["name"] == "Ana Margarida"
    assert Decimal(work["subject"]["amount"]) == Decimal("40.00")
    assert work["why"] == "Falta a série deste ano. Abra-a com o código que a AT lhe deu."
    assert (work["is_set_aside"], work["failures"]) == (False, 20)
    looks = AuditEntry.objects.filter(action="work.read")
    assert [look.patient_id for look in looks] == [unpaid.patient_id]


def test_it_reads_in_english_where_that_is_asked_for(manager: APIClient, unpaid: Payment) -> None:
    (work,) = manager.get(WORK, HTTP_ACCEPT_LANGUAGE="en").json()["results"]

    assert work["what"] == "Invoice to be issued"
    assert work["why"].startswith("This year's series is missing.")


def test_trying_again_makes_it_due_and_is_audited_once(manager: APIClient, unpaid: Payment) -> None:
    message = OutboxMessage.objects.get(key="invoice")

    answers = [manager.post(f"{WORK}/{message.id}/try-again").status_code for _ in range(2)]

    message.refresh_from_db()
    assert answers == [204, 204]
    assert message.next_at <= clock.now()
    entry = AuditEntry.objects.get(action="work.tried_again")
    assert (entry.actor_kind, entry.actor_role, entry.patient_id) == (
        "user",
        "manager",
        unpaid.patient_id,
    )


def test_stuck_work_is_counted_where_the_manager_looks_at_the_money(
    manager: APIClient, unpaid: Payment
) -> None:
    assert manager.get("/api/staff/money/summary").json()["stuck_work"] == 1


def test_every_task_of_the_product_says_what_it_is_called() -> None:
    celery.loader.import_default_modules()

    unnamed = [
        name
        for name, task in outbox.TASKS.items()
        if not name.startswith("tests.") and not (task.pt and task.en)
    ]

    assert unnamed == []


def test_what_is_owed_by_law_or_for_money_is_tried_until_it_is_done() -> None:
    """What may be given up is listed here by name: nobody waits for it any more by then."""
    celery.loader.import_default_modules()

    given_up = {
        name
        for name, task in outbox.TASKS.items()
        if not task.until_done and not name.startswith("tests.")
    }

    assert given_up == {
        "accounts.send_secret",
        "recognition.identify",
        "sandbox.send_webhook",
        "sandbox.let_the_next_pass",
        "sandbox.expire_mb_way",
        "sandbox.decide_magic",
    }
