"""The people of a clinic under faults: they book and pay, press buttons, and look.

Each asks again until they know, as people do, by the same Idempotency-Key. What the product said
and how long it took goes into the journal.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clinic.accounts.models import User

PATIENCE_SECONDS = 60.0
"""As long as any browser waits: longer than every limit of the product's own."""

AGAIN_SECONDS = 0.5
GIVE_UP_SECONDS = 600.0
LOOK_SECONDS = 0.25
PRESS_SECONDS = 0.4
BOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Answer:
    """One request: what for, when it was sent, how long it took, and its status; 0 without one."""

    kind: str
    at: float
    seconds: float
    status: int
    code: str = ""


@dataclass
class Journal:
    """All that the people were told."""

    answers: list[Answer] = field(default_factory=list)
    booked: list[str] = field(default_factory=list)
    paid: dict[str, float] = field(default_factory=dict)
    """Payments that somebody saw paid, with the seconds since they had paid."""
    pressed: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    unknown: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    """Presses whose answer was lost: they may have happened."""
    troubles: list[str] = field(default_factory=list)

    def between(self, kind: str, since: float, until: float) -> list[Answer]:
        return [
            answer
            for answer in list(self.answers)
            if answer.kind == kind and since <= answer.at < until
        ]


class Person(threading.Thread, ABC):
    """Somebody with a browser, at either host of the API."""

    def __init__(self, journal: Journal, origins: Sequence[str], user: User | None) -> None:
        super().__init__(name=type(self).__name__, daemon=True)
        self.journal = journal
        self.over = threading.Event()
        self._hosts = itertools.cycle(origins)
        self._browser = httpx.Client(timeout=PATIENCE_SECONDS)
        self._random = random.Random(self.name)
        if user is not None:
            self._sign_in(user)

    def run(self) -> None:
        try:
            while not self.over.is_set():
                self.act()
        except Exception as error:  # the run shall tell of it instead of missing somebody
            self.journal.troubles.append(f"{self.name}: {type(error).__name__}: {error}")
            raise

    @abstractmethod
    def act(self) -> None:
        """What this person does, again and again."""

    def ask(self, kind: str, method: str, path: str, **options: Any) -> httpx.Response | None:
        """One request; None where no answer came. A session that ran out is renewed before."""
        answer = self._send(kind, method, path, **options)
        if answer is not None and answer.status_code == 401:
            renewed = self._send("refresh", "POST", "/api/auth/refresh")
            if renewed is not None and renewed.status_code == 401:
                self.journal.troubles.append(f"{self.name} was signed out: {renewed.text[:200]}")
            if renewed is None or renewed.status_code not in {200, 204, 409}:
                return None
            answer = self._send(kind, method, path, **options)
        return answer

    def until_known(
        self, kind: str, method: str, path: str, **options: Any
    ) -> httpx.Response | None:
        """Ask until the product has said something that isn't "later"; None when it is over."""
        given_up = time.monotonic() + GIVE_UP_SECONDS
        while not self.over.is_set():
            answer = self.ask(kind, method, path, **options)
            if answer is not None and answer.status_code not in {401, 429, 500, 502, 503}:
                return answer
            if time.monotonic() > given_up:
                self.journal.troubles.append(f"{self.name}: no answer to {kind} in ten minutes")
                return None
            self.over.wait(AGAIN_SECONDS)
        return None

    def _send(self, kind: str, method: str, path: str, **options: Any) -> httpx.Response | None:
        began = time.monotonic()
        try:
            answer = self._browser.request(method, f"{next(self._hosts)}{path}", **options)
        except httpx.TransportError as error:
            self._note(kind, began, 0, type(error).__name__)
            return None
        is_problem = answer.headers.get("Content-Type") == "application/problem+json"
        self._note(kind, began, answer.status_code, answer.json()["code"] if is_problem else "")
        return answer

    def _note(self, kind: str, began: float, status: int, code: str) -> None:
        seconds = time.monotonic() - began
        self.journal.answers.append(Answer(kind, began, seconds, status, code))

    def _sign_in(self, user: User) -> None:
        from django.conf import settings

        from clinic.accounts.services import sessions

        pair = sessions.open_session(user).pair
        self._browser.cookies.set(settings.ACCESS_COOKIE, pair.access, domain="127.0.0.1")
        self._browser.cookies.set(settings.REFRESH_COOKIE, pair.refresh, domain="127.0.0.1")
        token = self._browser.get(f"{next(self._hosts)}/api/auth/csrf").json()["csrf_token"]
        self._browser.headers["X-CSRFToken"] = token


class Payer(Person):
    """Books a time, pays it, and waits until the page says so; then the next one."""

    def __init__(
        self,
        journal: Journal,
        origins: Sequence[str],
        user: User,
        number: int,
        times: Callable[[], dict[str, Any] | None],
    ) -> None:
        super().__init__(journal, origins, user)
        self._phone = f"93{number:07d}"
        self._times = times
        self._turns = itertools.count(number)

    def act(self) -> None:
        visit = self._book()
        if visit is not None:
            self._pay(visit)
        self.over.wait(BOOK_SECONDS * self._random.uniform(0.5, 1.5))

    def _book(self) -> dict[str, Any] | None:
        chosen = self._times()
        if chosen is None:
            self.over.set()
            return None
        order = {
            "specialty": "massage",
            "practitioner": chosen["practitioner"]["id"],
            "start": chosen["start"],
        }
        answer = self.until_known("book", "POST", "/api/appointments", json=order, headers=_key())
        if answer is None or answer.status_code != 201:
            return None
        visit: dict[str, Any] = answer.json()
        self.journal.booked.append(visit["id"])
        return visit

    def _pay(self, visit: dict[str, Any]) -> None:
        url = f"/api/checkout/{visit['checkout_url'].rpartition('/')[2]}/payments"
        order: dict[str, Any] = {"method": "multibanco", "invoice": {"kind": "final_consumer"}}
        if next(self._turns) % 2:
            order |= {"method": "mb_way", "phone": self._phone}
        answer = self.until_known("pay", "POST", url, json=order, headers=_key())
        if answer is None or answer.status_code != 201:
            return
        payment = answer.json()
        paid_at = 0.0
        given_up = time.monotonic() + GIVE_UP_SECONDS
        while not self.over.is_set():
            if payment["status"] != "pending":
                break
            if self._tap(payment):
                paid_at = paid_at or time.monotonic()
            self.over.wait(AGAIN_SECONDS / 2)
            seen = self.ask("follow", "GET", f"{url}/{payment['id']}")
            if seen is not None and seen.status_code == 200:
                payment = seen.json()
            if time.monotonic() > given_up:
                self.journal.troubles.append(f"not paid after ten minutes: {payment['id']}")
                return
        if payment["status"] == "paid":
            self.journal.paid[payment["id"]] = time.monotonic() - (paid_at or time.monotonic())

    def _tap(self, payment: dict[str, Any]) -> bool:
        """Pay at the bank, as often as it takes: it takes the money once."""
        if payment["method"] == "multibanco":
            what = {name: payment[name] for name in ("entity", "reference", "amount")}
            taken = self._send("bank", "POST", "/api/sandbox/bank/multibanco", json=what)
            return taken is not None and taken.status_code in {200, 422}
        shown = self._send("bank", "GET", f"/api/sandbox/bank/mb-way?phone=%2B351{self._phone}")
        requests = shown.json() if shown is not None and shown.is_success else []
        return any(
            self._send(
                "bank", "POST", f"/api/sandbox/bank/mb-way/{each['id']}", json={"action": "approve"}
            )
            is not None
            for each in requests
        )


class Receptionist(Person):
    """Calls a waiting patient and puts them back, again and again."""

    def __init__(
        self, journal: Journal, origins: Sequence[str], user: User, waiting: Sequence[str]
    ) -> None:
        super().__init__(journal, origins, user)
        self._waiting = itertools.cycle(waiting)

    def act(self) -> None:
        visit = next(self._waiting)
        for press in ("call", "put-back"):
            self._press(visit, press)
            self.over.wait(PRESS_SECONDS * self._random.uniform(0.5, 1.5))

    def _press(self, visit: str, press: str) -> None:
        """Until it is known to be done: a press that was lost is pressed again."""
        while not self.over.is_set():
            answer = self.ask("press", "POST", f"/api/staff/appointments/{visit}/{press}")
            if answer is not None and answer.status_code == 200:
                self.journal.pressed[visit, press] += 1
                return
            self.journal.unknown[visit, press] += 1
            if answer is not None and answer.status_code == 409:
                return  # the lost one had happened
            self.over.wait(AGAIN_SECONDS)


class Onlooker(Person):
    """Reads what everybody may read, and asks whether the process answers."""

    def act(self) -> None:
        self._send("read", "GET", "/api/specialties")
        self._send("read", "GET", "/api/practitioners?specialty=massage")
        self._send("live", "GET", "/health/live")
        self.over.wait(LOOK_SECONDS)


class Screen(threading.Thread):
    """One display: when each revision of the board reached it."""

    def __init__(self, sockets: str, token: str) -> None:
        super().__init__(name="screen", daemon=True)
        self._address = f"{sockets}/ws/display"
        self._headers = {"Authorization": f"Device {token}"}
        self.over = threading.Event()
        self.revision = -1
        self.is_stale = True

    def run(self) -> None:
        import json

        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        while not self.over.is_set():
            try:
                with connect(
                    self._address,
                    additional_headers=self._headers,
                    compression=None,
                    open_timeout=5,
                ) as socket:
                    while not self.over.is_set():
                        frame = json.loads(socket.recv(timeout=20))
                        self.is_stale = bool(frame.get("stale"))
                        if frame["type"] == "board":
                            self.revision = frame["revision"]
            except (OSError, WebSocketException, TimeoutError):
                self.is_stale = True
                self.over.wait(AGAIN_SECONDS)


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid.uuid4())}
