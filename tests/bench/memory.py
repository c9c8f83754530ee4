"""Memory of the one process that serves everything, over a random day with 200 open sockets.

People sign in, look for times, book, follow their visits; the desk presses buttons and looks at its
day; displays hang on the wall; documents of the API are read. Whatever order that comes in, the
process must stop growing: its memory in the last quarter of the time is set beside that of the
second. MINUTES (5) says how long; the limit is meant for an hour.
"""

import os
import random
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import time as civil
from itertools import cycle
from typing import Any

import httpx
from django.conf import settings

from booking.models import Appointment
from clinic.accounts.services import people, sessions
from clinic.directory.models import Practitioner, Specialty, WorkingHours
from tests.bench import servers, waiting_room

DISPLAYS = 200
MINUTES = float(os.environ.get("MINUTES", "5"))
LIMIT = 1.05
"""The last quarter's memory, as a share of the second quarter's."""

ACTS_A_SECOND = 20.0
SAMPLE_SECONDS = 2.0
PASSWORD = "Um-segredo-para-medir-1"
SESSION_SECONDS = 240.0


def main() -> None:
    result = measure(MINUTES * 60)
    path = servers.write_raw("memory", result)
    print(
        f"\nmemory of the web process over {MINUTES:g} min with {DISPLAYS} displays,"
        f" {result['acts']} acts of a random day: {result['samples'][0]['mb']:.0f} MB at the start,"
        f" {result['second_quarter_mb']:.0f} MB in the second quarter,"
        f" {result['last_quarter_mb']:.0f} MB in the last, {result['highest_mb']:.0f} MB at most:"
        f" {result['last_quarter_mb'] / result['second_quarter_mb']:.3f} × (limit {LIMIT})"
        f"\nevery measurement: {path.relative_to(servers.REPOSITORY)}"
    )


def measure(seconds: float) -> dict[str, Any]:
    """Live through a day of so many seconds, looking at the process's memory meanwhile."""
    chance = random.Random(1)
    samples: list[dict[str, float]] = []
    acts = 0
    with ExitStack() as stack:
        pid, address = stack.enter_context(servers.web_process())
        tokens = waiting_room.display_tokens(DISPLAYS)
        stack.enter_context(servers.displays(f"{address}/ws/display", DISPLAYS, tokens))
        day = _Day(address.replace("ws", "http", 1), stack, chance)
        began = signed_in = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            if passed >= len(samples) * SAMPLE_SECONDS:
                samples.append({"at": passed, "mb": servers.memory_mb(pid), "acts": acts})
            if time.monotonic() - signed_in > SESSION_SECONDS:
                day.sign_in_again()
                signed_in = time.monotonic()
            chance.choices(day.acts, day.weights)[0]()
            acts += 1
            time.sleep(max(0.0, began + acts / ACTS_A_SECOND - time.monotonic()))
    quarter = max(1, len(samples) // 4)
    return {
        "seconds": seconds,
        "acts": acts,
        "samples": samples,
        "second_quarter_mb": statistics.median(each["mb"] for each in samples[quarter:][:quarter]),
        "last_quarter_mb": statistics.median(each["mb"] for each in samples[-quarter:]),
        "highest_mb": max(each["mb"] for each in samples),
    }


class _Day:
    """Everything that happens, each as often as its weight says."""

    def __init__(self, origin: str, stack: ExitStack, chance: random.Random) -> None:
        self._origin = origin
        self._chance = chance
        _open_the_clinic()
        patient = people.create_user(
            actor=waiting_room.SETUP,
            username="medida",
            password=PASSWORD,
            full_name="Ana Medida",
            email="ana@example.org",
        )
        self._stranger = stack.enter_context(httpx.Client(base_url=origin, timeout=60))
        self._stranger.headers["X-CSRFToken"] = _csrf(self._stranger)
        self._desk = stack.enter_context(httpx.Client(base_url=origin, timeout=60))
        self._patient = stack.enter_context(httpx.Client(base_url=origin, timeout=60))
        self._people = ((self._desk, waiting_room.receptionist()), (self._patient, patient))
        self.sign_in_again()
        waiting = Appointment.objects.filter(status="arrived").order_by("practitioner", "start")
        first_of_each = {visit.practitioner_id: str(visit.pk) for visit in reversed(waiting)}
        self._waiting = cycle(first_of_each.values())
        every = {
            self._look_for_times: 5,
            self._sign_in: 1,
            self._book_and_cancel: 2,
            self._press: 5,
            self._get(self._desk, "/api/staff/day"): 4,
            self._get(self._desk, "/api/board"): 4,
            self._get(self._patient, "/api/appointments"): 3,
            self._get(self._stranger, "/api/specialties"): 2,
            self._get(self._stranger, "/"): 2,
            self._get(self._stranger, "/api/schema/"): 1,
            self._get(self._stranger, "/api/auth/me"): 2,
        }
        self.acts, self.weights = list(every), list(every.values())

    def _look_for_times(self) -> None:
        self._stranger.get("/api/slots", params={"specialty": "massage"}).raise_for_status()

    def _sign_in(self) -> None:
        with httpx.Client(base_url=self._origin, timeout=60) as browser:
            browser.headers["X-CSRFToken"] = _csrf(browser)
            credentials = {"username": "medida", "password": PASSWORD}
            browser.post("/api/auth/login", json=credentials).raise_for_status()
            browser.post("/api/auth/logout").raise_for_status()

    def _book_and_cancel(self) -> None:
        free = self._patient.get("/api/slots", params={"specialty": "massage"}).json()
        chosen = self._chance.choice(free)
        held = self._patient.post(
            "/api/appointments", json={"specialty": "massage", "start": chosen["start"]}
        )
        if held.status_code == 201:
            self._patient.post(f"/api/appointments/{held.json()['id']}/cancel")

    def _press(self) -> None:
        visit = next(self._waiting)
        for press in ("call", "put-back"):
            self._desk.post(f"/api/staff/appointments/{visit}/{press}").raise_for_status()

    def _get(self, browser: httpx.Client, path: str) -> Callable[[], object]:
        return lambda: browser.get(path)

    def sign_in_again(self) -> None:
        """Sessions of desk and patient, good for some minutes."""
        for browser, user in self._people:
            pair = sessions.open_session(user).pair
            browser.cookies.set(settings.ACCESS_COOKIE, pair.access, domain="127.0.0.1")
            browser.headers["X-CSRFToken"] = _csrf(browser)


def _csrf(browser: httpx.Client) -> str:
    token: str = browser.get("/api/auth/csrf").json()["csrf_token"]
    return token


def _open_the_clinic() -> None:
    massage = Specialty.objects.get(pk="massage")
    for practitioner in Practitioner.objects.all():
        practitioner.specialties.add(massage)
        WorkingHours.objects.bulk_create(
            WorkingHours(practitioner=practitioner, weekday=day, start=civil(8), end=civil(20))
            for day in range(7)
        )
