"""The video that shows a kiosk's visitor alive: begun, streamed, asked for, and kept by nobody."""

import base64
import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, connection
from rest_framework.test import APIClient

from booking.models import Appointment
from clinic.accounts import services as accounts
from clinic.accounts.models import User
from clinic.core.audit import Actor
from clinic.core.checks import require_sound_settings
from clinic.core.models import AuditEntry, OutboxMessage
from recognition import images
from recognition.engines.base import EngineError
from recognition.engines.rekognition_liveness import STREAM_ONLY, RekognitionLiveness
from recognition.models import CheckIn, LivenessSession, Picture
from recognition.services import rules
from recognition.services.liveness import SCREEN
from recognition.tasks import sweep
from tests.answers import Answer
from tests.recognition import faces
from tests.recognition.conftest import Book, Browser, Enrolled, Kiosk, MakeKiosk, Store, Work
from tests.recognition.rekognition_double import MODEL, STREAM_ROLE, RefusedError, Rekognition
from tests.recognition.sts_double import STATUS as STS_ERRORS
from tests.recognition.workers import states_while_asked

pytestmark = pytest.mark.engine

DESK = Actor(kind="user", id=str(uuid.UUID(int=7)), role="reception")
ASTRONAUT = faces.jpeg(faces.astronaut())


@pytest.fixture
def expected(liveness: Rekognition, enrolled: Enrolled, book: Book) -> Browser:
    """A patient whose face is known, with a visit today."""
    patient = enrolled()
    book(patient.user)
    return patient


Filmed = Callable[..., dict[str, Any]]


@pytest.fixture
def filmed(liveness: Rekognition, kiosk: Kiosk, work: Work, store: Store) -> Filmed:
    """Somebody is filmed at the kiosk, which checks in with that; the answer. However it ends, no
    picture is stored at any time."""

    def film(**video: Any) -> dict[str, Any]:
        begun = kiosk.begin_video().json()
        liveness.film(begun, **{"picture": ASTRONAUT, **video})
        accepted = kiosk.send_video(begun["session_id"])
        assert (accepted.status_code, accepted.json()["status"]) == (202, "processing")
        assert (store(), Picture.objects.count()) == ([], 0)
        assert work() == 1
        assert (store(), Picture.objects.count()) == ([], 0)
        result: dict[str, Any] = kiosk.result(accepted.json()["id"]).json()
        return result

    return film


def outcome() -> tuple[str, str]:
    """How the one check-in ended, and what its life was found to be."""
    check_in = CheckIn.objects.get()
    assert check_in.session is None
    return check_in.status, check_in.liveness


# Begun --------------------------------------------------------------------------------------------


def test_a_kiosk_gets_a_session_and_a_key_that_only_streams(
    liveness: Rekognition, kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    answer = kiosk.begin_video()

    assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
    begun = answer.json()
    assert set(begun) == {"session_id", "region", "credentials"}
    assert begun["region"] == "eu-west-1"
    ends = datetime.fromisoformat(begun["credentials"]["expires_at"])
    assert ends - datetime(2026, 11, 23, 10, 15, tzinfo=UTC) < timedelta(minutes=1)
    (asked,) = liveness.sts.asked
    assert (asked["RoleArn"], asked["DurationSeconds"]) == (STREAM_ROLE, 900)
    assert asked["RoleSessionName"] == f"kiosk-{kiosk.device.pk}"
    assert json.loads(asked["Policy"])["Statement"] == [
        {"Effect": "Allow", "Action": "rekognition:StartFaceLivenessSession", "Resource": "*"}
    ]
    ((operation, body),) = liveness.asked
    assert (operation, body["Settings"]) == (
        "CreateFaceLivenessSession",
        {"AuditImagesLimit": 0},
    )
    assert str(LivenessSession.objects.get(device=kiosk.device).pk) == begun["session_id"]


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_provider_is_asked(
    liveness: Rekognition, kiosk: Kiosk, filmed: Filmed
) -> None:
    states = states_while_asked(liveness)

    filmed()

    assert states == [
        ("AssumeRole", "idle"),
        ("CreateFaceLivenessSession", "idle"),
        ("GetFaceLivenessSessionResults", "idle"),
    ]


def test_the_key_is_written_down_nowhere(
    liveness: Rekognition, kiosk: Kiosk, caplog: pytest.LogCaptureFixture
) -> None:
    begun = kiosk.begin_video().json()

    assert begun["credentials"]["secret_access_key"] not in repr(LivenessSession.objects.values())
    filming = RekognitionLiveness().begin(kiosk.device.pk)
    assert filming.key.secret_access_key not in repr(filming)
    assert filming.key.session_token not in repr(filming)
    assert begun["credentials"]["session_token"] not in caplog.text


def test_where_it_is_not_set_up_the_kiosk_is_told_so_and_nobody_is_asked(
    rekognition: Rekognition, kiosk: Kiosk
) -> None:
    assert kiosk.http.get("/api/check-ins/liveness").json() == {"available": False}

    answer = kiosk.begin_video()

    assert (answer.status_code, answer.json()["code"]) == (409, "liveness_not_set_up")
    assert (rekognition.asked, rekognition.sts.asked) == ([], [])


def test_without_the_screen_that_films_a_photo_is_taken(
    liveness: Rekognition, kiosk: Kiosk, tmp_path: Path
) -> None:
    (tmp_path / SCREEN).unlink()

    assert kiosk.http.get("/api/check-ins/liveness").json() == {"available": False}
    answer = kiosk.begin_video()

    assert (answer.status_code, answer.json()["code"]) == (409, "liveness_not_set_up")
    assert (liveness.asked, liveness.sts.asked) == ([], [])


def test_nothing_starts_where_videos_are_asked_for_and_no_screen_is_built(
    liveness: Rekognition, tmp_path: Path
) -> None:
    require_sound_settings()
    (tmp_path / SCREEN).unlink()

    with pytest.raises(SystemCheckError, match=r"FACE_LIVENESS_SCREEN=1 \(make build"):
        require_sound_settings()


def test_where_it_is_set_up_the_kiosk_can_tell(liveness: Rekognition, kiosk: Kiosk) -> None:
    assert kiosk.http.get("/api/check-ins/liveness").json() == {"available": True}
    assert liveness.asked == []


@pytest.mark.parametrize("fault", [*sorted(STS_ERRORS), "cut"])
def test_a_role_that_is_not_lent_is_unavailable_and_begins_nothing(
    liveness: Rekognition, kiosk: Kiosk, fault: str
) -> None:
    liveness.sts.faults.extend([fault, fault])

    answer = kiosk.begin_video()

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer["Retry-After"] == "30"
    assert (liveness.sessions, LivenessSession.objects.count()) == ({}, 0)


@pytest.mark.parametrize(
    "fault",
    [
        *(shape.name for shape in MODEL.operation_model("CreateFaceLivenessSession").error_shapes),
        "cut",
        "hang",
    ],
)
def test_a_session_that_is_not_made_is_unavailable(
    liveness: Rekognition, kiosk: Kiosk, fault: str
) -> None:
    liveness.faults.extend([fault, fault])

    answer = kiosk.begin_video()

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert LivenessSession.objects.count() == 0


def test_a_try_that_is_made_again_makes_one_session(liveness: Rekognition, kiosk: Kiosk) -> None:
    lost: list[str] = []

    def lose(operation: str) -> None:
        if operation == "CreateFaceLivenessSession" and not lost:
            lost.append(operation)
            liveness._CreateFaceLivenessSession(liveness.asked[-1][1])
            raise RefusedError("InternalServerError")

    liveness.on_request = lose

    assert kiosk.begin_video().status_code == 201
    assert liveness.operations() == ["CreateFaceLivenessSession"] * 2
    assert len(liveness.sessions) == 1


def test_twenty_videos_a_minute_are_enough(liveness: Rekognition, kiosk: Kiosk) -> None:
    for _ in range(20):
        assert kiosk.begin_video().status_code == 201

    answer = kiosk.begin_video()

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert len(liveness.sessions) == 20


# Streamed, and asked for --------------------------------------------------------------------------


def test_who_is_seen_to_live_arrives_by_the_video_s_own_picture(
    expected: Browser, filmed: Filmed, liveness: Rekognition
) -> None:
    picture = faces.jpeg(faces.altered_copies()["tilted"])

    body = filmed(confidence=80.0, picture=picture)

    assert (body["status"], body["label"], body["ticket"]) == ("arrived", "Ana M.", "A001")
    assert outcome() == ("arrived", "passed")
    assert liveness.operations()[-3:] == [
        "GetFaceLivenessSessionResults",
        "DetectFaces",
        "SearchFacesByImage",
    ]
    searched = base64.b64decode(liveness.asked[-1][1]["Image"]["Bytes"])
    assert searched == images.clean(picture) != picture
    entry = AuditEntry.objects.get(action="recognition.check_in")
    assert entry.data == {"kind": "photo", "status": "arrived", "liveness": "passed"}


@pytest.mark.parametrize(
    "video",
    [{"confidence": 79.9}, {"confidence": 0.0}, {"status": "FAILED"}],
    ids=["unsure", "a photo of a photo", "failed"],
)
def test_who_is_not_seen_to_live_is_nobody_and_is_not_searched(
    expected: Browser,
    filmed: Filmed,
    liveness: Rekognition,
    video: dict[str, object],
) -> None:
    body = filmed(**video)

    assert (body["status"], body["label"], body["detail"]) == ("not_recognised", None, None)
    assert outcome() == ("not_recognised", "failed")
    assert liveness.operations()[-1] == "GetFaceLivenessSessionResults"
    assert Appointment.objects.get().status == "booked"


def test_a_failure_that_is_told_late_is_counted_all_the_same(
    expected: Browser,
    kiosk: Kiosk,
    liveness: Rekognition,
    work: Work,
    at_ten: time_machine.Traveller,
) -> None:
    begun = kiosk.begin_video().json()
    liveness.film(begun, status="FAILED")
    kiosk.send_video(begun["session_id"])
    liveness.on_request = lambda _: at_ten.shift(timedelta(seconds=21))

    assert work() == 1

    assert outcome() == ("not_recognised", "failed")


@pytest.mark.parametrize(
    "video", [{"status": "IN_PROGRESS"}, {"confidence": None}], ids=["broken off", "unsaid"]
)
def test_a_video_that_tells_nothing_is_no_verdict(
    expected: Browser, filmed: Filmed, video: dict[str, object]
) -> None:
    assert filmed(**video)["status"] == "unavailable"
    assert outcome() == ("unavailable", "not_assessed")


def test_a_session_without_a_video_is_no_verdict(
    expected: Browser, kiosk: Kiosk, work: Work
) -> None:
    kiosk.send_video(kiosk.begin_video().json()["session_id"])

    assert work() == 1

    assert outcome() == ("unavailable", "not_assessed")


def test_a_session_that_ends_before_it_is_asked_for_is_no_verdict(
    expected: Browser,
    kiosk: Kiosk,
    liveness: Rekognition,
    work: Work,
    at_ten: time_machine.Traveller,
) -> None:
    begun = kiosk.begin_video().json()
    liveness.film(begun, picture=ASTRONAUT)
    at_ten.shift(timedelta(seconds=170))
    assert kiosk.send_video(begun["session_id"]).status_code == 202
    at_ten.shift(timedelta(seconds=15))

    assert work() == 1

    assert outcome() == ("unavailable", "not_assessed")
    assert liveness.operations()[-1] == "GetFaceLivenessSessionResults"


@pytest.mark.parametrize(
    "fault",
    [
        *(
            shape.name
            for shape in MODEL.operation_model("GetFaceLivenessSessionResults").error_shapes
        ),
        "cut",
    ],
)
def test_a_result_that_is_not_given_is_no_verdict(
    expected: Browser, kiosk: Kiosk, liveness: Rekognition, work: Work, fault: str
) -> None:
    begun = kiosk.begin_video().json()
    liveness.film(begun, picture=ASTRONAUT)
    kiosk.send_video(begun["session_id"])
    liveness.faults.extend([fault, fault])

    assert work() == 1

    assert outcome() == ("unavailable", "not_assessed")
    assert liveness.operations()[-1] != "SearchFacesByImage"


def test_a_search_that_fails_after_a_sign_of_life_is_an_answer(
    expected: Browser, kiosk: Kiosk, liveness: Rekognition, work: Work
) -> None:
    begun = kiosk.begin_video().json()
    liveness.film(begun, picture=ASTRONAUT)
    kiosk.send_video(begun["session_id"])

    def fail(operation: str) -> None:
        if operation == "SearchFacesByImage":
            raise RefusedError("AccessDeniedException")

    liveness.on_request = fail

    assert work() == 1

    assert outcome() == ("unavailable", "passed")


@pytest.mark.parametrize(
    ("picture", "status"),
    [
        (faces.jpeg(faces.blank()), "no_face"),
        (faces.jpeg(faces.side_by_side(faces.astronaut(), faces.astronaut())), "multiple_faces"),
        (faces.jpeg(faces.strangers()["remodelled"]), "not_recognised"),
        (None, "no_face"),
        (b"no picture at all", "unavailable"),
    ],
    ids=["blank", "two", "a stranger", "none", "not a picture"],
)
def test_the_video_s_picture_is_judged_like_any_other(
    expected: Browser, filmed: Filmed, picture: bytes | None, status: str
) -> None:
    assert filmed(picture=picture)["status"] == status
    assert outcome() == (status, "passed")


def test_the_clinic_may_ask_for_a_second_factor_all_the_same(
    expected: Browser, filmed: Filmed, kiosk: Kiosk
) -> None:
    rules.change(always_confirm=True, actor=DESK)

    body = filmed()

    assert body["status"] == "confirm"
    assert kiosk.confirm(body["id"], birth_year=1990).json()["status"] == "arrived"
    assert outcome() == ("arrived", "passed")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("the patient withdraws", "not_recognised"),
        ("the kiosk is revoked", "unavailable"),
        ("the waiting is closed", "unavailable"),
    ],
)
def test_what_happens_while_the_provider_is_asked_counts(
    expected: Browser,
    kiosk: Kiosk,
    liveness: Rekognition,
    work: Work,
    store: Store,
    at_ten: time_machine.Traveller,
    what: str,
    status: str,
) -> None:
    begun = kiosk.begin_video().json()
    liveness.film(begun, picture=ASTRONAUT)
    kiosk.send_video(begun["session_id"])
    manager = User.objects.get(username="manager")

    def close_the_waiting() -> None:
        at_ten.shift(timedelta(seconds=21))
        sweep()

    happenings: dict[str, Callable[[], object]] = {
        "the patient withdraws": expected.withdraw,
        "the kiosk is revoked": lambda: accounts.revoke_device(kiosk.device.pk, by=manager),
        "the waiting is closed": close_the_waiting,
    }

    def happen(operation: str) -> None:
        if operation == "GetFaceLivenessSessionResults":
            happenings[what]()
            connection.close()

    liveness.on_request = happen
    work()

    seen = "not_assessed" if what == "the waiting is closed" else "passed"
    assert outcome() == (status, seen)
    assert AuditEntry.objects.filter(action="recognition.check_in").count() == 1
    assert (Appointment.objects.get().status, store()) == ("booked", [])


def test_a_photo_proves_no_life_and_needs_a_second_factor(
    expected: Browser, kiosk: Kiosk, work: Work
) -> None:
    accepted = kiosk.show(faces.astronaut())
    assert work() == 1

    body = kiosk.result(accepted.json()["id"]).json()
    assert (body["status"], body["label"]) == ("confirm", None)
    assert kiosk.confirm(body["id"], birth_year=1990).json()["status"] == "arrived"
    assert outcome() == ("arrived", "not_assessed")


# Used once, by its kiosk, in time -----------------------------------------------------------------


def refused(answer: Answer) -> None:
    assert (answer.status_code, answer.json()["code"]) == (409, "liveness_over")
    assert OutboxMessage.objects.filter(task="recognition.identify").count() == (
        CheckIn.objects.count()
    )


def test_a_session_serves_once(
    expected: Browser,
    filmed: Filmed,
    kiosk: Kiosk,
    work: Work,
    liveness: Rekognition,
) -> None:
    begun = kiosk.begin_video().json()
    liveness.film(begun, picture=ASTRONAUT)
    first = kiosk.send_video(begun["session_id"])

    # when: the answer to that is lost, and the kiosk sends it again
    again = kiosk.send_video(begun["session_id"])

    # then: it is the same check-in, looked at once
    assert (again.status_code, again.json()) == (202, first.json())
    assert CheckIn.objects.count() == 1
    assert work() == 1
    assert outcome() == ("arrived", "passed")

    # and: once it has its answer, the session is over
    refused(kiosk.send_video(begun["session_id"]))
    assert CheckIn.objects.count() == 1


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_session_that_is_sent_many_times_at_once_serves_once(
    liveness: Rekognition, kiosk: Kiosk
) -> None:
    begun = kiosk.begin_video().json()["session_id"]

    def send(_: int) -> Answer:
        try:
            return kiosk.send_video(begun)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(8)))

    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["id"] for answer in answers} == {str(CheckIn.objects.get().pk)}
    assert OutboxMessage.objects.filter(task="recognition.identify").count() == 1


def test_a_session_serves_its_own_kiosk(
    liveness: Rekognition, kiosk: Kiosk, make_kiosk: MakeKiosk
) -> None:
    begun = kiosk.begin_video().json()["session_id"]

    refused(make_kiosk().send_video(begun))

    assert (CheckIn.objects.count(), LivenessSession.objects.count()) == (0, 1)


def test_a_session_that_nobody_began_here_serves_nobody(
    liveness: Rekognition, kiosk: Kiosk
) -> None:
    refused(kiosk.send_video(str(uuid.uuid4())))
    assert liveness.asked == []


def test_a_session_serves_for_three_minutes_and_is_then_forgotten(
    liveness: Rekognition, kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    begun = kiosk.begin_video().json()["session_id"]
    at_ten.shift(timedelta(seconds=170))
    sweep()
    assert LivenessSession.objects.count() == 1
    at_ten.shift(timedelta(seconds=10))

    refused(kiosk.send_video(begun))
    sweep()

    assert LivenessSession.objects.count() == 0


@pytest.mark.parametrize(
    "body", [{}, {"liveness": "not-a-session"}, {"liveness": str(uuid.UUID(int=1)), "code": "AB"}]
)
def test_a_body_that_names_no_one_way_is_refused(
    liveness: Rekognition, kiosk: Kiosk, body: dict[str, object]
) -> None:
    answer = kiosk.http.post("/api/check-ins", body, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert CheckIn.objects.count() == 0


def test_the_database_keeps_no_session_of_a_check_in_with_an_answer(kiosk: Kiosk) -> None:
    check_in = CheckIn.objects.create(device=kiosk.device, kind="photo", session=uuid.UUID(int=1))

    with pytest.raises(IntegrityError, match="recognition_session_until_the_answer"):
        CheckIn.objects.filter(pk=check_in.pk).update(
            status="unavailable", decided_at=check_in.created_at
        )


# Tried with masks ---------------------------------------------------------------------------------


def test_five_failures_in_three_minutes_stop_the_videos_of_that_kiosk_for_half_an_hour(
    expected: Browser,
    filmed: Filmed,
    kiosk: Kiosk,
    make_kiosk: MakeKiosk,
    liveness: Rekognition,
    work: Work,
    at_ten: time_machine.Traveller,
) -> None:
    for _ in range(5):
        assert kiosk.begin_video().status_code == 201
        filmed(status="FAILED")
        at_ten.shift(timedelta(seconds=30))

    answer = kiosk.begin_video()
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 1700 < int(answer["Retry-After"]) <= 1800
    assert make_kiosk().begin_video().status_code == 201
    kiosk.show(faces.astronaut())
    assert work() == 1
    assert CheckIn.objects.latest("created_at").status == "confirm"

    at_ten.shift(timedelta(minutes=29))
    assert kiosk.begin_video().status_code == 429
    at_ten.shift(timedelta(minutes=1))
    assert kiosk.begin_video().status_code == 201


def test_failures_apart_stop_nothing(
    expected: Browser,
    filmed: Filmed,
    kiosk: Kiosk,
    at_ten: time_machine.Traveller,
) -> None:
    for _ in range(6):
        filmed(status="FAILED")
        at_ten.shift(timedelta(seconds=50))

    assert kiosk.begin_video().status_code == 201


# The stand-in is strict ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("create_face_liveness_session", {"ClientRequestToken": "no spaces"}),
        ("create_face_liveness_session", {"Settings": {"AuditImagesLimit": 5}}),
        ("create_face_liveness_session", {"Settings": {"OutputConfig": {"S3Bucket": "two words"}}}),
        ("get_face_liveness_session_results", {"SessionId": "A" * 36}),
    ],
)
def test_the_double_refuses_what_botocore_lets_pass(
    rekognition: Rekognition, operation: str, body: dict[str, object]
) -> None:
    client = boto3.client("rekognition", endpoint_url=rekognition.url, region_name="eu-west-1")

    with pytest.raises(ClientError, match="InvalidParameterException"):
        getattr(client, operation)(**body)

    assert (rekognition.asked, rekognition.sessions) == ([], {})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"RoleArn": "arn:aws:iam::123456789012:role/another"}, "AccessDenied"),
        ({"RoleSessionName": "no spaces"}, "ValidationError"),
        ({"DurationSeconds": 43201}, "ValidationError"),
        ({"Policy": "{}"}, "MalformedPolicyDocument"),
    ],
)
def test_the_double_lends_no_role_that_sts_would_not(
    rekognition: Rekognition, changed: dict[str, object], code: str
) -> None:
    client = boto3.client("sts", endpoint_url=rekognition.url, region_name="eu-west-1")
    sound: dict[str, Any] = {
        "RoleArn": STREAM_ROLE,
        "RoleSessionName": "kiosk",
        "Policy": STREAM_ONLY,
        "DurationSeconds": 900,
    }
    assert client.assume_role(**sound)["Credentials"]["AccessKeyId"] in rekognition.sts.keys

    with pytest.raises(ClientError, match=code):
        client.assume_role(**(sound | changed))

    assert len(rekognition.sts.keys) == 1


def test_a_key_that_may_more_than_stream_or_is_too_old_streams_nothing(
    liveness: Rekognition, kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    begun = kiosk.begin_video().json()
    key = liveness.sts.keys[begun["credentials"]["access_key_id"]]

    key.actions.add("rekognition:IndexFaces")
    with pytest.raises(RefusedError, match="not for a stream alone"):
        liveness.film(begun)
    key.actions.remove("rekognition:IndexFaces")
    at_ten.shift(timedelta(minutes=15))
    with pytest.raises(RefusedError, match="not for a stream alone"):
        liveness.film(begun)


def test_an_id_that_is_none_is_refused(
    liveness: Rekognition, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(liveness, "_CreateFaceLivenessSession", lambda _: {"SessionId": "0" * 36})

    with pytest.raises(EngineError):
        RekognitionLiveness().begin(kiosk.device.pk)

    assert kiosk.begin_video().status_code == 503


def test_only_a_kiosk_begins_a_video(liveness: Rekognition, make_kiosk: MakeKiosk) -> None:
    display = make_kiosk("display")

    assert display.begin_video().status_code == 403
    assert APIClient().post("/api/check-ins/liveness").status_code == 401
    assert (liveness.asked, liveness.sts.asked) == ([], [])
