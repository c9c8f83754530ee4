"""An enrolment at a provider whose worker dies, or whose patient leaves, while it is asked."""

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, connections

from clinic.core.models import AuditEntry, OutboxMessage
from clinic.demo.processes import wait_until
from recognition import tasks as _tasks  # noqa: F401  (registers its outbox handlers)
from recognition.models import Enrolment, Picture, Template
from tests.recognition import faces
from tests.recognition.conftest import COLLECTION, Browser
from tests.recognition.faces import ROOT
from tests.recognition.rekognition_double import Rekognition

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]

PHOTOS = [faces.astronaut(), *list(faces.altered_copies().values())[:2]]


@pytest.fixture
def waiting(
    rekognition: Rekognition, browser: Callable[..., Browser], person: Callable[..., Any]
) -> Browser:
    """A patient whose three photos no worker has looked at yet."""
    patient = browser(person())
    assert patient.upload(*PHOTOS).status_code == 202
    return patient


def at_amazon(rekognition: Rekognition) -> list[str]:
    return [face.external_id for face in rekognition.collections.get(COLLECTION, [])]


def names(upload: uuid.UUID) -> list[str]:
    return [f"{upload}.{position}" for position in range(1, len(PHOTOS) + 1)]


def due(task: str) -> uuid.UUID:
    return OutboxMessage.objects.get(task=task, done_at=None).pk


def test_no_transaction_is_open_during_any_call(
    waiting: Browser, rekognition: Rekognition, work: Callable[[], int]
) -> None:
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
    assert work() == 1
    assert waiting.face()["status"] == "enrolled"
    waiting.withdraw()
    assert work() == 1

    assert {operation for operation, _ in seen} == {
        "CompareFaces",
        "CreateCollection",
        "DeleteFaces",
        "DetectFaces",
        "IndexFaces",
        "ListFaces",
    }
    assert {state for _, state in seen} == {"idle"}
    assert at_amazon(rekognition) == []


@contextmanager
def nobody_may_answer(enrolment: Enrolment) -> Iterator[None]:
    """On a connection of its own: a worker that has its answer stands still before it writes it."""
    other = connection.copy()
    other.set_autocommit(False)
    with closing(other), other.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM recognition_enrolment WHERE id = %s FOR UPDATE", [enrolment.pk]
        )
        yield
        other.rollback()


def is_about_to_answer() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND query LIKE %s",
            ['%%"recognition_enrolment"%%FOR UPDATE%%'],
        )
        (blocked,) = cursor.fetchone()
    return blocked == 1


WORKER = """
import sys, uuid, django
django.setup()
from clinic.core import outbox
import recognition.tasks
outbox.run(uuid.UUID(sys.argv[1]))
"""


@pytest.fixture
def killed(waiting: Browser, rekognition: Rekognition, tmp_path: Path) -> Enrolment:
    """The upload after a worker of its own process had all the provider's answers and was killed
    before it wrote any of them."""
    enrolment = Enrolment.objects.get()
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "private").symlink_to(tmp_path / "private")
    database = connection.settings_dict
    account = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    environment = {
        **os.environ,
        "CLINIC_ENV": "test",
        "CLINIC_VAR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "clinic.config.settings",
        "DATABASE_URL": f"postgresql://{account}/{database['NAME']}",
        "FACE_KEY": django_settings.FACE_KEY,
        "FACE_ENGINE": django_settings.FACE_ENGINE,
        "FACE_COLLECTION": COLLECTION,
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": rekognition.url,
    }
    command = [sys.executable, "-c", WORKER, str(due("recognition.enrol"))]
    with nobody_may_answer(enrolment), subprocess.Popen(command, cwd=ROOT, env=environment) as it:
        try:
            assert wait_until(is_about_to_answer, seconds=60)
        finally:
            it.kill()
    assert at_amazon(rekognition) == names(enrolment.attempt)
    assert not Template.objects.exists()
    assert waiting.face()["status"] == "processing"
    return enrolment


@pytest.mark.chaos
def test_a_worker_killed_between_the_calls_and_the_commit_is_followed_by_one_that_starts_anew(
    killed: Enrolment, waiting: Browser, rekognition: Rekognition, work: Callable[[], int]
) -> None:
    first = {face.face_id for face in rekognition.collections[COLLECTION]}

    assert work() == 1

    assert waiting.face()["status"] == "enrolled"
    assert at_amazon(rekognition) == names(killed.attempt)
    assert not first & {face.face_id for face in rekognition.collections[COLLECTION]}
    assert Template.objects.count() == len(PHOTOS)
    assert AuditEntry.objects.filter(action="recognition.enrolled").count() == 1


@pytest.mark.chaos
def test_what_a_killed_worker_left_at_the_provider_goes_when_the_patient_withdraws(
    killed: Enrolment,
    waiting: Browser,
    rekognition: Rekognition,
    work: Callable[[], int],
    store: Any,
) -> None:
    waiting.withdraw()
    work()

    assert at_amazon(rekognition) == []
    assert waiting.face()["status"] == "none"
    assert (Template.objects.count(), Picture.objects.count(), store()) == (0, 0, [])
    work()
    assert at_amazon(rekognition) == []


def test_a_withdrawal_while_the_provider_indexes_wins(
    waiting: Browser, rekognition: Rekognition, work: Callable[[], int], store: Any
) -> None:
    """Its own erasure comes too early to find anything; what is indexed after it goes too."""
    upload = Enrolment.objects.get().attempt
    withdrawn = threading.Event()

    def withdraw(operation: str) -> None:
        if operation == "IndexFaces" and not withdrawn.is_set():
            withdrawn.set()
            waiting.withdraw()
            erased = OutboxMessage.objects.filter(task="recognition.erase")
            erased.update(done_at=erased.first().created_at)
            connections.close_all()

    rekognition.on_request = withdraw
    assert work() == 1
    assert withdrawn.is_set()
    assert at_amazon(rekognition) == names(upload)

    assert work() == 1

    assert at_amazon(rekognition) == []
    assert waiting.face()["status"] == "none"
    assert (Template.objects.count(), store()) == (0, [])
    actions = AuditEntry.objects.filter(patient_id=waiting.user.pk).order_by("id")
    assert list(actions.values_list("action", flat=True)) == [
        "recognition.enrolment_requested",
        "recognition.face_erased",
        "recognition.provider_erased",
    ]
    assert Picture.objects.count() == 0


def test_a_new_upload_while_the_provider_indexes_wins(
    waiting: Browser, rekognition: Rekognition, work: Callable[[], int]
) -> None:
    old = Enrolment.objects.get().attempt
    replaced = threading.Event()

    def replace(operation: str) -> None:
        if operation == "IndexFaces" and not replaced.is_set():
            replaced.set()
            assert waiting.upload(*PHOTOS).status_code == 202
            connections.close_all()

    rekognition.on_request = replace
    for _ in range(3):
        work()

    new = Enrolment.objects.get().attempt
    assert new != old
    assert waiting.face()["status"] == "enrolled"
    assert at_amazon(rekognition) == names(new)
    assert set(Template.objects.values_list("upload", flat=True)) == {new}
