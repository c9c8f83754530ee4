import signal
import threading
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand

from clinic.core import broker, relay


class Command(BaseCommand):
    help = "Hand due outbox messages to the Celery workers until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        # Registering the handlers says which queue each task has.
        current_app.loader.import_default_modules()
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        relay.run(broker.send, broker.oldest, stop=stop)
