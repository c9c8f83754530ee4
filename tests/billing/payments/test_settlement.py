"""Every order of events ends in the right state, or on a person's desk."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import transaction
from rest_framework.test import APIClient

from billing.invoicing.models import Invoice, InvoiceDocument
from billing.invoicing.services import verification
from billing.manager import selectors
from billing.payments import providers
from billing.payments import selectors as billing
from billing.payments.events import PaymentChanged
from billing.payments.models import (
    TRANSITIONS,
    Payment,
    PaymentEvent,
    PaymentIssue,
    PaymentStatus,
    Reason,
    Refund,
    RequestState,
    WebhookDelivery,
)
from billing.payments.providers.base import EventType
from billing.payments.services import ledger, settlement, webhooks
from booking.models import Appointment
from booking.services import changes, holds
from clinic.core import clock, events, stuck
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from tests.billing import factories
from tests.billing.bank import Bank
from tests.billing.factories import drain, notice, send
from tests.conftest import lose

pytestmark = pytest.mark.django_db


@pytest.fixture
def push(held: Appointment) -> Payment:
    """An MB WAY request that the bank has accepted."""
    payment = factories.mb_way(held)
    payment.request_state = RequestState.ACCEPTED
    payment.request_id = "request-1"
    payment.save()
    return payment


def tell(client: APIClient, payment: Payment, **changes: object) -> Payment:
    send(client, notice(payment, **changes))
    drain()
    payment.refresh_from_db()
    return payment


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("refused", PaymentStatus.REFUSED, Reason.REFUSED),
        ("expired", PaymentStatus.EXPIRED, Reason.TIMED_OUT),
        ("failed", PaymentStatus.FAILED, Reason.DECLINED),
    ],
)
def test_a_push_that_comes_to_nothing_leaves_the_slot_held(
    client: APIClient, push: Payment, kind: str, status: PaymentStatus, reason: Reason
) -> None:
    tell(client, push, type=kind)

    assert (push.status, push.reason) == (status, reason)
    push.appointment.refresh_from_db()
    assert push.appointment.status == "pending"
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("first", ["refused", "expired", "failed"])
def test_money_wins_over_an_earlier_no(client: APIClient, push: Payment, first: str) -> None:
    tell(client, push, type=first)
    tell(client, push)

    assert (push.status, push.reason) == (PaymentStatus.PAID, Reason.NONE)
    assert Invoice.objects.count() == 1


@pytest.mark.parametrize("late", ["refused", "expired", "failed"])
def test_paid_never_goes_back(client: APIClient, push: Payment, late: str) -> None:
    tell(client, push)
    tell(client, push, type=late)

    assert push.status == PaymentStatus.PAID
    assert [
        (event.type, event.from_status, event.to_status)
        for event in PaymentEvent.objects.order_by("pk")
    ] == [("paid", "pending", "paid"), (late, "paid", "paid")]
    assert not PaymentIssue.objects.exists()


def test_a_notice_that_overtakes_the_answer_to_our_call_brings_the_providers_id(
    client: APIClient, held: Appointment
) -> None:
    payment = factories.mb_way(held)

    tell(client, payment, request_id="request-9")

    assert (payment.status, payment.request_id) == (PaymentStatus.PAID, "request-9")


def test_the_request_of_another_payment_pays_nothing(client: APIClient, push: Payment) -> None:
    tell(client, push, request_id="request-2")

    assert push.status == PaymentStatus.PENDING
    assert PaymentIssue.objects.get().kind == "orphan"


def test_a_second_yes_to_one_push_is_the_same_yes(client: APIClient, push: Payment) -> None:
    tell(client, push)
    tell(client, push)

    assert not PaymentIssue.objects.exists()
    assert Invoice.objects.count() == 1


def test_both_methods_paid_keeps_both_and_invoices_one(
    client: APIClient, held: Appointment
) -> None:
    reference = factories.multibanco(held)
    push = factories.mb_way(held)
    tell(client, push, request_id="request-1")
    tell(client, reference)

    assert (push.status, reference.status) == (PaymentStatus.PAID, PaymentStatus.PAID)
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id) == ("duplicate", reference.id)
    assert Invoice.objects.get().payment_id == push.id


def test_paying_one_method_closes_the_other(client: APIClient, held: Appointment) -> None:
    reference = factories.multibanco(held)
    push = factories.mb_way(held)

    tell(client, reference)

    push.refresh_from_db()
    assert reference.status == PaymentStatus.PAID
    assert (push.status, push.reason) == (PaymentStatus.EXPIRED, Reason.REPLACED)


def run_out(held: Appointment) -> None:
    """The time to pay is over and the slot is free again."""
    Appointment.objects.filter(pk=held.pk).update(hold_expires_at=clock.now())
    assert holds.expire_due() == 1
    drain()


def take(held: Appointment) -> None:
    """Somebody else books the time that was held."""
    factories.appointment(
        factories.patient("bruno"),
        practitioner=held.practitioner,
        start=held.start,
        end=held.end,
        status="booked",
        booked_at=clock.now(),
    )


def test_money_after_the_slot_was_released_books_it_while_it_is_free(
    client: APIClient, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    run_out(held)
    payment.refresh_from_db()
    assert (payment.status, payment.reason) == (PaymentStatus.EXPIRED, Reason.HOLD_ENDED)

    tell(client, payment)

    held.refresh_from_db()
    assert (payment.status, held.status) == (PaymentStatus.PAID, "booked")
    assert Invoice.objects.get().payment_id == payment.id
    assert not PaymentIssue.objects.exists()
    assert not Refund.objects.exists()


def test_an_appointment_that_was_paid_late_can_be_cancelled_for_its_money(
    client: APIClient, held: Appointment, bank: Bank
) -> None:
    bank.will(201, {"refund_id": "f-1"})
    payment = factories.multibanco(held)
    run_out(held)
    tell(client, payment)

    changes.cancel(held.pk, actor=Actor.system("test"))
    drain()

    payment.refresh_from_db()
    assert payment.status == PaymentStatus.REFUNDED
    assert Refund.objects.get().status == "done"


def test_money_for_a_slot_that_somebody_else_has_goes_back_and_the_patient_is_told(
    client: APIClient, ana: Patient, bank: Bank
) -> None:
    type(ana).objects.filter(pk=ana.pk).update(phone="+351912345678")
    held = factories.appointment(ana)
    bank.will(503)
    bank.will(201, {"refund_id": "f-1"})
    payment = factories.multibanco(held)
    run_out(held)
    take(held)

    # When the money comes and the bank doesn't answer at first
    tell(client, payment)

    # Then nothing is booked, the refund is under way, and the case stays open
    held.refresh_from_db()
    assert (payment.status, held.status) == (PaymentStatus.PAID, "expired")
    assert Refund.objects.get().status == "requested"
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id, issue.resolved_at) == ("late", payment.id, None)
    message = Message.objects.get(template="money_returned")
    assert (message.channel, message.to) == ("sms", "+351912345678")
    assert "recebemos 40,00€" in message.body
    assert not Invoice.objects.exists()

    # When the bank has sent it back
    drain()

    # Then the case is closed
    payment.refresh_from_db()
    issue.refresh_from_db()
    refund = Refund.objects.get()
    assert (payment.status, refund.status) == (PaymentStatus.REFUNDED, "done")
    assert issue.resolved_at is not None
    entry = AuditEntry.objects.get(action="payment_issue.settled")
    assert (entry.subject_id, entry.patient_id) == (str(issue.pk), ana.pk)
    assert (entry.actor_kind, entry.data) == ("provider", {"kind": "late"})


def test_who_can_not_be_told_of_money_that_goes_back_stands_before_the_manager(
    client: APIClient, ana: Patient, bank: Bank
) -> None:
    known = type(ana).objects.filter(pk=ana.pk)
    lose(ana, "phone", "email")
    held = factories.appointment(ana)
    bank.will(201, {"refund_id": "f-1"})
    payment = factories.multibanco(held)
    run_out(held)
    take(held)

    # When the money comes too late
    tell(client, payment)
    drain()

    # Then it goes back, and a person reads of whom and how much nobody could tell
    assert not Message.objects.filter(template="money_returned").exists()
    (halted,) = [stuck.told(found, "pt") for found in stuck.found()]
    assert (halted.code, halted.is_to_tell) == ("unreachable", True)
    assert (halted.subject.name, halted.subject.amount) == (ana.full_name, Decimal("40.00"))

    # When a contact is there, and it is tried again
    known.update(email="ana@example.com")
    stuck.try_again(halted.id, actor=Actor.system("test"))
    drain()

    # Then they are told, once
    assert not stuck.found().exists()
    assert Message.objects.get(template="money_returned").to == "ana@example.com"


def test_a_refund_of_late_money_that_the_bank_refuses_leaves_everything_open(
    client: APIClient, held: Appointment, bank: Bank
) -> None:
    bank.will(409, {"code": "no"})
    payment = factories.multibanco(held)
    run_out(held)
    take(held)

    tell(client, payment)

    assert payment.status == PaymentStatus.PAID
    assert list(PaymentIssue.objects.order_by("kind").values_list("kind", "resolved_at")) == [
        ("late", None),
        ("refund_failed", None),
    ]


@pytest.mark.parametrize("first", ["the notice", "the cancellation"])
def test_money_that_comes_just_after_a_cancellation_with_refund_goes_back(
    client: APIClient, held: Appointment, bank: Bank, first: str
) -> None:
    bank.will(201, {"refund_id": "f-1"})
    payment = factories.multibanco(held)
    changes.cancel(held.pk, actor=Actor.system("test"))

    send(client, notice(payment))
    if first == "the notice":
        assert webhooks.process(WebhookDelivery.objects.get().pk) == "too_late"
    drain()

    payment.refresh_from_db()
    held.refresh_from_db()
    assert (payment.status, held.status) == (PaymentStatus.REFUNDED, "cancelled")
    assert len(bank.calls) == 1
    assert PaymentIssue.objects.get().resolved_at is not None


def test_money_after_a_cancellation_that_keeps_it_is_for_a_person(
    client: APIClient, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    Appointment.objects.filter(pk=held.pk).update(
        start=clock.now() + timedelta(hours=2), end=clock.now() + timedelta(hours=3)
    )
    changes.cancel(held.pk, actor=Actor.system("test"))
    drain()

    tell(client, payment)

    assert payment.status == PaymentStatus.PAID
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.resolved_at) == ("late", None)
    assert not Refund.objects.exists()


def test_a_clock_ahead_of_ours_does_not_date_money_in_the_future(
    client: APIClient, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    ahead = clock.now() + timedelta(hours=1)

    tell(client, payment, occurred_at=ahead.isoformat())

    assert payment.paid_at is not None
    assert payment.paid_at < ahead
    assert PaymentEvent.objects.get().occurred_at == ahead


def test_every_change_is_announced_and_audited(client: APIClient, held: Appointment) -> None:
    heard: list[PaymentChanged] = []
    events.subscribe(PaymentChanged, heard.append, when="now")
    payment = factories.multibanco(held)
    tell(client, payment)

    assert [change.payment_id for change in heard] == [payment.id, payment.id]
    assert {(change.patient_id, change.appointment_id) for change in heard} == {
        (held.patient_id, held.pk)
    }
    entry = AuditEntry.objects.get(action="payment.status")
    assert (entry.actor_kind, entry.actor_id) == ("provider", "sandbox")
    assert entry.data == {"before": "pending", "after": "paid", "reason": ""}
    assert entry.patient_id == held.patient_id


@pytest.mark.parametrize("before", PaymentStatus.values)
@pytest.mark.parametrize("after", PaymentStatus.values)
def test_the_table_of_moves_is_the_law(held: Appointment, before: str, after: str) -> None:
    payment = factories.multibanco(held)
    stamp = clock.now() if before in {"paid", "refunded"} else None
    Payment.objects.filter(pk=payment.pk).update(status=before, paid_at=stamp)
    payment.refresh_from_db()
    actor = Actor.system("test")

    if after in TRANSITIONS[before]:
        ledger.move(
            payment,
            PaymentStatus(after),
            actor=actor,
            paid_at=stamp or clock.now() if after in {"paid", "refunded"} else None,
        )
        expected = after
    else:
        with pytest.raises(ValueError, match="->"):
            ledger.move(payment, PaymentStatus(after), actor=actor)
        expected = before

    payment.refresh_from_db()
    assert payment.status == expected


class TestMoneyThatCannotBeUsed:
    """It goes one way, whichever payment came first and however it was told."""

    @pytest.fixture
    def two(self, held: Appointment) -> list[Payment]:
        """A reference and a push of one hold, which ran out and is somebody else's now."""
        payments = [factories.multibanco(held), factories.mb_way(held)]
        Payment.objects.filter(method="mb_way").update(
            request_id="request-1", request_state=RequestState.ACCEPTED
        )
        payments[1].refresh_from_db()
        run_out(held)
        take(held)
        return payments

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    @pytest.mark.parametrize("bank_is", ["quick", "slow"])
    def test_two_late_payments_both_go_back(
        self,
        client: APIClient,
        two: list[Payment],
        bank: Bank,
        order: tuple[int, int],
        bank_is: str,
    ) -> None:
        bank.will(*((201, {}) if bank_is == "quick" else (503, None)))

        for place in order:
            tell(client, two[place])

        kinds = PaymentIssue.objects.values_list("kind", flat=True)
        assert list(kinds) == ["late", "late"]
        bank.answers = [(201, {})]
        drain()
        assert set(Payment.objects.values_list("status", flat=True)) == {"refunded"}
        assert Refund.objects.filter(status="done").count() == 2
        assert not PaymentIssue.objects.filter(resolved_at=None).exists()
        assert Message.objects.filter(template="money_returned").count() == 2

    def test_the_same_by_reconciliation(self, two: list[Payment], bank: Bank) -> None:
        bank.will(201, {})

        for payment in two:
            told = providers.get("sandbox").read_event(notice(payment))
            assert told is not None
            with transaction.atomic():
                settlement.apply(told, provider="sandbox")
        drain()

        assert set(Payment.objects.values_list("status", flat=True)) == {"refunded"}

    def test_what_was_paid_twice_goes_back_and_the_visit_stands(
        self, client: APIClient, held: Appointment, bank: Bank
    ) -> None:
        reference, push = factories.multibanco(held), factories.mb_way(held)
        tell(client, push, request_id="request-1")
        bank.will(201, {})

        tell(client, reference)

        push.refresh_from_db()
        held.refresh_from_db()
        assert (push.status, reference.status, held.status) == ("paid", "refunded", "booked")
        assert Refund.objects.get().payment_id == reference.pk
        assert PaymentIssue.objects.get().resolved_at is not None
        assert Message.objects.filter(template="paid_twice").count() == 1
        assert Invoice.objects.get().payment_id == push.pk

    def test_of_what_was_paid_twice_and_called_off_too_late_one_payment_stays(
        self, client: APIClient, held: Appointment, bank: Bank
    ) -> None:
        reference, push = factories.multibanco(held), factories.mb_way(held)
        tell(client, push, request_id="request-1")
        Appointment.objects.filter(pk=held.pk).update(
            start=clock.now() + timedelta(hours=2), end=clock.now() + timedelta(hours=3)
        )
        changes.cancel(held.pk, actor=Actor.system("test"))
        drain()
        bank.will(201, {})

        tell(client, reference)

        push.refresh_from_db()
        assert (push.status, reference.status) == ("paid", "refunded")

    def test_money_that_comes_while_the_first_is_going_back_goes_back_too(
        self, client: APIClient, held: Appointment, bank: Bank
    ) -> None:
        reference, push = factories.multibanco(held), factories.mb_way(held)
        tell(client, push, request_id="request-1")
        bank.will(503)
        changes.cancel(held.pk, actor=Actor.system("test"))
        drain()

        tell(client, reference)

        assert PaymentIssue.objects.get().kind == "late"
        bank.answers = [(201, {})]
        drain()
        assert set(Payment.objects.values_list("status", flat=True)) == {"refunded"}
        assert not PaymentIssue.objects.filter(resolved_at=None).exists()

    def test_a_reference_paid_again_after_its_refund_goes_back_too(
        self, client: APIClient, held: Appointment, bank: Bank
    ) -> None:
        reference = factories.multibanco(held)
        tell(client, reference)
        bank.will(201, {})
        changes.cancel(held.pk, actor=Actor.system("test"))
        drain()

        tell(client, reference)

        assert list(Payment.objects.values_list("status", flat=True)) == ["refunded", "refunded"]
        issue = PaymentIssue.objects.get()
        assert (issue.kind, issue.resolved_at is None) == ("late", False)

    @pytest.fixture
    def late(self, held: Appointment) -> Payment:
        """A reference of a hold that ran out and is somebody else's now."""
        reference = factories.multibanco(held)
        run_out(held)
        take(held)
        return reference

    @pytest.mark.parametrize("times", [2, 3])
    def test_one_late_reference_paid_again_and_again_goes_back_each_time(
        self, client: APIClient, late: Payment, bank: Bank, times: int
    ) -> None:
        bank.will(201, {})

        for time in range(times):
            tell(client, late, transaction_id=f"mb-{time}")

        assert list(Payment.objects.values_list("status", flat=True)) == ["refunded"] * times
        assert asked_back(bank) == [(str(late.pk), "40.00")] * times
        kinds = PaymentIssue.objects.exclude(resolved_at=None).values_list("kind", flat=True)
        assert list(kinds) == ["late"] * times
        assert PaymentIssue.objects.count() == times
        assert Message.objects.filter(template="money_returned").count() == times
        assert not Invoice.objects.exists()

    def test_a_paid_reference_paid_again_goes_back_and_the_visit_stands(
        self, client: APIClient, held: Appointment, bank: Bank
    ) -> None:
        reference = factories.multibanco(held)
        tell(client, reference, transaction_id="mb-1")
        bank.will(201, {})

        tell(client, reference, transaction_id="mb-2")

        held.refresh_from_db()
        again = Payment.objects.get(repeats=reference)
        assert (reference.status, again.status, held.status) == ("paid", "refunded", "booked")
        assert asked_back(bank) == [(str(reference.pk), "40.00")]
        issue = PaymentIssue.objects.get()
        assert (issue.kind, issue.payment_id) == ("duplicate", again.pk)
        assert issue.resolved_at is not None
        assert Message.objects.filter(template="paid_twice").count() == 1
        assert Invoice.objects.get().payment_id == reference.pk
        assert billing.telling_payment(held.pk) == reference
        assert verification.missing() == []

    def test_each_money_is_one_row_however_often_it_is_told(
        self, client: APIClient, held: Appointment, bank: Bank
    ) -> None:
        reference = factories.multibanco(held)
        bank.will(201, {})

        for _ in range(2):
            for name in ("mb-1", "mb-2", "mb-3"):
                tell(client, reference, transaction_id=name)

        told = Payment.objects.order_by("created_at").values_list("transaction_id", "status")
        assert list(told) == [("mb-1", "paid"), ("mb-2", "refunded"), ("mb-3", "refunded")]
        assert PaymentEvent.objects.count() == 6
        assert Refund.objects.count() == PaymentIssue.objects.count() == 2

    @pytest.mark.parametrize("named", [True, False])
    def test_what_was_taken_back_of_a_further_money_is_of_its_row(
        self, client: APIClient, held: Appointment, bank: Bank, named: bool
    ) -> None:
        reference = factories.multibanco(held)
        bank.will(503)
        for name in ("mb-1", "mb-2"):
            tell(client, reference, transaction_id=name)
        again = Payment.objects.get(repeats=reference)

        id_ = str(reference.pk) if named else None
        tell(client, reference, transaction_id="mb-2", type="chargeback", payment_id=id_)

        taken = PaymentIssue.objects.get(kind="chargeback")
        assert (taken.payment_id, taken.resolved_at) == (again.pk, None)

    def test_the_provider_says_that_a_further_money_went_back(
        self, client: APIClient, held: Appointment, bank: Bank
    ) -> None:
        reference = factories.multibanco(held)
        bank.will(503)
        for name in ("mb-1", "mb-2"):
            tell(client, reference, transaction_id=name)

        paid = providers.get("sandbox").read_event(notice(reference, transaction_id="mb-2"))
        assert paid is not None
        with transaction.atomic():
            settlement.apply(
                replace(paid, type=EventType.REFUNDED, event_id="r-1"), provider="sandbox"
            )

        again = Payment.objects.get(repeats=reference)
        assert (reference.status, again.status) == ("paid", "refunded")
        assert not PaymentIssue.objects.filter(resolved_at=None).exists()

    def test_where_the_provider_sends_nothing_back_a_person_is_told(
        self, client: APIClient, held: Appointment, bank: Bank
    ) -> None:
        reference = factories.multibanco(held)
        tell(client, reference, transaction_id="mb-1")
        bank.will(422, {"code": "not_refundable"})

        tell(client, reference, transaction_id="mb-2")

        again = Payment.objects.get(repeats=reference)
        open_issues = selectors.issues(settled=False)
        assert {(issue.kind, issue.payment_id) for issue in open_issues} == {
            ("duplicate", again.pk),
            ("refund_failed", again.pk),
        }
        assert reference.status == again.status == "paid"


def asked_back(bank: Bank) -> list[tuple[str, str]]:
    """The refunds that the bank was asked for: of which payment it knows, and how much."""
    asked = [body for _, path, body in bank.calls if path == "/refunds"]
    return [(body["payment_id"], body["amount"]) for body in asked]


IMPOSSIBLE = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
    "2099-01-01T00:00:00Z",
]


@pytest.mark.parametrize("told", IMPOSSIBLE)
def test_a_moment_that_can_not_be_is_told_and_that_of_receipt_is_taken(
    client: APIClient, held: Appointment, told: str
) -> None:
    payment = factories.multibanco(held)
    before = clock.now()

    tell(client, payment, occurred_at=told)

    assert payment.status == PaymentStatus.PAID
    assert payment.paid_at is not None
    assert before <= payment.paid_at <= clock.now()
    assert before <= PaymentEvent.objects.get().occurred_at <= clock.now()
    issue = PaymentIssue.objects.get()
    assert (issue.kind, issue.payment_id) == ("wrong_time", payment.pk)
    assert issue.detail["told"].startswith(told[:10])
    assert InvoiceDocument.objects.count() == 1
    call_command("verify_invoices")
    send(client, notice(payment, occurred_at=told))
    drain()
    assert PaymentIssue.objects.filter(kind="wrong_time").count() <= 2


def test_what_is_known_and_told_again_with_an_impossible_moment_is_for_nobody(
    client: APIClient, held: Appointment
) -> None:
    payment = factories.multibanco(held)
    tell(client, payment, event_id="e1")
    paid_at = payment.paid_at

    tell(client, payment, event_id="e1", occurred_at=IMPOSSIBLE[0])

    assert (payment.status, payment.paid_at) == (PaymentStatus.PAID, paid_at)
    assert PaymentEvent.objects.count() == 1
    assert not PaymentIssue.objects.exists()
