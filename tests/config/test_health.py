import threading

import pytest
from django.conf import settings
from django.db import InterfaceError, connection
from rest_framework.test import APIClient

from clinic.config import health
from clinic.core import tasks


def terminate(pid: int) -> None:
    """End another connection, as a database that restarts does."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_dropped_is_named_and_no_500() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    thread = threading.Thread(target=terminate, args=(pid,))
    thread.start()
    thread.join()
    client = APIClient()
    client.raise_request_exception = False

    try:
        answer = client.get("/health/ready")
    finally:
        connection.close()

    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer.json() == {
        "status": "failed",
        "parts": {"database": "failed", "redis": "ok", "migrations": "failed", "worker": "failed"},
        "workers": dict.fromkeys(settings.WORKERS, "failed"),
    }


@pytest.mark.django_db
def test_an_interface_that_breaks_is_a_failed_part_too() -> None:
    cursor = connection.cursor()
    cursor.close()

    def ask_a_closed_cursor() -> bool:
        cursor.execute("SELECT 1")
        return True

    with pytest.raises(InterfaceError):
        ask_a_closed_cursor()

    assert health._passes(ask_a_closed_cursor) is False


@pytest.mark.django_db
def test_one_worker_that_is_silent_is_named_and_fails_them_all() -> None:
    for worker in settings.WORKERS:
        if worker != "message-worker":
            tasks.heartbeat(worker)

    answer = APIClient().get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["parts"]["worker"] == "failed"
    assert answer.json()["workers"] == {
        "worker": "ok",
        "provider-worker": "ok",
        "message-worker": "failed",
        "clock-worker": "ok",
        "face-worker": "ok",
    }

    tasks.heartbeat("message-worker")

    assert APIClient().get("/health/ready").json()["parts"]["worker"] == "ok"
