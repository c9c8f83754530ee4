"""E-mail by SMTP, with an overall time limit. Django's backend limits each read only, so a server
that sends a byte now and then could hold a process for ever."""

import smtplib
import socket
import threading
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from clinic.core.errors import UnansweredError
from clinic.notifications.channels.base import Outgoing, RejectedError


class SmtpTransport:
    """Sends by the EMAIL_* settings."""

    def send(self, message: Outgoing) -> str:
        message_id = f"<{message.id}@{_sender_domain()}>"
        mail = EmailMultiAlternatives(
            subject=_one_line(message.subject),
            body=message.body,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[message.to],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated"},
            connection=Backend(),
        )
        if message.html:
            mail.attach_alternative(message.html, "text/html")
        for file in message.files:
            mail.attach(_one_line(file.name), file.data, _one_line(file.content_type))
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= 500 for code, _ in error.recipients.values()):
                raise RejectedError("recipient_refused") from None
            raise UnansweredError from error
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= 500:
                raise RejectedError(f"smtp_{error.smtp_code}") from None
            raise UnansweredError from error
        # Of smtplib, TLS and sockets.
        except OSError as error:
            raise UnansweredError from error
        return message_id


def _one_line(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise RejectedError("header_injection")
    return value


def _sender_domain() -> str:
    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return address.rpartition("@")[2] or "localhost"


class _PromptSMTP(smtplib.SMTP):
    """Its connection is cut after `EMAIL_LONGEST_SECONDS`; whoever reads then finds it closed."""

    _line: socket.socket | None = None
    _limit: threading.Timer | None = None

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        line: socket.socket = super()._get_socket(  # type: ignore[misc]  # smtplib's own SMTP_SSL overrides it too; typeshed leaves it out
            host, port, timeout
        )
        # Its own duplicate, since TLS replaces the first socket.
        self._line = line.dup()
        self._limit = threading.Timer(settings.EMAIL_LONGEST_SECONDS, _cut, [self._line])
        self._limit.daemon = True
        self._limit.start()
        return line

    def close(self) -> None:
        super().close()
        if self._limit is not None and self._line is not None:
            self._limit.cancel()
            self._line.close()


class Backend(EmailBackend):
    """Django's backend, over such connections."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _PromptSMTP


def _cut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # It has already ended.
