"""A channel that the product doesn't know, defined here alone: the clinic's own letter box."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import pytest
from django.core.checks import run_checks
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from clinic.accounts.models import User
from clinic.core import outbox, stuck
from clinic.core.models import OutboxMessage
from clinic.directory.models import Organization, Patient
from clinic.notifications import services, tasks
from clinic.notifications.channels import CHANNELS
from clinic.notifications.channels.base import Channel, Outgoing, RejectedError, Words
from clinic.notifications.models import Message

CANCELLED = "appointment_cancelled"
KEY = "appointment:1:cancelled"


class LetterBox(Channel):
    """Reaches everybody who has a name, with two letters a day."""

    name = "letterbox"
    label = "Letter box"
    queue = "email"
    needs: ClassVar[Mapping[str, frozenset[str]]] = {CANCELLED: frozenset({"start"})}
    carries_files = True

    def address_of(self, patient: Patient) -> str:
        return patient.full_name

    def refuse(self, address: str) -> None:
        if address.isdigit():
            raise RejectedError("no_name")

    def write(self, template: str, language: str, context: Mapping[str, Any]) -> Words:
        return Words(f"{template} ({language}): {context['start']:%d/%m}")

    def most_a_day(self) -> int:
        return 2


class Postman:
    bag: ClassVar[list[Outgoing]] = []

    def send(self, message: Outgoing) -> str:
        self.bag.append(message)
        return f"letter-{len(self.bag)}"


@pytest.fixture(autouse=True)
def bag(organization: Organization, settings: Settings) -> Iterator[list[Outgoing]]:
    """The letter box is open, after SMS and e-mail, and what the postman was given is here."""
    settings.MESSAGE_TRANSPORTS = {
        **settings.MESSAGE_TRANSPORTS,
        "letterbox": f"{__name__}.Postman",
    }
    tasks.open_channel(LetterBox())
    yield Postman.bag
    Postman.bag.clear()
    del CHANNELS["letterbox"], outbox.TASKS["notifications.send_letterbox"]


def tell(visit: dict[str, Any], key: str = KEY, **who: str) -> Message | None:
    with transaction.atomic():
        return services.tell(
            Patient(**{"language": "pt", **who}), CANCELLED, key=key, context=visit
        )


def letter_for(name: str, visit: dict[str, Any], key: str = KEY) -> Message:
    message = tell(visit, key, full_name=name)
    assert message is not None
    return message


def run(message: Message) -> OutboxMessage:
    """The work of a message, after one try."""
    row = OutboxMessage.objects.get(args__message_id=str(message.id))
    outbox.run(row.id)
    row.refresh_from_db()
    return row


def test_whom_nothing_else_reaches_gets_a_letter(
    visit: dict[str, Any], bag: list[Outgoing]
) -> None:
    message = letter_for("Ana Lopes", visit)
    again = letter_for("Ana Lopes", visit)

    row = run(message)
    outbox.run(row.id)

    message.refresh_from_db()
    assert again == message
    assert (row.task, outbox.queue_of(row.task)) == ("notifications.send_letterbox", "email")
    assert (message.channel, message.status, message.provider_id) == (
        "letterbox",
        "sent",
        "letter-1",
    )
    assert [(letter.to, letter.body) for letter in bag] == [
        ("Ana Lopes", "appointment_cancelled (pt): 24/11")
    ]


def test_what_phone_and_email_refuse_goes_on_to_the_letter_box(
    visit: dict[str, Any], bag: list[Outgoing]
) -> None:
    text = tell(visit, phone="912", email="ana@", full_name="Ana Lopes")
    assert text is not None

    for channel in ("sms", "email", "letterbox"):
        run(Message.objects.get(channel=channel))

    assert set(Message.objects.values_list("channel", "key", "status", "failure")) == {
        ("sms", KEY, "failed", "invalid_phone"),
        ("email", KEY, "failed", "invalid_address"),
        ("letterbox", KEY, "sent", ""),
    }
    assert [letter.to for letter in bag] == ["Ana Lopes"]
    assert not stuck.found().exists()


def test_a_letter_takes_along_what_an_sms_can_not_carry(
    visit: dict[str, Any], bag: list[Outgoing]
) -> None:
    patient = Patient(phone="+351912345678", full_name="Ana Lopes", language="pt")
    file = services.Attachment("a.pdf", "application/pdf", "invoices/ab/a.pdf")

    with transaction.atomic():
        message = services.tell(patient, CANCELLED, key=KEY, context=visit, attachments=[file])

    assert message is not None
    assert (message.channel, message.other_way) == ("letterbox", {})


def test_a_template_that_it_can_not_write_is_not_for_it(visit: dict[str, Any]) -> None:
    ana = Patient(full_name="Ana Lopes")

    with transaction.atomic():
        told = services.tell(ana, "paid_twice", key=KEY, context=visit)

    assert told is None
    assert services.reaches(ana, CANCELLED)
    assert not services.reaches(ana, CANCELLED, "paid_twice")


def test_its_limit_of_the_day_halts_it_for_a_person_to_see(
    visit: dict[str, Any], bag: list[Outgoing]
) -> None:
    *_, third = [letter_for("Ana Lopes", visit, str(number)) for number in range(3)]

    run(third)

    [halted] = [stuck.told(row, "en") for row in stuck.found()]
    assert (third.status, third.failure) == ("suppressed", "daily_limit")
    assert (halted.what, halted.subject.name, halted.code, halted.is_to_tell) == (
        "Message to be sent",
        "Ana Lopes",
        "daily_limit",
        True,
    )
    assert bag == []


def test_what_it_refuses_halts_too(visit: dict[str, Any], bag: list[Outgoing]) -> None:
    row = run(letter_for("12", visit))

    assert (row.why, row.failed_at is None) == ("undeliverable", False)
    assert bag == []


def test_an_erased_person_is_in_no_letter(visit: dict[str, Any], bag: list[Outgoing]) -> None:
    waiting = letter_for("Ana Lopes", visit)
    other = letter_for("Rui Dias", visit, "appointment:12:cancelled")

    services.forget("appointment:1")
    run(waiting)

    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.status, waiting.failure, waiting.to, waiting.body) == (
        "suppressed",
        "erased",
        "",
        "",
    )
    assert other.to == "Rui Dias"
    assert bag == []


def test_the_log_of_messages_shows_it_by_its_name(visit: dict[str, Any], admin_user: User) -> None:
    letter_for("Ana Lopes", visit)
    site = Client()
    site.force_login(admin_user)

    page = site.get("/admin/notifications/message/?channel__exact=letterbox").content.decode()

    assert '<td class="field-channel">Letter box</td>' in page


def test_a_channel_without_a_transport_is_refused_at_start(settings: Settings) -> None:
    del settings.MESSAGE_TRANSPORTS["letterbox"]

    found = [error.id for error in run_checks() if str(error.id).startswith("notifications")]
    assert found == ["notifications.E003"]
