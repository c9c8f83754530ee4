"""How Celery's processes show that they are working, and that waiting for a broker isn't a hang."""

import pickle
from functools import cached_property
from pathlib import Path
from typing import Any

import structlog
from celery import bootsteps
from celery.beat import PersistentScheduler
from celery.worker import consumer
from kombu import Producer

from clinic.core import broker, life, logs
from clinic.storage import whole

log = structlog.get_logger(__name__)


class SignOfLife(bootsteps.StartStopStep):
    """Shown by the loop that takes messages, while there is a broker to take them from."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        life.show()
        self.timer = parent.timer.call_repeatedly(life.EVERY_SECONDS, life.show)

    def stop(self, parent: Any) -> None:
        self.timer.cancel()


class Consumer(consumer.Consumer):
    """Celery's consumer, which shows life while it waits for its broker, however long that
    takes."""

    def ensure_connected(self, conn: Any) -> Any:
        with life.shown_meanwhile():
            return super().ensure_connected(conn)


class Kept(dict[str, Any]):
    """When each task last ran, and the file that keeps it. The scheduler goes on without the file:
    at worst, a task runs once more after a restart."""

    def __init__(self, file: Path) -> None:
        self._file = file
        if file.exists():
            try:
                super().__init__(pickle.loads(file.read_bytes()))  # noqa: S301  (our own file)
            except Exception as error:  # a damaged file can fail in any way
                log.warning("schedule_begun_anew", error=logs.describe(error))

    def sync(self) -> None:
        try:
            with whole.written(self._file) as file:
                pickle.dump(dict(self), file)
        except OSError as error:
            log.warning("schedule_not_kept", error=logs.describe(error))

    def close(self) -> None:
        """Nothing to do: everything is in the file."""


class Scheduler(PersistentScheduler):
    """Celery's scheduler, which shows life while it waits for its broker, and isn't held up by a
    host clock that was set back. It doesn't send a task while the last one still waits for a
    worker: however long workers are down, only one of each kind waits for them."""

    schedule_filename: str

    def _open_schedule(self) -> Kept:
        return Kept(Path(self.schedule_filename))

    def tick(self, *args: Any, **kwargs: Any) -> float:
        life.show()
        self._forget_the_future()
        return super().tick(*args, **kwargs)

    def _forget_the_future(self) -> None:
        """If a task's last run lies in the future, count it as run now. Otherwise it would wait
        until then, and so would everything that Celery has lined up behind it, even after a
        restart."""
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if (entry.last_run_at or now) > now]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            log.warning("clock_set_back", tasks=len(ahead))
            self._heap = None

    def apply_async(self, entry: Any, *args: Any, **kwargs: Any) -> Any:
        route = self.app.amqp.router.route({**entry.options}, entry.task)
        if broker.is_waiting(entry.task, route["queue"].name):
            return None
        return super().apply_async(entry, *args, **kwargs)

    @cached_property
    def producer(self) -> Producer:
        """Celery waits here until there is a broker."""
        with life.shown_meanwhile():
            return super().producer
