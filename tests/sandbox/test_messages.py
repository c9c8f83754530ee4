import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from clinic.notifications.channels.base import File, Outgoing, RejectedError
from clinic.notifications.channels.email.channel import Email
from clinic.notifications.channels.sms.channel import Sms
from clinic.sandbox.models import SandboxAttachment, SandboxMessage
from clinic.sandbox.transports import links

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PDF = b"%PDF-1.7 \x00\xff" * 100


@pytest.fixture
def browser() -> APIClient:
    return APIClient(enforce_csrf_checks=True)


def sms(to: str = "+351912345678", body: str = "olá") -> str:
    return Sms().send(Outgoing(id=uuid.uuid4().hex, to=to, body=body))


def email(*files: File, to: str = "ana@example.com") -> str:
    return Email().send(
        Outgoing(
            id=uuid.uuid4().hex,
            to=to,
            subject="Fatura",
            body="Veja https://vez.example/i/1.",
            html="<p>Veja</p>",
            files=files,
        )
    )


def test_an_sms_is_on_the_phone_as_the_contract_says(browser: APIClient) -> None:
    with time_machine.travel(NOON, tick=False):
        sms(body="Pague aqui: https://vez.example/pay/abc_-9")

    [message] = browser.get("/api/sandbox/messages").json()

    assert {name: message[name] for name in message if name not in {"id", "html"}} == {
        "channel": "sms",
        "to": "+351912345678",
        "subject": "",
        "body": "Pague aqui: https://vez.example/pay/abc_-9",
        "links": ["https://vez.example/pay/abc_-9"],
        "attachments": [],
        "created_at": "2026-11-23T12:00:00Z",
    }


def test_newest_first_and_only_whose_they_are(browser: APIClient) -> None:
    for minutes, to in enumerate(["+351912345678", "+351932345678", "+351912345678"]):
        with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
            sms(to, str(minutes))
    email(to="Ana@example.com")

    def bodies(to: str) -> list[str]:
        return [m["body"] for m in browser.get("/api/sandbox/messages", {"to": to}).json()]

    assert bodies("+351912345678") == ["2", "0"]
    assert bodies("+351932345678") == ["1"]
    assert bodies("ana@example.com") == ["Veja https://vez.example/i/1."]
    assert bodies("nobody@example.com") == []
    assert len(browser.get("/api/sandbox/messages").json()) == 4


def test_a_plus_sign_that_was_not_escaped_is_understood(browser: APIClient) -> None:
    sms()

    assert len(browser.get("/api/sandbox/messages?to=+351912345678").json()) == 1


@pytest.mark.parametrize("written", ["912345678", "912 345 678", "00351912345678", "351912345678"])
def test_a_number_is_found_however_it_is_written(browser: APIClient, written: str) -> None:
    sms()

    assert len(browser.get("/api/sandbox/messages", {"to": written}).json()) == 1
    assert browser.get("/api/sandbox/messages", {"to": "932345678"}).json() == []


def test_an_attachment_comes_byte_for_byte(browser: APIClient) -> None:
    email(
        File("FR 2026A-15.pdf", "application/pdf", PDF),
        File("ação\r\nx.html", "text/html", b"<script>"),
    )
    [message] = browser.get("/api/sandbox/messages").json()
    assert [(a["name"], a["content_type"]) for a in message["attachments"]] == [
        ("FR 2026A-15.pdf", "application/pdf"),
        ("ação\r\nx.html", "text/html"),
    ]

    pdf, page = (browser.get(attachment["url"]) for attachment in message["attachments"])

    assert pdf.content == PDF
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf["Content-Disposition"] == 'inline; filename="FR 2026A-15.pdf"'
    assert page["Content-Disposition"] == 'attachment; filename="a__o__x.html"'
    assert page["X-Content-Type-Options"] == "nosniff"


def test_an_attachment_that_is_not_there(browser: APIClient) -> None:
    message = email(File("a.pdf", "application/pdf", PDF))

    for address in (f"{message}/attachments/1", f"{uuid.uuid4()}/attachments/0"):
        answer = browser.get(f"/api/sandbox/messages/{address}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


def test_a_repeat_of_the_same_message_arrives_once() -> None:
    message = Outgoing(
        id="same",
        to="ana@example.com",
        body="x",
        files=(File("a.pdf", "application/pdf", PDF),),
    )

    assert Email().send(message) == Email().send(message)
    assert SandboxMessage.objects.count() == 1
    assert SandboxAttachment.objects.count() == 1


def test_the_stage_refuses_what_the_real_networks_refuse() -> None:
    with pytest.raises(RejectedError, match="invalid_phone"):
        sms(to="912345678")
    with pytest.raises(RejectedError, match="invalid_address"):
        email(to="ana@example.com\r\nBcc: eve@example.com")
    assert SandboxMessage.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sem links", []),
        ("(https://a.example/x), e https://b.example/y?z=1#w.", None),
        ("https://a.example/x https://a.example/x", ["https://a.example/x"]),
        ("http://localhost:8000/pay/A-_9", ["http://localhost:8000/pay/A-_9"]),
    ],
)
def test_links(text: str, found: list[str] | None) -> None:
    expected = ["https://a.example/x", "https://b.example/y?z=1#w"] if found is None else found

    assert links(text) == expected
