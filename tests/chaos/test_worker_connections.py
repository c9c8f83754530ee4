"""A worker keeps its connection to the database between its tasks, and parts with one that broke.

A new one costs a check-in some eight milliseconds, and as many again until plans are there.
"""

import psutil
import pytest
from django.db import connection

from clinic.config.celery import app
from clinic.launcher.processes import wait_until
from tests.chaos.conftest import Stack

SECONDS = 20


def work(stack: Stack) -> None:
    """Let the worker do one task, which writes."""
    done = count(stack, "succeeded")
    with app.connection_for_write(stack.valkey.url) as broker:
        app.send_task("core.heartbeat", args=["worker"], connection=broker)
    assert wait_until(lambda: count(stack, "succeeded") > done, seconds=SECONDS)


def count(stack: Stack, word: str) -> int:
    """How often the worker has written that word to its log."""
    assert stack.worker.log is not None
    return stack.worker.log.read_text().count(word)


def connections_of(stack: Stack) -> set[int]:
    """Processes of the database that have served the worker's and rest."""
    ports = [
        open_socket.laddr.port
        for process in psutil.Process(stack.worker.pid).children(recursive=True)
        for open_socket in process.net_connections(kind="tcp")
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE client_port = ANY(%s) AND state = 'idle' AND query <> ''",
            [ports],
        )
        return {pid for (pid,) in cursor.fetchall()}


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_a_worker_keeps_its_connection_until_it_breaks(stack: Stack) -> None:
    # given: each of its two processes has worked
    kept: set[int] = set()

    def both_have_worked() -> bool:
        nonlocal kept
        work(stack)
        kept = connections_of(stack)
        return len(kept) == 2

    assert wait_until(both_have_worked, seconds=SECONDS)
    failed = count(stack, "raised unexpected")

    # when, then: the next tasks find them
    for _ in range(4):
        work(stack)
    assert wait_until(lambda: connections_of(stack) == kept, seconds=SECONDS), connections_of(stack)

    # when: the database ends them
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [[*kept]])

    # then: the worker goes on with others, and no task has noticed
    for _ in range(4):
        work(stack)
    assert connections_of(stack) - kept
    assert not connections_of(stack) & kept
    assert count(stack, "raised unexpected") == failed
