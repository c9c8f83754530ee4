import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from moto.backends import get_backend
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from clinic.core import outbox, stuck
from clinic.core.models import OutboxMessage
from clinic.directory.models import Organization, Patient
from clinic.notifications import services
from clinic.notifications.models import Message, MessageStatus
from clinic.notifications.services import Attachment
from clinic.notifications.tasks import forget_old_texts
from tests.notifications.conftest import ACCOUNT, SMTP_TRANSPORT

PDF = bytes(range(256)) * 40
TRANSPORTS = {
    "sms": "clinic.notifications.channels.sms.sns.SnsTransport",
    "email": SMTP_TRANSPORT,
}


class Mailbox(MessageHandler):
    def __init__(self) -> None:
        super().__init__()
        self.received: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.received.append(message)


@pytest.fixture(autouse=True)
def _real_transports(
    organization: Organization, free_port: int, settings: Settings, tmp_path: Any
) -> None:
    settings.MESSAGE_TRANSPORTS = TRANSPORTS
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{free_port}"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = free_port
    settings.EMAIL_USE_TLS = False
    settings.STORAGES = settings.STORAGES | {
        "private": {
            "BACKEND": "clinic.storage.folder.FolderStorage",
            "OPTIONS": {"location": str(tmp_path)},
        }
    }
    get_backend("sns")[ACCOUNT]["eu-west-1"].reset()


def sent_texts() -> list[Any]:
    return list(get_backend("sns")[ACCOUNT]["eu-west-1"].sms_messages.values())


def tell(
    visit: dict[str, Any],
    key: str,
    *,
    phone: str = "",
    email: str = "",
    template: str = "appointment_cancelled",
) -> Message | None:
    patient = Patient(phone=phone, email=email, language="pt")
    with transaction.atomic():
        return services.tell(patient, template, key=key, context=visit)


def sms(visit: dict[str, Any], key: str, to: str = "+351912345678", *, email: str = "") -> Message:
    message = tell(visit, key, phone=to, email=email, template="appointment_booked")
    assert message is not None
    return message


def invoice(visit: dict[str, Any], key: str, file: Attachment, language: str = "") -> Message:
    ana = Patient(email="ana@example.com", language="pt")
    with transaction.atomic():
        message = services.tell(
            ana, "invoice_issued", key=key, context=visit, language=language, attachments=[file]
        )
    assert message is not None
    return message


def outbox_row(message: Message) -> OutboxMessage:
    return OutboxMessage.objects.get(args__message_id=str(message.id))


def test_the_message_and_its_outbox_row_are_written_together(
    visit: dict[str, Any], key: str
) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 14, tzinfo=UTC), tick=False):
        message = sms(visit, key)

    row = outbox_row(message)
    assert row.task == "notifications.send_sms"
    assert row.args == {"message_id": str(message.id)}
    stored = Message.objects.get()
    assert stored.status == MessageStatus.QUEUED
    assert stored.created_at == datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert stored.sent_at is None
    assert "K7M2QX" in stored.body


def test_a_key_that_was_used_sends_nothing_more(visit: dict[str, Any], key: str) -> None:
    first = sms(visit, key)
    again = sms(visit | {"check_in_code": "ZZZZZZ"}, key)
    by_email = tell(visit, key, email="a@b.pt")
    other = sms(visit, f"{key}:other")

    assert again.id == first.id
    assert "K7M2QX" in again.body
    assert by_email == first
    assert other.id != first.id
    assert Message.objects.count() == 2
    assert OutboxMessage.objects.count() == 2


def test_a_number_gets_ten_messages_a_day_and_the_log_keeps_the_others(
    visit: dict[str, Any], key: str
) -> None:
    # Given a day that is nearly over in Lisbon, in summer, an hour ahead of UTC
    with time_machine.travel(datetime(2026, 7, 3, 22, 59, tzinfo=UTC), tick=False):
        sent = [sms(visit, f"{key}:{number}", email="ana@example.com") for number in range(12)]
        elsewhere = sms(visit, f"{key}:other", to="+351932345678")

    assert [message.status for message in sent] == ["queued"] * 10 + ["suppressed"] * 2
    assert {message.failure for message in sent[10:]} == {"daily_limit"}
    assert elsewhere.status == MessageStatus.QUEUED
    texts = OutboxMessage.objects.filter(task="notifications.send_sms")
    queued = {row.args["message_id"] for row in texts}
    assert queued == {str(message.id) for message in [*sent[:10], elsewhere]}

    # When the next day begins
    with time_machine.travel(datetime(2026, 7, 3, 23, 0, tzinfo=UTC), tick=False):
        tomorrow = sms(visit, f"{key}:tomorrow")

    assert tomorrow.status == MessageStatus.QUEUED


def test_a_message_over_the_limit_stays_suppressed_when_it_is_asked_for_again(
    visit: dict[str, Any], key: str
) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 14, tzinfo=UTC)):
        *_, last = [sms(visit, f"{key}:{number}", email="ana@example.com") for number in range(11)]
    with time_machine.travel(datetime(2026, 11, 24, 14, tzinfo=UTC), tick=False):
        again = sms(visit, f"{key}:10", email="ana@example.com")

    assert (again.id, again.status) == (last.id, MessageStatus.SUPPRESSED)
    assert not OutboxMessage.objects.filter(args__message_id=str(last.id)).exists()


def test_nothing_is_written_when_the_writer_rolls_back(visit: dict[str, Any], key: str) -> None:
    with transaction.atomic():
        sms(visit, key)
        transaction.set_rollback(True)

    assert Message.objects.count() == 0
    assert OutboxMessage.objects.count() == 0


def test_a_mistake_in_the_context_writes_nothing(visit: dict[str, Any], key: str) -> None:
    del visit["check_in_code"]

    with pytest.raises(KeyError, match="check_in_code"):
        sms(visit, key)

    assert Message.objects.count() == 0


def test_server_down_then_up_delivers_once(
    visit: dict[str, Any],
    key: str,
    free_port: int,
    start_moto: Callable[[int], ThreadedMotoServer],
) -> None:
    message = sms(visit, key)
    row = outbox_row(message)

    # Given nobody listens, when delivery is tried, then the row stays open with its error
    assert outbox.run(row.id) is False
    row.refresh_from_db()
    message.refresh_from_db()
    assert row.last_error == "UnansweredError EndpointConnectionError"
    assert row.why == "no_answer"
    assert (row.done_at, row.failed_at) == (None, None)
    assert message.status == MessageStatus.QUEUED

    # When the server is back, then the message goes out, and further runs find nothing to do
    start_moto(free_port)
    assert outbox.run(row.id) is True
    assert outbox.run(row.id) is False
    message.refresh_from_db()
    assert message.status == MessageStatus.SENT
    assert message.sent_at is not None
    assert len(message.provider_id) == 36
    assert sent_texts() == [("+351912345678", message.body)]


def test_a_row_that_is_delivered_again_sends_nothing_again(
    visit: dict[str, Any],
    key: str,
    free_port: int,
    start_moto: Callable[[int], ThreadedMotoServer],
) -> None:
    # Given the message was sent, but the outbox row was lost before it was marked
    start_moto(free_port)
    message = sms(visit, key)
    row = outbox_row(message)
    outbox.run(row.id)
    OutboxMessage.objects.update(done_at=None)

    assert outbox.run(row.id) is True
    assert len(sent_texts()) == 1


def test_a_bad_number_is_recorded_and_left_to_a_person(visit: dict[str, Any], key: str) -> None:
    message = sms(visit, key, to="912345678")
    row = outbox_row(message)

    assert outbox.run(row.id) is False

    message.refresh_from_db()
    row.refresh_from_db()
    assert (message.status, message.failure) == (MessageStatus.FAILED, "invalid_phone")
    assert message.sent_at is None
    assert row.failed_at is not None
    [halted] = [stuck.told(each, "en") for each in stuck.found()]
    assert (halted.what, halted.subject.name) == ("Message to be sent", "912345678")
    assert (
        halted.why
        == "Neither phone nor e-mail accepted this message. Tell the person in another way."
    )


def test_what_an_sms_can_not_tell_an_email_tells_once(visit: dict[str, Any], key: str) -> None:
    text = tell(visit, key, phone="+35191234567", email="ana@example.com")
    assert text is not None
    assert (text.channel, Message.objects.count()) == ("sms", 1)

    assert outbox.run(outbox_row(text).id) is True

    text.refresh_from_db()
    assert (text.status, text.failure) == (MessageStatus.FAILED, "invalid_phone")
    mail = Message.objects.get(channel="email")
    assert (mail.to, mail.status) == ("ana@example.com", MessageStatus.QUEUED)
    assert "cancel" in mail.subject.lower()
    assert outbox_row(mail).task == "notifications.send_email"
    # Asked again, and done again, nobody is told twice.
    assert tell(visit, key, phone="+351912345678", email="ana@example.com") == text
    OutboxMessage.objects.filter(pk=outbox_row(text).pk).update(done_at=None)
    assert outbox.run(outbox_row(text).id) is True
    assert Message.objects.count() == 2


def test_who_has_had_the_messages_of_the_day_is_told_by_email(
    visit: dict[str, Any], key: str
) -> None:
    for number in range(10):
        sms(visit, f"{key}:{number}")

    text = tell(visit, key, phone="+351912345678", email="ana@example.com")

    assert text is not None
    assert (text.status, text.failure) == (MessageStatus.SUPPRESSED, "daily_limit")
    assert not OutboxMessage.objects.filter(args__message_id=str(text.id)).exists()
    mail = Message.objects.get(channel="email")
    assert (mail.to, mail.status) == ("ana@example.com", MessageStatus.QUEUED)


def test_who_can_not_be_told_stands_at_the_desk_until_another_day(
    visit: dict[str, Any],
    key: str,
    free_port: int,
    start_moto: Callable[[int], ThreadedMotoServer],
) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 14, tzinfo=UTC), tick=False):
        for number in range(10):
            sms(visit, f"{key}:{number}")
        text = tell(visit, key, phone="+351912345678")
        assert text is not None
        row = outbox_row(text)
        assert outbox.run(row.id) is False
        row.refresh_from_db()
        assert (row.why, row.failed_at is None) == ("daily_limit", False)

    # When somebody tries again the next day
    start_moto(free_port)
    with time_machine.travel(datetime(2026, 11, 24, 14, tzinfo=UTC), tick=False):
        OutboxMessage.objects.filter(pk=row.pk).update(failed_at=None)
        assert outbox.run(row.id) is True

    text.refresh_from_db()
    assert text.status == MessageStatus.SENT
    assert sent_texts() == [("+351912345678", text.body)]


def test_who_has_no_phone_is_told_by_email(visit: dict[str, Any], key: str) -> None:
    mail = tell(visit, key, email="ana@example.com")

    assert mail is not None
    assert (mail.channel, mail.to) == ("email", "ana@example.com")
    assert tell(visit, f"{key}:none") is None


def test_what_is_forgotten_goes_no_other_way(visit: dict[str, Any], key: str) -> None:
    text = tell(visit, f"appointment:{key}:cancelled", phone="912", email="ana@example.com")
    assert text is not None

    services.forget(f"appointment:{key}")

    assert outbox.run(outbox_row(text).id) is True
    text.refresh_from_db()
    assert (text.status, text.to, text.other_way) == (MessageStatus.SUPPRESSED, "", {})
    assert Message.objects.count() == 1


def test_an_email_takes_its_attachment_from_the_private_storage(
    visit: dict[str, Any], key: str, free_port: int
) -> None:
    storages["private"].save("invoices/ab/abc.pdf", ContentFile(PDF))
    file = Attachment("FR 2026A-15.pdf", "application/pdf", "invoices/ab/abc.pdf")
    message = invoice(visit, key, file, language="en")
    row = outbox_row(message)
    assert outbox.run(row.id) is False

    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port)
    controller.start()
    try:
        assert outbox.run(row.id) is True
    finally:
        controller.stop()

    [received] = mailbox.received
    assert received["Subject"] == "Invoice and receipt FR 2026A/15"
    assert received["Message-ID"] == f"<{message.id}@vez.example>"
    [pdf] = [part for part in received.walk() if part.get_content_type() == "application/pdf"]
    assert pdf.get_filename() == "FR 2026A-15.pdf"
    assert pdf.get_payload(decode=True) == PDF


def test_a_mail_waits_for_its_attachment_while_the_files_are_away(
    visit: dict[str, Any], key: str
) -> None:
    message = invoice(visit, key, Attachment("a.pdf", "application/pdf", "invoices/ab/none.pdf"))

    assert outbox.run(outbox_row(message).id) is False

    message.refresh_from_db()
    assert message.status == MessageStatus.QUEUED
    row = outbox_row(message)
    assert (row.why, row.failed_at) == ("no_files", None)


def test_logs_name_the_message_and_never_the_person(
    visit: dict[str, Any], key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bad = sms(visit, key, to="+35191234567")
    down = sms(visit, uuid.uuid4().hex)

    outbox.run(outbox_row(bad).id)
    outbox.run(outbox_row(down).id)

    logged = "\n".join(f"{record.msg} {record.getMessage()}" for record in caplog.records)
    assert str(bad.id) in logged
    for canary in ("35191234567", "912345678", "K7M2QX", "Carvalho", "Clinica Vez: "):
        assert canary not in logged


def test_after_ninety_days_a_message_says_no_more_to_whom_and_what(
    visit: dict[str, Any], key: str
) -> None:
    sent_at = datetime(2026, 11, 23, 14, tzinfo=UTC)
    with time_machine.travel(sent_at, tick=False):
        text = sms(visit, key)
        file = Attachment("FR-1.pdf", "application/pdf", "invoices/1.pdf")
        mail = invoice(visit, f"{key}:invoice", file)
    storages["private"].save("invoices/1.pdf", ContentFile(PDF))
    with time_machine.travel(sent_at + timedelta(days=90), tick=False):
        forget_old_texts()
        assert Message.objects.get(pk=text.pk).to == "+351912345678"

    with time_machine.travel(sent_at + timedelta(days=90, seconds=1), tick=False):
        recent = sms(visit, f"{key}:recent")
        for _ in range(2):
            forget_old_texts()

    for old in (text, mail):
        old.refresh_from_db()
        assert (old.to, old.subject, old.body, old.html) == ("", "", "", "")
    assert (text.template, text.created_at) == ("appointment_booked", sent_at)
    assert mail.attachments[0]["storage_key"] == "invoices/1.pdf"
    assert storages["private"].exists("invoices/1.pdf")
    recent.refresh_from_db()
    assert recent.to == "+351912345678"
    assert "K7M2QX" in recent.body
