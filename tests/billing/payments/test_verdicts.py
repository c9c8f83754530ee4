"""What an event means is decided without a single write."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.payments import providers
from billing.payments.models import (
    IssueKind,
    Payment,
    PaymentIssue,
    PaymentStatus,
    Reason,
    RequestState,
)
from billing.payments.providers.base import Event, EventType
from billing.payments.services import closing, issues, refunds, settlement
from billing.payments.services.verdicts import (
    Ended,
    GivenBack,
    Misfit,
    Outcome,
    Paid,
    Repeated,
    Retold,
    TakenBack,
    Unknown,
    Verdict,
    decide,
)
from booking.models import Appointment
from tests.billing import factories

pytestmark = pytest.mark.django_db


def said(payment: Payment, **changes: Any) -> Event:
    told = {"transaction_id": "money-1", **changes}
    event = providers.get("sandbox").read_event(factories.notice(payment, **told))
    assert event is not None
    return event


def refunded(event: Event) -> Event:
    """The sandbox follows no refunds by notice; others do."""
    return replace(event, type=EventType.REFUNDED, event_id="refund-1")


def pay(payment: Payment, event: Event) -> None:
    with transaction.atomic():
        settlement.apply(event, provider="sandbox")
    payment.refresh_from_db()


@pytest.fixture
def push(held: Appointment) -> Payment:
    """An MB WAY request that the bank has accepted."""
    payment = factories.mb_way(held)
    payment.request_state = RequestState.ACCEPTED
    payment.request_id = "request-1"
    payment.save()
    return payment


def judged(event: Event, payment: Payment | None, *others: Payment) -> Verdict:
    payments = [*others, *([] if payment is None else [payment])]
    with CaptureQueriesContext(connection) as queries:
        verdict = decide(event, payment, payments, "sandbox")
    assert [each["sql"] for each in queries if not each["sql"].startswith("SELECT")] == []
    return verdict


def test_of_nothing_known_only_money_needs_a_person(push: Payment) -> None:
    assert judged(said(push), None) == Unknown(IssueKind.ORPHAN)
    assert judged(refunded(said(push)), None) == Unknown(IssueKind.UNRECONCILED)
    assert judged(said(push, type="chargeback"), None) == Unknown(IssueKind.CHARGEBACK)
    assert judged(said(push, type="refused"), None) == Unknown(None)


def test_a_payment_that_waits_is_paid_or_ends(push: Payment) -> None:
    assert judged(said(push), push) == Paid(push, [], is_further=False, is_needed=True)
    assert judged(said(push, type="refused"), push) == Ended(
        push, PaymentStatus.REFUSED, Reason.REFUSED
    )
    assert judged(said(push, amount="39.99"), push) == Misfit(
        push, IssueKind.AMOUNT_MISMATCH, Outcome.OTHER_AMOUNT
    )
    assert judged(said(push, currency="USD"), push) == Misfit(
        push, IssueKind.AMOUNT_MISMATCH, Outcome.OTHER_AMOUNT
    )


def test_what_was_told_before_is_known_by_its_own_name_or_by_what_it_says(push: Payment) -> None:
    paid = said(push)
    pay(push, paid)

    assert judged(paid, push) == Repeated()
    assert judged(said(push), push) == Retold(push)
    assert judged(said(push, type="failed"), push) == Retold(push)


def test_money_is_needed_once(held: Appointment, push: Payment) -> None:
    reference = factories.multibanco(held)
    pay(reference, said(reference))

    assert judged(said(push), push, reference) == Paid(
        push, [reference], is_further=False, is_needed=False
    )
    assert judged(said(reference, transaction_id="money-2"), reference) == Paid(
        reference, [reference], is_further=True, is_needed=False
    )


def test_money_goes_back_by_our_wish_or_by_somebody_elses(push: Payment) -> None:
    pay(push, said(push))
    back, taken = refunded(said(push)), said(push, type="chargeback")

    assert judged(back, push) == Misfit(push, IssueKind.UNRECONCILED, Outcome.NOT_OUR_REFUND)
    assert judged(taken, push) == TakenBack(push, is_in_cents=True)
    assert judged(replace(taken, amount=Decimal("0.001")), push) == TakenBack(push, False)

    with transaction.atomic():
        refund = refunds.request(push, actor=closing.ACTOR)
    assert judged(back, push) == GivenBack(push, refund)


def test_two_refunds_of_one_amount_are_told_apart_by_their_order(push: Payment) -> None:
    pay(push, said(push))
    with transaction.atomic():
        first, second = (
            refunds.request(push, actor=closing.ACTOR, amount=Decimal(20)) for _ in range(2)
        )
    back = replace(refunded(said(push)), amount=Decimal(20))

    assert judged(back, push) == GivenBack(push, first)
    pay(push, back)
    assert judged(replace(back, event_id="refund-2"), push) == GivenBack(push, second)


def test_money_of_no_use_pays_for_no_visit(held: Appointment, push: Payment) -> None:
    reference = factories.multibanco(held)
    pay(reference, said(reference))
    issues.open_about("money-1", IssueKind.LATE, payment=reference)

    assert judged(said(push), push, reference) == Paid(
        push, [reference], is_further=False, is_needed=True
    )


def test_money_whose_name_was_never_learned_is_taken_for_the_same_and_learns_it(
    held: Appointment,
) -> None:
    reference = factories.multibanco(held)
    pay(reference, said(reference))
    Payment.objects.update(transaction_id="")
    reference.refresh_from_db()

    assert judged(said(reference), reference) == Retold(reference)
    pay(reference, said(reference))
    assert reference.transaction_id == "money-1"


def test_a_no_for_nothing_known_changes_nothing(push: Payment) -> None:
    stranger = replace(said(push, type="refused"), payment_id=uuid4())

    with transaction.atomic():
        assert settlement.apply(stranger, provider="sandbox") == Outcome.UNKNOWN_PAYMENT
    assert not PaymentIssue.objects.exists()


def test_a_no_that_overtakes_the_answer_to_our_call_brings_the_providers_id(
    held: Appointment,
) -> None:
    asked = factories.mb_way(held)

    pay(asked, said(asked, type="refused", request_id="request-9"))

    assert (asked.status, asked.request_id, asked.request_state) == (
        PaymentStatus.REFUSED,
        "request-9",
        RequestState.ACCEPTED,
    )
