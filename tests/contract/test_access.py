"""Who may do what: every route of the API × every kind of client.

The table is reviewed by hand against the contract. A route or method that it doesn't list fails,
and so does a listed one that is gone. Ana owns the records that the requests are about; 404 is the
answer for what isn't yours, so that nobody learns that it exists.
"""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from billing import tasks as _billing_tasks  # noqa: F401  (registers its outbox handlers)
from billing.invoicing.models import Invoice
from booking import links
from booking.services import holds
from clinic.accounts.models import Session, User
from clinic.core import clock, outbox
from clinic.core.models import OutboxMessage
from clinic.directory.models import Organization, Patient
from tests.conftest import SETUP, Clinic, Screen

# One line a route, one status a client. The body is empty JSON, so 400 means "may do it, once the
# body is right"; 2xx, 409, and a 404 that everybody gets mean the same.
TABLE = (Path(__file__).parent / "access.txt").read_text().splitlines()
CLIENTS = tuple(TABLE[0].split())
ACCESS = {
    (method, path): tuple(map(int, statuses))
    for line in TABLE[1:]
    for method, path, *statuses in [line.split()]
}

# Each link has a token of its own; the rest are the payment's.
TOKENS = {"visits/{token}": "visit_token"}


def api_routes() -> Iterator[tuple[str, str]]:
    """Every `METHOD path` under /api/."""

    def walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, path)
            elif isinstance(pattern, URLPattern):
                yield path, pattern.callback

    for path, callback in walk(get_resolver().url_patterns, ""):
        if not path.startswith("api/"):
            continue
        view = getattr(callback, "view_class", None)
        for method in ("get", "post", "put", "patch", "delete"):
            if view is not None and hasattr(view, method):
                yield method.upper(), re.sub(r"<\w+:(\w+)>", r"{\1}", path.removeprefix("api/"))


@dataclass(frozen=True)
class World:
    """Ana's records, and what a client needs to ask for them."""

    arguments: dict[str, str]
    clients: dict[str, APIClient]


@pytest.fixture
def world(
    clinic: Clinic,
    ana: Patient,
    bruno: Patient,
    rita: User,
    marta: User,
    sousa_user: User,
    anonymous: APIClient,
    client_of: Callable[[User], APIClient],
    screen: Callable[[str], Screen],
) -> World:
    start = clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    appointment = holds.hold(
        patient=ana,
        specialty_code="massage",
        practitioner_id=clinic.sousa.id,
        start=start,
        actor=SETUP,
    )
    token = links.checkout_token(appointment)
    display, kiosk = screen("display"), screen("kiosk")
    payment = anonymous.post(
        f"/api/checkout/{token}/payments",
        {"method": "multibanco", "invoice": {"kind": "final_consumer"}},
        HTTP_IDEMPOTENCY_KEY="world",
    ).json()
    pay(anonymous, payment)
    check_in = kiosk.client.post("/api/check-ins", {"code": "ZZZZZZ"}).json()
    clients = {
        "anonymous": anonymous,
        "ana": client_of(ana),
        "bruno": client_of(bruno),
        "practitioner": client_of(sousa_user),
        "reception": client_of(rita),
        "manager": client_of(marta),
        "display": display.client,
        "kiosk": kiosk.client,
    }
    mine = Session.objects.get(user=ana)
    return World(
        arguments={
            "appointment": str(appointment.id),
            "practitioner": str(clinic.sousa.id),
            "patient": str(ana.id),
            "token": token,
            "visit_token": links.visit_token(appointment),
            "payment": payment["id"],
            "invoice": str(Invoice.objects.get().id),
            "issue": str(uuid.uuid4()),
            "device": str(display.device.id),
            "check_in": check_in["id"],
            "request": str(uuid.uuid4()),
            "session": str(mine.id),
            "message": str(uuid.uuid4()),
            "position": "0",
            "provider": "sandbox",
            "ticket": "A012",
            "room": clinic.room_1.name,
        },
        clients=clients,
    )


def notice_of(payment: dict[str, Any]) -> tuple[bytes, str]:
    """The bank's notice that a reference was paid, as it is sent, and its signature."""
    body = json.dumps(
        {
            "event_id": str(uuid.uuid4()),
            "type": "paid",
            "payment_id": payment["id"],
            "method": "multibanco",
            "entity": payment["entity"],
            "reference": payment["reference"],
            "amount": payment["amount"],
            "currency": "EUR",
            "occurred_at": clock.now().isoformat(),
        }
    ).encode()
    key = settings.PAYMENT_WEBHOOK_SECRET.encode()
    return body, base64.b64encode(hmac.digest(key, body, hashlib.sha256)).decode()


def pay(client: APIClient, payment: dict[str, Any]) -> None:
    body, signature = notice_of(payment)
    answer = client.post(
        "/api/webhooks/payments/sandbox",
        body,
        content_type="application/json",
        HTTP_X_SIGNATURE=signature,
    )
    assert answer.status_code == 200
    while due := OutboxMessage.objects.filter(task__startswith="billing.", done_at=None):
        for message in due:
            assert outbox.run(message.id)


def filled(path: str, arguments: dict[str, str]) -> str:
    given = {**arguments, "token": arguments[TOKENS.get(path, "token")]}
    return "/api/" + re.sub(r"\{(\w+?)(_id)?\}", lambda found: given[found[1]], path)


def status_of(client: APIClient, method: str, path: str) -> int:
    """The answer's status; whatever the request did is taken back."""
    cookies = copy(client.cookies)
    point = transaction.savepoint()
    answer = getattr(client, method.lower())(path, **({} if method == "GET" else {"data": {}}))
    transaction.savepoint_rollback(point)
    client.cookies = cookies
    return int(answer.status_code)


def test_the_table_lists_exactly_the_routes_there_are() -> None:
    assert sorted(set(api_routes())) == sorted(ACCESS)


def test_every_client_gets_exactly_what_the_table_says(world: World) -> None:
    answers = {
        (method, path): tuple(
            status_of(world.clients[client], method, filled(path, world.arguments))
            for client in CLIENTS
        )
        for method, path in ACCESS
    }

    assert answers == ACCESS


def test_no_device_and_no_patient_reaches_a_staff_route() -> None:
    outsiders = [CLIENTS.index(name) for name in ("anonymous", "ana", "bruno", "display", "kiosk")]
    staff = {route: row for route, row in ACCESS.items() if route[1].startswith("staff/")}

    assert len(staff) >= 14
    assert {row[client] for row in staff.values() for client in outsiders} == {401, 403}


def test_before_the_clinic_has_a_name_what_needs_it_says_so_and_the_rest_works(
    world: World,
) -> None:
    Organization.objects.all().delete()

    changed = {
        (path, client): status
        for (method, path), expected in ACCESS.items()
        if method == "GET"
        for client, usual in zip(CLIENTS, expected, strict=True)
        if (status := status_of(world.clients[client], method, filled(path, world.arguments)))
        != usual
    }

    assert {path for path, _ in changed} == {
        "board",
        "clinic",
        "appointments/{appointment_id}/calendar.ics",
        "checkout/{token}/calendar.ics",
    }
    assert set(changed.values()) == {503}
    assert world.clients["anonymous"].get("/api/clinic").json()["code"] == "not_set_up"
