import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, cast

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from clinic.accounts import services
from clinic.accounts.choices import DeviceKind, Role
from clinic.accounts.models import User
from clinic.accounts.services import PairedDevice
from clinic.accounts.services.sessions import SignedIn, open_session
from clinic.core import events
from clinic.core.audit import Actor
from tests.answers import Answer

PASSWORD = "Um-barco-azul-42"


class Browser:
    """A browser with its own cookie jar, whose CSRF checks are as real as in production."""

    def __init__(self) -> None:
        self.client = APIClient(enforce_csrf_checks=True)
        self.csrf_token = ""

    def fetch_csrf(self) -> str:
        answer = self.client.get("/api/auth/csrf")
        assert answer.status_code == 200
        self.csrf_token = answer.json()["csrf_token"]
        return self.csrf_token

    def get(self, path: str, **headers: str) -> Answer:
        return self.client.get(path, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """An unsafe request as our own page makes it."""
        if not self.csrf_token:
            self.fetch_csrf()
        sent = {"X-CSRFToken": self.csrf_token, "Origin": "http://testserver", **(headers or {})}
        # Its annotation is that of the request factory, which it extends.
        answer: Any = self.client.generic(
            method.upper(),
            path,
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={name: value for name, value in sent.items() if value is not None},
        )
        return cast("Answer", answer)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("POST", path, body, headers)

    def patch(self, path: str, body: Any = None) -> Answer:
        return self.send("PATCH", path, body)

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def keep(self, signed_in: SignedIn) -> "Browser":
        """Hold the cookies of a session that was opened without a request."""
        self.client.cookies[settings.ACCESS_COOKIE] = signed_in.pair.access
        self.client.cookies[settings.REFRESH_COOKIE] = signed_in.pair.refresh
        return self


@cache
def hashed(password: str, hasher: str) -> str:
    """Made once: a real hash is meant to be slow."""
    return make_password(password)


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(role: Role = Role.PATIENT, **fields: Any) -> User:
        given = {
            "username": str(role),
            "full_name": "Ana Sofia Martins",
            "email": "ana@example.pt",
            "phone": "+351912345678",
        }
        password = fields.pop("password", None)
        user = services.create_user(actor=Actor.system("tests"), role=role, **given | fields)
        if password is not None:
            user.password = hashed(password, settings.PASSWORD_HASHERS[0])
            user.save(update_fields=["password"])
        return user

    return make


@pytest.fixture
def patient(make_user: Callable[..., User]) -> User:
    return make_user(Role.PATIENT, username="ana", password=PASSWORD)


@pytest.fixture
def browser(db: None) -> Browser:
    return Browser()


@pytest.fixture
def browser_of(db: None) -> Callable[[User], Browser]:
    """A browser in which this user has just logged in."""
    return lambda user: Browser().keep(open_session(user))


@pytest.fixture
def make_device(make_user: Callable[..., User]) -> Callable[..., PairedDevice]:
    def make(kind: DeviceKind = DeviceKind.DISPLAY) -> PairedDevice:
        staff = User.objects.filter(username="pairing").first() or make_user(
            Role.MANAGER, username="pairing"
        )
        created = services.create_device(kind=kind, name=f"The {kind}", created_by=staff)
        return services.pair_device(code=created.code, address="192.0.2.1")

    return make


@pytest.fixture
def announced() -> Iterator[Callable[[type], list[Any]]]:
    """What is announced of a kind from now on, seen by a subscriber of the writer's transaction."""
    kinds: list[type] = []

    def listen(kind: type) -> list[Any]:
        seen: list[Any] = []
        events.subscribe(kind, lambda event: seen.append(event), when="now")
        kinds.append(kind)
        return seen

    yield listen
    for kind in kinds:
        events._now[kind].pop()
