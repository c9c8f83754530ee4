"""Patients pay while web, relay, worker and broker are killed outright, again and again.

python -m tests.chaos.payday [--kills 200] [--people 500] [--seed 1] [--out FILE]

What was killed is up again before the next is chosen, so that every kill meets a clinic at work.
Afterwards the bank's books, the ledger, the signed documents and the mailbox must agree. Exits with
1 where money was lost, doubled or misapplied, with everything in the JSON file.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from clinic.launcher.surroundings import settle_tests
from tests.bench import servers

if TYPE_CHECKING:
    from tests.chaos.conftest import Stack

AT_ONCE = 6
PATIENCE_SECONDS = 420
SETTLING_SECONDS = 900
RETURN_SECONDS = 120
PAUSE_SECONDS = 0.5
CLOCKWORK_SECONDS = 5
KILLED = ("web", "relay", "worker", "messages", "valkey")


def main() -> int:
    options = _options()
    settle_tests()
    with tempfile.TemporaryDirectory(prefix="vez-payday-") as folder:
        os.environ["CLINIC_VAR"] = str(Path(folder) / "var")
        os.environ["LOG_LEVEL"] = "ERROR"
        with servers.clinic(own=not options.here):
            result = soak(options.kills, options.people, options.seed, Path(folder))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1))
    print(
        f"{len(result['kills'])} kills {dict(Counter(kill['of'] for kill in result['kills']))} in"
        f" {result['seconds']:.0f} s, {result['paid']} of {options.people} people saw that it was"
        f" paid: {result['bank']} EUR at the bank, {result['ledger']} EUR in the ledger,"
        f" {result['documents']} documents, {result['mails']} mails;"
        f" {len(result['faults'])} faults; ended by themselves and were started again:"
        f" {dict(Counter(result['ended']))}\n{result['verify_invoices']}"
    )
    for fault in result["faults"]:
        print(fault)
    return 1 if result["faults"] else 0


def soak(kills: int, people: int, seed: int, folder: Path) -> dict[str, Any]:
    """So many people pay one after the other while that many processes are killed."""
    from django.test import override_settings

    from billing.payments.services import requests
    from tests.billing import certificate, factories
    from tests.chaos.conftest import processes

    chance = random.Random(seed)
    progress = Progress(kills, people)
    factories.clinic()
    certificate.certify()
    os.environ["INVOICE_SIGNING_KEY"] = certificate.new_key()
    began = time.monotonic()
    with (
        processes(folder / "stack", os.environ["DATABASE_URL"]) as stack,
        override_settings(SANDBOX_BANK_URL=f"{stack.origin}/api/sandbox/bank"),
    ):
        patients = list(_patients(people))
        with ThreadPoolExecutor(AT_ONCE) as crowd:
            paying = [
                crowd.submit(_pay, stack.origin, patient, number, progress)
                for number, patient in enumerate(patients)
            ]
            while len(progress.killed) < kills:
                time.sleep(chance.uniform(0.1, 2.0))
                name = chance.choice(KILLED)
                at = time.monotonic() - began
                progress.killed.append({"at": at, "of": name, "back_after": _kill(stack, name)})
                progress.ended += _start_what_ended(stack)
                requests.follow_due()
            while not all(each.done() for each in paying):
                time.sleep(CLOCKWORK_SECONDS)
                progress.ended += _start_what_ended(stack)
                requests.follow_due()
        outcomes = [each.result() for each in paying]
        undone = _wait_until_everything_is_done(stack)
    verified = subprocess.run(
        [sys.executable, "manage.py", "verify_invoices"],
        cwd=servers.REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [*_faults(outcomes), *undone]
    if verified.returncode:
        found.append(verified.stderr)
    return {
        "seconds": time.monotonic() - began,
        "load": os.getloadavg(),
        "seed": seed,
        "kills": progress.killed,
        "ended": progress.ended,
        "paid": outcomes.count("paid"),
        **_sums(),
        "verify_invoices": verified.stdout.strip(),
        "faults": found,
    }


def _kill(stack: "Stack", name: str) -> float:
    """Kill one of them outright and start it again; the seconds until it was at work again."""
    from clinic.core import clock
    from clinic.launcher.processes import wait_until

    victim = getattr(stack, name)
    victim.kill()
    killed_at, began = clock.now(), time.monotonic()
    victim.start()
    if not wait_until(lambda: _is_at_work(stack, name, killed_at), seconds=RETURN_SECONDS):
        raise RuntimeError(f"{name} did not come back:\n{victim.last_lines()}")
    return time.monotonic() - began


def _start_what_ended(stack: "Stack") -> list[str]:
    """What ended by itself is started again, as by the demo's launcher and every service manager:
    a worker may give up when the broker goes while it holds messages."""
    ended = [program for program in stack.programs if not program.is_running()]
    for program in ended:
        program.start()
    return [program.name for program in ended]


def _is_at_work(stack: "Stack", name: str, since: datetime) -> bool:
    """Whether it does again what it is for, and not only runs."""
    from django.db import connection

    from clinic.core.models import Heartbeat

    match name:
        case "web":
            return stack.is_live()
        case "worker" | "messages":
            worker = {"worker": "worker", "messages": "message-worker"}[name]
            return Heartbeat.objects.filter(name=worker, at__gt=since).exists()
        case "relay":
            sockets = psutil.Process(stack.relay.pid).net_connections("tcp")
            database = int(connection.settings_dict["PORT"])
            return any(socket.raddr and socket.raddr.port == database for socket in sockets)
        case _:
            return stack.valkey.is_running()  # it had answered when its start returned


class Progress:
    """People come as the kills go on, so that nobody is through before the last one."""

    def __init__(self, kills: int, people: int) -> None:
        self.killed: list[dict[str, Any]] = []
        self.ended: list[str] = []
        self._kills, self._people = kills, people

    def wait_for_turn(self, number: int) -> None:
        while len(self.killed) < self._kills * number // self._people:
            time.sleep(PAUSE_SECONDS / 2)


def _patients(people: int) -> Iterator[Any]:
    """A patient for each of the people."""
    from clinic.directory.models import Patient
    from tests.billing import factories

    for number in range(people):
        name = f"payer{number:04d}"
        yield Patient.objects.get(pk=factories.user(name, full_name=f"Pagador {number}").pk)


def _pay(origin: str, patient: Any, number: int, progress: Progress) -> str:
    """What one person does until the page says that it is paid; gives the last thing it said."""
    import httpx
    from django.db import connection

    from tests.billing import factories

    progress.wait_for_turn(number)
    try:
        visit = factories.appointment(patient, ("massage", "evaluation")[number % 2])
    finally:
        connection.close()
    url = f"{origin}{factories.payments_url(visit)}"
    order: dict[str, Any] = {"method": "multibanco", "invoice": {"kind": "final_consumer"}}
    if number % 3 == 0:
        order |= {"method": "mb_way", "phone": f"93{number:07d}"}
    said, attempt = "", 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    while said != "paid" and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
        try:
            with httpx.Client(timeout=10) as browser:
                said = _try(browser, url, f"{origin}/api/sandbox/bank", order, attempt)
        except httpx.TransportError:
            continue
        if said in {"failed", "expired", "refused"}:
            attempt += 1
    return said


def _try(browser: Any, url: str, bank: str, order: dict[str, Any], attempt: int) -> str:
    """Ask for the payment, pay it at the bank, and look; any answer may be missing."""
    browser.headers["X-CSRFToken"] = (
        browser.get(f"{bank.removesuffix('/sandbox/bank')}/auth/csrf").json().get("csrf_token", "")
    )
    started = browser.post(url, json=order, headers={"Idempotency-Key": f"attempt-{attempt}"})
    if started.status_code == 409 and started.json().get("code") == "already_paid":
        return "paid"
    if started.status_code != 201:
        return str(started.status_code)
    payment = started.json()
    if order["method"] == "multibanco":
        what = {name: payment[name] for name in ("entity", "reference", "amount")}
        browser.post(f"{bank}/multibanco", json=what)
    else:
        shown = browser.get(f"{bank}/mb-way", params={"phone": f"+351{order['phone']}"})
        for request in shown.json() if shown.is_success else []:
            browser.post(f"{bank}/mb-way/{request['id']}", json={"action": "approve"})
    seen = browser.get(f"{url}/{payment['id']}")
    return str(seen.json()["status"]) if seen.is_success else str(seen.status_code)


def _wait_until_everything_is_done(stack: "Stack") -> list[str]:
    from billing.payments.services import requests
    from clinic.core.models import OutboxMessage
    from clinic.launcher.processes import wait_until

    undone = OutboxMessage.objects.filter(done_at=None).exclude(task="sandbox.expire_mb_way")

    def settled() -> bool:
        _start_what_ended(stack)
        requests.follow_due()
        return not undone.exists()

    if wait_until(settled, seconds=SETTLING_SECONDS, every=1):
        return []
    return [
        f"never done: {task} {error}" for task, error in undone.values_list("task", "last_error")
    ]


def _faults(outcomes: list[str]) -> Iterator[str]:
    from billing.invoicing.models import Invoice, InvoiceDocument
    from billing.payments.models import Payment, PaymentIssue
    from booking.models import Appointment
    from clinic.sandbox.models import BankPayment, MbWayRequest, SandboxMessage

    yield from (
        f"somebody never saw that it was paid, but {said!r}" for said in outcomes if said != "paid"
    )
    paid = Payment.objects.filter(status="paid")
    ours = set(paid.filter(method="multibanco").values_list("entity", "reference", "amount"))
    theirs = set(BankPayment.objects.values_list("entity", "reference", "amount"))
    pushes = set(paid.filter(method="mb_way").values_list("pk", "amount"))
    approved = MbWayRequest.objects.filter(status="approved").values_list("payment_id", "amount")
    yield from (f"lost: {money}" for money in (theirs - ours) | (set(approved) - pushes))
    yield from (f"from nowhere: {money}" for money in (ours - theirs) | (pushes - set(approved)))
    duplicates = set(
        PaymentIssue.objects.filter(kind="duplicate").values_list("payment", flat=True)
    )
    kept = Counter(paid.exclude(pk__in=duplicates).values_list("appointment", flat=True))
    yield from (f"doubled: {visit}" for visit, count in kept.items() if count > 1)
    yield from (
        f"{visit.status} though paid: {visit.pk}"
        for visit in Appointment.objects.filter(pk__in=kept).exclude(status="booked")
    )
    invoiced = Counter(Invoice.objects.values_list("payment", flat=True))
    expected = Counter(paid.exclude(pk__in=duplicates).values_list("pk", flat=True))
    if invoiced != expected:
        yield f"documents: {invoiced - expected} too many, {expected - invoiced} missing"
    mails = SandboxMessage.objects.filter(channel="email", attachments__isnull=False).count()
    if not mails == InvoiceDocument.objects.count() == len(invoiced):
        yield f"{mails} mails with {InvoiceDocument.objects.count()} files of {len(invoiced)}"


def _sums() -> dict[str, Any]:
    from django.db.models import Sum

    from billing.invoicing.models import Invoice
    from billing.payments.models import Payment
    from clinic.sandbox.models import BankPayment, MbWayRequest, SandboxMessage

    amount = Sum("amount")
    bank = BankPayment.objects.aggregate(sum=amount)["sum"] or 0
    approved = MbWayRequest.objects.filter(status="approved").aggregate(sum=amount)["sum"] or 0
    return {
        "bank": str(bank + approved),
        "ledger": str(Payment.objects.filter(status="paid").aggregate(sum=amount)["sum"]),
        "documents": Invoice.objects.count(),
        "mails": SandboxMessage.objects.filter(channel="email").count(),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    out = servers.REPOSITORY / "var" / "bench" / "payday.json"
    parser.add_argument("--out", type=Path, default=out)
    parser.add_argument(
        "--here", action="store_true", help="use the database and Redis that the environment names"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
