import socket
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from clinic.directory.models import Organization

ACCOUNT = "123456789012"
SMTP_TRANSPORT = "clinic.notifications.channels.email.smtp.SmtpTransport"


@pytest.fixture
def organization(db: None) -> Organization:
    Organization.objects.all().delete()
    return Organization.objects.create(
        name="Clínica Vez",
        legal_name="Clínica Vez, Lda.",
        tax_id="510123457",
        address_line="Rua das Flores, 12",
        postal_code="1200-195",
        city="Lisboa",
        phone="+351210000000",
        email="geral@vez.example",
    )


@pytest.fixture
def visit() -> dict[str, Any]:
    """Everything any template wants, on Tuesday 24 November 2026 at 10:30 in Lisbon."""
    return {
        "specialty": "Fisioterapia musculoesquelética",
        "practitioner": "Inês Carvalho",
        "start": datetime(2026, 11, 24, 10, 30, tzinfo=UTC),
        "amount": Decimal("40.00"),
        "hold_expires_at": datetime(2026, 11, 23, 14, 5, tzinfo=UTC),
        "url": "https://marcacoes.clinicavez.pt/pay/" + "A" * 48,
        "check_in_code": "K7M2QX",
        "number": "FR 2026A/15",
        "credits": "FR FORM2026/7",
        "customer_name": "Ana Maria Lopes",
        "code": "042917",
        "minutes": 10,
        "username": "ana.lopes",
        "at": datetime(2026, 11, 23, 10, 30, tzinfo=UTC),
    }


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    return _free_port()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture(scope="module")
def moto_port() -> Iterator[int]:
    """Where a server listens that is never down."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=_free_port(), verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def start_moto(aws: None) -> Iterator[Callable[[int], ThreadedMotoServer]]:
    started: list[ThreadedMotoServer] = []

    def start(port: int) -> ThreadedMotoServer:
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()
