"""From the press of *Chamar* to the last of 1,000 displays.

The clock starts before the request is sent and stops when the last display holds the board: login,
CSRF, the transaction with its audit row, the commit, Redis and the sockets are all in it. Measured
as in production, where the API and the websockets have processes of their own, and with one process
for both, as `make run` has it.
"""

import json
import statistics
import time
from contextlib import ExitStack
from typing import Any

import httpx
from django.conf import settings

from booking.models import Appointment
from clinic.accounts.services import sessions
from tests.bench import servers, waiting_room

DISPLAYS = 1000
CALLS = 100
LIMIT_MS = 50.0
PAUSE_SECONDS = 0.1


def main() -> None:
    results = {"in production": measure(is_apart=True), "in one process": measure(is_apart=False)}
    path = servers.write_raw("calls", results)
    print(f"\nPOST call to the last of {DISPLAYS} displays, {CALLS} calls")
    for name, result in results.items():
        print(
            f"{name}: median {result['median_ms']:.1f} ms, p99 {result['p99_ms']:.1f} ms,"
            f" {result['p99_ms'] / LIMIT_MS:.2f} × the limit of {LIMIT_MS:.0f} ms;"
            f" answered after {result['answered_ms']:.1f} ms (median)"
        )
    print(f"every measurement: {path.relative_to(servers.REPOSITORY)}")


def measure(*, is_apart: bool) -> dict[str, Any]:
    """Call a patient and put them back, again and again; the calls are measured."""
    patient = Appointment.objects.filter(status="arrived").order_by("start", "pk")[0]
    tokens = waiting_room.display_tokens(DISPLAYS)
    last, answered = [], []
    with ExitStack() as stack:
        _, address = stack.enter_context(servers.web_process())
        api = (
            stack.enter_context(servers.api_process())
            if is_apart
            else address.replace("ws", "http", 1)
        )
        desk = stack.enter_context(httpx.Client(base_url=api))
        _log_in(desk)
        clients = stack.enter_context(servers.displays(f"{address}/ws/display", DISPLAYS, tokens))
        for _ in range(CALLS + 1):
            for press in ("call", "put-back"):
                began = time.monotonic()
                answer = desk.post(f"/api/staff/appointments/{patient.pk}/{press}")
                done = time.monotonic()
                answer.raise_for_status()
                arrived = json.loads(clients.read())
                if press == "call":
                    last.append((arrived["last"] - began) * 1000)
                    answered.append((done - began) * 1000)
                time.sleep(PAUSE_SECONDS)
    return {
        "last_ms": last[1:],
        "median_ms": statistics.median(last[1:]),
        "p99_ms": statistics.quantiles(last[1:], n=100)[98],
        "answered_ms": statistics.median(answered[1:]),
    }


def _log_in(browser: httpx.Client) -> None:
    """Make it the browser of somebody at the desk."""
    pair = sessions.open_session(waiting_room.receptionist()).pair
    browser.cookies.set(settings.ACCESS_COOKIE, pair.access, domain="127.0.0.1")
    browser.headers["X-CSRFToken"] = browser.get("/api/auth/csrf").json()["csrf_token"]
