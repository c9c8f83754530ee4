import signal
import threading
import uuid
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand

from clinic.core import outbox, relay
from clinic.core.tasks import run_outbox


class Command(BaseCommand):
    help = "Hand due outbox messages to the Celery workers until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        # Their registration says which queue each task has.
        current_app.loader.import_default_modules()
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        relay.run(send_to_celery, stop=stop)


def send_to_celery(message_id: uuid.UUID, task: str) -> None:
    run_outbox.apply_async(
        args=(str(message_id),),
        queue=outbox.queue_of(task),
        priority=settings.OUTBOX_PRIORITY,
        retry=False,
    )
