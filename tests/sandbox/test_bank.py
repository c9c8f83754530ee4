import base64
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
import time_machine
from pytest_django import Settings
from rest_framework.test import APIClient

from billing.payments import multibanco
from clinic.core import clock, outbox
from clinic.core.models import OutboxMessage
from clinic.sandbox import bank
from clinic.sandbox.models import (
    BankChargeback,
    BankPayment,
    BankRefund,
    BankWebhook,
    MbWayRequest,
)

pytestmark = pytest.mark.django_db
SECRET = "the secret that bank and product share"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
REFERENCE = multibanco.make_reference("99999", "999", 123, Decimal("40.00"))
ATM = {"entity": "99999", "reference": REFERENCE, "amount": "40.00"}


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    settings.PAYMENT_WEBHOOK_SECRET = SECRET


@pytest.fixture
def browser() -> APIClient:
    return APIClient(enforce_csrf_checks=True)


@pytest.fixture
def product() -> APIClient:
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_X_SANDBOX_KEY=SECRET)
    return client


class Hook:
    """A web server in the product's place, which keeps what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.calls.append((self.path, dict(self.headers), body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.calls]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hook(settings: Settings) -> Iterator[Hook]:
    hook = Hook()
    settings.INTERNAL_ORIGIN = hook.origin
    yield hook
    hook.close()


Ask = Callable[..., MbWayRequest]


@pytest.fixture
def ask(product: APIClient) -> Ask:
    """The product asks a phone for 40 euros."""

    def ask(phone: str = "+351912345678", payment_id: uuid.UUID | None = None) -> MbWayRequest:
        answer = product.post(
            "/api/sandbox/bank/mb-way",
            {"payment_id": str(payment_id or uuid.uuid4()), "phone": phone, "amount": "40.00"},
        )
        assert answer.status_code in {200, 201}, answer.content
        return MbWayRequest.objects.get(id=answer.json()["request_id"])

    return ask


def run_due(task: str | None = None) -> list[bool]:
    """Do what is due now, as the worker would."""
    due = OutboxMessage.objects.filter(
        done_at__isnull=True, failed_at__isnull=True, next_at__lte=clock.now()
    )
    if task is not None:
        due = due.filter(task=task)
    return [outbox.run(message.id) for message in due.order_by("next_at", "created_at", "key")]


class TestCashMachine:
    def test_a_reference_is_paid_and_the_product_hears_of_it(
        self, browser: APIClient, hook: Hook
    ) -> None:
        with time_machine.travel(NOON, tick=False):
            answer = browser.post("/api/sandbox/bank/multibanco", ATM)
            assert hook.calls == []
            run_due()

        assert answer.status_code == 200
        assert answer.json() == ATM | {"paid_at": "2026-11-23T12:00:00Z"}
        [event] = hook.events()
        assert uuid.UUID(event.pop("event_id")) == BankWebhook.objects.get().id
        assert event == {
            "type": "paid",
            "payment_id": None,
            "method": "multibanco",
            "entity": "99999",
            "reference": REFERENCE,
            "request_id": "",
            "amount": "40.00",
            "currency": "EUR",
            "occurred_at": "2026-11-23T12:00:00+00:00",
            "transaction_id": BankPayment.objects.get().transaction_id,
        }

    def test_digits_may_be_typed_in_groups(self, browser: APIClient) -> None:
        answer = browser.post(
            "/api/sandbox/bank/multibanco", ATM | {"reference": multibanco.grouped(REFERENCE)}
        )

        assert answer.status_code == 200

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"reference": REFERENCE[:-1] + str((int(REFERENCE[-1]) + 1) % 10)}, "wrong_amount"),
            ({"amount": "40.01"}, "wrong_amount"),
            ({"amount": "0.40"}, "wrong_amount"),
            ({"entity": "11604"}, "wrong_reference"),
            ({"reference": "123456789"}, "wrong_reference"),
            ({"reference": "9990"}, "wrong_reference"),
            ({"reference": "999abc123"}, "wrong_amount"),
        ],
    )
    def test_what_does_not_fit_together_is_refused(
        self, changes: dict[str, str], code: str, browser: APIClient
    ) -> None:
        answer = browser.post("/api/sandbox/bank/multibanco", ATM | changes)

        assert answer.status_code == 422
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == code
        assert BankPayment.objects.count() == 0
        assert OutboxMessage.objects.count() == 0

    @pytest.mark.parametrize(
        "changes",
        [
            {"amount": "NaN"},
            {"amount": "-40.00"},
            {"amount": "0"},
            {"amount": "1e9"},
            {"amount": "40.001"},
            {"amount": ["40.00"]},
            {"reference": None},
            {"reference": {}},
            {"entity": "9" * 400},
        ],
    )
    def test_what_is_no_order_at_all_is_malformed(
        self, changes: dict[str, Any], browser: APIClient
    ) -> None:
        answer = browser.post("/api/sandbox/bank/multibanco", ATM | changes)

        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid"
        assert BankPayment.objects.count() == 0

    def test_a_second_payment_is_refused(self, browser: APIClient) -> None:
        browser.post("/api/sandbox/bank/multibanco", ATM)

        answer = browser.post("/api/sandbox/bank/multibanco", ATM)

        assert answer.status_code == 422
        assert answer.json()["code"] == "reference_already_paid"
        assert BankPayment.objects.count() == 1
        assert BankWebhook.objects.count() == 1


class TestWebhooks:
    def test_they_are_signed_over_the_very_bytes(self, browser: APIClient, hook: Hook) -> None:
        browser.post("/api/sandbox/bank/multibanco", ATM)
        run_due()

        [(path, headers, body)] = hook.calls
        expected = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
        assert path == "/api/webhooks/payments/sandbox"
        assert headers["X-Signature"] == base64.b64encode(expected).decode()
        assert headers["Content-Type"] == "application/json"

    def test_the_same_bytes_come_again_until_the_product_answers(
        self, browser: APIClient, hook: Hook
    ) -> None:
        hook.status = 503
        browser.post("/api/sandbox/bank/multibanco", ATM)

        assert run_due() == [False]
        assert BankWebhook.objects.get().delivered_at is None
        hook.status = 200
        assert run_due() == [True]
        assert run_due() == []

        first, second = (body for _, _, body in hook.calls)
        assert first == second
        assert BankWebhook.objects.get().delivered_at is not None

    def test_a_product_that_is_down_hears_it_later(
        self, browser: APIClient, settings: Settings
    ) -> None:
        down = Hook()
        settings.INTERNAL_ORIGIN = down.origin
        down.close()
        answer = browser.post("/api/sandbox/bank/multibanco", ATM)

        assert answer.status_code == 200
        assert run_due() == [False]
        hook = Hook()
        settings.INTERNAL_ORIGIN = hook.origin
        assert run_due() == [True]
        hook.close()
        assert [event["type"] for event in hook.events()] == ["paid"]


class TestMbWay:
    def test_a_request_waits_in_the_app_for_four_minutes(
        self, browser: APIClient, ask: Ask
    ) -> None:
        with time_machine.travel(NOON, tick=False):
            request = ask()
            [shown] = browser.get("/api/sandbox/bank/mb-way", {"phone": "912 345 678"}).json()
            other = browser.get("/api/sandbox/bank/mb-way", {"phone": "+351932345678"}).json()
        with time_machine.travel(NOON + timedelta(minutes=4), tick=False):
            later = browser.get("/api/sandbox/bank/mb-way", {"phone": "912345678"}).json()

        assert shown == {
            "id": str(request.id),
            "payment_id": str(request.payment_id),
            "phone": "+351912345678",
            "amount": "40.00",
            "status": "pending",
            "created_at": "2026-11-23T12:00:00Z",
            "expires_at": "2026-11-23T12:04:00Z",
            "decided_at": None,
        }
        assert other == []
        assert later == []

    @pytest.mark.parametrize(
        ("action", "status", "event_type"),
        [("approve", "approved", "paid"), ("refuse", "refused", "refused")],
    )
    def test_the_answer_reaches_the_product_once(
        self,
        action: str,
        status: str,
        event_type: str,
        browser: APIClient,
        ask: Ask,
        hook: Hook,
    ) -> None:
        request = ask()
        url = f"/api/sandbox/bank/mb-way/{request.id}"

        answers = [browser.post(url, {"action": action}) for _ in range(2)]
        run_due("sandbox.send_webhook")

        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json()["status"] == status
        [event] = hook.events()
        assert (event["type"], event["payment_id"], event["request_id"], event["amount"]) == (
            event_type,
            str(request.payment_id),
            str(request.id),
            "40.00",
        )
        assert browser.get("/api/sandbox/bank/mb-way").json() == []

    def test_a_changed_mind_is_too_late(self, browser: APIClient, ask: Ask) -> None:
        request = ask()
        url = f"/api/sandbox/bank/mb-way/{request.id}"
        browser.post(url, {"action": "refuse"})

        answer = browser.post(url, {"action": "approve"})

        assert (answer.status_code, answer.json()["code"]) == (409, "request_closed")
        request.refresh_from_db()
        assert request.status == "refused"
        assert BankWebhook.objects.count() == 1

    def test_an_expired_request_takes_no_answer(self, browser: APIClient, ask: Ask) -> None:
        with time_machine.travel(NOON, tick=False):
            request = ask()
        with time_machine.travel(NOON + timedelta(minutes=4), tick=False):
            answer = browser.post(f"/api/sandbox/bank/mb-way/{request.id}", {"action": "approve"})

        assert (answer.status_code, answer.json()["code"]) == (409, "request_closed")
        assert BankWebhook.objects.count() == 0

    def test_expiry_tells_the_product(self, ask: Ask, hook: Hook) -> None:
        with time_machine.travel(NOON, tick=False):
            ask()
            run_due()
            assert hook.calls == []
        with time_machine.travel(NOON + timedelta(minutes=4), tick=False):
            run_due("sandbox.expire_mb_way")
            run_due("sandbox.send_webhook")

        assert [event["type"] for event in hook.events()] == ["expired"]

    def test_an_answered_request_does_not_expire(self, browser: APIClient, ask: Ask) -> None:
        with time_machine.travel(NOON, tick=False):
            request = ask()
            browser.post(f"/api/sandbox/bank/mb-way/{request.id}", {"action": "approve"})
        with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
            run_due("sandbox.expire_mb_way")

        request.refresh_from_db()
        assert request.status == "approved"
        assert BankWebhook.objects.count() == 1

    def test_the_same_payment_asks_once(self, product: APIClient, ask: Ask) -> None:
        payment_id = uuid.uuid4()

        first, second = ask(payment_id=payment_id), ask(payment_id=payment_id)

        assert first.id == second.id
        assert MbWayRequest.objects.count() == 1

    @pytest.mark.parametrize(
        ("answer", "status"),
        [({"action": "maybe"}, 400), ({}, 400), ([], 400), ({"action": None}, 400)],
    )
    def test_only_the_two_answers(
        self, answer: Any, status: int, browser: APIClient, ask: Ask
    ) -> None:
        request = ask()

        found = browser.post(f"/api/sandbox/bank/mb-way/{request.id}", answer)

        assert found.status_code == status
        request.refresh_from_db()
        assert request.status == "pending"

    def test_unknown_requests_and_bad_numbers(self, browser: APIClient) -> None:
        unknown = browser.post(f"/api/sandbox/bank/mb-way/{uuid.uuid4()}", {"action": "approve"})
        bad = browser.get("/api/sandbox/bank/mb-way", {"phone": "210123456"})

        assert unknown.status_code == 404
        assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (400, "/phone")


class TestNumbersThatBehaveByThemselves:
    def test_one_is_not_enrolled(self, product: APIClient) -> None:
        answer = product.post(
            "/api/sandbox/bank/mb-way",
            {"payment_id": str(uuid.uuid4()), "phone": "910000001", "amount": "40.00"},
        )

        assert (answer.status_code, answer.json()["code"]) == (422, "not_enrolled")
        assert MbWayRequest.objects.count() == 0

    @pytest.mark.parametrize(
        ("phone", "types"),
        [
            (bank.REFUSES, ["refused"]),
            (bank.NEVER_ANSWERS, ["expired"]),
            (bank.PAYS_LATE, ["expired", "paid"]),
        ],
    )
    def test_those_that_answer_alone(
        self, phone: str, types: list[str], browser: APIClient, ask: Ask, hook: Hook
    ) -> None:
        with time_machine.travel(NOON, tick=False):
            ask(phone)
            assert browser.get("/api/sandbox/bank/mb-way", {"phone": phone}).json() == []
        for seconds in range(0, 300, 2):
            with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
                run_due()

        assert [event["type"] for event in hook.events()] == types

    def test_one_whose_webhook_comes_twice(self, browser: APIClient, ask: Ask, hook: Hook) -> None:
        request = ask(bank.TELLS_TWICE)
        browser.post(f"/api/sandbox/bank/mb-way/{request.id}", {"action": "approve"})
        run_due("sandbox.send_webhook")

        first, second = hook.calls
        assert first[2] == second[2]


class TestNoticesOnDemand:
    """Whoever pays says how the product is to be told of it."""

    @staticmethod
    def pay(browser: APIClient, notice: str, order: int = 123) -> str:
        """Pay the reference of an order; the reference."""
        reference = multibanco.make_reference("99999", "999", order, Decimal("40.00"))
        answer = browser.post(
            "/api/sandbox/bank/multibanco", ATM | {"reference": reference, "notice": notice}
        )
        assert answer.status_code == 200, answer.content
        return reference

    @staticmethod
    def told_at(hook: Hook, seconds: float) -> list[str]:
        """The references that the product has heard of, so long after noon."""
        with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
            run_due()
        return [event["reference"] for event in hook.events()]

    @pytest.fixture(autouse=True)
    def _at_noon(self) -> Iterator[None]:
        with time_machine.travel(NOON, tick=False):
            yield

    def test_delayed(self, browser: APIClient, hook: Hook) -> None:
        reference = self.pay(browser, "delayed")

        assert self.told_at(hook, 19) == []
        assert self.told_at(hook, 20) == [reference]

    def test_repeated(self, browser: APIClient, hook: Hook) -> None:
        reference = self.pay(browser, "repeated")

        assert self.told_at(hook, 0) == [reference] * 5
        assert len({(body, headers["X-Signature"]) for _, headers, body in hook.calls}) == 1

    def test_reordered_it_lets_the_next_one_pass(self, browser: APIClient, hook: Hook) -> None:
        first = self.pay(browser, "reordered")
        assert self.told_at(hook, 2) == []
        with time_machine.travel(NOON + timedelta(seconds=3), tick=False):
            second = self.pay(browser, "prompt", order=124)

        assert self.told_at(hook, 3) == [second]
        assert self.told_at(hook, 4) == [second]
        assert self.told_at(hook, 4) == [second, first]

    def test_reordered_it_waits_two_minutes_where_none_follows(
        self, browser: APIClient, hook: Hook
    ) -> None:
        reference = self.pay(browser, "reordered")
        for seconds in range(2, 120, 2):
            assert self.told_at(hook, seconds) == []

        assert self.told_at(hook, 120) + self.told_at(hook, 120) == [reference]

    def test_dropped_it_stands_in_the_books_alone(
        self, browser: APIClient, product: APIClient, hook: Hook
    ) -> None:
        reference = self.pay(browser, "dropped")

        assert self.told_at(hook, 3600) == []
        listed = product.get("/api/sandbox/bank/movements", TestBooks.PERIOD).json()["movements"]
        assert [movement["reference"] for movement in listed] == [reference]

    def test_mis_signed_it_comes_once_and_no_refusal_brings_it_again(
        self, browser: APIClient, hook: Hook
    ) -> None:
        hook.status = 400
        reference = self.pay(browser, "mis_signed")

        assert self.told_at(hook, 0) == [reference]
        assert self.told_at(hook, 3600) == [reference]
        [(_, headers, body)] = hook.calls
        right = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest())
        assert len(headers["X-Signature"]) == len(right)
        assert headers["X-Signature"] != right.decode()
        assert BankWebhook.objects.get().delivered_at is None

    def test_an_answer_in_the_app_too(self, browser: APIClient, ask: Ask, hook: Hook) -> None:
        url = f"/api/sandbox/bank/mb-way/{ask().id}"

        answer = browser.post(url, {"action": "refuse", "notice": "repeated"})
        run_due("sandbox.send_webhook")

        assert answer.json()["status"] == "refused"
        assert [event["type"] for event in hook.events()] == ["refused"] * 5

    def test_in_no_other_way(self, browser: APIClient, ask: Ask) -> None:
        request = ask()

        answers = [
            browser.post("/api/sandbox/bank/multibanco", ATM | {"notice": "lost"}),
            browser.post(
                f"/api/sandbox/bank/mb-way/{request.id}", {"action": "approve", "notice": None}
            ),
        ]

        assert [answer.status_code for answer in answers] == [400, 400]
        assert [answer.json()["errors"][0]["pointer"] for answer in answers] == ["/notice"] * 2
        request.refresh_from_db()
        assert (request.status, BankPayment.objects.count()) == ("pending", 0)
        assert not BankWebhook.objects.exists()


class TestChargebacks:
    URL = "/api/sandbox/bank/chargebacks"

    @pytest.fixture
    def money(self, ask: Ask) -> tuple[BankPayment, MbWayRequest]:
        """A reference paid at the cash machine, and then a request approved in the app."""
        with time_machine.travel(NOON, tick=False):
            paid = bank.pay_reference(entity="99999", reference=REFERENCE, amount=Decimal("40.00"))
            asked = ask()
        with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
            bank.answer(asked.id, approve=True, notice=bank.Telling.DROPPED)
        return paid, asked

    def test_the_bank_lists_what_was_paid_newest_first_and_takes_it_back_once(
        self, browser: APIClient, hook: Hook, money: tuple[BankPayment, MbWayRequest]
    ) -> None:
        paid, asked = money
        run_due()
        hook.calls.clear()

        answers = [
            browser.post(self.URL, {"transaction_id": asked.transaction_id}) for _ in range(2)
        ]
        run_due()

        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
        (event,) = hook.events()
        assert (event["type"], event["payment_id"]) == ("chargeback", str(asked.payment_id))
        assert (event["transaction_id"], event["amount"]) == (asked.transaction_id, "40.00")
        listed = browser.get("/api/sandbox/bank/paid").json()
        assert [(one["transaction_id"], one["method"], one["amount"]) for one in listed] == [
            (asked.transaction_id, "mb_way", "40.00"),
            (paid.transaction_id, "multibanco", "40.00"),
        ]
        assert [one["charged_back_at"] for one in listed] == [
            answers[0].json()["created_at"],
            None,
        ]

    def test_its_notice_may_get_lost_and_the_books_still_know(
        self, browser: APIClient, product: APIClient, money: tuple[BankPayment, MbWayRequest]
    ) -> None:
        paid, _ = money
        webhooks = BankWebhook.objects.count()
        sent = OutboxMessage.objects.filter(task="sandbox.send_webhook").count()

        with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
            browser.post(self.URL, {"transaction_id": paid.transaction_id, "notice": "dropped"})

        assert BankWebhook.objects.count() == webhooks + 1
        assert OutboxMessage.objects.filter(task="sandbox.send_webhook").count() == sent
        listed = product.get("/api/sandbox/bank/movements", TestBooks.PERIOD).json()["movements"]
        assert [(one["type"], one["transaction_id"]) for one in listed][::2] == [
            ("paid", paid.transaction_id),
            ("chargeback", paid.transaction_id),
        ]
        assert listed[2]["occurred_at"].startswith("2026-11-23T12:05:00")

    def test_only_what_was_paid_is_taken_back(
        self, browser: APIClient, money: tuple[BankPayment, MbWayRequest], ask: Ask
    ) -> None:
        waiting = ask()

        answers = [
            browser.post(self.URL, order)
            for order in (
                {"transaction_id": "mb-0"},
                {"transaction_id": waiting.transaction_id},
                {"transaction_id": ""},
                {"transaction_id": money[0].transaction_id, "notice": "lost"},
            )
        ]

        assert [answer.status_code for answer in answers] == [404, 404, 400, 400]
        assert not BankChargeback.objects.exists()


class TestPartner:
    def test_the_state_of_a_payment(self, product: APIClient, ask: Ask) -> None:
        request = ask()
        url = f"/api/sandbox/bank/payments/{request.payment_id}"
        before = product.get(url).json()
        bank.answer(request.id, approve=True)

        assert before["type"] == "pending"
        assert product.get(url).json()["type"] == "paid"
        assert product.get(f"/api/sandbox/bank/payments/{uuid.uuid4()}").status_code == 404

    def test_a_withdrawn_request_leaves_the_app_and_nothing_is_said(
        self, product: APIClient, browser: APIClient, ask: Ask
    ) -> None:
        request = ask()
        url = f"/api/sandbox/bank/payments/{request.payment_id}"

        assert [product.delete(url).status_code for _ in range(2)] == [204, 204]

        assert browser.get("/api/sandbox/bank/mb-way").json() == []
        assert product.get(url).json()["type"] == "expired"
        assert BankWebhook.objects.count() == 0

    def test_a_paid_request_is_not_withdrawn(self, product: APIClient, ask: Ask) -> None:
        request = ask()
        bank.answer(request.id, approve=True)

        answer = product.delete(f"/api/sandbox/bank/payments/{request.payment_id}")

        assert (answer.status_code, answer.json()["code"]) == (409, "request_closed")

    def test_a_refund_is_given_once(self, product: APIClient) -> None:
        order = {
            "refund_id": str(uuid.uuid4()),
            "payment_id": str(uuid.uuid4()),
            "amount": "40.00",
        }

        answers = [product.post("/api/sandbox/bank/refunds", order) for _ in range(2)]

        assert [(answer.status_code, answer.json()) for answer in answers] == [(201, order)] * 2
        assert BankRefund.objects.count() == 1

    @pytest.mark.parametrize("key", [None, "", "wrong", SECRET + "x", "é"])
    def test_nobody_but_the_product_is_a_partner(self, key: str | None, ask: Ask) -> None:
        request = ask()
        stranger = APIClient(enforce_csrf_checks=True)
        if key is not None:
            stranger.credentials(HTTP_X_SANDBOX_KEY=key)
        payment = f"/api/sandbox/bank/payments/{request.payment_id}"

        answers = [
            stranger.post("/api/sandbox/bank/mb-way", {}),
            stranger.post("/api/sandbox/bank/refunds", {}),
            stranger.get(payment),
            stranger.delete(payment),
        ]

        assert {answer.status_code for answer in answers} == {403}
        request.refresh_from_db()
        assert request.status == "pending"


class TestBooks:
    PERIOD: ClassVar = {"since": NOON.isoformat(), "until": (NOON + timedelta(hours=1)).isoformat()}

    def test_the_books_list_what_came_in_the_period_and_nothing_else(
        self, product: APIClient
    ) -> None:
        inside, outside = NOON, NOON + timedelta(hours=1)
        with time_machine.travel(outside, tick=False):
            reference = multibanco.make_reference("99999", "999", 124, Decimal("40.00"))
            bank.pay_reference(entity="99999", reference=reference, amount=Decimal("40.00"))
        with time_machine.travel(inside, tick=False):
            paid = bank.pay_reference(entity="99999", reference=REFERENCE, amount=Decimal("40.00"))
            asked, _ = bank.ask_mb_way(
                payment_id=uuid.uuid4(), phone="+351912345678", amount=Decimal("12.50")
            )
            bank.ask_mb_way(payment_id=uuid.uuid4(), phone="+351912345679", amount=Decimal("9.00"))
            bank.answer(asked.id, approve=True)

        listed = product.get("/api/sandbox/bank/movements", self.PERIOD).json()["movements"]

        assert [(one["transaction_id"], one["type"], one["amount"]) for one in listed] == [
            (paid.transaction_id, "paid", "40.00"),
            (asked.transaction_id, "paid", "12.50"),
        ]

    def test_the_books_are_open_to_the_product_alone_and_for_a_period(
        self, browser: APIClient, product: APIClient
    ) -> None:
        assert browser.get("/api/sandbox/bank/movements", self.PERIOD).status_code == 403
        assert product.get("/api/sandbox/bank/movements").status_code == 400
