import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_ready
from django.conf import settings
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.config.settings")

app = Celery("vez")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["consumer"].add("clinic.config.vitals:SignOfLife")


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery leaves logging alone if somebody listens to this signal."""
    structlog.contextvars.clear_contextvars()


@task_prerun.connect
@task_postrun.connect
def keep_good_connections(**_: Any) -> None:
    """Treat the database connection around a task as around a web request: close it if it is broken
    or old, otherwise keep it and the plans of its statements."""
    close_old_connections()


@worker_ready.connect
def report_at_once(**_: Any) -> None:
    """Report a worker that has just started, without waiting for beat's next round."""
    for worker, (queue, *_others) in settings.WORKERS.items():
        if queue in app.amqp.queues.consume_from:
            app.send_task("core.heartbeat", args=[worker], queue=queue)
