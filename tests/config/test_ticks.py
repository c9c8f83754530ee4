"""What the clock asks for doesn't pile up while no worker takes it."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery.beat import ScheduleEntry
from celery.schedules import schedule
from django.conf import settings

from clinic.config.celery import app
from clinic.config.vitals import Scheduler

TICKS = 25
TASK = "core.heartbeat"


@pytest.fixture
def queue() -> str:
    """A queue whose workers are down."""
    return f"tests-{uuid.uuid4()}"


@pytest.fixture
def broker(queue: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client:
        yield client
        client.delete(f"celery:{queue}")


@pytest.fixture
def beat(tmp_path: Path) -> Iterator[Scheduler]:
    scheduler = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    yield scheduler
    scheduler.close()


def entry(queue: str, task: str = TASK) -> ScheduleEntry:
    return ScheduleEntry(
        name=task,
        task=task,
        schedule=schedule(10),
        args=("worker",) if task == TASK else (),
        options={"queue": queue},
        app=app,
    )


def test_one_of_a_kind_waits_however_often_the_clock_strikes(
    beat: Scheduler, broker: redis.Redis, queue: str
) -> None:
    for _ in range(TICKS):
        beat.apply_entry(entry(queue))
        beat.apply_entry(entry(queue, "booking.expire_holds"))

    assert broker.llen(f"celery:{queue}") == 2


def test_the_next_is_asked_for_once_a_worker_took_the_last(
    beat: Scheduler, broker: redis.Redis, queue: str
) -> None:
    beat.apply_entry(entry(queue))
    broker.rpop(f"celery:{queue}")

    beat.apply_entry(entry(queue))

    assert broker.llen(f"celery:{queue}") == 1
