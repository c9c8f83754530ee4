"""Whatever the API takes has a length, and its column has room for it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from billing.invoicing.models import KeptInvoiceDetails
from billing.payments.models import Payment, PaymentIssue, Refund
from booking.models import Appointment
from clinic.accounts.models import Device, User
from tests.billing import factories
from tests.contract.test_openapi import document
from tests.contract.test_text_inputs import DOORS, REGISTRATION, Doors, doors, invoice

__all__ = ["document", "doors"]  # fixtures

BOUNDED_FORMATS = {"uuid", "date", "date-time", "time"}
UNBOUNDED = re.compile(r"[*+]|\{\d+,\}")
ONLY_COMPARED = {"If-None-Match", "X-Signature", "key"}
"""Compared with what we hold, and never kept."""

PICTURES = {"binary"}
"""Files, which have a size of their own."""

LONGEST: dict[str, tuple[Any, str]] = {
    "register": (User, "full_name"),
    "profile": (User, "full_name"),
    "desk": (User, "full_name"),
    "team note": (Appointment, "note"),
    "device": (Device, "name"),
    "device renamed": (Device, "name"),
    "invoice name": (Payment, "customer_name"),
    "invoice address": (Payment, "customer_address"),
    "kept name": (KeptInvoiceDetails, "name"),
    "kept address": (KeptInvoiceDetails, "address"),
    "refund": (Refund, "reason"),
    "issue": (PaymentIssue, "note"),
}


def unbounded(document: dict[str, Any], schema: dict[str, Any], place: str) -> Iterator[str]:
    """Where a schema takes text, numbers or lists without an end."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        yield from unbounded(document, document["components"]["schemas"][name], place)
        return
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())):
        yield from unbounded(document, part, place)
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    is_bounded = "enum" in schema or schema.get("format") in BOUNDED_FORMATS | PICTURES
    pattern = schema.get("pattern")
    if pattern is not None and not UNBOUNDED.search(pattern):
        is_bounded = True
    if "string" in kinds and not is_bounded and "maxLength" not in schema:
        yield f"{place}: text"
    if {"integer", "number"} & set(kinds) and not {"minimum", "maximum"} <= schema.keys():
        yield f"{place}: number"
    if "array" in kinds:
        if "maxItems" not in schema:
            yield f"{place}: list"
        yield from unbounded(document, schema["items"], f"{place}[]")
    for name, part in schema.get("properties", {}).items():
        if not part.get("readOnly"):
            yield from unbounded(document, part, f"{place}/{name}")


def inputs(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each parameter and body of the product; the sandbox is a stage that no clinic has."""
    for path, operations in document["paths"].items():
        if path.startswith("/api/sandbox/"):
            continue
        for method, operation in operations.items():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] not in ONLY_COMPARED:
                    yield f"{method} {path} {parameter['name']}", parameter["schema"]
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                yield f"{method} {path} {kind}", content["schema"]


def test_everything_the_api_takes_has_an_end(document: dict[str, Any]) -> None:
    found = list(inputs(document))

    assert len(found) > 80
    assert [fault for place, schema in found for fault in unbounded(document, schema, place)] == []


@pytest.mark.django_db
@pytest.mark.parametrize("door", LONGEST)
def test_the_longest_text_is_kept_whole_and_one_letter_more_is_refused(
    doors: Doors, door: str
) -> None:
    model, column = LONGEST[door]
    pointer, give = DOORS[door]
    longest = model._meta.get_field(column).max_length
    # Two code points until they are composed: the column's length is that of what is kept.
    text = "ã" * (longest - 1) + "a\u0303"

    refused = give(doors, text + "a")
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert not model.objects.filter(**{f"{column}__startswith": "ãã"}).exists()
    taken = give(doors, text)

    assert taken.status_code in {200, 201, 204}
    assert model.objects.filter(**{column: "ã" * longest}).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("length", [255, 1_000, 100_000])
def test_an_address_that_no_column_holds_is_refused(doors: Doors, length: int) -> None:
    address = f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.pt"
    address = address.replace("@", "@" + "x." * ((length - len(address)) // 2 + 1))
    assert len(address) >= length

    paid = doors.anyone.post(
        factories.payments_url(doors.held),
        invoice(email=address),
        format="json",
        headers={"Idempotency-Key": "once"},
    )
    registered = doors.anyone.post(
        "/api/auth/register", {**REGISTRATION, "email": address}, format="json"
    )

    assert [
        (one.status_code, one.json()["errors"][0]["pointer"]) for one in (paid, registered)
    ] == [
        (400, "/invoice/email"),
        (400, "/email"),
    ]
    assert not Payment.objects.filter(appointment=doors.held).exists()
    assert not User.objects.filter(username=REGISTRATION["username"]).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("length", "status"), [(200, 201), (201, 400), (10_000, 400)])
def test_a_key_of_repeats_is_as_long_as_its_column(doors: Doors, length: int, status: int) -> None:
    answer = doors.anyone.post(
        factories.payments_url(doors.held),
        invoice(),
        format="json",
        headers={"Idempotency-Key": "k" * length},
    )

    assert answer.status_code == status
    assert Payment.objects.filter(appointment=doors.held).exists() == (status == 201)


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0", "-1", "9" * 9, "9" * 20, "9" * 5_000, "1e9", "x"])
def test_pages_that_are_not_there(client_of: Any, ana: User, number: str) -> None:
    browser = client_of(ana)

    assert browser.get("/api/appointments", {"page": number}).status_code == 404
    assert browser.get("/api/appointments", {"page_size": number}).status_code == 200
    for name in ("from", "to"):
        assert browser.get("/api/appointments", {name: number}).status_code == 400
