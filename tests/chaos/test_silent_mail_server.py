"""A mail server that accepts and never answers keeps mails waiting, and nothing else."""

import dataclasses
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction

from billing.invoicing.models import Invoice
from billing.payments.models import Payment
from clinic.core import clock
from clinic.core.models import Heartbeat
from clinic.directory.models import Patient
from clinic.launcher.processes import Program, wait_until
from clinic.notifications.models import Message
from clinic.notifications.services import tell
from clinic.sandbox.models import SandboxMessage
from tests.chaos.conftest import Stack
from tests.chaos.test_worker_killed import book_and_pay
from tests.conftest import Clinic
from tests.notifications.silence import silent_mail_server

HANDS = 4
MAILS = 12


@pytest.fixture
def start_mailer(stack: Stack) -> Iterator[Callable[[int], Program]]:
    """In the place of what sends messages, starts one that sends mails to a server at that port."""
    started: list[Program] = []
    stack.messages.stop()

    def start(port: int) -> Program:
        real = {
            "EMAIL_TRANSPORT": "clinic.notifications.channels.email.smtp.SmtpTransport",
            "EMAIL_PORT": str(port),
        }
        mailer = dataclasses.replace(stack.messages, env={**(stack.messages.env or {}), **real})
        mailer.start()
        started.append(mailer)
        return mailer

    yield start
    for mailer in started:
        mailer.kill()
    stack.messages.start()


@transaction.atomic
def write_mail(number: int) -> Message:
    message = tell(
        Patient(email=f"patient-{number}@example.com"),
        "appointment_cancelled",
        context={"specialty": "Massagem", "practitioner": "Rui Sousa", "start": clock.now()},
        key=f"mail:{number}",
    )
    assert message is not None
    return message


def waiting_in_a_transaction() -> int:
    """How many of the other processes have one open and do nothing in it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
        )
        (count,) = cursor.fetchone()
    return int(count)


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_money_texts_and_heartbeats_keep_their_pace(
    stack: Stack, start_mailer: Callable[[int], Program], clinic: Clinic, ana: Patient
) -> None:
    with silent_mail_server() as (port, callers):
        # given: more mails than hands, and every hand at a server that is silent
        mailer = start_mailer(port)
        mails = [write_mail(number).pk for number in range(MAILS)]
        assert wait_until(lambda: len(callers) >= HANDS, seconds=60), mailer.last_lines()
        assert wait_until(lambda: waiting_in_a_transaction() == 0, seconds=3)

        # when
        began = time.monotonic()
        book_and_pay(stack.browser_of(ana), slot=0)

        # then: the payment shows as paid as ever, and the invoice follows
        assert wait_until(Payment.objects.filter(status="paid").exists, seconds=5)
        assert wait_until(Invoice.objects.exists, seconds=5)
        paid_after = time.monotonic() - began
        # then: so do the texts, as soon as one mail is given up, and the heartbeat of the mailer
        texts = SandboxMessage.objects.filter(channel="sms")
        assert wait_until(lambda: texts.count() == 2, seconds=30)
        print(f"paid {paid_after:.2f} s, texts {time.monotonic() - began:.2f} s after booking")
        assert Heartbeat.objects.filter(name="message-worker").exists()
        # then: the mails still wait
        assert Message.objects.filter(pk__in=mails, status="queued").count() == MAILS
        assert len(callers) > HANDS
