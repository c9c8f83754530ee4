"""What browsers report of pages, and where people report weaknesses."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client

from tests.conftest import Clinic

pytestmark = pytest.mark.django_db

REPORT = {
    "csp-report": {
        "document-uri": "https://clinic.example/pay/S3CRET?x=Ana",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://user:word@evil.example/steal?ana=1",
        "original-policy": "default-src 'none'",
    }
}
NEWER = [{"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "data"}}]


def told(log: io.StringIO) -> list[tuple[str, str, str]]:
    """Directive, place and page of each line in the log."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {line["event"] for line in lines} <= {"csp_violation"}
    return [(line["directive"], line["blocked"], line["page"]) for line in lines]


def report(body: Any, kind: str = "application/csp-report") -> Any:
    raw = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post("/csp-reports", raw, content_type=kind)


def test_a_report_leaves_a_line_without_credentials_and_names(log: io.StringIO) -> None:
    assert report(REPORT).status_code == 204
    assert report(NEWER, "application/reports+json").status_code == 204

    assert told(log) == [
        ("script-src-elem", "evil.example", "/pay/…"),
        ("img-src", "data", ""),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        b"\xff",
        "[" * 8000,
        "7",
        [1, None],
        {"csp-report": "text"},
        {"csp-report": None},
        "x" * 9000,
    ],
)
def test_what_is_no_report_leaves_nothing(log: io.StringIO, body: Any) -> None:
    assert report(body).status_code == 204
    assert told(log) == []


def test_words_of_strangers_are_short_and_on_one_line(log: io.StringIO) -> None:
    report({"csp-report": {"effective-directive": "a\nb" * 100, "blocked-uri": "http://[::1"}})

    assert told(log) == [(("ab" * 100)[:80], "", "")]


def test_twenty_reports_a_minute_are_enough(log: io.StringIO) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
        answers = [report(REPORT).status_code for _ in range(25)]

    assert answers == [204] * 25
    assert len(told(log)) == 20


def test_a_look_is_no_report() -> None:
    assert Client().get("/csp-reports").status_code == 405


@time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False)
def test_weaknesses_are_reported_to_the_clinic(clinic: Clinic) -> None:
    answer = Client().get("/.well-known/security.txt")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode().splitlines() == [
        f"Contact: mailto:{clinic.organization.email}",
        "Expires: 2027-05-22T12:00:00Z",
        "Preferred-Languages: pt, en",
        f"Canonical: {settings.PUBLIC_ORIGIN}/.well-known/security.txt",
    ]


def test_before_the_clinic_is_set_up_nobody_is_named() -> None:
    assert Client().get("/.well-known/security.txt").status_code == 404
