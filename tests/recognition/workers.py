"""What a worker does around its calls to a provider, and a process of one that dies after them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection
from psycopg import sql

from clinic.core import clock, locks
from clinic.core.models import OutboxMessage
from clinic.launcher.processes import wait_until
from recognition.models import CheckIn, Enrolment
from tests.recognition.faces import ROOT
from tests.recognition.rekognition_double import Rekognition

WORKER = """
import sys, uuid, django, time_machine
from django.test.utils import override_settings
django.setup()
from clinic.core import outbox
import recognition.tasks
with override_settings(CLOCK_FOLLOWS_DATABASE=False), time_machine.travel(sys.argv[2]):
    outbox.run(uuid.UUID(sys.argv[1]))
"""


def kill_before_it_answers(waiting: Enrolment | CheckIn, *, task: str, folder: Path) -> None:
    """Let a worker do the task as far as the row that waits for its answer, and kill it outright.

    `folder` is that of the test's own storage. It lives at the same time as the test, with the
    test's engine.
    """
    (folder / "storage").mkdir()
    (folder / "storage" / "private").symlink_to(folder / "private")
    database = connection.settings_dict
    account = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    environment = {
        **os.environ,
        "CLINIC_ENV": "test",
        "CLINIC_VAR": str(folder),
        "DJANGO_SETTINGS_MODULE": "clinic.config.settings",
        "DATABASE_URL": f"postgresql://{account}/{database['NAME']}",
        "FACE_KEY": settings.FACE_KEY,
        "FACE_ENGINE": settings.FACE_ENGINE,
        "FACE_COLLECTION": settings.FACE_COLLECTION,
        "AWS_REGION": settings.AWS_REGION,
        "AWS_ENDPOINT_URL": settings.AWS_ENDPOINT_URL or "",
    }
    message = OutboxMessage.objects.get(task=task, done_at=None).pk
    command = [sys.executable, "-c", WORKER, str(message), clock.now().isoformat()]
    with (
        _held(waiting) as holder,
        subprocess.Popen(command, cwd=ROOT, env=environment) as worker,
    ):
        try:
            assert wait_until(
                lambda: _waits_for(holder), seconds=60, give_up=lambda: worker.poll() is not None
            )
        finally:
            worker.kill()
    assert wait_until(lambda: _is_let_go(message), seconds=10)


@contextmanager
def _held(row: Enrolment | CheckIn) -> Iterator[int]:
    """On a connection of its own, so that whoever would write the row stands still before it; that
    connection's process."""
    other = connection.copy()
    other.set_autocommit(False)
    with closing(other), other.cursor() as cursor:
        hold = sql.SQL("SELECT pg_backend_pid() FROM {} WHERE id = %s FOR UPDATE")
        cursor.execute(hold.format(sql.Identifier(row._meta.db_table)), [row.pk])
        yield cursor.fetchone()[0]
        other.rollback()


def _waits_for(holder: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid)))",
            [holder],
        )
        (waits,) = cursor.fetchone()
    return bool(waits)


def _is_let_go(message: UUID) -> bool:
    """Whether the database has noticed that nobody is at this message any more."""
    return not locks.held([locks.OUTBOX(message)])


def states_while_asked(rekognition: Rekognition) -> list[tuple[str, str]]:
    """Grows with each call to the provider: its name, and what this thread's connection to the
    database is doing meanwhile. It is idle where no transaction is open."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (worker,) = cursor.fetchone()
    seen: list[tuple[str, str]] = []

    def look(operation: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT state FROM pg_stat_activity WHERE pid = %s", [worker])
            seen.append((operation, *cursor.fetchone()))
        connection.close()

    rekognition.on_request = look
    return seen
