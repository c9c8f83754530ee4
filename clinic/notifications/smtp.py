"""SMTP that ends: Django's backend limits each read, and a server that sends a byte now and then
could keep a process for ever."""

import smtplib
import socket
import threading
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend


class _PromptSMTP(smtplib.SMTP):
    """Its connection is cut once it has lasted `EMAIL_LONGEST_SECONDS`; who reads then finds it
    closed."""

    _line: socket.socket | None = None
    _limit: threading.Timer | None = None

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        line: socket.socket = super()._get_socket(  # type: ignore[misc]  # made to be extended, not in the stubs
            host, port, timeout
        )
        # Of its own, for TLS takes the first one's place.
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
    """Django's, over such connections."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _PromptSMTP


def _cut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # It has ended by itself.
