import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from PIL import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from booking.models import Appointment
from clinic.accounts import services as accounts
from clinic.accounts.models import Device, User
from clinic.accounts.services.sessions import open_session
from clinic.core import clock, outbox
from clinic.core.models import OutboxMessage
from clinic.directory.models import Organization, Practitioner, Room, Specialty
from recognition.engines.base import Face, Pixels
from recognition.engines.dlib import DlibEngine
from recognition.services.liveness import SCREEN
from tests.answers import Answer
from tests.recognition import faces
from tests.recognition.rekognition_double import STREAM_ROLE, Rekognition

COLLECTION = "clinic-faces"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ADULT = date(1990, 5, 4)
LOOK = DlibEngine.detect_and_embed
Photo = Image.Image | bytes
Store = Callable[[], list[str]]
Work = Callable[[], int]

STAMPS = {
    "booked": ("booked_at",),
    "arrived": ("booked_at", "arrived_at"),
    "called": ("booked_at", "arrived_at", "called_at"),
    "in_progress": ("booked_at", "arrived_at", "called_at", "started_at"),
    "fulfilled": ("booked_at", "arrived_at", "called_at", "started_at", "ended_at", "closed_at"),
    "no_show": ("booked_at", "closed_at"),
    "cancelled": ("booked_at", "closed_at"),
    "pending": (),
}


@pytest.fixture(scope="session", autouse=True)
def _each_picture_is_looked_at_once() -> Iterator[None]:
    """What the model finds in a picture is always the same, and takes it a tenth of a second."""
    found: dict[tuple[tuple[int, ...], bytes], list[Face]] = {}

    def once(engine: DlibEngine, image: Pixels) -> list[Face]:
        picture = image.shape, hashlib.sha256(image.tobytes()).digest()
        if picture not in found:
            found[picture] = LOOK(engine, image)
        return list(found[picture])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DlibEngine, "detect_and_embed", once)
        yield


@pytest.fixture
def _looked_at_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """For whoever asks how long a look takes, or changes what it goes by."""
    monkeypatch.setattr(DlibEngine, "detect_and_embed", LOOK)


@pytest.fixture
def at_ten() -> Iterator[time_machine.Traveller]:
    """A Monday, ten in the morning, and time goes on."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def store(tmp_path: Path, settings: Settings) -> Store:
    """A private storage of the test's own; calling it lists the files that are in it."""
    location = tmp_path / "private"
    settings.STORAGES = {
        **django_settings.STORAGES,
        "private": {
            "BACKEND": "clinic.storage.folder.FolderStorage",
            "OPTIONS": {"location": str(location), "base_url": None},
        },
    }
    return lambda: sorted(
        str(path.relative_to(location)) for path in location.rglob("*") if path.is_file()
    )


@dataclass
class Clinic:
    specialty: Specialty
    practitioners: list[Practitioner]


@pytest.fixture
def clinic(db: None, at_ten: time_machine.Traveller) -> Clinic:
    Organization.objects.get_or_create(
        pk=1,
        defaults={
            "name": "Vez",
            "legal_name": "Vez, Lda.",
            "tax_id": "510123457",
            "address_line": "Rua das Flores, 12",
            "postal_code": "1200-195",
            "city": "Lisboa",
            "phone": "+351210000000",
            "email": "geral@vez.example",
        },
    )
    specialty = Specialty.objects.create(
        code="sessao",
        name_pt="Sessão",
        name_en="Session",
        duration_minutes=45,
        price=Decimal("40.00"),
        vat_rate=Decimal(23),
    )
    practitioners = [
        Practitioner.objects.create(
            name=f"Terapeuta {number}", room=Room.objects.create(name=f"{number}")
        )
        for number in range(1, 5)
    ]
    return Clinic(specialty, practitioners)


class Book(Protocol):
    def __call__(
        self, patient: User, *, minutes: int = 30, status: str = "booked", practitioner: int = 0
    ) -> Appointment: ...


@pytest.fixture
def book(clinic: Clinic) -> Book:
    """Write an appointment of a patient in any status, some minutes from now."""

    def make(
        patient: User, *, minutes: int = 30, status: str = "booked", practitioner: int = 0
    ) -> Appointment:
        moment = clock.now()
        start = moment + timedelta(minutes=minutes)
        chosen = clinic.practitioners[practitioner]
        present = status in {"arrived", "called", "in_progress", "fulfilled"}
        stamps = dict.fromkeys(STAMPS[status], moment)
        count = Appointment.objects.count()
        return Appointment.objects.create(
            patient_id=patient.pk,
            specialty=clinic.specialty,
            practitioner=chosen,
            room=chosen.room,
            start=start,
            end=start + timedelta(minutes=45),
            status=status,
            price=Decimal("40.00"),
            vat_rate=Decimal(23),
            check_in_code=f"C{count:02d}DE2".replace("0", "X").replace("1", "Y"),
            ticket=f"Z{count:03d}" if present else "",
            ticket_on=clock.local(start).date() if present else None,
            call_number=1 if present and status != "arrived" else 0,
            hold_expires_at=moment + timedelta(minutes=15) if status == "pending" else None,
            created_at=moment,
            **stamps,
        )

    return make


class Person(Protocol):
    def __call__(
        self, full_name: str = "Ana Marques", *, birth_date: date | None = ADULT, **fields: Any
    ) -> User: ...


@pytest.fixture
def person(clinic: Clinic) -> Person:
    """A patient's account."""

    def make(
        full_name: str = "Ana Marques", *, birth_date: date | None = ADULT, **fields: Any
    ) -> User:
        return User.objects.create_user(
            f"patient-{uuid.uuid4().hex[:8]}", full_name=full_name, birth_date=birth_date, **fields
        )

    return make


# Inside a test's own transaction nothing ever commits: what waits for a commit then runs when the
# request or the job is over. In a test with real transactions this does nothing.
committing = partial(TestCase.captureOnCommitCallbacks, execute=True)


class Browser:
    """A patient's, through the real API."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.http = APIClient(headers={"Accept-Language": "en"})
        pair = open_session(user).pair
        self.http.cookies[django_settings.ACCESS_COOKIE] = pair.access

    def upload(self, *photos: Photo, consent: str | None = "true") -> Answer:
        form: dict[str, Any] = {"images": [as_file(photo) for photo in photos]}
        if consent is not None:
            form["consent"] = consent
        with committing():
            return self.http.put("/api/me/face", form, format="multipart")

    def face(self) -> dict[str, Any]:
        answer = self.http.get("/api/me/face")
        assert answer.status_code == 200
        return dict(answer.json())

    def withdraw(self) -> Answer:
        with committing():
            return self.http.delete("/api/me/face")


class Kiosk:
    """A paired kiosk, through the real API."""

    def __init__(self, device: Device, token: str) -> None:
        self.device = device
        self.token = token
        self.http = APIClient(headers={"Authorization": f"Device {token}", "Accept-Language": "en"})

    def show(self, photo: Photo) -> Answer:
        with committing():
            return self.http.post("/api/check-ins", {"image": as_file(photo)}, format="multipart")

    def type_code(self, code: str) -> Answer:
        with committing():
            return self.http.post("/api/check-ins", {"code": code}, format="json")

    def begin_video(self) -> Answer:
        return self.http.post("/api/check-ins/liveness")

    def send_video(self, session_id: str) -> Answer:
        with committing():
            return self.http.post("/api/check-ins", {"liveness": session_id}, format="json")

    def result(self, check_in_id: str) -> Answer:
        return self.http.get(f"/api/check-ins/{check_in_id}")

    def confirm(self, check_in_id: str, **factor: Any) -> Answer:
        with committing():
            return self.http.post(f"/api/check-ins/{check_in_id}/confirm", factor, format="json")


def as_file(photo: Photo) -> SimpleUploadedFile:
    data = photo if isinstance(photo, bytes) else faces.jpeg(photo)
    return SimpleUploadedFile("photo.jpg", data, content_type="image/jpeg")


@pytest.fixture
def browser(store: Store) -> Callable[[User], Browser]:
    return Browser


class MakeKiosk(Protocol):
    def __call__(self, kind: str = "kiosk") -> Kiosk: ...


@pytest.fixture
def make_kiosk(clinic: Clinic, store: Store) -> MakeKiosk:
    manager = User.objects.create_user("manager", full_name="Manuela", role="manager")

    def make(kind: str = "kiosk") -> Kiosk:
        new = accounts.create_device(kind=kind, name="Entrada", created_by=manager)
        paired = accounts.pair_device(code=new.code, address="127.0.0.1")
        return Kiosk(paired.device, paired.token)

    return make


@pytest.fixture
def kiosk(make_kiosk: MakeKiosk) -> Kiosk:
    return make_kiosk()


@pytest.fixture
def work(db: None) -> Work:
    """Do the recognition jobs that are due, as the worker does; how many were done."""

    def run() -> int:
        waiting = OutboxMessage.objects.filter(
            task__startswith="recognition.", done_at=None, next_at__lte=clock.now()
        )
        done = 0
        for message in list(waiting.order_by("created_at")):
            with committing():
                done += outbox.run(message.pk)
        return done

    return run


class Enrolled(Protocol):
    def __call__(self, *photos: Image.Image, **fields: Any) -> Browser: ...


@pytest.fixture
def enrolled(person: Person, browser: Callable[[User], Browser], work: Work) -> Enrolled:
    """A patient whose face is registered from these photos (by default: the astronaut's)."""

    def make(*photos: Image.Image, **fields: Any) -> Browser:
        patient = browser(person(**fields))
        assert patient.upload(*(photos or (faces.astronaut(),))).status_code == 202
        assert work() == 1
        assert patient.face()["status"] == "enrolled"
        return patient

    return make


@pytest.fixture
def rekognition(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rekognition]:
    double = Rekognition()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    settings.FACE_ENGINE = "recognition.engines.rekognition.RekognitionEngine"
    settings.FACE_COLLECTION = COLLECTION
    settings.AWS_REGION = "eu-west-1"
    settings.AWS_ENDPOINT_URL = double.url
    yield double
    double.close()


@pytest.fixture
def liveness(rekognition: Rekognition, settings: Settings, tmp_path: Path) -> Rekognition:
    """The provider, where it looks at videos too, and kiosks have the screen that makes them."""
    settings.FRONTEND_DIR = tmp_path
    (tmp_path / SCREEN).write_text('{"module": "/assets/liveness/main-12345678.js"}')
    settings.FACE_LIVENESS_ROLE = STREAM_ROLE
    settings.FACE_LIVENESS_CONFIDENCE = 80.0
    return rekognition


NOT_RUN = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What needs a real account runs only where it is asked for by `-m aws`."""
    if "aws" in config.getoption("markexpr"):
        return
    paid = [item for item in items if item.get_closest_marker("aws")]
    if paid:
        items[:] = [item for item in items if item not in paid]
        config.hook.pytest_deselected(items=paid)
        config.stash[NOT_RUN] = len(paid)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    count = config.stash.get(NOT_RUN, 0)
    if count:
        terminalreporter.write_line(
            f"NOT RUN: {count} tests on a real Amazon Rekognition account "
            "(AWS_CONTRACT_REGION=eu-west-1 pytest -m aws, with credentials)",
            yellow=True,
        )
