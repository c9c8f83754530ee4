"""An enrolment at a provider whose worker dies, or whose patient leaves, while it is asked."""

import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.db.models import F

from clinic.core.models import AuditEntry, OutboxMessage
from recognition import tasks as _tasks  # noqa: F401  (registers its outbox handlers)
from recognition.models import Enrolment, Picture, Template
from tests.recognition import faces
from tests.recognition.conftest import COLLECTION, Browser
from tests.recognition.rekognition_double import Rekognition
from tests.recognition.workers import kill_before_it_answers, states_while_asked

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


def test_no_transaction_is_open_during_any_call(
    waiting: Browser, rekognition: Rekognition, work: Callable[[], int]
) -> None:
    seen = states_while_asked(rekognition)
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


@pytest.fixture
def killed(waiting: Browser, rekognition: Rekognition, tmp_path: Path) -> Enrolment:
    """The upload after a worker of its own process had all the provider's answers and was killed
    before it wrote any of them."""
    enrolment = Enrolment.objects.get()
    kill_before_it_answers(enrolment, task="recognition.enrol", folder=tmp_path)
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
            erased.update(done_at=F("created_at"))
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
