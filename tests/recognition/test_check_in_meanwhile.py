"""What happens between a kiosk's photo and its answer counts, waits for no engine, and outlives a
worker that dies."""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from booking.events import VisitChanged
from booking.models import Appointment
from booking.services.changes import cancel
from booking.services.visit import arrive
from clinic.accounts import services as accounts
from clinic.accounts.models import User
from clinic.core import events, outbox
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry, OutboxMessage
from recognition import screens
from recognition.models import CheckIn, Picture
from recognition.services import check_in, rules
from recognition.tasks import sweep
from tests.recognition import faces
from tests.recognition.conftest import Book, Browser, Enrolled, Kiosk, Work
from tests.recognition.engines import MeanwhileEngine
from tests.recognition.rekognition_double import Rekognition
from tests.recognition.workers import kill_before_it_answers, states_while_asked

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]

DESK = Actor(kind="user", id=str(uuid.UUID(int=7)), role="reception")


@pytest.fixture
def patient(enrolled: Callable[..., Browser]) -> Browser:
    return enrolled()


@pytest.fixture
def appointment(patient: Browser, book: Callable[..., Appointment]) -> Appointment:
    return book(patient.user)


@pytest.fixture
def nothing_stays(store: Callable[[], list[str]]) -> Iterator[None]:
    """However it ends, there is one answer and no frame."""
    yield
    assert AuditEntry.objects.filter(action="recognition.check_in").count() == 1
    assert not Picture.objects.filter(check_in__isnull=False).exists()
    assert not Picture.objects.filter(enrolment=None).exists()


def meanwhile(settings: Settings, happening: Callable[[], object]) -> None:
    """From here on this happens, elsewhere and to its end, while the engine looks for somebody."""
    finished = threading.Event()

    def happen() -> None:
        happening()
        connection.close()
        finished.set()

    def elsewhere() -> None:
        threading.Thread(target=happen).start()
        assert finished.wait(timeout=4)

    settings.FACE_ENGINE = "tests.recognition.engines.MeanwhileEngine"
    MeanwhileEngine.happens = elsewhere


@pytest.mark.parametrize(
    ("what", "answer", "ends"),
    [
        ("the patient withdraws", "not_recognised", "booked"),
        ("the patient withdraws and consents anew", "not_recognised", "booked"),
        ("the clinic cancels", "no_appointment", "cancelled"),
        ("the visit is moved to tomorrow", "no_appointment", "booked"),
        ("the visit is moved by an hour", "arrived", "arrived"),
        ("the desk is faster", "already_arrived", "arrived"),
        ("the clinic begins to ask always", "confirm", "booked"),
        ("the kiosk is revoked", "unavailable", "booked"),
        ("nobody waits any more", "unavailable", "booked"),
        ("the waiting is closed", "unavailable", "booked"),
    ],
)
def test_what_happens_while_the_engine_looks_counts_and_does_not_wait_for_it(
    patient: Browser,
    appointment: Appointment,
    kiosk: Kiosk,
    work: Work,
    settings: Settings,
    at_ten: time_machine.Traveller,
    nothing_stays: None,
    what: str,
    answer: str,
    ends: str,
) -> None:
    manager = User.objects.get(username="manager")

    def move(**later: float) -> None:
        by = timedelta(**later)
        visit = Appointment.objects.filter(pk=appointment.pk)
        visit.update(start=appointment.start + by, end=appointment.end + by)

    def close_the_waiting() -> None:
        at_ten.shift(timedelta(seconds=21))
        sweep()

    happenings: dict[str, Callable[[], object]] = {
        "the patient withdraws": patient.withdraw,
        "the patient withdraws and consents anew": lambda: (
            patient.withdraw(),
            patient.upload(faces.astronaut()),
        ),
        "the clinic cancels": lambda: cancel(appointment.pk, actor=DESK, by_clinic=True),
        "the visit is moved to tomorrow": lambda: move(days=1),
        "the visit is moved by an hour": lambda: move(hours=1),
        "the desk is faster": lambda: arrive(appointment.pk, actor=DESK),
        "the clinic begins to ask always": lambda: rules.change(always_confirm=True, actor=DESK),
        "the kiosk is revoked": lambda: accounts.revoke_device(kiosk.device.pk, by=manager),
        "nobody waits any more": lambda: at_ten.shift(timedelta(seconds=21)),
        "the waiting is closed": close_the_waiting,
    }
    meanwhile(settings, happenings[what])
    made = kiosk.show(faces.astronaut()).json()["id"]

    work()

    body = screens.check_in_body(made)
    assert body["status"] == answer
    assert (body["label"] is None) == (answer not in {"arrived", "already_arrived"})
    appointment.refresh_from_db()
    assert appointment.status == ends
    assert CheckIn.objects.get().status == answer


def test_where_the_visit_is_cancelled_while_the_engine_looks_the_next_one_of_today_counts(
    patient: Browser,
    appointment: Appointment,
    book: Book,
    kiosk: Kiosk,
    work: Work,
    settings: Settings,
    nothing_stays: None,
) -> None:
    later = book(patient.user, minutes=180)
    meanwhile(settings, lambda: cancel(appointment.pk, actor=DESK, by_clinic=True))
    made = kiosk.show(faces.astronaut()).json()["id"]

    work()

    assert kiosk.result(made).json()["status"] == "arrived"
    later.refresh_from_db()
    assert later.status == "arrived"


def test_of_two_look_alikes_who_withdraws_while_the_engine_looks_is_no_candidate(
    patient: Browser,
    appointment: Appointment,
    enrolled: Enrolled,
    book: Book,
    kiosk: Kiosk,
    work: Work,
    settings: Settings,
    nothing_stays: None,
) -> None:
    other = book(enrolled(full_name="Eva Dias").user, minutes=90)
    meanwhile(settings, patient.withdraw)
    made = kiosk.show(faces.astronaut()).json()["id"]

    work()

    assert kiosk.result(made).json()["status"] == "confirm"
    assert CheckIn.objects.get().candidates == [str(other.pk)]


def test_the_way_to_the_decision_asks_little_of_the_database(
    patient: Browser,
    appointment: Appointment,
    kiosk: Kiosk,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """Every statement of it is time that somebody waits; with those that open and end a
    transaction, and without those after the decision."""
    counted: list[int] = []

    def note(_: VisitChanged) -> None:
        transaction.on_commit(lambda: counted.append(len(connection.queries)))

    events.subscribe(VisitChanged, note, when="now")
    jpeg = faces.jpeg(faces.astronaut())

    with django_assert_num_queries(7):
        made = check_in.by_photo(device_id=kiosk.device.pk, jpeg=jpeg)
    message = OutboxMessage.objects.get(key=f"recognition.identify:{made.pk}")
    connection.force_debug_cursor = True
    try:
        before = len(connection.queries)
        assert outbox.run(message.pk)
    finally:
        connection.force_debug_cursor = False

    assert counted[-1] - before <= 25


# At a provider -----------------------------------------------------------------------------------


@pytest.fixture
def shown(rekognition: Rekognition, appointment: Appointment, kiosk: Kiosk) -> str:
    """A check-in that no worker has taken, of a patient whose face is at the provider."""
    rekognition.asked.clear()
    return str(kiosk.show(faces.altered_copies()["mirrored"]).json()["id"])


def test_no_transaction_is_open_while_a_provider_is_asked_who_it_is(
    rekognition: Rekognition, shown: str, kiosk: Kiosk, work: Callable[[], int]
) -> None:
    seen = states_while_asked(rekognition)
    assert work() == 1

    assert kiosk.result(shown).json()["status"] == "arrived"
    # A question whose answer is late is asked again.
    assert list(dict.fromkeys(seen)) == [("DetectFaces", "idle"), ("SearchFacesByImage", "idle")]


@pytest.fixture
def killed(
    rekognition: Rekognition, shown: str, tmp_path: Path, store: Callable[[], list[str]]
) -> str:
    """The check-in after a worker of its own process was told who it is and was killed before it
    wrote any of it."""
    kill_before_it_answers(CheckIn.objects.get(), task="recognition.identify", folder=tmp_path)
    assert rekognition.operations() == ["DetectFaces", "SearchFacesByImage"]
    assert CheckIn.objects.get().status == "processing"
    assert Appointment.objects.get().status == "booked"
    assert len(store()) == 1
    return shown


@pytest.mark.chaos
def test_a_worker_killed_before_it_wrote_who_it_is_is_followed_by_one_that_asks_again(
    killed: str,
    rekognition: Rekognition,
    kiosk: Kiosk,
    work: Callable[[], int],
    store: Callable[[], list[str]],
    nothing_stays: None,
) -> None:
    assert work() == 1

    assert kiosk.result(killed).json()["status"] == "arrived"
    assert rekognition.operations() == ["DetectFaces", "SearchFacesByImage"] * 2
    assert AuditEntry.objects.filter(action="appointment.arrived").count() == 1
    assert store() == []
    assert work() == 0


@pytest.mark.chaos
def test_who_withdraws_after_a_worker_was_killed_is_not_recognised_by_the_next(
    killed: str, patient: Browser, kiosk: Kiosk, work: Callable[[], int], nothing_stays: None
) -> None:
    patient.withdraw()
    work()

    assert kiosk.result(killed).json()["status"] == "not_recognised"
    assert Appointment.objects.get().status == "booked"


@pytest.mark.chaos
def test_where_no_worker_follows_one_that_was_killed_the_frame_goes_all_the_same(
    killed: str,
    kiosk: Kiosk,
    work: Callable[[], int],
    store: Callable[[], list[str]],
    at_ten: Any,
    nothing_stays: None,
) -> None:
    at_ten.shift(timedelta(seconds=21))
    sweep()

    assert kiosk.result(killed).json()["status"] == "unavailable"
    assert store() == []
    assert work() == 1
    assert kiosk.result(killed).json()["status"] == "unavailable"
    assert Appointment.objects.get().status == "booked"
