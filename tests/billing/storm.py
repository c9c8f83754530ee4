"""A provider in bad weather: its notices come late, in any order, several times or never.

The books are the provider's own and answer over HTTP. An hour later the product reconciles once, as
it does every night; then this compares its ledger with the books, by rules of its own.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import time_machine
from django.db import connection
from django.db.models import Q, QuerySet
from django.test import override_settings
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice
from billing.invoicing.services import verification
from billing.payments import providers
from billing.payments.models import Payment, PaymentIssue, Reconciliation, Refund
from billing.payments.services import reconciliation
from booking.models import Appointment
from booking.services import changes, holds
from clinic.config.celery import app as celery
from clinic.core import clock, outbox
from clinic.core.audit import Actor
from clinic.core.models import OutboxMessage
from clinic.directory.models import Patient
from tests.billing import factories
from tests.billing.bank import open_bank

AT_ONCE = 4
DROPPED = 0.1
MOST_COPIES = 5
WAVE = 500
"""So many events happen before half of what is to be told is told."""

WEATHER = Actor.system("weather")
MONEY_TASKS = Q(task__startswith="billing.") & ~Q(task="billing.render_invoice")
UNFIT = ("amount_mismatch", "orphan")
SETTLED = ("paid", "refunded")


@dataclass
class Books:
    """What the provider knows: requests, every event, and the money it sent back."""

    events: list[dict[str, Any]] = field(default_factory=list)
    requests: dict[str, str] = field(default_factory=dict)
    refunds: dict[str, Decimal] = field(default_factory=dict)
    intended: dict[str, str] = field(default_factory=dict)
    """The payment that a fitting event is about, by the event's id; the notice may not name it."""

    def note(self, payment: Payment, *, fits: bool = True, **changes: Any) -> None:
        """Write down an event about a payment, to be told."""
        event = factories.notice(payment, transaction_id=str(uuid4()), **changes)
        if fits:
            self.intended[event["event_id"]] = str(payment.id)
        self.events.append(event)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """The provider's interface: requests, their state, refunds, each once, and its books."""
        path, _, query = path.partition("?")
        if path == "/movements":
            period = parse_qs(query)
            return 200, {"movements": self.movements(period["since"][0], period["until"][0])}
        if path == "/mb-way":
            request_id = self.requests.setdefault(body["payment_id"], str(uuid4()))
            expires_at = clock.now() + timedelta(minutes=4)
            return 201, {"request_id": request_id, "expires_at": expires_at.isoformat()}
        if path == "/refunds":
            self.refunds.setdefault(body["refund_id"], Decimal(body["amount"]))
            return 201, {"refund_id": body["refund_id"]}
        payment_id = path.removeprefix("/payments/")
        if payment_id not in self.requests:
            return 404, {}
        if method == "DELETE":
            return 409, {"code": "request_closed"}
        told = [event for event in self.events if event["payment_id"] == payment_id]
        return 200, told[-1] if told else {"type": "pending"}

    def movements(self, since: str, until: str) -> list[dict[str, Any]]:
        """The money that came from `since` until before `until`."""
        first, last = datetime.fromisoformat(since), datetime.fromisoformat(until)
        return [
            {name: value for name, value in event.items() if name != "event_id"}
            for event in self.paid()
            if first <= datetime.fromisoformat(event["occurred_at"]) < last
        ]

    def paid(self) -> Iterator[dict[str, Any]]:
        """The events in which money came."""
        return (event for event in self.events if event["type"] == "paid")

    def money_in(self) -> dict[str, Decimal]:
        """What came in for each payment, the second time a reference was paid included."""
        total: defaultdict[str, Decimal] = defaultdict(Decimal)
        for event in self.paid():
            if event["event_id"] in self.intended:
                total[self.intended[event["event_id"]]] += Decimal(event["amount"])
        return dict(total)

    def unfit(self) -> set[str]:
        """The names of the money that belongs to no payment as it stands."""
        return {
            event["transaction_id"]
            for event in self.paid()
            if event["event_id"] not in self.intended
        }


@contextmanager
def provider() -> Iterator[Books]:
    """The books, on a socket that the product's sandbox provider speaks to."""
    books = Books()
    with open_bank() as bank:
        bank.keeper = books.answer
        with override_settings(SANDBOX_BANK_URL=bank.url):
            yield books


def rage(books: Books, owner: Patient, *, events: int, seed: int) -> dict[str, Any]:
    """So many events about the payments of one patient, told in a storm; after an hour, in which
    every hold ran out, the product reconciles once.

    Gives what happened, with a sentence for each fault; without faults the list is empty.
    """
    celery.loader.import_default_modules()
    chance = random.Random(seed)
    told: list[bytes] = []
    late: list[bytes] = []
    while len(books.events) < events:
        began, first = clock.now(), len(books.events)
        while len(books.events) < min(first + WAVE, events):
            _something_happens(books, owner, chance)
        late += _deliveries(books.events[first:], chance)
        chance.shuffle(late)
        half = len(late) // 2
        now, late = late[:half], late[half:]
        _deliver(now)
        told += now
        _work(chance, share=0.5)
        _life_goes_on(Appointment.objects.filter(patient=owner, created_at__gte=began), chance)
    _deliver(late)
    told += late
    _work(chance)
    later = clock.now() + timedelta(hours=1)
    with override_settings(CLOCK_FOLLOWS_DATABASE=False), time_machine.travel(later):
        while holds.expire_due():
            _work(chance)
        found = reconciliation.reconcile(providers.get("sandbox"))
        _work(chance)
    return {
        "seed": seed,
        "events": len(books.events),
        "deliveries": len(told),
        "never_told": _never_told(books, told),
        "reconciled": _summary(found),
        "payments": dict(Counter(Payment.objects.values_list("status", flat=True))),
        "issues": dict(Counter(PaymentIssue.objects.values_list("kind", flat=True))),
        "documents": dict(Counter(Invoice.objects.values_list("document_type", flat=True))),
        "money_in": str(sum(books.money_in().values())),
        "money_back": str(sum(books.refunds.values())),
        "faults": faults(books),
    }


def _never_told(books: Books, notices: list[bytes]) -> int:
    told = {json.loads(notice)["event_id"] for notice in notices}
    return sum(event["event_id"] not in told for event in books.events)


def _summary(run: Reconciliation) -> dict[str, Any]:
    return {
        "seconds": (run.finished_at - run.started_at).total_seconds(),
        "asked": run.asked,
        "unanswered": run.unanswered,
        "listed": run.listed,
        "found": dict(Counter(str(one["outcome"]) for one in run.differences)),
    }


def faults(books: Books) -> list[str]:
    """Where the ledger and the books differ, to the cent, and what the documents lack."""
    found = list(_differences("money in", books.money_in(), _ledger_in()))
    done = Refund.objects.filter(status="done").values_list("pk", "amount")
    found += _differences("money back", books.refunds, {str(pk): sum_ for pk, sum_ in done})
    unfit = {name for kind in UNFIT for name in _on_a_desk(kind)}
    found += [f"no issue about {name}" for name in books.unfit() - unfit]
    found += [f"an issue about {name}, which fits" for name in unfit - books.unfit()]
    odd = PaymentIssue.objects.filter(kind__in=["unreconciled", "refund_failed"])
    found += [f"{issue.kind}: {issue.detail}" for issue in odd]
    found += _paid_twice_and_nobody_knows()
    found += _documents_that_are_wrong()
    found += verification.verify()[1]
    undone = OutboxMessage.objects.filter(MONEY_TASKS, done_at=None)
    return found + [f"{task}: {error}" for task, error in undone.values_list("task", "last_error")]


def _something_happens(books: Books, owner: Patient, chance: random.Random) -> None:
    price = Decimal(chance.randint(500, 9_999)) / 100
    visit = factories.appointment(owner, chance.choice(["massage", "evaluation"]), price=price)
    phone = f"+35193{chance.randint(0, 9_999_999):07d}"
    match chance.choices(range(8), weights=(30, 25, 8, 8, 8, 8, 6, 7))[0]:
        case 0:
            books.note(factories.multibanco(visit), payment_id=None)
        case 1:
            books.note(_asked(visit, phone))
        case 2:
            books.note(_asked(visit, phone), type=chance.choice(["refused", "failed"]))
        case 3:
            push = _asked(visit, phone)
            books.note(push, type="expired")
            books.note(push)
        case 4:
            reference = factories.multibanco(visit)
            for _ in range(2):
                books.note(reference, payment_id=None)
        case 5:
            books.note(factories.multibanco(visit), payment_id=None)
            books.note(_asked(visit, phone))
        case 6:
            reference = factories.multibanco(visit)
            other = reference.amount + chance.choice([-1, 1]) * Decimal("0.01")
            books.note(reference, fits=False, amount=f"{other:.2f}")
        case 7:
            reference = factories.multibanco(visit)
            books.note(reference, fits=False, payment_id=None, reference="999000000")


def _asked(visit: Appointment, phone: str) -> Payment:
    """An MB WAY request that the provider has taken."""
    push = factories.mb_way(visit, phone)
    outbox.run(OutboxMessage.objects.get(key=f"start-payment:{push.id}").pk)
    push.refresh_from_db()
    return push


def _deliveries(events: list[dict[str, Any]], chance: random.Random) -> Iterator[bytes]:
    copies = [
        json.dumps(event, indent=chance.choice([None, None, 1])).encode()
        for event in events
        if chance.random() >= DROPPED
        for _ in range(chance.randint(1, MOST_COPIES))
    ]
    chance.shuffle(copies)
    yield from copies


def _deliver(notices: list[bytes]) -> None:
    def messenger() -> Callable[[bytes], int]:
        client = APIClient()
        return lambda raw: int(factories.send(client, raw).status_code)

    answers = _in_parallel(messenger, notices)
    if set(answers) - {200}:
        raise RuntimeError(f"notices were answered {Counter(answers)}")


def _work(chance: random.Random, share: float = 1.0) -> None:
    """Do what is due of the money's work, in any order, several at once, until nothing is left;
    of a part only the first round."""
    while True:
        due = list(
            OutboxMessage.objects.filter(
                MONEY_TASKS, done_at=None, failed_at=None, next_at__lte=clock.now()
            ).values_list("pk", flat=True)
        )
        chance.shuffle(due)
        done = _in_parallel(lambda: outbox.run, due[: int(len(due) * share)])
        if share < 1 or not any(done):
            return


def _life_goes_on(made: QuerySet[Appointment], chance: random.Random) -> None:
    """Meanwhile holds run out, their time is given to others, and patients call visits off."""
    visits = list(made.order_by("created_at"))
    chance.shuffle(visits)
    part = len(visits) // 10
    ran_out = [visit.pk for visit in visits[:part] if visit.status == "pending"]
    Appointment.objects.filter(pk__in=ran_out).update(hold_expires_at=clock.now())
    holds.expire_due()
    for visit in Appointment.objects.filter(pk__in=ran_out[::2], status="expired"):
        factories.appointment(
            visit.patient,
            practitioner=visit.practitioner,
            start=visit.start,
            end=visit.end,
            status="booked",
            booked_at=clock.now(),
        )
    called_off = [visit.pk for visit in visits[part : 2 * part]] + _invoiced()
    for visit in made.filter(pk__in=called_off, status__in=["pending", "booked"]):
        changes.cancel(visit.pk, actor=WEATHER)


def _invoiced() -> list[UUID]:
    """A visit whose invoice is out before all else is done: who calls it off gets a credit note."""
    waiting = OutboxMessage.objects.filter(task="billing.issue_invoice", done_at=None)
    first = waiting.order_by("created_at").first()
    if first is None or not outbox.run(first.pk):
        return []
    return [Payment.objects.get(pk=first.args["payment_id"]).appointment_id]


def _in_parallel(hand: Callable[[], Callable[[Any], Any]], all_of: list[Any]) -> list[Any]:
    """Have several hands, each in a thread of its own, do all of it."""

    def one_part(part: list[Any]) -> list[Any]:
        act = hand()
        try:
            return [act(each) for each in part]
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        parts = pool.map(one_part, [all_of[place::AT_ONCE] for place in range(AT_ONCE)])
        return [got for part in parts for got in part]


def _on_a_desk(kind: str) -> set[str]:
    """The provider's names of the money that has an issue of this kind."""
    abouts = PaymentIssue.objects.filter(kind=kind).values_list("about", flat=True)
    return {about.partition(":")[2] for about in abouts}


def _ledger_in() -> dict[str, Decimal]:
    """Each payment's money as the ledger has it, with what came for its reference once more."""
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for payment in Payment.objects.filter(status__in=SETTLED):
        total[str(payment.repeats_id or payment.pk)] += payment.amount
    return dict(total)


def _differences(what: str, theirs: dict[str, Decimal], ours: dict[str, Decimal]) -> Iterator[str]:
    for key in theirs.keys() | ours.keys():
        if theirs.get(key) != ours.get(key):
            yield f"{what} of {key}: they have {theirs.get(key)}, we have {ours.get(key)}"


def _paid_twice_and_nobody_knows() -> Iterator[str]:
    """We keep the money of one payment for each visit; any other is on a desk or went back."""
    kept = Payment.objects.filter(status="paid").exclude(transaction_id__in=_on_a_desk("duplicate"))
    for visit, count in Counter(kept.values_list("appointment", flat=True)).items():
        if count > 1:
            yield f"visit {visit} keeps {count} payments"


def _documents_that_are_wrong() -> Iterator[str]:
    settled = Payment.objects.filter(status__in=SETTLED)
    visits: Counter[Any] = Counter()
    for payment in settled.prefetch_related("documents", "issues", "refunds").iterator(500):
        documents = payment.documents.all()
        receipts = sum(document.document_type == "FR" for document in documents)
        noted = sum(d.gross_total for d in documents if d.document_type == "NC")
        back = sum(refund.amount for refund in payment.refunds.all() if refund.status == "done")
        excused = any(issue.kind in {"late", "duplicate"} for issue in payment.issues.all())
        if receipts > 1 or not (receipts or excused or back):
            yield f"payment {payment.pk} has {receipts} invoices"
        if receipts and noted != back:
            yield f"payment {payment.pk}: {back} went back, {noted} is credited"
        visits[payment.appointment_id] += receipts
    yield from (
        f"visit {visit} has {count} invoices" for visit, count in visits.items() if count > 1
    )
