"""Registering a face: consent first, photos only until the answer, everything erasable."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL.Image import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from clinic.accounts.models import User
from clinic.core.models import AuditEntry, OutboxMessage
from clinic.storage import private
from recognition import consent, images, vault
from recognition.models import Consent, Enrolment, Picture, Template
from recognition.services import enrolment, pictures
from recognition.tasks import expire, sweep
from tests.recognition import faces
from tests.recognition.conftest import (
    Browser,
    Clinic,
    Enrolled,
    Kiosk,
    Person,
    Store,
    Work,
    committing,
)

pytestmark = pytest.mark.engine

NOTHING = (0, 0, 0, 0, 0)


def rows() -> tuple[int, ...]:
    return (
        Consent.objects.count(),
        Enrolment.objects.count(),
        Template.objects.count(),
        Picture.objects.count(),
        OutboxMessage.objects.filter(task__startswith="recognition.").count(),
    )


def actions(patient: User) -> list[str]:
    entries = AuditEntry.objects.filter(patient_id=patient.pk, action__startswith="recognition.")
    return list(entries.order_by("id").values_list("action", flat=True))


def test_before_anything_the_patient_reads_the_consent_text(
    browser: Callable[[User], Browser], person: Person
) -> None:
    state = browser(person()).face()

    assert state == {
        "status": "none",
        "reasons": [],
        "engine": None,
        "enrolled_at": None,
        "expires_at": None,
        "consent": {
            "version": "1",
            "text_pt": consent.current().pt,
            "text_en": consent.current().en,
            "given_at": None,
        },
        "adult": True,
        "recommended_photos": 3,
        "max_photos": 5,
    }


@pytest.mark.django_db(transaction=True)
def test_photos_of_one_person_become_templates_and_are_erased(
    browser: Callable[[User], Browser], person: Person, work: Work, store: Store
) -> None:
    patient = browser(person())
    copies = faces.altered_copies()

    answer = patient.upload(faces.astronaut(), copies["mirrored"], copies["cropped"])

    assert answer.status_code == 202
    assert answer.json()["status"] == "processing"
    assert answer.json()["consent"]["given_at"] is not None
    assert len(store()) == 3

    assert work() == 1

    state = patient.face()
    assert (state["status"], state["reasons"], state["engine"]) == ("enrolled", [], "dlib")
    assert state["expires_at"].startswith("2027-11-23T10:")
    assert Template.objects.count() == 3
    assert store() == []
    assert Picture.objects.count() == 0
    assert actions(patient.user) == ["recognition.enrolment_requested", "recognition.enrolled"]


def test_the_consent_is_recorded_word_for_word(
    browser: Callable[[User], Browser], person: Person
) -> None:
    patient = browser(person())

    patient.upload(faces.astronaut())

    given = Consent.objects.get()
    assert (given.patient_id, given.version) == (patient.user.pk, "1")
    assert given.text_sha256 == consent.current().sha256
    assert (given.actor_kind, given.actor_id) == ("user", str(patient.user.pk))
    assert (given.language, given.withdrawn_at) == ("en", None)


def test_vectors_are_stored_sealed(enrolled: Enrolled) -> None:
    patient = enrolled()

    template = Template.objects.get()
    plain = vault.unseal(bytes(template.sealed), owner=patient.user.pk)

    assert np.frombuffer(plain, np.float32).shape == (128,)
    assert plain not in bytes(template.sealed)
    assert (template.engine, len(template.model_hash)) == ("dlib", 64)
    assert template.key_id == vault.key_id()


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (faces.blank(), "no_face"),
        (faces.darkened(faces.astronaut()), "too_dark"),
        (faces.blurred(faces.astronaut()), "blurred"),
        (faces.far_away(faces.astronaut()), "too_small"),
        (faces.side_by_side(faces.astronaut(), faces.astronaut()), "multiple_faces"),
    ],
    ids=["blank", "dark", "blurred", "far-away", "two-faces"],
)
def test_one_bad_photo_fails_the_upload_and_is_named(
    browser: Callable[[User], Browser],
    person: Person,
    work: Work,
    store: Store,
    bad: Image,
    code: str,
) -> None:
    patient = browser(person())
    patient.upload(faces.astronaut(), bad)

    assert work() == 1

    state = patient.face()
    assert (state["status"], state["reasons"]) == ("failed", [{"photo": 2, "code": code}])
    assert (state["engine"], state["expires_at"]) == (None, None)
    assert Template.objects.count() == 0
    assert store() == []
    assert actions(patient.user)[-1] == "recognition.enrolment_failed"


@pytest.mark.parametrize("who", list(faces.strangers()))
def test_photos_of_two_people_fail_and_the_odd_one_is_named(
    browser: Callable[[User], Browser], person: Person, work: Work, store: Store, who: str
) -> None:
    patient = browser(person())
    stranger = faces.strangers()[who]
    patient.upload(faces.astronaut(), stranger, faces.altered_copies()["mirrored"])

    assert work() == 1

    state = patient.face()
    assert state["status"] == "failed"
    assert state["reasons"] == [{"photo": 2, "code": "different_person"}]
    assert Template.objects.count() == 0
    assert store() == []


@pytest.mark.parametrize("answer", [None, "false", ""])
def test_without_consent_nothing_is_kept(
    browser: Callable[[User], Browser], person: Person, store: Store, answer: str | None
) -> None:
    refused = browser(person()).upload(faces.astronaut(), consent=answer)

    assert (refused.status_code, refused.json()["code"]) == (400, "consent_required")
    assert (rows(), store()) == (NOTHING, [])


@pytest.mark.parametrize(
    "birth_date",
    [None, date(2008, 11, 24), date(2020, 1, 1)],
    ids=["unknown", "eighteen tomorrow", "a child"],
)
def test_without_an_adults_birth_date_nothing_is_kept(
    browser: Callable[[User], Browser], person: Person, store: Store, birth_date: date | None
) -> None:
    patient = browser(person(birth_date=birth_date))

    refused = patient.upload(faces.astronaut())

    assert (refused.status_code, refused.json()["code"]) == (409, "adult_required")
    assert patient.face()["adult"] is False
    assert (rows(), store()) == (NOTHING, [])


def test_the_eighteenth_birthday_counts(browser: Callable[[User], Browser], person: Person) -> None:
    assert (
        browser(person(birth_date=date(2008, 11, 23))).upload(faces.astronaut()).status_code == 202
    )


@pytest.mark.parametrize(
    ("photos", "status", "code"),
    [
        ([], 400, "invalid"),
        ([b"x"] * 6, 400, "invalid"),
        ([b""], 400, "image_unreadable"),
        ([b"<svg xmlns='http://www.w3.org/2000/svg'/>"], 415, "image_type"),
        ([b"\xff\xd8\xff" + b"\0" * (8 * 1024 * 1024)], 413, "image_too_large"),
        ([b"\xff\xd8\xff\xe0damaged"], 400, "image_unreadable"),
    ],
    ids=["none", "six", "empty", "svg", "over 8 MB", "damaged"],
)
def test_unusable_files_are_refused_and_nothing_is_kept(
    browser: Callable[[User], Browser],
    person: Person,
    store: Store,
    photos: list[bytes],
    status: int,
    code: str,
) -> None:
    refused = browser(person()).upload(*photos)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (rows(), store()) == (NOTHING, [])


def test_a_photo_is_what_it_holds_whatever_it_is_called(
    browser: Callable[[User], Browser], person: Person, store: Store
) -> None:
    http = browser(person()).http

    def send(data: bytes, name: str, content_type: str, language: str = "en") -> Any:
        photo = SimpleUploadedFile(name, data, content_type=content_type)
        form = {"images": [photo], "consent": "true"}
        headers = {"Accept-Language": language}
        return http.put("/api/me/face", form, format="multipart", headers=headers)

    heic = b"\0\0\0\x18ftypheic"
    refused = [send(heic, "x.jpg", "image/jpeg", language) for language in ("pt", "en")]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {
        (415, "image_heic")
    }
    assert "guarde-a como JPEG" in refused[0].json()["detail"]
    assert "save it as JPEG" in refused[1].json()["detail"]
    assert (rows(), store()) == (NOTHING, [])

    assert send(faces.jpeg(faces.astronaut()), "x.pdf", "text/html").status_code == 202


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(
    ("bad", "status", "code"),
    [
        (b"GIF89a", 415, "image_type"),
        (b"\0" * (images.MAX_BYTES + 1), 413, "image_too_large"),
        (b"", 400, "image_unreadable"),
    ],
    ids=["another type", "too large", "empty"],
)
def test_one_bad_file_among_good_ones_is_named_and_none_kept(
    browser: Callable[[User], Browser],
    person: Person,
    store: Store,
    position: int,
    bad: bytes,
    status: int,
    code: str,
) -> None:
    photos: list[Any] = [faces.blank(), faces.blank()]
    photos.insert(position, bad)

    refused = browser(person()).upload(*photos)

    assert refused.status_code == status
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [
        (f"/images/{position}", code)
    ]
    assert (rows(), store()) == (NOTHING, [])


def test_a_body_that_declares_too_much_is_not_read(
    browser: Callable[[User], Browser], person: Person
) -> None:
    refused = browser(person()).http.put(
        "/api/me/face",
        b"--x\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"Content-Length": "99999999"},
    )

    assert (refused.status_code, refused.json()["code"]) == (413, "image_too_large")


def test_what_is_stored_carries_no_metadata(
    browser: Callable[[User], Browser], person: Person, store: Store, tmp_path: Path
) -> None:
    exif = faces.astronaut().getexif()
    exif[0x010E] = "CANARY"

    browser(person()).upload(faces.jpeg(faces.astronaut(), exif=exif))

    (key,) = store()
    assert b"CANARY" not in private.get(key)


def test_a_new_upload_replaces_the_one_in_work(
    browser: Callable[[User], Browser], person: Person, work: Work, store: Store
) -> None:
    patient = browser(person())
    patient.upload(faces.blank(), faces.blank())
    first = set(store())

    patient.upload(faces.astronaut())

    assert len(store()) == 1
    assert not first & set(store())
    assert work() == 2
    assert patient.face()["status"] == "enrolled"
    assert list(Consent.objects.order_by("given_at").values_list("ending", flat=True)) == [
        "renewed",
        "",
    ]


def test_a_later_upload_that_fails_leaves_nobody_enrolled(enrolled: Enrolled, work: Work) -> None:
    patient = enrolled()

    patient.upload(faces.blank())
    assert Template.objects.count() == 1
    assert work() == 1

    assert patient.face()["status"] == "failed"
    assert Template.objects.count() == 0


def test_the_job_done_twice_changes_nothing(enrolled: Enrolled) -> None:
    patient = enrolled()
    row = Enrolment.objects.get()
    before = (list(Template.objects.values_list("pk", flat=True)), actions(patient.user))

    enrolment.complete(row.pk, row.attempt)()

    assert (list(Template.objects.values_list("pk", flat=True)), actions(patient.user)) == before


@pytest.mark.django_db(transaction=True)
def test_withdrawal_erases_at_once_and_is_audited(enrolled: Enrolled, store: Store) -> None:
    patient = enrolled()

    assert patient.withdraw().status_code == 204

    state = patient.face()
    assert (state["status"], state["consent"]["given_at"]) == ("none", None)
    assert (Template.objects.count(), Picture.objects.count(), store()) == (0, 0, [])
    ended = Consent.objects.get()
    assert (ended.ending, ended.withdrawn_at is not None) == ("withdrawn", True)
    entry = AuditEntry.objects.get(action="recognition.face_erased")
    assert entry.data == {"reason": "withdrawn", "templates": 1, "photos": 0}
    assert (entry.actor_id, entry.patient_id) == (str(patient.user.pk), patient.user.pk)


def test_withdrawal_while_the_photos_wait_erases_them(
    browser: Callable[[User], Browser], person: Person, work: Work, store: Store
) -> None:
    patient = browser(person())
    patient.upload(faces.astronaut())
    assert len(store()) == 1

    assert patient.withdraw().status_code == 204

    assert store() == []
    assert work() == 1
    assert patient.face()["status"] == "none"
    assert Template.objects.count() == 0


def test_withdrawing_twice_or_from_nothing_is_no_error(
    browser: Callable[[User], Browser], person: Person, enrolled: Enrolled
) -> None:
    assert browser(person()).withdraw().status_code == 204

    patient = enrolled()
    patient.withdraw()
    assert patient.withdraw().status_code == 204
    assert actions(patient.user).count("recognition.face_erased") == 1


def test_nothing_of_the_face_is_left_in_any_table(enrolled: Enrolled) -> None:
    patient = enrolled()
    sealed = bytes(Template.objects.get().sealed)
    template_id = str(Template.objects.get().pk)

    patient.withdraw()

    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')
            found = "\n".join(row[0] or "" for row in cursor.fetchall())
            assert sealed.hex() not in found, model
            assert template_id not in found, model


def test_an_enrolment_ends_after_twelve_months(
    enrolled: Enrolled, at_ten: time_machine.Traveller
) -> None:
    patient = enrolled()

    at_ten.shift(timedelta(days=364))
    expire()
    assert Template.objects.count() == 1

    at_ten.shift(timedelta(days=2))
    client = APIClient()
    client.cookies = browser_cookies(patient.user)
    assert client.get("/api/me/face").json()["status"] == "none"
    assert Template.objects.count() == 1

    expire()
    expire()

    assert Template.objects.count() == 0
    assert Enrolment.objects.get().status == "none"
    assert Consent.objects.get().ending == "expired"
    entry = AuditEntry.objects.get(action="recognition.face_erased")
    assert (entry.actor_kind, entry.actor_id, entry.data["reason"]) == (
        "system",
        "expiry",
        "expired",
    )


def test_photos_that_no_worker_looks_at_for_a_day_are_erased(
    browser: Callable[[User], Browser], person: Person, store: Store, at_ten: time_machine.Traveller
) -> None:
    patient = browser(person())
    patient.upload(faces.astronaut())

    at_ten.shift(timedelta(hours=23))
    expire()
    assert len(store()) == 1

    at_ten.shift(timedelta(hours=2))
    with committing():
        expire()

    row = Enrolment.objects.get()
    assert (row.status, row.reasons) == ("failed", [{"photo": None, "code": "unavailable"}])
    assert store() == []
    assert actions(patient.user)[-1] == "recognition.enrolment_failed"


def test_a_file_that_lost_its_owner_in_a_crash_is_found(
    clinic: Clinic, store: Store, at_ten: time_machine.Traveller
) -> None:
    (picture,) = pictures.keep([faces.jpeg(faces.blank())])
    assert store() == [picture.storage_key]

    sweep()
    assert store() == [picture.storage_key]

    at_ten.shift(timedelta(minutes=3))
    sweep()

    assert (store(), Picture.objects.count()) == ([], 0)


def test_a_photo_that_vanished_is_named_unreadable(
    browser: Callable[[User], Browser], person: Person, work: Work, store: Store
) -> None:
    patient = browser(person())
    patient.upload(faces.astronaut())
    private.delete(store()[0])

    assert work() == 1

    assert patient.face()["reasons"] == [{"photo": 1, "code": "unreadable"}]


def test_an_engine_that_fails_leaves_the_upload_for_another_try(
    browser: Callable[[User], Browser], person: Person, work: Work, store: Store, settings: Settings
) -> None:
    patient = browser(person())
    patient.upload(faces.astronaut())
    settings.FACE_ENGINE = "tests.recognition.engines.BrokenEngine"

    assert work() == 0

    assert patient.face()["status"] == "processing"
    assert len(store()) == 1
    settings.FACE_ENGINE = "recognition.engines.dlib.DlibEngine"
    assert work() == 1
    assert patient.face()["status"] == "enrolled"


def test_where_the_engine_is_off_nobody_can_enrol(
    browser: Callable[[User], Browser], person: Person, store: Store, settings: Settings
) -> None:
    settings.FACE_ENGINE = ""

    refused = browser(person()).upload(faces.astronaut())

    assert (refused.status_code, refused.json()["code"]) == (503, "face_switched_off")
    assert "Retry-After" in refused.headers
    assert (rows(), store()) == (NOTHING, [])


def test_a_storage_that_is_down_keeps_nothing(
    browser: Callable[[User], Browser], person: Person, settings: Settings, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    settings.STORAGES = settings.STORAGES | {
        "private": settings.STORAGES["private"]
        | {"OPTIONS": {"location": str(blocked / "x"), "base_url": None}}
    }

    refused = browser(person()).upload(faces.astronaut())

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert (Consent.objects.count(), Enrolment.objects.count()) == (0, 0)


def test_only_patients_have_a_face_here(
    person: Person, kiosk: Kiosk, browser: Callable[[User], Browser]
) -> None:
    staff = browser(person(role="reception"))

    assert APIClient().get("/api/me/face").status_code == 401
    for http in (staff.http, kiosk.http):
        assert http.get("/api/me/face").status_code == 403
        assert http.delete("/api/me/face").status_code == 403
        assert http.put("/api/me/face", {}, format="multipart").status_code == 403


def test_an_upload_needs_the_csrf_token(person: Person, store: Store) -> None:
    http = APIClient(enforce_csrf_checks=True)
    http.cookies = browser_cookies(person())

    refused = http.put("/api/me/face", {"consent": "true"}, format="multipart")

    assert refused.status_code == 403
    assert (rows(), store()) == (NOTHING, [])


def test_one_patients_face_is_not_anothers(
    enrolled: Enrolled, browser: Callable[[User], Browser], person: Person
) -> None:
    enrolled()

    assert browser(person(full_name="Rui Costa")).face()["status"] == "none"


def test_uploads_are_counted(browser: Callable[[User], Browser], person: Person) -> None:
    patient = browser(person())
    tried = [patient.upload(b"GIF89a").status_code for _ in range(31)]

    assert tried[:30] == [415] * 30
    assert tried[30] == 429


def test_the_outbox_holds_ids_only(browser: Callable[[User], Browser], person: Person) -> None:
    browser(person()).upload(faces.astronaut())

    message = OutboxMessage.objects.get(task="recognition.enrol")
    assert set(message.args) == {"enrolment_id", "attempt"}
    assert all(uuid.UUID(value) for value in message.args.values())


def browser_cookies(user: User) -> SimpleCookie:
    return Browser(user).http.cookies


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"consent": true}', "application/json", 415),
        (b"consent=true", "application/x-www-form-urlencoded", 415),
        (b"--x\r\nContent-Disposition: form-data; na", "multipart/form-data; boundary=x", 400),
        (b"", "multipart/form-data", 400),
        (
            b"".join(
                b'--x\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\n1\r\n'
                for _ in range(101)
            )
            + b"--x--\r\n",
            "multipart/form-data; boundary=x",
            400,
        ),
    ],
    ids=["json", "urlencoded", "broken off", "no boundary", "101 files"],
)
def test_a_form_that_is_none_is_refused(
    browser: Callable[[User], Browser],
    person: Person,
    store: Store,
    body: bytes,
    content_type: str,
    status: int,
) -> None:
    patient = browser(person())

    refused = patient.http.put("/api/me/face", body, content_type=content_type)

    assert refused.status_code == status
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (rows(), store()) == (NOTHING, [])


@pytest.mark.parametrize("name", ["../../etc/passwd", "a" * 300 + ".jpg", "x\0.jpg", "x.svg", ""])
def test_the_name_of_a_file_means_nothing(
    browser: Callable[[User], Browser], person: Person, store: Store, name: str
) -> None:
    photo = SimpleUploadedFile("photo.jpg", faces.jpeg(faces.astronaut()))
    vars(photo)["_name"] = name
    form = {"images": [photo], "consent": "true"}

    answer = browser(person()).http.put("/api/me/face", form, format="multipart")

    assert answer.status_code in {202, 400}
    assert all(key.startswith("faces/") and key.endswith(".jpg") for key in store())
