"""What the clock asks for is asked for on time, also when somebody sets the host's clock."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
import time_machine
from celery import Celery
from celery.schedules import crontab
from django.conf import settings

from clinic.config.vitals import Scheduler
from clinic.launcher.embedded import Valkey
from clinic.launcher.processes import wait_until
from tests.disk import full_after

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Beat:
    """Celery's clock with one task each 10 s, one each 15 s and one a day, whose tasks are taken
    from the broker as soon as they are counted."""

    def __init__(self, client: redis.Redis, schedule: Path) -> None:
        self._client = client
        self._schedule = schedule
        self._queue = f"tests-{uuid.uuid4()}"
        self._app = Celery("beat", broker=settings.CELERY_BROKER_URL, set_as_current=False)
        self._app.conf.update(
            timezone=settings.CELERY_TIMEZONE,
            broker_transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS,
            task_default_queue=self._queue,
            beat_schedule={
                "expire-holds": {"task": "tests.expire", "schedule": 15.0},
                "heartbeat": {"task": "tests.beat", "schedule": 10.0},
                "reconcile": {"task": "tests.reconcile", "schedule": crontab(hour=4, minute=15)},
            },
        )
        self.start()

    def start(self) -> None:
        """Start, with what the file says of the last time."""
        self._scheduler = Scheduler(
            app=self._app, schedule_filename=str(self._schedule), max_interval=2
        )

    def asked(self) -> int:
        """How many tasks were asked for by all that is due at this moment."""
        while self._scheduler.tick() == 0:
            pass
        waiting = f"celery:{self._queue}"
        count = int(self._client.llen(waiting))
        self._client.delete(waiting)
        return count

    def stop(self) -> None:
        self._scheduler.close()

    def clean(self) -> None:
        self._client.delete(*self._client.keys(f"celery:*{self._queue}*"))


@pytest.fixture
def beat(tmp_path: Path) -> Iterator[Beat]:
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as client, time_machine.travel(NOON):
        beat = Beat(client, tmp_path / "schedule")
        yield beat
        beat.stop()
        beat.clean()


def test_a_clock_that_is_set_back_silences_no_task(beat: Beat) -> None:
    with time_machine.travel(NOON + HOUR, tick=False):
        assert beat.asked() == 2

    with time_machine.travel(NOON, tick=False) as clock:
        beat.asked()
        clock.shift(16)

        assert beat.asked() == 2


def test_a_restart_after_the_clock_was_set_back_silences_no_task(beat: Beat) -> None:
    with time_machine.travel(NOON + HOUR, tick=False):
        assert beat.asked() == 2
        beat.stop()

    with time_machine.travel(NOON, tick=False) as clock:
        beat.start()
        beat.asked()
        clock.shift(16)

        assert beat.asked() == 2


@pytest.mark.parametrize("damage", [lambda _: b"", lambda data: b"\0" * len(data)])
def test_a_damaged_file_is_begun_anew(
    beat: Beat, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    beat.stop()
    file = max(tmp_path.iterdir(), key=lambda path: path.stat().st_size)
    file.write_bytes(damage(file.read_bytes()))

    with time_machine.travel(NOON + HOUR, tick=False) as clock:
        beat.start()
        clock.shift(16)

        assert beat.asked() == 2

    with time_machine.travel(NOON + 2 * HOUR, tick=False):
        beat.stop()
        beat.start()

        assert beat.asked() == 2


def test_a_full_disk_silences_no_task_and_costs_one_run_more(beat: Beat) -> None:
    with time_machine.travel(NOON + HOUR, tick=False):
        assert beat.asked() == 2
        beat.stop()

    with full_after(0), time_machine.travel(NOON + 2 * HOUR, tick=False) as clock:
        beat.start()
        assert beat.asked() == 2
        clock.shift(16)
        assert beat.asked() == 2
        beat.stop()

    # then: the file still says what it said before, and is written again as soon as it can be
    with time_machine.travel(NOON + 2 * HOUR, tick=False):
        beat.start()
        assert beat.asked() == 2
        beat.stop()
        beat.start()
        assert beat.asked() == 0


def test_life_is_shown_while_there_is_no_broker_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign = tmp_path / "alive"
    monkeypatch.setenv("SIGN_OF_LIFE", str(sign))
    valkey = Valkey(tmp_path / "valkey", durable=False)
    valkey.start()
    valkey.kill()
    try:
        app = Celery("beat", broker=valkey.url, set_as_current=False)
        scheduler = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
        with ThreadPoolExecutor(max_workers=1) as pool:
            producer = pool.submit(lambda: scheduler.producer)

            while_waiting = wait_until(sign.exists, seconds=5), producer.done()
            valkey.start()
            producer.result(timeout=15)
        scheduler.close()
    finally:
        valkey.remove()

    assert while_waiting == (True, False)
