"""Real answers of every route are those that the published document promises."""

import re
from collections.abc import Iterator
from copy import copy
from typing import Any

import pytest
from django.db import transaction
from jsonschema import FormatChecker
from openapi_schema_validator import OAS30ReadValidator, oas30_format_checker
from rest_framework.test import APIClient

from clinic.core import clock
from clinic.sandbox.models import SandboxAttachment, SandboxMessage
from tests.contract.test_access import ACCESS, World, filled, world
from tests.contract.test_openapi import document

__all__ = ["document", "world"]  # fixtures

PROBLEM = "application/problem+json"
# No `time`: that has seconds and an offset from UTC, and our hours are a clinic's.
CHECKED_FORMATS = {"date", "date-time", "uuid", "email", "uri"}
UNCHECKED_FORMATS = {"binary", "decimal", "double", "int64"}
"""Widths and notations that a JSON value of the right type always has."""

formats = FormatChecker(formats=())
formats.checkers = dict(oas30_format_checker.checkers)


def is_absolute(value: object) -> bool:
    return not isinstance(value, str) or re.match(r"https?://[^\s/]+(/\S*)?$", value) is not None


formats.checks("uri")(is_absolute)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def documented(path: str) -> str:
    return "/api/" + re.sub(r"\{\w+_id\}", "{id}", path)


def asked(client: APIClient, method: str, address: str) -> Any:
    """The answer; whatever the request did is taken back."""
    cookies = copy(client.cookies)
    point = transaction.savepoint()
    answer = getattr(client, method.lower())(address, **({} if method == "GET" else {"data": {}}))
    transaction.savepoint_rollback(point)
    client.cookies = cookies
    return answer


def readable(schema: Any) -> Any:
    """The schema with `nullable` beside one `allOf` read as it is meant: that, or null."""
    if isinstance(schema, list):
        return [readable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    read = {name: readable(part) for name, part in schema.items()}
    if read.get("nullable") is True and "allOf" in read:
        read["oneOf"] = [*read.pop("allOf"), {"nullable": True, "enum": [None]}]
    return read


def breach(document: dict[str, Any], method: str, path: str, answer: Any) -> str | None:
    """What an answer does that its operation doesn't promise."""
    responses = document["paths"][path][method.lower()]["responses"]
    promised = responses.get(str(answer.status_code))
    if promised is None:
        return f"{answer.status_code} isn't documented"
    if not answer.streaming and not answer.content:
        return None
    kind = answer["Content-Type"].split(";")[0]
    if kind not in promised.get("content", {}):
        return f"{answer.status_code} as {kind} isn't documented"
    if not kind.endswith("json"):
        return None
    schema = {**document, **promised["content"][kind]["schema"]}
    validator = OAS30ReadValidator(schema, format_checker=formats)
    return next(
        (f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.json())),
        None,
    )


def test_every_answer_is_one_that_is_promised(document: dict[str, Any], world: World) -> None:
    document = readable(document)
    breaches = {
        (method, path, name, found)
        for method, path in ACCESS
        if documented(path) in document["paths"]
        for name, client in world.clients.items()
        if (
            found := breach(
                document,
                method,
                documented(path),
                asked(client, method, filled(path, world.arguments)),
            )
        )
    }

    assert breaches == set()


def test_an_attachment_is_promised_as_the_pdf_that_it_is(
    document: dict[str, Any], db: None
) -> None:
    message = SandboxMessage.objects.create(
        delivery="1", channel="email", to="a@vez.example", created_at=clock.now()
    )
    SandboxAttachment.objects.create(
        message=message, position=0, name="a.pdf", content_type="application/pdf", data=b"%PDF"
    )
    path = "sandbox/messages/{message_id}/attachments/{position}"

    answer = APIClient().get(f"/api/sandbox/messages/{message.pk}/attachments/0")

    assert breach(document, "GET", documented(path), answer) is None


def test_every_route_is_published(document: dict[str, Any]) -> None:
    published = {(method, path) for method, path, _ in operations(document)}

    assert {(method, documented(path)) for method, path in ACCESS} - published == {
        ("GET", "/api/schema/"),
        ("GET", "/api/docs/"),
    }


def test_every_operation_says_what_it_may_refuse(document: dict[str, Any]) -> None:
    missing = {}
    for method, path, operation in operations(document):
        parameters = operation.get("parameters", [])
        expected = {"503"}
        if "requestBody" in operation or any(one["in"] == "query" for one in parameters):
            expected |= {"400"}
        if "requestBody" in operation:
            expected |= {"413", "415"}
        if any(operation.get("security", ())):
            expected |= {"401", "403"}
        if "{" in path or any(one["name"] == "page" for one in parameters):
            expected |= {"404"}
        if any(one["name"] == "Idempotency-Key" for one in parameters):
            expected |= {"422"}
        if lacking := expected - operation["responses"].keys():
            missing[method, path] = lacking

    assert missing == {}


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    others = {
        (method, path, status)
        for method, path, operation in operations(document)
        for status, response in operation["responses"].items()
        if status >= "400" and response.get("content", {}).keys() != {PROBLEM}
    }

    assert others == set()


def claimed(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("format"), str):
            yield schema["format"]
        for part in schema.values():
            yield from claimed(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from claimed(part)


def test_every_format_that_is_claimed_is_checked(document: dict[str, Any]) -> None:
    assert set(claimed(document)) <= CHECKED_FORMATS | UNCHECKED_FORMATS
    assert formats.checkers.keys() >= CHECKED_FORMATS


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "23.11.2026"),
        ("date-time", "2026-11-23 10:00"),
        ("uri", "/api/appointments?page=2"),
    ],
)
def test_a_value_that_breaks_its_format_is_found(kind: str, value: str) -> None:
    validator = OAS30ReadValidator({"type": "string", "format": kind}, format_checker=formats)

    assert not validator.is_valid(value)
