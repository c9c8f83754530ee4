"""The cast, the same in every test: who they are is in their names.

Ana and Bruno are patients; Dr. Sousa treats in room 1, Dr. Reis in room 2; Rita is at the
reception; Marta manages the clinic. The clinic works every day from 00:00 to 24:00, so that a test
means the same at any hour.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test.utils import override_settings
from rest_framework.test import APIClient

from clinic.accounts.models import Device, User
from clinic.accounts.services import devices, people, sessions
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.directory.models import Organization, Patient, Practitioner, Room, WorkingHours
from clinic.directory.opening import opening_hours
from clinic.directory.services import install_catalogue
from tests import emptying, hashing
from tests.midday import at_midday

SETUP = Actor.system("tests")

# The SMTP test server still talks when pytest has closed the stream that it would talk to.
logging.getLogger("mail.log").setLevel(logging.WARNING)

emptying.install()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the files, those that kill processes go first and small ones
    last (`--no-loadscope-reorder`): nobody waits long for the other's last file."""
    if not hasattr(config, "workerinput"):
        return
    size = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("chaos")}
    items.sort(key=lambda item: (item.path not in slow, -size[item.path]))


@pytest.fixture(scope="module")
def midday() -> Iterator[None]:
    """The module's clinic lives where today doesn't end while it is tested."""
    with at_midday():
        yield


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    cache.clear()
    opening_hours.forget()


@pytest.fixture(scope="session", autouse=True)
def _light_hashes() -> Iterator[None]:
    with override_settings(PASSWORD_HASHERS=hashing.LIGHT):
        yield


@pytest.fixture
def real_hashes() -> Iterator[None]:
    """Passwords are hashed as the clinic hashes them."""
    with override_settings(PASSWORD_HASHERS=hashing.REAL):
        yield


def person(username: str, full_name: str, role: str, **fields: Any) -> User:
    """Their phone and e-mail address are known to be theirs."""
    for contact in fields.keys() & {"phone", "email"}:
        fields[f"{contact}_verified_at"] = clock.now()
    return people.create_user(
        actor=SETUP,
        username=username,
        full_name=full_name,
        role=role,
        **fields,
    )


def lose(who: User, *contacts: str) -> None:
    """They have given up their `phone`, their `email`, or both."""
    gone: dict[str, Any] = dict.fromkeys(contacts, "")
    gone |= dict.fromkeys(f"{contact}_verified_at" for contact in contacts)
    User.objects.filter(pk=who.pk).update(**gone)


@pytest.fixture
def ana(db: None) -> Patient:
    user = person(
        "ana",
        "Ana Carolina Martins",
        "patient",
        email="ana@example.com",
        phone="+351912345678",
        birth_date=date(1984, 5, 2),
    )
    return Patient.objects.get(pk=user.pk)


@pytest.fixture
def bruno(db: None) -> Patient:
    user = person(
        "bruno",
        "Bruno Dias",
        "patient",
        email="bruno@example.com",
        phone="+351932345678",
        birth_date=date(1991, 11, 30),
        language="en",
    )
    return Patient.objects.get(pk=user.pk)


@pytest.fixture
def rita(db: None) -> User:
    return person("rita", "Rita Campos", "reception")


@pytest.fixture
def marta(db: None) -> User:
    return person("marta", "Marta Lopes", "manager")


@pytest.fixture
def sousa_user(db: None) -> User:
    return person("sousa", "Inês Sousa", "practitioner")


@dataclass(frozen=True)
class Clinic:
    organization: Organization
    sousa: Practitioner
    reis: Practitioner
    room_1: Room
    room_2: Room


@pytest.fixture
def clinic(sousa_user: User) -> Clinic:
    """Two practitioners who treat everything, each with a room, at work all day every day."""
    specialties = install_catalogue()
    organization, _ = Organization.objects.update_or_create(
        id=1,
        defaults={
            "name": "Clínica Vez",
            "legal_name": "Vez Fisioterapia, Lda.",
            "tax_id": "510123457",
            "address_line": "Rua das Flores 12",
            "postal_code": "1200-195",
            "city": "Lisboa",
            "phone": "+351211234567",
            "email": "geral@vez.example",
        },
    )
    room_1, _ = Room.objects.get_or_create(name="1")
    room_2, _ = Room.objects.get_or_create(name="2")
    sousa = Practitioner.objects.create(name="Inês Sousa", room=room_1, position=1, user=sousa_user)
    reis = Practitioner.objects.create(name="Tiago Reis", room=room_2, position=2)
    for practitioner in (sousa, reis):
        practitioner.specialties.set(specialties)
        WorkingHours.objects.bulk_create(
            [
                WorkingHours(practitioner=practitioner, weekday=weekday, start=time(0), end=time(0))
                for weekday in range(7)
            ]
        )
    return Clinic(organization, sousa, reis, room_1, room_2)


@pytest.fixture
def anonymous() -> APIClient:
    """A browser that nobody has logged in to, with the CSRF check switched on."""
    client = APIClient(enforce_csrf_checks=True)
    token = client.get("/api/auth/csrf").json()["csrf_token"]
    client.credentials(HTTP_X_CSRFTOKEN=token)
    return client


@pytest.fixture
def client_of(db: None) -> Callable[[User], APIClient]:
    """A browser in which that person is logged in."""

    def client_of(user: User) -> APIClient:
        signed_in = sessions.open_session(user)
        client = APIClient(enforce_csrf_checks=True)
        client.cookies[settings.ACCESS_COOKIE] = signed_in.pair.access
        client.cookies[settings.REFRESH_COOKIE] = signed_in.pair.refresh
        token = client.get("/api/auth/csrf").json()["csrf_token"]
        client.credentials(HTTP_X_CSRFTOKEN=token)
        return client

    return client_of


@dataclass(frozen=True)
class Screen:
    device: Device
    token: str

    @property
    def client(self) -> APIClient:
        client = APIClient(enforce_csrf_checks=True)
        client.credentials(HTTP_AUTHORIZATION=f"Device {self.token}")
        return client


@pytest.fixture
def screen(rita: User) -> Callable[[str], Screen]:
    """A paired device of that kind."""

    def screen(kind: str) -> Screen:
        new = devices.create_device(kind=kind, name=f"{kind} at the entrance", created_by=rita)
        paired = devices.pair_device(code=new.code, address="127.0.0.1")
        return Screen(paired.device, paired.token)

    return screen
