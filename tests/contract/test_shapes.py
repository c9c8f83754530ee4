"""What a client sees is written in two places, body and serializer, and they say the same."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

from billing.payments import screens as payments
from booking import links
from booking.models import Appointment
from booking.screens import board, day, visit
from booking.services import holds
from booking.services import visit as steps
from clinic.accounts.models import User
from clinic.core.audit import Actor
from clinic.directory.models import Patient
from realtime import frames
from realtime.serializers import Heartbeat, SettingsFrame
from recognition import screens as kiosk
from tests.conftest import SETUP, Clinic, Screen

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Scene:
    """Ana has paid and arrives at the kiosk, Bruno at the desk: everything that can be shown is."""

    ana: Appointment
    bruno: Appointment
    payment: Any
    check_in: Any


@pytest.fixture
def scene(
    clinic: Clinic,
    ana: Patient,
    bruno: Patient,
    rita: User,
    anonymous: Any,
    screen: Callable[[str], Screen],
) -> Iterator[Scene]:
    with time_machine.travel(NINE, tick=False):
        hers = held(clinic, ana, NINE + timedelta(minutes=45))
        payment = anonymous.post(
            f"/api/checkout/{links.checkout_token(hers)}/payments",
            {"method": "multibanco", "invoice": {"kind": "final_consumer"}},
            HTTP_IDEMPOTENCY_KEY="scene",
        ).json()
        his = held(clinic, bruno, NINE + timedelta(minutes=90))
        for one in (hers, his):
            holds.confirm(one.pk, SETUP)
        check_in = screen("kiosk").client.post("/api/check-ins", {"code": hers.check_in_code})
        steps.arrive(his.pk, actor=Actor("user", str(rita.pk), "reception"))
        yield Scene(hers, his, payment["id"], check_in.json()["id"])


def held(clinic: Clinic, patient: Patient, start: datetime) -> Appointment:
    return holds.hold(
        patient=patient,
        specialty_code="massage",
        practitioner_id=clinic.sousa.pk,
        start=start,
        actor=SETUP,
    )


SHAPES: list[tuple[Serializer[Any], Callable[[Scene], Any]]] = [
    (board.Board(), lambda _: board.body()),
    (day.StaffDay(), lambda _: day.body(NINE.date())),
    (day.StaffAnswer(), lambda scene: day.answer(scene.bruno.pk)),
    (visit.Visit(), lambda scene: visit.body(scene.ana.pk)),
    (visit.LinkedVisit(), lambda scene: visit.linked_body(scene.ana.pk)),
    (payments.PaymentFrame(), lambda scene: payments.frame(scene.payment)),
    (kiosk.CheckInFrame(), lambda scene: kiosk.check_in_frame(scene.check_in)),
    (SettingsFrame(), lambda _: json.loads(frames.settings().text)),
    (
        Heartbeat(),
        lambda _: json.loads(frames.heartbeat(revision=1, server_time=NINE, stale=True).text),
    ),
]


@pytest.mark.parametrize(
    ("serializer", "body_of"), SHAPES, ids=[type(shape).__name__ for shape, _ in SHAPES]
)
def test_a_body_has_exactly_the_fields_of_its_serializer(
    serializer: Serializer[Any], body_of: Callable[[Scene], Any], scene: Scene
) -> None:
    assert keys_of(body_of(scene)) == fields_of(serializer)


def fields_of(serializer: BaseSerializer[Any], at: str = "") -> set[str]:
    """The paths of all fields, those of nested objects with them."""
    if isinstance(serializer, ListSerializer):
        assert isinstance(serializer.child, BaseSerializer)
        return fields_of(serializer.child, f"{at}[]")
    assert isinstance(serializer, Serializer)
    found = set()
    for name, field in serializer.get_fields().items():
        found.add(path := f"{at}.{name}")
        if isinstance(field, BaseSerializer):
            found |= fields_of(field, path)
    return found


def keys_of(body: Any, at: str = "") -> set[str]:
    """The paths of all keys; of a list, those of all its items together."""
    if isinstance(body, list):
        return set().union(*(keys_of(item, f"{at}[]") for item in body))
    if not isinstance(body, dict):
        return set()
    return set().union(
        *({f"{at}.{key}"} | keys_of(value, f"{at}.{key}") for key, value in body.items())
    )
