"""What must agree in the end, and what is still to be done on the way there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import Error, connection
from django.db.models import Count, Sum

from billing.invoicing.models import Invoice
from billing.payments.models import Payment, PaymentIssue
from booking.models import Appointment
from clinic.core import clock
from clinic.core.models import AuditEntry, OutboxMessage
from clinic.launcher.processes import wait_until
from clinic.sandbox.models import BankPayment, MbWayRequest
from tests.bench.servers import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from django.db.models import QuerySet

    from tests.chaos.outages.load import Journal

# The bank closes its own requests, hours later where nobody answered them.
NOT_OURS = "sandbox.expire_mb_way"


def fresh_work_is_done(age_seconds: float, *, since: datetime) -> bool:
    """Whether what came about since then, but for the last moment, is done."""
    until = clock.now() - timedelta(seconds=age_seconds)
    return _nothing_in(lambda: _undone().filter(created_at__gte=since, created_at__lt=until))


def old_work_is_done(before: datetime) -> bool:
    """Whether all that came about until then is done."""
    return _nothing_in(lambda: _undone().filter(created_at__lt=before))


def wait_until_all_is_done(seconds: float) -> list[str]:
    """What is still to be done after so long."""
    if wait_until(lambda: _nothing_in(_undone), seconds=seconds, every=1):
        return []
    return [f"never done: {each}" for each in still_owed()]


def still_owed() -> list[str]:
    """What is to be done, how often it was tried, and what came of it."""
    return [
        f"{each.task} handed over {each.attempts} times, failed {each.failures},"
        f" next {each.next_at - clock.now()}, {each.last_error}"
        for each in _undone().order_by("created_at")[:20]
    ]


def faults(journal: Journal, mails: Path) -> Iterator[str]:
    """All that was lost or doubled."""
    yield from _bookings(journal)
    yield from _money(journal)
    yield from _documents(mails)
    yield from _presses(journal)
    verified = subprocess.run(
        [sys.executable, "manage.py", "verify_invoices"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if verified.returncode:
        yield f"verify_invoices: {verified.stdout}{verified.stderr}"


def sums(mails: Path) -> dict[str, Any]:
    """The figures of the day."""
    amount = Sum("amount")
    bank = BankPayment.objects.aggregate(sum=amount)["sum"] or 0
    approved = MbWayRequest.objects.filter(status="approved").aggregate(sum=amount)["sum"] or 0
    paid = Payment.objects.filter(paid_at__isnull=False)
    return {
        "paid": paid.count(),
        "bank": str(bank + approved),
        "ledger": str(paid.aggregate(sum=amount)["sum"] or 0),
        "documents": Invoice.objects.count(),
        "mails": len(_taken(mails)),
    }


def _bookings(journal: Journal) -> Iterator[str]:
    known = {str(pk) for pk in Appointment.objects.values_list("pk", flat=True)}
    yield from (f"a booking is gone: {each}" for each in journal.booked if each not in known)
    for visit in Appointment.objects.filter(pk__in=journal.booked, status="expired"):
        ended_at = visit.closed_at or clock.now()
        if visit.hold_expires_at is not None and ended_at < visit.hold_expires_at:
            yield f"a hold ended {visit.hold_expires_at - ended_at} too early: {visit.pk}"


def _money(journal: Journal) -> Iterator[str]:
    came = Payment.objects.filter(paid_at__isnull=False)
    ours = {(str(each.pk) if each.method == "mb_way" else each.reference): each for each in came}
    theirs = {
        **{each.reference: each.amount for each in BankPayment.objects.all()},
        **{
            str(each.payment_id): each.amount
            for each in MbWayRequest.objects.filter(status="approved")
        },
    }
    yield from (f"money is lost: {theirs[key]} of {key}" for key in theirs.keys() - ours.keys())
    yield from (f"money from nowhere: {key}" for key in ours.keys() - theirs.keys())
    yield from (
        f"seen as paid, but {each.status}: {each.pk}"
        for each in Payment.objects.filter(pk__in=journal.paid).exclude(status="paid")
    )
    kept = came.filter(status="paid")
    twice = kept.values("appointment").annotate(times=Count("pk")).filter(times__gt=1)
    yield from (f"paid {each['times']} times: {each['appointment']}" for each in twice)
    yield from (
        f"{payment.appointment.status} though paid: {payment.appointment_id}"
        for payment in kept.select_related("appointment").exclude(appointment__status="booked")
    )
    yield from (
        f"an issue is open: {kind} {detail}"
        for kind, detail in PaymentIssue.objects.filter(resolved_at=None).values_list(
            "kind", "detail"
        )
    )


def _documents(mails: Path) -> Iterator[str]:
    expected = Counter(Payment.objects.filter(status="paid").values_list("pk", flat=True))
    documents = Invoice.objects.filter(refund=None)
    issued = Counter(documents.values_list("payment", flat=True))
    if issued != expected:
        yield f"documents: {issued - expected} too many, {expected - issued} missing"
    with_file = [mail for mail in _taken(mails) if mail["files"]]
    ids = Counter(mail["id"] for mail in with_file)
    if len(ids) != Invoice.objects.count():
        yield f"{len(ids)} different mails with a document, of {Invoice.objects.count()}"
    yield from (f"a mail came {times} times: {each}" for each, times in ids.items() if times > 1)


def _presses(journal: Journal) -> Iterator[str]:
    for (visit, press), pressed in journal.pressed.items():
        action = {"call": "appointment.called", "put-back": "appointment.arrived"}[press]
        logged = AuditEntry.objects.filter(action=action, subject_id=visit).count()
        most = pressed + journal.unknown[visit, press]
        if not pressed <= logged <= most:
            yield f"{press}: {logged} logged of {pressed} pressed, at most {most}: {visit}"


def _undone() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(done_at=None).exclude(task=NOT_OURS)


def _nothing_in(rows: Callable[[], QuerySet[OutboxMessage]]) -> bool:
    """Whether there are none; False as well while the database can't be asked."""
    try:
        return not rows().exists()
    except Error:
        connection.close()
        return False


def _taken(mails: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in mails.read_text().splitlines()] if mails.exists() else []
