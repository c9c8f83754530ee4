from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
import time_machine
from django.utils import timezone

from booking.models import Appointment
from booking.services import changes, holds, visit
from clinic.accounts.models import User
from clinic.core import events
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient, Practitioner, Room
from tests.conftest import Clinic, person

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
TESTER = Actor.system("tests")
Press = Callable[..., Appointment]
Patients = Callable[[int], list[Patient]]
Unchanged = Callable[[Appointment], Callable[[], None]]
Announced = Callable[[type], list[Any]]
Meanwhile = Callable[[type, Callable[[Any], object]], None]
_STEPS: dict[str, tuple[Callable[..., Any], ...]] = {
    "booked": (),
    "arrived": (visit.arrive,),
    "called": (visit.arrive, visit.call),
    "in_progress": (visit.arrive, visit.call, visit.start),
    "fulfilled": (visit.arrive, visit.call, visit.start, visit.finish),
    "no_show": (visit.no_show,),
}


class Book(Protocol):
    """Makes an appointment in that status."""

    def __call__(
        self,
        patient: User,
        start: datetime,
        *,
        status: str = "booked",
        practitioner: Practitioner | None = None,
        specialty: str = "massage",
    ) -> Appointment: ...


@pytest.fixture(autouse=True)
def at_nine() -> Iterator[time_machine.Traveller]:
    """It is Monday, 23 November 2026, nine in the morning in Lisbon, and stays so."""
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


def at(hour: int, minute: int = 0, *, day: int = 23) -> datetime:
    """An instant of November 2026, when Lisbon's time is UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def patients(db: None) -> Patients:
    """That many patients with a phone."""

    def patients(count: int) -> list[Patient]:
        made = [
            person(f"p{number}", f"Given{number} Last{number}", "patient", phone="+351912345678")
            for number in range(count)
        ]
        return list(Patient.objects.filter(pk__in=[one.pk for one in made]).order_by("username"))

    return patients


@pytest.fixture
def book(clinic: Clinic) -> Book:
    """An appointment in that status, made by the product's own services."""

    def book(
        patient: User,
        start: datetime,
        *,
        status: str = "booked",
        practitioner: Practitioner | None = None,
        specialty: str = "massage",
    ) -> Appointment:
        chosen = practitioner or clinic.sousa
        held = holds.hold(
            patient=patient,
            specialty_code=specialty,
            practitioner_id=chosen.pk,
            start=start,
            actor=TESTER,
        )
        if status == "expired":
            Appointment.objects.filter(pk=held.pk).update(hold_expires_at=timezone.now())
            holds.expire_due()
        elif status == "cancelled":
            changes.cancel(held.pk, actor=TESTER)
        elif status != "pending":
            assert holds.confirm(held.pk, TESTER)
            for step in _STEPS[status]:
                step(held.pk, actor=TESTER)
        held.refresh_from_db()
        assert held.status == status
        return held

    return book


@pytest.fixture
def unchanged(db: None) -> Unchanged:
    """Remembers an appointment and the log of all appointments; the result asserts that neither
    has changed."""

    def remember(appointment: Appointment) -> Callable[[], None]:
        row = Appointment.objects.filter(pk=appointment.pk).values().get()
        log = AuditEntry.objects.filter(action__startswith="appointment.")
        entries = log.count()

        def check() -> None:
            assert Appointment.objects.filter(pk=appointment.pk).values().get() == row
            assert log.count() == entries

        return check

    return remember


@pytest.fixture
def meanwhile() -> Iterator[Meanwhile]:
    """Does something more as soon as an event of a kind is announced, before its writer goes on."""
    added: list[tuple[type, Callable[[Any], Any]]] = []

    def meanwhile(kind: type, act: Callable[[Any], Any]) -> None:
        events.subscribe(kind, act, when="now")
        added.append((kind, act))

    yield meanwhile
    for kind, act in added:
        events._now[kind].remove(act)


@pytest.fixture
def announced(
    meanwhile: Meanwhile,
) -> Announced:
    """What is announced of a kind from now on."""

    def listen(kind: type) -> list[Any]:
        seen: list[Any] = []
        meanwhile(kind, seen.append)
        return seen

    return listen


@pytest.fixture
def spare_room(clinic: Clinic) -> Room:
    return Room.objects.create(name="3")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
