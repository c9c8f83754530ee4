import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.config.settings")

app = Celery("vez")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery leaves logging alone when somebody listens to this signal."""
    structlog.contextvars.clear_contextvars()


@worker_ready.connect
def report_at_once(**_: Any) -> None:
    """A worker that has just started is known to be up before beat's next round."""
    app.send_task("core.heartbeat")
