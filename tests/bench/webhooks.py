"""How soon a provider has its answer while the database is busy with somebody else's work.

A web process takes notices one after the other, once as `make run` starts it and once as it serves
the API in production; meanwhile several connections update and sort rows as fast as they can. A
provider takes a late answer for none and tells the same again.
"""

import contextlib
import json
import os
import statistics
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
from django.db import connection

from billing.payments.models import WebhookDelivery
from billing.payments.providers import sandbox
from clinic.accounts.choices import Role
from clinic.directory.models import Patient
from tests.bench import servers
from tests.billing import factories

NOTICES = 500
LIMIT_MS = 300.0
BUSY_CONNECTIONS = 4
BUSINESS = """
    SELECT count(*) FROM (
        SELECT md5((one.pk * two.pk)::text) AS digest
        FROM generate_series(1, 200) AS one(pk), generate_series(1, 200) AS two(pk)
        ORDER BY digest
    ) AS sorted
"""
WRITES = "UPDATE core_outboxmessage SET attempts = attempts WHERE done_at IS NULL"


def main() -> None:
    owner = Patient.objects.get(pk=factories.user("told", Role.PATIENT).pk)
    results = {}
    for name, server in (("everything", _everything), ("API alone", servers.api_process)):
        results[name] = result = measure(owner, server())
        print(
            f"\n{len(result['ms'])} notices to one process with {name} while {BUSY_CONNECTIONS}"
            f" connections keep the database busy ({result['statements']} statements meanwhile):"
            f" answered after {result['median_ms']:.1f} ms (median), p99 {result['p99_ms']:.1f} ms,"
            f" at most {result['slowest_ms']:.1f} ms, {result['slowest_ms'] / LIMIT_MS:.2f} × the"
            f" limit of {LIMIT_MS:.0f} ms; {result['late']} later; load {result['load'][0]:.1f}"
        )
    path = servers.write_raw("webhooks", results)
    print(f"every measurement: {path.relative_to(servers.REPOSITORY)}")


def measure(owner: Patient, server: contextlib.AbstractContextManager[str]) -> dict[str, Any]:
    """Good notices of different payments, each answered 200 and stored."""
    payments = [factories.multibanco(factories.appointment(owner)) for _ in range(NOTICES + 1)]
    stored = WebhookDelivery.objects.count()
    taken = []
    with server as origin, _busy_database() as statements, httpx.Client(timeout=30) as bank:
        for payment in payments:
            raw = json.dumps(factories.notice(payment)).encode()
            headers = {"Content-Type": "application/json", "X-Signature": sandbox.sign(raw)}
            began = time.monotonic()
            answer = bank.post(f"{origin}{factories.WEBHOOK}", content=raw, headers=headers)
            taken.append((time.monotonic() - began) * 1000)
            answer.raise_for_status()
    if WebhookDelivery.objects.count() < stored + len(payments):
        raise SystemExit("a notice that was answered was not stored")
    return {
        "ms": taken[1:],
        "median_ms": statistics.median(taken[1:]),
        "p99_ms": statistics.quantiles(taken[1:], n=100)[98],
        "slowest_ms": max(taken[1:]),
        "late": sum(ms > LIMIT_MS for ms in taken[1:]),
        "statements": sum(statements),
        "load": os.getloadavg(),
    }


@contextlib.contextmanager
def _everything() -> Iterator[str]:
    with servers.web_process() as (_, address):
        yield address.replace("ws", "http", 1)


@contextlib.contextmanager
def _busy_database() -> Iterator[list[int]]:
    """Connections that never rest; gives how many statements each has done so far."""
    over = threading.Event()
    statements = [0] * BUSY_CONNECTIONS

    def work(place: int) -> None:
        with contextlib.closing(connection.copy()) as other, other.cursor() as cursor:
            while not over.is_set():
                cursor.execute(BUSINESS if place else WRITES)
                statements[place] += 1

    workers = [threading.Thread(target=work, args=[place]) for place in range(BUSY_CONNECTIONS)]
    for worker in workers:
        worker.start()
    try:
        yield statements
    finally:
        over.set()
        for worker in workers:
            worker.join()
