import asyncio
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from clinic.core.errors import UnansweredError
from clinic.notifications.channels.base import File, Outgoing, RejectedError
from clinic.notifications.channels.email.channel import Email
from clinic.notifications.channels.email.smtp import SmtpTransport
from tests.notifications.conftest import SMTP_TRANSPORT
from tests.notifications.silence import dripping_mail_server

PDF = b"%PDF-1.7\r\n\x00\xff not text \n.\n" * 50


class Mailbox:
    """An SMTP server's handler that keeps what arrives and answers as it is told."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.secure: list[bool] = []
        self.users: list[Any] = []
        self.rcpt_answer = "250 OK"
        self.data_answer = "250 OK"
        self.data_pause = 0.0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.data_pause)
        if self.data_answer.startswith("250"):
            self.envelopes.append(envelope)
            self.secure.append(session.ssl is not None)
            self.users.append(session.auth_data)
        return self.data_answer

    def messages(self) -> list[Message]:
        return [
            message_from_bytes(envelope.original_content or b"", policy=default)
            for envelope in self.envelopes
        ]


StartMailbox = Callable[..., Mailbox]


@pytest.fixture
def start_mailbox(free_port: int, settings: Settings) -> Iterator[StartMailbox]:
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = free_port
    settings.EMAIL_USE_TLS = False
    settings.EMAIL_TIMEOUT = 5
    settings.MESSAGE_TRANSPORTS = {"email": SMTP_TRANSPORT}
    settings.DEFAULT_FROM_EMAIL = "Clínica Vez <nao-responda@vez.example>"
    controllers: list[Controller] = []

    def start(**options: Any) -> Mailbox:
        mailbox = Mailbox()
        controller = Controller(mailbox, hostname="127.0.0.1", port=free_port, **options)
        controller.start()
        controllers.append(controller)
        return mailbox

    yield start
    for controller in controllers:
        controller.stop()


def outgoing(**changes: Any) -> Outgoing:
    fields: dict[str, Any] = {
        "id": "0f6b2c1e-7d0e-4d53-9a0b-0c2f6f0b6d11",
        "to": "ana@example.com",
        "subject": "Fatura-recibo FR 2026A/15",
        "body": "Recebemos 40,00 €. Obrigado.\n",
        "html": "<p>Recebemos <strong>40,00 €</strong>.</p>\n",
    }
    return Outgoing(**(fields | changes))


def test_text_html_and_attachment_arrive_byte_for_byte(start_mailbox: StartMailbox) -> None:
    mailbox = start_mailbox()
    files = (File("fatura FR 2026A-15.pdf", "application/pdf", PDF),)

    provider_id = SmtpTransport().send(outgoing(files=files))

    [message] = mailbox.messages()
    assert isinstance(message, EmailMessage)
    assert mailbox.envelopes[0].rcpt_tos == ["ana@example.com"]
    assert mailbox.envelopes[0].mail_from == "nao-responda@vez.example"
    assert message["From"] == "Clínica Vez <nao-responda@vez.example>"
    assert message["To"] == "ana@example.com"
    assert message["Subject"] == "Fatura-recibo FR 2026A/15"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == "Recebemos 40,00 €. Obrigado.\n"
    assert "<strong>40,00 €</strong>" in html.get_content()
    [attachment] = message.iter_attachments()
    assert attachment.get_filename() == "fatura FR 2026A-15.pdf"
    assert attachment.get_content_type() == "application/pdf"
    assert attachment.get_content() == PDF
    assert provider_id == message["Message-ID"]


def test_a_repeat_carries_the_same_message_id(start_mailbox: StartMailbox) -> None:
    mailbox = start_mailbox()

    for _ in range(2):
        SmtpTransport().send(outgoing())

    assert [message["Message-ID"] for message in mailbox.messages()] == [
        "<0f6b2c1e-7d0e-4d53-9a0b-0c2f6f0b6d11@vez.example>"
    ] * 2


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "ana@example.com\r\nBcc: eve@example.com",
        "ana@example.com, eve@example.com",
        "Ana <ana@example.com>",
        "ana@exam ple.com",
    ],
)
def test_one_address_and_nothing_else(address: str, start_mailbox: StartMailbox) -> None:
    mailbox = start_mailbox()

    with pytest.raises(RejectedError) as refusal:
        Email().send(outgoing(to=address))

    assert refusal.value.reason == "invalid_address"
    assert mailbox.envelopes == []


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Fatura\r\nBcc: eve@example.com"},
        {"subject": "Fatura\nX: y"},
        {"files": (File("a.pdf\r\nX-Evil: 1", "application/pdf", PDF),)},
        {"files": (File("a.pdf", "application/pdf\r\nX-Evil: 1", PDF),)},
    ],
)
def test_header_injection_is_refused(changes: dict[str, Any], start_mailbox: StartMailbox) -> None:
    mailbox = start_mailbox()

    with pytest.raises(RejectedError) as refusal:
        SmtpTransport().send(outgoing(**changes))

    assert refusal.value.reason == "header_injection"
    assert mailbox.envelopes == []


@pytest.mark.parametrize(
    ("rcpt", "data", "reason"),
    [
        ("550 5.1.1 no such mailbox", "250 OK", "recipient_refused"),
        ("250 OK", "554 5.7.1 not wanted", "smtp_554"),
        ("250 OK", "552 5.3.4 too large", "smtp_552"),
    ],
)
def test_a_refusal_that_stays_is_final(
    rcpt: str, data: str, reason: str, start_mailbox: StartMailbox
) -> None:
    mailbox = start_mailbox()
    mailbox.rcpt_answer, mailbox.data_answer = rcpt, data

    with pytest.raises(RejectedError) as refusal:
        SmtpTransport().send(outgoing())

    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("rcpt", "data"),
    [("450 4.2.1 greylisted", "250 OK"), ("250 OK", "451 4.3.0 try later")],
)
def test_a_refusal_for_now_may_be_tried_again(
    rcpt: str, data: str, start_mailbox: StartMailbox
) -> None:
    mailbox = start_mailbox()
    mailbox.rcpt_answer, mailbox.data_answer = rcpt, data

    with pytest.raises(UnansweredError):
        SmtpTransport().send(outgoing())

    assert mailbox.envelopes == []


def test_a_server_that_is_down_is_no_refusal(start_mailbox: StartMailbox) -> None:
    with pytest.raises(UnansweredError):
        SmtpTransport().send(outgoing())


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / f"{uuid.uuid4().hex}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


def with_tls(certificate: Path) -> dict[str, Any]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return {"tls_context": context, "require_starttls": True}


def test_starttls_and_login(
    start_mailbox: StartMailbox,
    certificate: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def authenticate(*arguments: Any) -> AuthResult:
        data = arguments[-1]
        return AuthResult(success=data.password == b"secret", auth_data=data.login)

    mailbox = start_mailbox(**with_tls(certificate), authenticator=authenticate, auth_required=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.EMAIL_HOST = "localhost"
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER = "clinic"
    settings.EMAIL_HOST_PASSWORD = "secret"

    SmtpTransport().send(outgoing())

    assert mailbox.secure == [True]
    assert mailbox.users == [b"clinic"]


def test_a_certificate_nobody_vouches_for_is_refused(
    start_mailbox: StartMailbox, certificate: Path, settings: Settings
) -> None:
    mailbox = start_mailbox(**with_tls(certificate))
    settings.EMAIL_HOST = "localhost"
    settings.EMAIL_USE_TLS = True

    with pytest.raises(UnansweredError):
        SmtpTransport().send(outgoing())

    assert mailbox.envelopes == []


def test_a_server_that_drips_is_left_when_the_time_for_a_mail_is_over(settings: Settings) -> None:
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_USE_TLS = False
    # Each letter comes long before the time for one step is over.
    settings.EMAIL_TIMEOUT = 5
    settings.EMAIL_LONGEST_SECONDS = 0.5
    began = time.monotonic()

    with (
        dripping_mail_server(every=0.1) as settings.EMAIL_PORT,
        pytest.raises(UnansweredError),
    ):
        SmtpTransport().send(outgoing())

    assert 0.5 <= time.monotonic() - began < 3


def test_the_time_for_a_mail_counts_under_tls_too(
    start_mailbox: StartMailbox,
    certificate: Path,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mailbox = start_mailbox(**with_tls(certificate))
    mailbox.data_pause = 2.0
    settings.EMAIL_HOST = "localhost"
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_LONGEST_SECONDS = 0.5
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    began = time.monotonic()

    with pytest.raises(UnansweredError):
        SmtpTransport().send(outgoing())

    assert 0.5 <= time.monotonic() - began < 1.9
