"""A message is handed over again only when its hand-over is lost, however long it waits."""

import json
import uuid
from collections.abc import Callable, Iterator

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from pytest_django.fixtures import Settings

from clinic.core import broker, locks, outbox, relay
from clinic.core.locks import Key
from clinic.core.models import OutboxMessage
from clinic.launcher.embedded import free_port

TASK = "tests.waits"
QUEUE = f"tests-{uuid.uuid4()}"
WAITING = f"celery:{QUEUE}\x06\x165"
MESSAGES = 52
pytestmark = [pytest.mark.django_db(transaction=True)]


@outbox.handler(TASK, until_done=False, pt="Espera", en="Wait", queue=QUEUE)
def _wait() -> None:
    raise RuntimeError("no worker takes it here")


@pytest.fixture
def queue() -> Iterator[redis.Redis]:
    """The broker, with a queue whose workers are frozen: nobody takes anything from it."""
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        yield client
        client.delete(WAITING)


def write(count: int) -> None:
    with transaction.atomic():
        for _ in range(count):
            outbox.enqueue(TASK, key=f"wait:{uuid.uuid4()}")


def look_again() -> int:
    """The next look of the relay, as though all pauses were over."""
    OutboxMessage.objects.filter(done_at=None).update(next_at=timezone.now())
    return relay.relay_once(broker.send, broker.oldest)


def waiting(queue: redis.Redis) -> int:
    return int(queue.llen(WAITING))


def take(queue: redis.Redis, count: int) -> None:
    """Workers take the oldest and are killed before they do anything."""
    queue.rpop(WAITING, count)


def test_what_waits_behind_a_frozen_worker_is_handed_over_once(queue: redis.Redis) -> None:
    write(MESSAGES)
    assert look_again() == MESSAGES

    again = [look_again() for _ in range(5)]

    assert again == [0] * 5
    assert waiting(queue) == MESSAGES
    assert OutboxMessage.objects.aggregate(n=Sum("attempts"))["n"] == MESSAGES


def test_what_was_taken_and_not_done_is_handed_over_again(queue: redis.Redis) -> None:
    write(3)
    look_again()
    write(2)
    look_again()
    take(queue, 3)

    assert look_again() == 3
    assert waiting(queue) == 5
    assert look_again() == 0


@pytest.mark.parametrize("written_since", [0, 4])
def test_what_the_broker_lost_is_handed_over_at_the_next_look(
    queue: redis.Redis, written_since: int
) -> None:
    write(MESSAGES)
    look_again()
    queue.delete(WAITING)
    write(written_since)

    # New messages in the queue don't hide that the others are gone.
    assert relay.relay_once(broker.send, broker.oldest) == written_since
    assert look_again() == MESSAGES
    assert waiting(queue) == MESSAGES + written_since


def test_the_oldest_is_the_one_that_was_handed_over_first(queue: redis.Redis) -> None:
    write(2)
    look_again()
    first, second = (
        uuid.UUID(json.loads(each)["headers"][broker.HEADER])
        for each in reversed(queue.lrange(WAITING, 0, -1))
    )

    assert broker.oldest(QUEUE) == first
    take(queue, 1)
    assert broker.oldest(QUEUE) == second
    take(queue, 1)
    assert broker.oldest(QUEUE) is None


def test_what_could_not_be_handed_over_is_no_hand_over(queue: redis.Redis) -> None:
    write(1)
    look_again()
    write(1)
    newest = OutboxMessage.objects.order_by("-created_at").first()
    assert newest is not None

    outbox.claim_due()
    outbox.release([newest.id], seconds=0)

    assert relay.relay_once(broker.send, broker.oldest) == 1
    assert waiting(queue) == 2


def test_what_is_in_somebodys_hands_is_left_there(
    queue: redis.Redis, elsewhere: Callable[[Key], Callable[[], None]]
) -> None:
    write(1)
    look_again()
    take(queue, 1)
    [message] = OutboxMessage.objects.all()
    let_go = elsewhere(locks.OUTBOX(message.id))

    assert look_again() == 0

    let_go()
    assert look_again() == 1


@pytest.fixture
def elsewhere() -> Iterator[Callable[[Key], Callable[[], None]]]:
    """Takes an advisory lock on another connection, until the function it gives back is called."""
    other = connection.copy()

    def hold(key: Key) -> Callable[[], None]:
        with other.cursor() as cursor:
            cursor.execute(locks.HOLD, [key.name])
        return other.close

    yield hold
    other.close()


@pytest.fixture
def nobody_listens(settings: Settings) -> Iterator[None]:
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    broker._client.cache_clear()
    yield
    broker._client.cache_clear()


def test_a_broker_that_is_away_is_told_as_such(nobody_listens: None) -> None:
    with pytest.raises(BrokerError):
        broker.oldest(QUEUE)
    with pytest.raises(BrokerError):
        broker.is_waiting(TASK, QUEUE)


def test_what_the_clock_asked_for_is_found_wherever_it_waits(queue: redis.Redis) -> None:
    assert not broker.is_waiting("tests.first", QUEUE)
    for task in ("tests.first", "tests.second"):
        queue.lpush(f"celery:{QUEUE}", json.dumps({"headers": {"task": task}}))

    found = [broker.is_waiting(f"tests.{name}", QUEUE) for name in ("first", "second", "third")]

    queue.delete(f"celery:{QUEUE}")
    assert found == [True, True, False]
