from django.conf import settings

from clinic.config.celery import app


def test_beat_calls_tasks_that_exist() -> None:
    app.loader.import_default_modules()

    called = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert called - app.tasks.keys() == set()
    assert {"notifications.forget_old_texts", "billing.forget_old_bodies"} <= called
