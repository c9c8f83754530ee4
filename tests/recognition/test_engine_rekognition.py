import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError
from PIL.Image import Image
from pytest_django import Settings

from clinic.accounts import services as accounts
from clinic.accounts.models import User
from clinic.core import clock, outbox
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry, OutboxMessage
from recognition import vault
from recognition.engines.base import (
    EngineError,
    EngineRefusedError,
    EngineUnavailableError,
    Flaw,
    Known,
    Refused,
)
from recognition.engines.rekognition import RekognitionEngine
from recognition.matching import Match, Verdict
from recognition.models import CheckIn, Consent, Enrolment, Template
from recognition.tasks import expire
from tests.recognition import faces
from tests.recognition.conftest import (
    COLLECTION,
    Book,
    Browser,
    Enrolled,
    Kiosk,
    Person,
    Store,
    Work,
    committing,
)
from tests.recognition.rekognition_double import MODEL, RefusedError, Rekognition

pytestmark = pytest.mark.engine

ANA, BIA = uuid.UUID(int=1), uuid.UUID(int=2)
UPLOAD, OTHER = uuid.UUID(int=11), uuid.UUID(int=12)


@pytest.fixture
def engine(rekognition: Rekognition) -> RekognitionEngine:
    return RekognitionEngine()


def photos(*pictures: Any) -> dict[int, bytes]:
    return {position: faces.jpeg(picture) for position, picture in enumerate(pictures, start=1)}


ASTRONAUT = photos(faces.astronaut())
TWO_PHOTOS = photos(faces.astronaut(), faces.altered_copies()["mirrored"])


def test_the_first_enrolment_makes_the_collection_and_names_photos_by_the_upload(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    found = engine.enrol(UPLOAD, photos(faces.astronaut(), faces.altered_copies()["mirrored"]))

    assert found == [f"{UPLOAD}.1".encode(), f"{UPLOAD}.2".encode()]
    assert [face.external_id for face in rekognition.collections[COLLECTION]] == [
        f"{UPLOAD}.1",
        f"{UPLOAD}.2",
    ]
    indexed = [body for operation, body in rekognition.asked if operation == "IndexFaces"]
    assert {(body["MaxFaces"], body["QualityFilter"]) for body in indexed} == {(1, "AUTO")}


def test_a_search_asks_for_the_clinics_threshold_and_names_only_who_is_expected(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    engine.enrol(UPLOAD, ASTRONAUT)
    template = f"{UPLOAD}.1".encode()
    frame = faces.jpeg(faces.altered_copies()["tilted"])

    assert engine.search(frame, [Known(ANA, template)]) == Match(Verdict.SURE, (ANA,))
    operation, body = rekognition.asked[-1]
    assert operation == "SearchFacesByImage"
    assert (body["FaceMatchThreshold"], body["MaxFaces"], body["QualityFilter"]) == (
        95.0,
        4096,
        "AUTO",
    )
    not_hers = [Known(BIA, f"{OTHER}.1".encode())]
    assert engine.search(frame, not_hers) == Match(Verdict.UNKNOWN)


def test_where_nobody_is_expected_no_frame_leaves_the_clinic(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    assert engine.search(ASTRONAUT[1], []) == Match(Verdict.UNKNOWN)
    assert rekognition.asked == []


def test_two_who_pass_the_threshold_are_both_candidates(engine: RekognitionEngine) -> None:
    engine.enrol(UPLOAD, ASTRONAUT)
    engine.enrol(OTHER, ASTRONAUT)
    known = [Known(ANA, f"{UPLOAD}.1".encode()), Known(BIA, f"{OTHER}.1".encode())]

    match = engine.search(ASTRONAUT[1], known)

    assert isinstance(match, Match)
    assert (match.verdict, set(match.people)) == (Verdict.UNSURE, {ANA, BIA})


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (faces.blank(), "no_face"),
        (faces.side_by_side(faces.astronaut(), faces.astronaut()), "multiple_faces"),
        (faces.remodelled(bulge=-0.5, eyes=0.3), "different_person"),
        (faces.darkened(faces.astronaut()), None),
    ],
    ids=["blank", "two", "another", "dark"],
)
def test_a_refused_upload_leaves_nothing_at_the_provider(
    engine: RekognitionEngine, rekognition: Rekognition, second: Image, reason: str | None
) -> None:
    if reason is None:
        found = engine.enrol(UPLOAD, {1: faces.jpeg(second)})
        assert found == Refused({1: Flaw.TOO_DARK})
    else:
        assert engine.enrol(UPLOAD, photos(faces.astronaut(), second)) == Refused({2: reason})

    assert rekognition.collections.get(COLLECTION, []) == []


def test_a_face_that_looks_aside_is_told_so(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    rekognition.looks_aside = True

    assert engine.enrol(UPLOAD, photos(faces.astronaut())) == Refused({1: Flaw.TURNED})
    assert rekognition.collections[COLLECTION] == []


def test_photos_of_one_person_are_compared_with_the_first_only(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    copies = faces.altered_copies()
    same = [faces.astronaut(), copies["mirrored"], copies["tilted"], copies["cropped"]]

    found = engine.enrol(UPLOAD, photos(*same))

    assert found == [f"{UPLOAD}.{position}".encode() for position in (1, 2, 3, 4)]
    assert rekognition.operations().count("CompareFaces") == 3


def test_a_first_photo_of_somebody_else_is_the_one_that_is_named(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    stranger = faces.remodelled(bulge=-0.5, eyes=0.3)
    same = faces.astronaut(), faces.altered_copies()["mirrored"]

    assert engine.enrol(UPLOAD, photos(stranger, *same)) == Refused({1: "different_person"})

    assert rekognition.operations().count("CompareFaces") == 3
    assert rekognition.collections == {}


@pytest.mark.parametrize("count", [0, 1])
def test_where_there_is_nothing_to_compare_nothing_is(
    engine: RekognitionEngine, rekognition: Rekognition, count: int
) -> None:
    found = engine.enrol(UPLOAD, dict(list(ASTRONAUT.items())[:count]))

    assert found == [f"{UPLOAD}.1".encode()][:count]
    assert rekognition.operations().count("CompareFaces") == 0


def test_somebody_in_the_background_hinders_neither_enrolment_nor_search(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    rekognition.bystander = 0.4

    found = engine.enrol(UPLOAD, photos(faces.astronaut(), faces.altered_copies()["mirrored"]))

    assert found == [f"{UPLOAD}.1".encode(), f"{UPLOAD}.2".encode()]
    known = [Known(ANA, f"{UPLOAD}.1".encode())]
    assert engine.search(ASTRONAUT[1], known) == Match(Verdict.SURE, (ANA,))


def test_a_face_of_the_background_that_was_indexed_for_the_near_one_goes_again(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    rekognition.bystander, rekognition.misled = 0.4, {"IndexFaces"}

    found = engine.enrol(UPLOAD, ASTRONAUT)

    assert found == Refused({1: Flaw.MULTIPLE_FACES})
    assert rekognition.operations().count("DeleteFaces") == 1
    assert rekognition.collections[COLLECTION] == []


def test_a_likeness_to_somebody_in_the_background_is_none(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    rekognition.bystander, rekognition.misled = 0.4, {"CompareFaces"}

    found = engine.enrol(UPLOAD, photos(faces.astronaut(), faces.altered_copies()["mirrored"]))

    assert found == Refused({2: "different_person"})
    assert rekognition.collections == {}


def test_who_stands_behind_is_never_searched_for_the_person_at_the_kiosk(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    engine.enrol(UPLOAD, ASTRONAUT)
    rekognition.bystander, rekognition.misled = 0.4, {"SearchFacesByImage"}

    found = engine.search(ASTRONAUT[1], [Known(ANA, f"{UPLOAD}.1".encode())])

    assert found == Flaw.BLURRED


def test_an_upload_tried_again_after_a_crash_replaces_what_it_left(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    engine.enrol(UPLOAD, ASTRONAUT)
    engine.enrol(OTHER, ASTRONAUT)

    engine.enrol(UPLOAD, ASTRONAUT)

    assert sorted(face.external_id for face in rekognition.collections[COLLECTION]) == [
        f"{UPLOAD}.1",
        f"{OTHER}.1",
    ]


def test_erasing_reads_every_page_spares_others_and_may_be_repeated(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    copies = faces.altered_copies()
    engine.enrol(OTHER, ASTRONAUT)
    engine.enrol(UPLOAD, photos(faces.astronaut(), copies["mirrored"], copies["tilted"]))

    engine.erase(UPLOAD)
    engine.erase(UPLOAD)

    assert [face.external_id for face in rekognition.collections[COLLECTION]] == [f"{OTHER}.1"]
    assert rekognition.operations().count("DeleteFaces") == 1


def test_erasing_where_there_is_no_collection_is_no_error(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    engine.erase(UPLOAD)

    assert rekognition.operations() == ["ListFaces"]


@pytest.mark.parametrize(
    "fault",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "InternalServerError",
        "cut",
    ],
)
def test_a_passing_failure_is_tried_twice_and_then_unavailable(
    engine: RekognitionEngine, rekognition: Rekognition, fault: str
) -> None:
    known = [Known(ANA, f"{UPLOAD}.1".encode())]
    engine.enrol(UPLOAD, ASTRONAUT)

    rekognition.faults.append(fault)
    assert engine.search(ASTRONAUT[1], known) == Match(Verdict.SURE, (ANA,))
    rekognition.faults.extend([fault, fault])
    with pytest.raises(EngineUnavailableError):
        engine.search(ASTRONAUT[1], known)


def test_a_provider_that_hangs_is_given_up_within_the_time_of_a_check_in(
    engine: RekognitionEngine, rekognition: Rekognition
) -> None:
    rekognition.faults.extend(["hang", "hang"])

    with pytest.raises(EngineUnavailableError, match="ReadTimeoutError"):
        engine.search(ASTRONAUT[1], [Known(ANA, b"x.1")])


@pytest.mark.parametrize(
    "fault",
    [
        "AccessDeniedException",
        "ImageTooLargeException",
        "InvalidImageFormatException",
        "InvalidParameterException",
        "InvalidS3ObjectException",
    ],
)
def test_a_lasting_failure_is_refused_at_once(
    engine: RekognitionEngine, rekognition: Rekognition, fault: str
) -> None:
    rekognition.faults.append(fault)

    with pytest.raises(EngineRefusedError, match=fault):
        engine.search(ASTRONAUT[1], [Known(ANA, b"x.1")])

    assert list(rekognition.faults) == []
    assert rekognition.asked == []


# What these operations say where nothing is wrong.
NO_FAILURE = {
    ("CreateCollection", "ResourceAlreadyExistsException"),
    ("ListFaces", "ResourceNotFoundException"),
    ("SearchFacesByImage", "InvalidParameterException"),
}


@pytest.mark.parametrize(
    "operation",
    [
        "CompareFaces",
        "CreateCollection",
        "DeleteFaces",
        "DetectFaces",
        "IndexFaces",
        "ListFaces",
        "SearchFacesByImage",
    ],
)
def test_every_error_that_is_documented_is_one_of_ours(
    engine: RekognitionEngine, rekognition: Rekognition, operation: str
) -> None:
    outcomes, documented = {}, MODEL.operation_model(operation).error_shapes
    for error in [shape.name for shape in documented]:

        def fail(asked: str, error: str = error) -> None:
            if asked == operation:
                if error == "ResourceAlreadyExistsException":
                    rekognition.collections[COLLECTION] = []
                raise RefusedError(error)

        rekognition.collections.clear()
        rekognition.on_request = fail
        try:
            templates = engine.enrol(UPLOAD, TWO_PHOTOS)
            assert not isinstance(templates, Refused)
            engine.search(ASTRONAUT[1], [Known(ANA, template) for template in templates])
            engine.erase(UPLOAD)
            outcomes[error] = "answered"
        except EngineError as failed:
            outcomes[error] = str(failed)

    assert outcomes == {
        shape.name: "answered" if (operation, shape.name) in NO_FAILURE else shape.name
        for shape in documented
    }


@pytest.mark.parametrize("name", ["", "clinic faces", "clínica", "x" * 256])
def test_a_collection_of_no_valid_name_is_never_asked_for(
    engine: RekognitionEngine, rekognition: Rekognition, settings: Settings, name: str
) -> None:
    settings.FACE_COLLECTION = name

    with pytest.raises(EngineRefusedError, match="face_collection_not_named"):
        engine.enrol(UPLOAD, ASTRONAUT)

    assert rekognition.asked == []


@pytest.mark.parametrize("size", [0, 5_242_881])
def test_a_photo_the_service_would_refuse_is_not_sent(
    engine: RekognitionEngine, rekognition: Rekognition, size: int
) -> None:
    with pytest.raises(EngineRefusedError, match="photo_too_large"):
        engine.search(b"x" * size, [Known(ANA, b"x.1")])

    assert rekognition.asked == []


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("create_collection", {"CollectionId": "no spaces"}),
        ("create_collection", {"CollectionId": "x" * 256}),
        ("list_faces", {"CollectionId": COLLECTION, "MaxResults": 4097}),
        ("delete_faces", {"CollectionId": COLLECTION, "FaceIds": ["not-a-face-id"]}),
        (
            "search_faces_by_image",
            {"CollectionId": COLLECTION, "Image": {"Bytes": b"x"}, "FaceMatchThreshold": 101.0},
        ),
        (
            "index_faces",
            {"CollectionId": COLLECTION, "Image": {"Bytes": b"x"}, "ExternalImageId": "Ana M"},
        ),
        (
            "index_faces",
            {"CollectionId": COLLECTION, "Image": {"Bytes": b"x"}, "QualityFilter": "BEST"},
        ),
    ],
)
def test_the_double_refuses_what_botocore_lets_pass(
    rekognition: Rekognition, operation: str, body: dict[str, object]
) -> None:
    client = boto3.client("rekognition", endpoint_url=rekognition.url, region_name="eu-west-1")

    with pytest.raises(ClientError, match="InvalidParameterException"):
        getattr(client, operation)(**body)

    assert (rekognition.asked, rekognition.collections) == ([], {})


def test_withdrawal_erases_the_faces_at_the_provider_and_twice_is_no_error(
    rekognition: Rekognition, enrolled: Enrolled, work: Work
) -> None:
    patient = enrolled()
    template = Template.objects.get()
    plain = vault.unseal(bytes(template.sealed), owner=patient.user.pk)
    assert plain == f"{template.upload}.1".encode()
    (face,) = rekognition.collections[COLLECTION]

    patient.withdraw()
    assert work() == 1

    assert rekognition.collections[COLLECTION] == []
    entry = AuditEntry.objects.get(action="recognition.provider_erased")
    assert (entry.patient_id, entry.data) == (patient.user.pk, {"engine": "rekognition"})
    message = OutboxMessage.objects.get(task="recognition.erase", done_at__isnull=False)
    assert face.face_id not in str(message.args)
    OutboxMessage.objects.filter(pk=message.pk).update(done_at=None)
    with committing():
        assert outbox.run(message.pk)
    assert rekognition.collections[COLLECTION] == []


def test_an_erased_account_is_erased_at_the_provider_too(
    rekognition: Rekognition, enrolled: Enrolled, work: Work
) -> None:
    patient = enrolled()
    assert len(rekognition.collections[COLLECTION]) == 1

    with committing():
        accounts.erase_patient(patient.user.pk, actor=Actor.system("tests"))
    assert work() == 1

    assert rekognition.collections[COLLECTION] == []
    assert (Template.objects.count(), Enrolment.objects.get().status) == (0, "none")
    consent = Consent.objects.get()
    assert (consent.ending, consent.withdrawn_at is None) == ("withdrawn", False)


def test_withdrawal_reaches_a_provider_that_is_down_or_no_longer_in_use(
    rekognition: Rekognition, enrolled: Enrolled, work: Work, settings: Settings
) -> None:
    patient = enrolled()
    settings.FACE_ENGINE = "recognition.engines.dlib.DlibEngine"
    rekognition.faults.extend(["InternalServerError", "InternalServerError"])

    patient.withdraw()
    assert work() == 0
    assert len(rekognition.collections[COLLECTION]) == 1
    assert not AuditEntry.objects.filter(action="recognition.provider_erased").exists()

    assert work() == 1
    assert rekognition.collections[COLLECTION] == []


def test_an_erasure_goes_on_until_the_provider_obeys_and_the_manager_reads_that_it_is_undone(
    rekognition: Rekognition,
    enrolled: Enrolled,
    browser: Callable[[User], Browser],
    person: Person,
    work: Work,
) -> None:
    def undone() -> int:
        body = manager.http.get("/api/staff/privacy").json()
        return int(body["retention"]["undone_erasures"])

    patient = enrolled()
    manager = browser(person("Marta Reis", role="manager"))
    patient.withdraw()
    rekognition.faults.extend(["AccessDeniedException"] * 13)
    for _ in range(13):
        assert work() == 0

    message = OutboxMessage.objects.get(task="recognition.erase", failures__gt=0)
    assert (message.failures, message.failed_at) == (13, None)
    assert (undone(), len(rekognition.collections[COLLECTION])) == (1, 1)

    assert work() == 1
    assert (undone(), rekognition.collections[COLLECTION]) == (0, [])


def test_a_withdrawn_upload_whose_try_crashed_is_erased_by_the_next(
    rekognition: Rekognition,
    engine: RekognitionEngine,
    browser: Callable[[User], Browser],
    person: Person,
    work: Work,
) -> None:
    patient = browser(person())
    patient.upload(faces.astronaut())
    attempt = uuid.UUID(OutboxMessage.objects.get(task="recognition.enrol").args["attempt"])
    patient.withdraw()
    engine.enrol(attempt, ASTRONAUT)

    assert work() == 2

    assert rekognition.collections[COLLECTION] == []


@pytest.mark.parametrize(
    "changed",
    [{"FACE_COLLECTION": "other-faces"}, {"AWS_REGION": "eu-central-1"}, {"FACE_COLLECTION": ""}],
    ids=["collection", "region", "none"],
)
def test_an_erasure_where_the_faces_are_not_is_no_proof(
    rekognition: Rekognition,
    enrolled: Enrolled,
    work: Work,
    settings: Settings,
    changed: dict[str, str],
) -> None:
    patient = enrolled()
    before = {name: getattr(settings, name) for name in changed}
    for name, value in changed.items():
        setattr(settings, name, value)
    asked = len(rekognition.asked)

    patient.withdraw()
    assert work() == 0

    message = OutboxMessage.objects.get(task="recognition.erase", failures__gt=0)
    assert message.last_error.startswith("EngineRefusedError")
    assert not AuditEntry.objects.filter(action="recognition.provider_erased").exists()
    assert (len(rekognition.asked), len(rekognition.collections[COLLECTION])) == (asked, 1)

    for name, value in before.items():
        setattr(settings, name, value)
    assert work() == 1
    assert rekognition.collections[COLLECTION] == []


def test_a_face_that_the_provider_lists_late_is_erased_an_hour_after(
    rekognition: Rekognition, enrolled: Enrolled, work: Work, at_ten: time_machine.Traveller
) -> None:
    patient = enrolled()
    late = rekognition.collections[COLLECTION].pop()
    patient.withdraw()
    assert work() == 1
    rekognition.collections[COLLECTION].append(late)

    at_ten.shift(timedelta(minutes=59))
    assert work() == 0
    at_ten.shift(timedelta(minutes=2))
    assert work() == 1

    assert rekognition.collections[COLLECTION] == []
    assert AuditEntry.objects.filter(action="recognition.provider_erased").count() == 2


def crash_after_indexing(engine: RekognitionEngine, patient: Browser) -> UUID:
    """Upload a photo; the worker dies when it is indexed and before the answer is written."""
    patient.upload(faces.astronaut())
    attempt = Enrolment.objects.get(patient_id=patient.user.pk).attempt
    engine.enrol(attempt, ASTRONAUT)
    return attempt


def test_a_replaced_upload_whose_try_crashed_is_erased_though_its_job_never_comes_again(
    rekognition: Rekognition,
    engine: RekognitionEngine,
    browser: Callable[[User], Browser],
    person: Person,
    work: Work,
) -> None:
    patient = browser(person())
    replaced = crash_after_indexing(engine, patient)
    OutboxMessage.objects.filter(task="recognition.enrol").update(done_at=clock.now())

    patient.upload(faces.altered_copies()["mirrored"])
    assert work() == 2

    kept = Template.objects.get().upload
    assert kept != replaced
    assert [face.external_id for face in rekognition.collections[COLLECTION]] == [f"{kept}.1"]


@pytest.mark.parametrize("now", ["recognition.engines.dlib.DlibEngine", ""], ids=["dlib", "off"])
def test_a_crashed_upload_is_erased_at_withdrawal_also_where_the_engine_is_another_by_then(
    rekognition: Rekognition,
    engine: RekognitionEngine,
    browser: Callable[[User], Browser],
    person: Person,
    work: Work,
    settings: Settings,
    now: str,
) -> None:
    patient = browser(person())
    crash_after_indexing(engine, patient)
    settings.FACE_ENGINE = now

    patient.withdraw()
    OutboxMessage.objects.filter(task="recognition.enrol").update(done_at=clock.now())
    assert work() == 1

    assert rekognition.collections[COLLECTION] == []


def test_a_try_by_another_engine_erases_what_the_crashed_one_left(
    rekognition: Rekognition,
    engine: RekognitionEngine,
    browser: Callable[[User], Browser],
    person: Person,
    work: Work,
    settings: Settings,
) -> None:
    patient = browser(person())
    crash_after_indexing(engine, patient)
    settings.FACE_ENGINE = "recognition.engines.dlib.DlibEngine"

    assert work() == 1
    assert Template.objects.get().engine == "dlib"
    assert work() == 1

    assert rekognition.collections[COLLECTION] == []


def test_the_job_of_a_withdrawn_upload_erases_also_at_a_provider_out_of_use(
    rekognition: Rekognition,
    engine: RekognitionEngine,
    browser: Callable[[User], Browser],
    person: Person,
    work: Work,
    settings: Settings,
) -> None:
    patient = browser(person())
    crash_after_indexing(engine, patient)
    patient.withdraw()
    settings.FACE_ENGINE = "recognition.engines.dlib.DlibEngine"
    OutboxMessage.objects.filter(task="recognition.erase").update(done_at=clock.now())

    assert work() == 1
    assert work() == 1

    assert rekognition.collections[COLLECTION] == []


def test_an_enrolment_that_ends_is_erased_at_the_provider(
    rekognition: Rekognition, enrolled: Enrolled, work: Work, at_ten: time_machine.Traveller
) -> None:
    enrolled()

    at_ten.shift(timedelta(days=366))
    expire()
    assert work() == 1

    assert (Enrolment.objects.get().status, Template.objects.count()) == ("none", 0)
    assert rekognition.collections[COLLECTION] == []


def test_a_new_enrolment_replaces_the_old_one_at_the_provider(
    rekognition: Rekognition, enrolled: Enrolled, work: Work
) -> None:
    patient = enrolled()
    old = Template.objects.get().upload

    patient.upload(faces.altered_copies()["mirrored"])
    work()
    work()

    new = Template.objects.get().upload
    assert new != old
    assert [face.external_id for face in rekognition.collections[COLLECTION]] == [f"{new}.1"]


def test_an_expected_patient_arrives_and_a_provider_that_is_down_is_an_answer(
    rekognition: Rekognition, enrolled: Enrolled, book: Book, kiosk: Kiosk, work: Work, store: Store
) -> None:
    patient = enrolled()
    book(patient.user)

    rekognition.faults.extend(["ThrottlingException"] * 2)
    kiosk.show(faces.altered_copies()["tilted"])
    assert work() == 1
    assert CheckIn.objects.get().status == "unavailable"
    kiosk.show(faces.altered_copies()["tilted"])
    assert work() == 1

    assert CheckIn.objects.latest("created_at").status == "arrived"
    assert store() == []
