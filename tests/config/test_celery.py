from typing import Any

from django.conf import settings

from clinic.config.celery import app
from clinic.core import outbox


def test_beat_calls_tasks_that_exist() -> None:
    app.loader.import_default_modules()

    called = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert called - app.tasks.keys() == set()
    assert {"notifications.forget_old_texts", "billing.forget_old_bodies"} <= called


def test_every_task_has_a_worker() -> None:
    app.loader.import_default_modules()
    schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    taken = {queue for queues in settings.WORKERS.values() for queue in queues}
    by_the_clock = {
        app.amqp.router.route({**entry.get("options", {})}, entry["task"])["queue"].name
        for entry in schedule.values()
    }

    ours = {
        name
        for name, task in outbox.TASKS.items()
        if not task.function.__module__.startswith("tests.")
    }
    used = {outbox.queue_of(task) for task in ours} | by_the_clock

    assert used == taken
    assert settings.CELERY_TASK_ROUTES.keys() <= app.tasks.keys()


def test_messages_money_and_the_clock_are_kept_apart() -> None:
    app.loader.import_default_modules()
    schedule: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE

    assert outbox.queue_of("notifications.send_sms") == "sms"
    assert outbox.queue_of("notifications.send_email") == "email"
    assert outbox.queue_of("billing.process_delivery") == "default"
    assert outbox.queue_of("billing.issue_invoice") == "default"
    assert {
        outbox.queue_of(f"billing.{task}")
        for task in ("start_payment", "withdraw_payment", "refund", "confirm_delivery")
    } == {"payments"}
    assert outbox.queue_of("billing.ask_issuer") == "documents"
    assert outbox.queue_of("billing.render_invoice") == "documents"
    assert outbox.queue_of("recognition.identify") == "recognition"
    for queue, tasks in {
        "clockwork": ("booking.expire_holds", "billing.expire_payments"),
        # These ask others, who may never answer.
        "payments": (
            "billing.ask_about_payments",
            "billing.look_at_references",
            "billing.reconcile",
        ),
        "documents": ("billing.follow_documents", "billing.render_overdue"),
        "files": ("recognition.sweep", "recognition.expire", "storage.sweep"),
    }.items():
        for task in tasks:
            assert app.amqp.router.route({}, task)["queue"].name == queue
    beats = {name: entry for name, entry in schedule.items() if name.startswith("heartbeat-")}
    assert {(entry["args"][0], entry["options"]["queue"]) for entry in beats.values()} == {
        ("worker", "default"),
        ("provider-worker", "payments"),
        ("message-worker", "sms"),
        ("clock-worker", "clockwork"),
        ("face-worker", "recognition"),
    }
