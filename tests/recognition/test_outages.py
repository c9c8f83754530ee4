"""A provider is down for a minute: whoever stands at the kiosk hears so at once and goes on with
the code, nothing of a face stays behind, and what waited is done as soon as it is back."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from time import perf_counter
from typing import Any

import boto3
import pytest
import time_machine
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from clinic.accounts.models import User
from clinic.config.settings.files import object_storage
from clinic.core import outbox
from clinic.launcher.embedded import free_port
from recognition.models import CheckIn, Enrolment, Picture
from recognition.services.check_in import ANSWER_WITHIN
from recognition.tasks import sweep
from tests.recognition import faces
from tests.recognition.conftest import (
    Book,
    Browser,
    Enrolled,
    Kiosk,
    Person,
    Store,
    Work,
    committing,
)
from tests.recognition.rekognition_double import Rekognition

pytestmark = pytest.mark.engine

BUCKET = "vez-faces"
AT_ONCE_SECONDS = 4


class S3:
    """A real HTTP server that speaks S3, at an address that stays the same while it comes and
    goes; what it holds stays too."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()
        self.client = boto3.client("s3", endpoint_url=self.url, region_name="eu-west-1")
        self.client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def files(self) -> int:
        return int(self.client.list_objects_v2(Bucket=BUCKET)["KeyCount"])


@pytest.fixture
def s3(store: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    double = S3()
    chosen = object_storage(BUCKET, "private")
    chosen["OPTIONS"]["endpoint_url"] = double.url
    settings.STORAGES = settings.STORAGES | {"private": chosen}
    yield double
    double.stop()


def test_while_the_pictures_cannot_be_kept_the_code_lets_people_in(
    s3: S3, enrolled: Enrolled, book: Book, kiosk: Kiosk, work: Work, at_ten: time_machine.Traveller
) -> None:
    appointment = book(enrolled().user)
    left_behind = kiosk.show(faces.astronaut()).json()["id"]
    s3.stop()

    assert work() == 1
    began = perf_counter()
    refused = kiosk.show(faces.astronaut())
    took = perf_counter() - began
    by_code = kiosk.type_code(appointment.check_in_code).json()["id"]

    assert kiosk.result(left_behind).json()["status"] == "unavailable"
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.headers["Retry-After"] == "30"
    assert took < AT_ONCE_SECONDS
    assert kiosk.result(by_code).json()["status"] == "arrived"
    assert CheckIn.objects.count() == 2

    s3.start()
    at_ten.shift(timedelta(minutes=3))

    assert s3.files() == 1
    with committing():
        sweep()
    assert (s3.files(), Picture.objects.count()) == (0, 0)
    again = kiosk.show(faces.astronaut()).json()["id"]
    assert work() == 1
    assert kiosk.result(again).json()["status"] == "already_arrived"
    assert s3.files() == 0


def test_an_s3_that_hangs_is_given_up_while_somebody_still_waits() -> None:
    config = object_storage(BUCKET, "private")["OPTIONS"]["client_config"]

    longest = config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout)
    assert longest <= ANSWER_WITHIN.total_seconds() / 2


def test_while_rekognition_is_down_the_kiosk_says_so_and_enrolments_wait_for_it(
    rekognition: Rekognition,
    browser: Callable[[User], Browser],
    person: Person,
    enrolled: Enrolled,
    book: Book,
    kiosk: Kiosk,
    store: Store,
    at_ten: time_machine.Traveller,
) -> None:
    appointment = book(enrolled().user)
    newcomer = browser(person(full_name="Rui Costa"))
    newcomer.upload(faces.remodelled(bulge=-0.5, eyes=0.3))
    rekognition.faults.extend(["InternalServerError"] * 1000)

    began = perf_counter()
    check_in = kiosk.show(faces.altered_copies()["tilted"]).json()["id"]
    deliver()
    took = perf_counter() - began
    by_code = kiosk.type_code(appointment.check_in_code).json()["id"]

    assert kiosk.result(check_in).json()["status"] == "unavailable"
    assert took < AT_ONCE_SECONDS
    assert kiosk.result(by_code).json()["status"] == "arrived"
    at_ten.shift(timedelta(minutes=1))
    deliver()
    assert newcomer.face()["status"] == "processing"
    assert len(store()) == 1

    rekognition.faults.clear()
    at_ten.shift(timedelta(seconds=20))
    deliver()

    assert newcomer.face()["status"] == "enrolled"
    assert store() == []
    assert Enrolment.objects.filter(status="enrolled").count() == 2


def deliver() -> None:
    """What the relay and a worker do once: all that is due."""
    for message_id, _ in outbox.claim_due():
        with committing():
            outbox.run(message_id)
