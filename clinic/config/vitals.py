"""How Celery's processes show that they work, and that waiting for a broker is no hang."""

from typing import Any

from celery import bootsteps
from celery.beat import PersistentScheduler
from celery.worker import consumer

from clinic.core import life


class SignOfLife(bootsteps.StartStopStep):
    """Shown by the loop that takes messages, as long as there is a broker to take them from."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        life.show()
        self.timer = parent.timer.call_repeatedly(life.EVERY_SECONDS, life.show)

    def stop(self, parent: Any) -> None:
        self.timer.cancel()


class Consumer(consumer.Consumer):
    """Celery's, which waits for its broker as long as it takes."""

    def ensure_connected(self, conn: Any) -> Any:
        with life.shown_meanwhile():
            return super().ensure_connected(conn)


class Scheduler(PersistentScheduler):
    """Celery's, which waits for its broker as long as it takes."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        life.show()
        return super().tick(*args, **kwargs)

    def _ensure_connected(self) -> Any:
        with life.shown_meanwhile():
            return super()._ensure_connected()  # type: ignore[misc]
