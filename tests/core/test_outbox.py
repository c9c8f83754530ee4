"""What must not be lost is written with the change, sent after it, and done once."""

import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from kombu.exceptions import OperationalError as BrokerError
from pytest_django.fixtures import Settings

from clinic.core import audit, clock, outbox, relay
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry, OutboxMessage

EFFECT = "tests.effect"


DUTY = "tests.duty"


@outbox.handler(DUTY, until_done=True, pt="Dever", en="Duty")
def duty(**args: str) -> None:
    effect(**args)


@outbox.handler(EFFECT, until_done=False, pt="Efeito", en="Effect")
def effect(fail: str = "") -> None:
    audit.record("effect", actor=Actor.system("tests"))
    if fail == "permanent":
        raise outbox.Permanent("no such number")
    if fail:
        raise RuntimeError("try later")


CALL = "tests.call"
Calls = list[tuple[str, bool]]
heard: Calls = []
meanwhile: list[Callable[[], object]] = []


@outbox.caller(CALL, until_done=False, pt="Chamada", en="Call")
def call(fail: str = "") -> Callable[[], None]:
    """Notes whether a transaction is open, when it calls and when it writes."""
    heard.append(("call", connection.in_atomic_block))
    while meanwhile:
        meanwhile.pop()()

    def finish() -> None:
        heard.append(("finish", connection.in_atomic_block))
        effect(fail=fail)

    return finish


@pytest.fixture
def calls() -> Calls:
    heard.clear()
    meanwhile.clear()
    return heard


def write(key: str = "effect:1", **args: Any) -> OutboxMessage:
    with transaction.atomic():
        outbox.enqueue(EFFECT, key=key, **args)
    return OutboxMessage.objects.get(key=key)


@pytest.mark.django_db(transaction=True)
def test_a_message_is_refused_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        outbox.enqueue(EFFECT, key="effect:1")

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_message_shares_the_fate_of_its_transaction() -> None:
    @transaction.atomic
    def fail_after_writing() -> None:
        outbox.enqueue(EFFECT, key="effect:1")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_key_is_written_once() -> None:
    first = write()

    again = write()

    assert again.id == first.id
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_message_is_done_once_however_often_it_is_delivered() -> None:
    message = write()

    assert outbox.run(message.id) is True
    assert outbox.run(message.id) is False

    assert AuditEntry.objects.filter(action="effect").count() == 1
    message.refresh_from_db()
    assert message.done_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_failing_handler_leaves_no_effect_and_may_be_tried_again() -> None:
    message = write(fail="later")

    assert outbox.run(message.id) is False

    assert not AuditEntry.objects.exists()
    message.refresh_from_db()
    assert message.last_error == "RuntimeError"
    assert (message.done_at, message.failed_at, message.failures) == (None, None, 1)


@pytest.mark.django_db(transaction=True)
def test_after_twelve_failures_a_message_is_set_aside() -> None:
    message = write(fail="later")

    for _ in range(11):
        outbox.run(message.id)
    message.refresh_from_db()
    assert message.failed_at is None

    outbox.run(message.id)
    message.refresh_from_db()
    assert message.failed_at is not None


@pytest.mark.django_db(transaction=True)
def test_what_is_tried_until_done_is_never_set_aside_for_its_failures() -> None:
    write(fail="later")
    OutboxMessage.objects.update(task=DUTY, failures=32767, attempts=32767)
    (message,) = OutboxMessage.objects.all()

    assert outbox.claim_due() == [(message.id, DUTY)]
    assert outbox.run(message.id) is False

    message.refresh_from_db()
    assert (message.failures, message.attempts, message.failed_at) == (32767, 32767, None)
    assert message.next_at - clock.now() <= timedelta(minutes=15)
    OutboxMessage.objects.update(args={})
    assert outbox.run(message.id) is True


@pytest.mark.django_db(transaction=True)
def test_overdue_is_what_was_due_and_is_not_done() -> None:
    done, waiting, aside = (write(f"effect:{number}") for number in (1, 2, 3))
    with transaction.atomic():
        outbox.enqueue(EFFECT, key="effect:later", delay_seconds=60)
        outbox.enqueue(DUTY, key="duty:1")
    outbox.run(done.id)
    OutboxMessage.objects.filter(pk=aside.id).update(failed_at=clock.now(), failures=1)

    assert outbox.overdue(EFFECT) == 2
    assert [due for due, task in outbox.claim_due() if task == EFFECT] == [waiting.id]
    assert outbox.overdue(EFFECT) == 2


@pytest.mark.django_db(transaction=True)
def test_a_week_without_a_worker_uses_up_no_try() -> None:
    message = write(fail="later")
    OutboxMessage.objects.update(attempts=5000)

    assert outbox.claim_due() == [(message.id, EFFECT)]
    outbox.run(message.id)

    message.refresh_from_db()
    assert (message.attempts, message.failures, message.failed_at) == (5001, 1, None)
    assert message.next_at - clock.now() <= timedelta(minutes=15)


@pytest.mark.django_db(transaction=True)
def test_a_permanent_failure_is_set_aside() -> None:
    message = write(fail="permanent")

    outbox.run(message.id)

    message.refresh_from_db()
    assert message.failed_at is not None
    assert message.last_error == "Permanent: no such number"
    assert not AuditEntry.objects.exists()
    assert outbox.claim_due() == []


@pytest.mark.django_db(transaction=True)
def test_a_message_in_another_workers_hands_is_left_alone() -> None:
    message = write()
    results: list[bool] = []

    def other_worker() -> None:
        results.append(outbox.run(message.id))
        connection.close()

    with transaction.atomic():
        OutboxMessage.objects.select_for_update().get(id=message.id)
        thread = threading.Thread(target=other_worker)
        thread.start()
        thread.join(timeout=10)

    assert results == [False]
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_claiming_counts_the_try_and_sets_the_next_one() -> None:
    message = write()
    before = clock.now()

    assert outbox.claim_due() == [(message.id, EFFECT)]
    assert outbox.claim_due() == []

    message.refresh_from_db()
    assert message.attempts == 1
    assert message.next_at - before >= outbox.retry_delay(0)


def test_the_pause_between_tries_doubles_up_to_a_quarter_of_an_hour(
    settings: Settings,
) -> None:
    settings.OUTBOX_RETRY_SECONDS = 5

    pauses = [outbox.retry_delay(attempts) for attempts in (0, 1, 2, 20, 5000)]

    assert pauses == [timedelta(seconds=seconds) for seconds in (5, 10, 20, 900, 900)]


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_costs_a_second_and_no_try() -> None:
    message = write()

    def refuse(_id: uuid.UUID, _task: str) -> None:
        raise BrokerError("connection refused")

    with pytest.raises(BrokerError):
        relay.relay_once(refuse)

    message.refresh_from_db()
    assert message.attempts == 0
    assert message.next_at - clock.now() <= timedelta(seconds=relay.BROKER_PAUSE_SECONDS)


@pytest.mark.django_db(transaction=True)
def test_a_commit_calls_the_relay_once_and_a_roll_back_never() -> None:
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("LISTEN outbox")

        def calls() -> list[str]:
            return [call.channel for call in other.connection.notifies(timeout=0.2)]

        with transaction.atomic():
            write("effect:1")
            write("effect:2")
            assert calls() == []
        assert calls() == ["outbox"]
        with transaction.atomic():
            write("effect:3")
            transaction.set_rollback(True)
        assert calls() == []


@pytest.mark.django_db(transaction=True)
def test_the_relay_wakes_at_the_commit() -> None:
    stop = threading.Event()
    sent: list[str] = []
    arrived = threading.Event()

    def send(_id: uuid.UUID, task: str) -> None:
        sent.append(task)
        arrived.set()

    def relaying() -> None:
        relay.run(send, stop=stop)
        connection.close()

    thread = threading.Thread(target=relaying)
    thread.start()
    write()
    assert arrived.wait(timeout=5)
    stop.set()
    thread.join(timeout=5)

    assert sent == [EFFECT]
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
def test_the_relay_outlives_a_broker_that_is_away_and_its_own_connection() -> None:
    """Given a broker that refuses once, and a server that then ends the relay's connection."""
    stop = threading.Event()
    sent: list[str] = []
    arrived = threading.Event()

    def send(_id: uuid.UUID, task: str) -> None:
        sent.append(task)
        if len(sent) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                ended.extend(cursor.fetchone())
            raise BrokerError("away")
        arrived.set()

    ended: list[int] = []

    def run() -> None:
        relay.run(send, stop=stop)
        connection.close()

    wait = threading.Thread(target=run)
    wait.start()
    write()
    while not ended:
        time.sleep(0.01)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", ended)

    assert arrived.wait(timeout=10)
    stop.set()
    wait.join(timeout=5)

    assert sent == [EFFECT, EFFECT]
    assert not wait.is_alive()


def to_call(**args: str) -> OutboxMessage:
    message = write(**args)
    OutboxMessage.objects.update(task=CALL)
    return message


def elsewhere(work: Callable[[], object]) -> Callable[[], None]:
    """The same on a thread and a database connection of its own, to its end."""

    def run() -> None:
        work()
        connection.close()

    def wait() -> None:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(timeout=10)
        assert not thread.is_alive()

    return wait


@pytest.mark.django_db(transaction=True)
def test_a_caller_calls_outside_of_any_transaction_and_writes_in_the_one_that_marks_it_done(
    calls: Calls,
) -> None:
    message = to_call()

    assert outbox.run(message.id) is True
    assert outbox.run(message.id) is False

    assert calls == [("call", False), ("finish", True)]
    assert AuditEntry.objects.filter(action="effect").count() == 1
    message.refresh_from_db()
    assert message.done_at is not None


@pytest.mark.django_db(transaction=True)
def test_while_one_worker_calls_no_other_one_does(calls: Calls) -> None:
    message = to_call()
    results: list[bool] = []
    meanwhile.append(elsewhere(lambda: results.append(outbox.run(message.id))))

    assert outbox.run(message.id) is True

    assert results == [False]
    assert calls == [("call", False), ("finish", True)]


@pytest.mark.django_db(transaction=True)
def test_what_a_caller_writes_is_undone_where_it_fails_and_called_for_again(calls: Calls) -> None:
    message = to_call(fail="later")

    assert outbox.run(message.id) is False
    assert not AuditEntry.objects.exists()
    OutboxMessage.objects.update(args={})
    elsewhere(lambda: outbox.run(message.id))()

    message.refresh_from_db()
    assert (message.failures, message.last_error) == (1, "RuntimeError")
    assert message.done_at is not None
    assert AuditEntry.objects.filter(action="effect").count() == 1
    assert calls == [("call", False), ("finish", True)] * 2


@pytest.mark.django_db(transaction=True)
def test_who_lost_the_message_while_calling_writes_nothing(calls: Calls) -> None:
    message = to_call()
    done_by_another = OutboxMessage.objects.filter(id=message.id)
    meanwhile.append(elsewhere(lambda: done_by_another.update(done_at=clock.now())))

    assert outbox.run(message.id) is False

    assert calls == [("call", False)]
    assert not AuditEntry.objects.exists()
    message.refresh_from_db()
    assert message.failures == 0


@pytest.mark.django_db(transaction=True)
def test_who_looks_at_the_message_when_its_calls_are_made_only_delays_what_is_written(
    calls: Calls,
) -> None:
    message = to_call()
    has_row = threading.Event()

    def look() -> None:
        with transaction.atomic():
            OutboxMessage.objects.select_for_update().get(id=message.id)
            has_row.set()
            time.sleep(0.3)
        connection.close()

    other = threading.Thread(target=look)
    meanwhile.extend([lambda: has_row.wait(timeout=10), other.start])

    assert outbox.run(message.id) is True
    other.join()

    assert calls == [("call", False), ("finish", True)]
