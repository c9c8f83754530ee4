"""The published document is valid and says what the contract promises."""

import re
from typing import Any

import pytest
import yaml
from openapi_spec_validator import validate
from rest_framework.test import APIClient

from clinic.core.errors import PROBLEMS

# The contract's table: what clients may rely on. Endpoints may be added, never dropped.
ENDPOINTS = """
POST   /api/auth/register
POST   /api/auth/login
POST   /api/auth/refresh
POST   /api/auth/logout
GET    /api/auth/csrf
GET    /api/auth/me
PATCH  /api/auth/me
GET    /api/specialties
GET    /api/practitioners
GET    /api/slots
POST   /api/appointments
GET    /api/appointments
GET    /api/appointments/{id}
POST   /api/appointments/{id}/cancel
POST   /api/appointments/{id}/reschedule
GET    /api/appointments/{id}/calendar.ics
GET    /api/checkout/{token}
GET    /api/checkout/{token}/calendar.ics
POST   /api/checkout/{token}/payments
GET    /api/checkout/{token}/payments/{id}
POST   /api/webhooks/payments/{provider}
GET    /api/invoices
GET    /api/invoices/{id}
GET    /api/invoices/{id}/pdf
PUT    /api/me/face
GET    /api/me/face
DELETE /api/me/face
GET    /api/me/accesses
POST   /api/check-ins
GET    /api/check-ins/{id}
POST   /api/check-ins/{id}/confirm
POST   /api/devices
POST   /api/devices/pair
DELETE /api/devices/{id}
GET    /api/board
GET    /api/staff/day
POST   /api/staff/appointments
POST   /api/staff/appointments/{id}/arrive
POST   /api/staff/appointments/{id}/call
POST   /api/staff/appointments/{id}/start
POST   /api/staff/appointments/{id}/finish
POST   /api/staff/appointments/{id}/no-show
POST   /api/staff/appointments/{id}/put-back
POST   /api/staff/appointments/{id}/cancel
POST   /api/staff/appointments/{id}/move-room
POST   /api/staff/practitioners/{id}/call-next
GET    /api/sandbox/messages
POST   /api/sandbox/bank/multibanco
GET    /api/sandbox/bank/mb-way
POST   /api/sandbox/bank/mb-way/{id}
"""

ANSWERS = {
    ("get", "/api/auth/me", "200"): {
        "id",
        "username",
        "role",
        "full_name",
        "email",
        "phone",
        "birth_date",
        "language",
        "label_choice",
    },
    ("post", "/api/appointments", "201"): {"id", "status", "hold_expires_at", "checkout_url"},
    ("get", "/api/slots", "200"): {"start", "end", "practitioner"},
    ("get", "/api/checkout/{token}", "200"): {
        "appointment",
        "amount",
        "currency",
        "status",
        "hold_expires_at",
        "payment",
    },
    ("post", "/api/checkout/{token}/payments", "201"): {
        "id",
        "method",
        "status",
        "amount",
        "entity",
        "reference",
        "phone",
        "expires_at",
    },
    ("get", "/api/me/face", "200"): {"status", "reasons", "engine", "expires_at"},
    ("get", "/api/check-ins/{id}", "200"): {"id", "status", "label", "ticket", "room", "wait"},
    ("get", "/api/board", "200"): {"type", "revision", "server_time", "clinic", "entries"},
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = APIClient().get("/api/schema/")
    assert answer.status_code == 200
    parsed = yaml.safe_load(answer.content)
    assert isinstance(parsed, dict)
    return parsed


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)


@pytest.mark.parametrize("endpoint", ENDPOINTS.strip().splitlines())
def test_every_endpoint_of_the_contract_is_published(
    document: dict[str, Any], endpoint: str
) -> None:
    method, path = endpoint.split()

    assert method.lower() in document["paths"].get(path, {})


@pytest.mark.parametrize(
    ("operation", "fields"), ANSWERS.items(), ids=[" ".join(operation) for operation in ANSWERS]
)
def test_answers_have_the_fields_of_the_contract(
    document: dict[str, Any], operation: tuple[str, str, str], fields: set[str]
) -> None:
    method, path, status = operation
    content = document["paths"][path][method]["responses"][status]["content"]
    schema = resolve(document, content["application/json"]["schema"])

    assert fields <= set(schema["properties"])


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") == "array":
        schema = schema["items"]
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return dict(document["components"]["schemas"][name])
    return schema


def test_every_error_code_is_listed(document: dict[str, Any]) -> None:
    details = document["components"]["schemas"]["ProblemDetails"]

    assert details["properties"]["code"]["enum"] == sorted(PROBLEMS)
    assert {"slot_taken", "invalid_transition", "adult_required", "queue_empty"} <= set(PROBLEMS)


def test_every_error_has_a_sentence_in_both_languages() -> None:
    assert [code for code, problem in PROBLEMS.items() if not problem.pt or not problem.en] == []


def test_the_browsable_page_loads_nothing_from_elsewhere() -> None:
    page = APIClient().get("/api/docs/")

    assert page.status_code == 200
    html = page.content.decode()
    assert "/static/drf_spectacular_sidecar/" in html
    assert "https://cdn" not in html


def test_the_browsable_page_has_no_script_or_style_that_its_policy_refuses() -> None:
    page = APIClient().get("/api/docs/")
    html = page.content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", html, re.S)

    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert len(scripts) == 3
    assert [body.strip() for _, body in scripts] == ["", "", ""]
    assert "<style" not in html
    own = APIClient().get("/api/docs/?script=")
    assert own["Content-Type"].startswith("application/javascript")
    assert "SwaggerUIBundle(" in own.content.decode()


@pytest.mark.django_db
def test_health_is_published_outside_the_api() -> None:
    assert APIClient().get("/health/live").json() == {"status": "ok"}
    ready = APIClient().get("/health/ready")

    assert set(ready.json()["parts"]) == {"database", "redis", "migrations", "worker"}
    assert ready.status_code == 503
    assert ready.json()["parts"]["worker"] == "failed"
    assert ready["Retry-After"] == "5"


def test_the_document_is_json_unless_somebody_asks_for_yaml() -> None:
    anything = APIClient().get("/api/schema/", HTTP_ACCEPT="*/*")
    asked = APIClient().get("/api/schema/", HTTP_ACCEPT="application/yaml")

    assert anything["Content-Type"].startswith("application/json")
    assert anything.json()["openapi"] == yaml.safe_load(asked.content)["openapi"]
    assert not asked.content.lstrip().startswith(b"{")


@pytest.mark.parametrize("method", ["options", "post"])
def test_the_browsable_page_is_only_read(method: str) -> None:
    answer = getattr(APIClient(), method)("/api/docs/")

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert answer.json()["code"] == "method_not_allowed"
    assert answer["Allow"] == "GET, HEAD"


def test_a_refusal_that_django_made_names_the_methods_too() -> None:
    answer = APIClient().post("/api/asyncapi.json")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/html", "application/xml;q=0.9", "nonsense", ""]
)
def test_an_answer_is_json_whatever_was_hoped_for(accept: str) -> None:
    catalogue = APIClient().get("/api/specialties", HTTP_ACCEPT=accept)
    problem = APIClient().get("/api/slots", HTTP_ACCEPT=accept)

    assert (catalogue.status_code, catalogue["Content-Type"]) == (200, "application/json")
    assert (problem.status_code, problem["Content-Type"]) == (400, "application/problem+json")
    assert problem.json()["code"] == "invalid"
