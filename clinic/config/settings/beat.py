"""What the clock asks for: the task, how often, and the queue it waits in.

Nothing expires on its way: beat and workers would compare the clocks of their hosts.
"""

from typing import NamedTuple

from celery.schedules import crontab

from clinic.config.settings.work import CELERY_TASK_DEFAULT_QUEUE, WORKERS


class _Periodic(NamedTuple):
    task: str
    every: float | crontab
    queue: str = CELERY_TASK_DEFAULT_QUEUE


_PERIODIC = {
    # Short, and of the database alone: no backlog and nobody else's silence holds up the day.
    "expire-holds": _Periodic("booking.expire_holds", 15.0, "clockwork"),
    "refresh-waits": _Periodic("booking.refresh_waits", 60.0, "clockwork"),
    "close-past-days": _Periodic("booking.close_past_days", 1800.0, "clockwork"),
    "expire-payments": _Periodic("billing.expire_payments", 30.0, "clockwork"),
    # These ask others, who may never answer.
    "ask-about-payments": _Periodic("billing.ask_about_payments", 30.0, "payments"),
    "look-at-references": _Periodic("billing.look_at_references", 3600.0, "payments"),
    "reconcile-payments": _Periodic("billing.reconcile", crontab(hour=4, minute=15), "payments"),
    "follow-documents": _Periodic("billing.follow_documents", 60.0, "documents"),
    "render-overdue": _Periodic("billing.render_overdue", 3600.0, "documents"),
    # These erase files one by one, from storage that may be slow.
    "sweep-pictures": _Periodic("recognition.sweep", 60.0, "files"),
    "expire-faces": _Periodic("recognition.expire", 3600.0, "files"),
    "sweep-storage": _Periodic("storage.sweep", 3600.0, "files"),
    # The rest can wait.
    "learn-times": _Periodic("booking.learn_times", crontab(hour=3, minute=30)),
    "clean": _Periodic("core.clean", 3600.0),
    "clean-sessions": _Periodic("accounts.clean_sessions", 3600.0),
    "forget-texts": _Periodic("notifications.forget_old_texts", 3600.0),
    "forget-notices": _Periodic("billing.forget_old_bodies", 3600.0),
}
CELERY_TASK_ROUTES = {
    each.task: {"queue": each.queue}
    for each in _PERIODIC.values()
    if each.queue != CELERY_TASK_DEFAULT_QUEUE
}
# Each worker shows that it takes work from its first queue.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    **{
        f"heartbeat-{worker}": {
            "task": "core.heartbeat",
            "schedule": 10.0,
            "args": [worker],
            "options": {"queue": queue},
        }
        for worker, (queue, *_others) in WORKERS.items()
    },
    **{name: {"task": each.task, "schedule": each.every} for name, each in _PERIODIC.items()},
}
