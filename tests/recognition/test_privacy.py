"""The data-protection page says what the settings and rows say, and names nobody."""

import base64
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib import admin
from pytest_django import Settings

from clinic.accounts.models import User
from clinic.core import clock
from clinic.core.models import AuditEntry
from recognition import consent
from recognition import tasks as _tasks  # noqa: F401  (registers its outbox handlers)
from recognition.models import CheckIn, CheckInRules, Consent, Template
from recognition.services import check_in, enrolment, pictures, retention
from tests.recognition import faces
from tests.recognition.conftest import NOW, Book, Browser, Enrolled, Kiosk, Person, Store, Work
from tests.recognition.rekognition_double import Rekognition

Report = Callable[[], dict[str, Any]]


@pytest.fixture
def report(person: Person, browser: Callable[[User], Browser]) -> Report:
    manager = person("Marta Reis", role="manager")

    def read() -> dict[str, Any]:
        answer = browser(manager).http.get("/api/staff/privacy")
        assert answer.status_code == 200
        body: dict[str, Any] = answer.json()
        return body

    return read


def kept(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one.pop("what"): one for one in report["kept"]}


def test_an_empty_clinic_keeps_nothing(report: Report) -> None:
    body = report()

    assert {name: body[name] for name in ("consents_in_force", "patients_enrolled", "days")} == {
        "consents_in_force": 0,
        "patients_enrolled": 0,
        "days": [],
    }
    assert body["templates"] == {
        "total": 0,
        "oldest": None,
        "older_key": 0,
        "unreadable": 0,
        "by_engine": [],
    }
    assert body["retention"] == {
        "every_seconds": 3600,
        "pictures_every_seconds": 60,
        "last_run": None,
        "late": False,
        "overdue_faces": 0,
        "undone_erasures": 0,
    }


def test_a_frame_is_a_kiosk_s_until_the_answer_and_then_swept(
    report: Report, kiosk: Kiosk, store: Store, at_ten: time_machine.Traveller
) -> None:
    def counted() -> tuple[int, int]:
        data = kept(report())
        return data["frame"]["records"], data["orphan"]["records"]

    kiosk.show(faces.astronaut())
    at_ten.shift(timedelta(minutes=3))

    assert counted() == (1, 0)
    assert pictures.sweep() == 0

    # as by a worker that died before it erased the frame
    CheckIn.objects.update(status="unavailable", decided_at=clock.now())

    assert counted() == (0, 1)
    assert pictures.sweep() == 1
    assert counted() == (0, 0)
    assert store() == []


def test_what_is_kept_is_counted_and_the_oldest_dated(
    report: Report, enrolled: Enrolled, at_ten: time_machine.Traveller
) -> None:
    enrolled()
    at_ten.move_to(NOW + timedelta(days=1))
    leaver = enrolled(full_name="Rui Costa")
    leaver.withdraw()

    body = report()

    assert (body["consents_in_force"], body["patients_enrolled"]) == (1, 1)
    assert body["templates"]["total"] == 1
    assert body["templates"]["by_engine"] == [{"engine": "dlib", "templates": 1}]
    assert body["templates"]["oldest"].startswith("2026-11-23T10:00")
    data = kept(body)
    assert {what: one["records"] for what, one in data.items()} == {
        "template": 1,
        "upload": 0,
        "frame": 0,
        "orphan": 0,
        "candidates": 0,
        "check_in": 0,
        "consent": 2,
        "audit": 5,
        "tally": 0,
    }
    assert "Rui" not in json.dumps(body)
    assert "Ana" not in json.dumps(body)


def test_a_limit_is_the_codes_own(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {what: (one["months"], one["seconds"]) for what, one in kept(report()).items()}
    assert limits == {
        "template": (12, None),
        "upload": (None, 86_400),
        "frame": (None, 20),
        "orphan": (None, 120),
        "candidates": (None, 300),
        "check_in": (None, 2_592_000),
        "consent": (None, None),
        "audit": (None, None),
        "tally": (None, None),
    }

    monkeypatch.setattr(consent, "VALID_YEARS", 2)
    monkeypatch.setattr(enrolment, "GIVEN_UP_AFTER", timedelta(hours=6))
    monkeypatch.setattr(check_in, "ANSWER_WITHIN", timedelta(seconds=9))
    monkeypatch.setattr(check_in, "CONFIRM_WITHIN", timedelta(seconds=8))
    monkeypatch.setattr(check_in, "KEEP_ANSWERS", timedelta(days=7))
    monkeypatch.setattr(pictures, "ORPHAN_AFTER", timedelta(seconds=7))

    changed = {what: (one["months"], one["seconds"]) for what, one in kept(report()).items()}
    assert changed == limits | {
        "template": (24, None),
        "upload": (None, 21_600),
        "frame": (None, 9),
        "orphan": (None, 7),
        "candidates": (None, 8),
        "check_in": (None, 604_800),
    }


@pytest.mark.parametrize(
    ("path", "name", "runs", "thresholds"),
    [
        ("recognition.engines.dlib.DlibEngine", "DlibEngine", "local", (0.31, 0.42, 0.07)),
        (
            "recognition.engines.rekognition.RekognitionEngine",
            "Amazon Rekognition, eu-west-1",
            "amazon",
            (98.0, 91.0, 2.0),
        ),
        ("tests.recognition.engines.BrokenEngine", "BrokenEngine", "outside", (None,) * 3),
        ("", "", "off", (None,) * 3),
    ],
)
def test_the_engine_is_the_one_of_the_settings(
    report: Report,
    settings: Settings,
    path: str,
    name: str,
    runs: str,
    thresholds: tuple[float, float, float] | tuple[None, None, None],
) -> None:
    settings.FACE_ENGINE, settings.AWS_REGION = path, "eu-west-1"
    settings.FACE_ACCEPT_DISTANCE, settings.FACE_CONFIRM_DISTANCE = 0.31, 0.42
    settings.FACE_MARGIN = 0.07
    settings.FACE_ACCEPT_SIMILARITY, settings.FACE_CONFIRM_SIMILARITY = 98.0, 91.0

    engine = report()["engine"]

    assert (engine["name"], engine["runs"]) == (name, runs)
    assert (engine["accept"], engine["confirm"], engine["margin"]) == thresholds


def test_the_video_and_its_unused_sessions_are_told_where_one_is_made(
    report: Report, liveness: Rekognition, kiosk: Kiosk
) -> None:
    told = report()
    assert told["engine"]["liveness"] == 80.0
    assert told["consent_version"] == "3-amazon-video"
    assert kept(told)["session"]["records"] == 0

    kiosk.begin_video()

    session = kept(report())["session"]
    assert (session["place"], session["seen_by"], session["records"]) == ("database", [], 1)
    assert session["seconds"] == 180


def test_where_no_video_is_made_none_is_told(report: Report, rekognition: Rekognition) -> None:
    body = report()

    assert body["engine"]["liveness"] is None
    assert "session" not in kept(body)


def test_copies_at_amazon_are_told_while_there_are_any_or_may_be(
    report: Report, settings: Settings, enrolled: Enrolled
) -> None:
    enrolled()
    assert "copy" not in kept(report())

    Template.objects.update(engine="rekognition")
    copy = kept(report())["copy"]
    assert (copy["place"], copy["records"], copy["months"]) == ("amazon", 1, 12)

    Template.objects.all().delete()
    settings.FACE_ENGINE = "recognition.engines.rekognition.RekognitionEngine"
    assert kept(report())["copy"]["records"] == 0


def test_the_clean_ups_come_as_often_as_the_schedule_says(
    report: Report, settings: Settings
) -> None:
    jobs = settings.CELERY_BEAT_SCHEDULE
    settings.CELERY_BEAT_SCHEDULE = jobs | {
        "expire-faces": jobs["expire-faces"] | {"schedule": 600.0},
        "sweep-pictures": jobs["sweep-pictures"] | {"schedule": 5.0},
    }

    retention_now = report()["retention"]

    assert (retention_now["every_seconds"], retention_now["pictures_every_seconds"]) == (600, 5)


def test_pictures_are_where_the_settings_put_them(report: Report, settings: Settings) -> None:
    assert {kept(report())[what]["place"] for what in ("upload", "frame", "orphan")} == {"folder"}

    settings.S3_PRIVATE_BUCKET = "clinic-private"

    data = kept(report())
    assert {data[what]["place"] for what in ("upload", "frame", "orphan")} == {"s3"}
    assert data["template"]["place"] == "database"


def test_a_lost_key_and_one_being_replaced_are_seen(
    report: Report, enrolled: Enrolled, settings: Settings
) -> None:
    enrolled()
    old, new = settings.FACE_KEY, base64.b64encode(b"n" * 32).decode()

    settings.FACE_KEY = f"{new},{old}"
    replaced = report()["templates"]
    settings.FACE_KEY = new
    lost = report()["templates"]

    assert (replaced["older_key"], replaced["unreadable"]) == (1, 0)
    assert (lost["older_key"], lost["unreadable"]) == (0, 1)


def test_an_overdue_face_is_seen_until_the_job_has_erased_it(
    report: Report, enrolled: Enrolled, at_ten: time_machine.Traveller
) -> None:
    enrolled()
    at_ten.move_to(NOW + timedelta(days=366))

    before = report()
    retention.run()
    after = report()

    assert (before["patients_enrolled"], before["retention"]["overdue_faces"]) == (0, 1)
    assert (after["templates"]["total"], after["retention"]["overdue_faces"]) == (0, 0)
    assert after["retention"]["last_run"].startswith("2027-11-24T10:00")
    assert Consent.objects.get().ending == "expired"


def test_the_first_clean_up_is_late_only_when_there_was_something_to_clean_for_two_rounds(
    report: Report, enrolled: Enrolled, at_ten: time_machine.Traveller
) -> None:
    at_ten.move_to(NOW + timedelta(days=400))
    assert report()["retention"]["late"] is False

    enrolled()
    at_ten.shift(timedelta(minutes=119))
    assert report()["retention"]["late"] is False
    at_ten.shift(timedelta(minutes=2))
    assert report()["retention"]["late"] is True

    retention.run()
    assert report()["retention"]["late"] is False


def test_a_clean_up_that_stopped_coming_is_late_after_two_rounds(
    report: Report, at_ten: time_machine.Traveller
) -> None:
    retention.run()

    at_ten.shift(timedelta(minutes=119))
    assert report()["retention"]["late"] is False
    at_ten.shift(timedelta(minutes=2))
    assert report()["retention"]["late"] is True


def test_the_manager_chooses_whether_a_second_factor_is_always_asked(
    person: Person, browser: Callable[[User], Browser], report: Report
) -> None:
    marta = person("Marta Reis", role="manager")
    http = browser(marta).http
    assert http.get("/api/staff/check-in-rules").json() == {"always_confirm": False}
    assert report()["rules"] == {"always_confirm": False}

    for _ in range(2):
        chosen = http.put("/api/staff/check-in-rules", {"always_confirm": True}, format="json")
        assert (chosen.status_code, chosen.json()) == (200, {"always_confirm": True})

    assert http.get("/api/staff/check-in-rules").json() == {"always_confirm": True}
    assert report()["rules"] == {"always_confirm": True}
    entry = AuditEntry.objects.get(action="recognition.rules_changed")
    assert (entry.actor_id, entry.data) == (str(marta.pk), {"always_confirm": True})


@pytest.mark.parametrize("body", [{}, {"always_confirm": "perhaps"}, {"always_confirm": None}])
def test_half_a_choice_changes_nothing(
    person: Person, browser: Callable[[User], Browser], body: dict[str, object]
) -> None:
    http = browser(person(role="manager")).http

    assert http.put("/api/staff/check-in-rules", body, format="json").status_code == 400

    assert not CheckInRules.objects.exists()
    assert not AuditEntry.objects.filter(action="recognition.rules_changed").exists()


@pytest.mark.parametrize("role", ["patient", "practitioner", "reception"])
def test_nobody_else_chooses_it(
    person: Person, browser: Callable[[User], Browser], role: str
) -> None:
    http = browser(person(role=role)).http

    refused = http.put("/api/staff/check-in-rules", {"always_confirm": True}, format="json")

    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert not CheckInRules.objects.exists()


def test_days_are_shown_kept_or_not_yet_and_the_newest_first(
    report: Report, kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    def photo(status: str) -> None:
        moment = clock.now()
        CheckIn.objects.create(
            device=kiosk.device, kind="photo", status=status, created_at=moment, decided_at=moment
        )

    photo("arrived")
    at_ten.move_to(NOW + timedelta(days=1))
    retention.run()
    photo("not_recognised")

    zero = dict.fromkeys(("confirmed", "unusable", "unavailable", "by_code"), 0)
    unlooked = {"liveness_passed": 0, "liveness_failed": 0, "liveness_not_assessed": 1}
    assert report()["days"] == [
        {"day": "2026-11-24", "accepted": 0, "unknown": 1, **zero, **unlooked},
        {"day": "2026-11-23", "accepted": 1, "unknown": 0, **zero, **unlooked},
    ]
    at_ten.move_to(NOW + timedelta(days=90))
    assert [day["day"] for day in report()["days"]] == ["2026-11-24"]


@pytest.mark.engine
def test_the_manager_hears_whose_tries_are_spent_and_where(
    person: Person,
    browser: Callable[[User], Browser],
    enrolled: Enrolled,
    book: Book,
    kiosk: Kiosk,
    work: Work,
    at_ten: time_machine.Traveller,
) -> None:
    # Given a person for whom five years were tried, and after that a kiosk with thirty wrong codes
    ana = enrolled(full_name="Ana Marques", birth_date=date(1985, 2, 3)).user
    book(ana)
    for years in ((1901, 1902, 1903), (1904, 1905)):
        shown = kiosk.show(faces.look_alike()).json()["id"]
        assert work() == 1
        for year in years:
            assert kiosk.confirm(shown, birth_year=year).status_code == 409
    at_ten.move_to(NOW + timedelta(hours=1), tick=False)
    for _ in range(30):
        kiosk.type_code("ZZZZZZ")

    # When the manager looks, twice
    manager = person("Marta Reis", role="manager")
    answers = [browser(manager).http.get("/api/staff/spent-tries") for _ in range(2)]

    # Then both are told, the newest first, and the look at Ana stands in the log
    codes, second_factor = answers[0].json()
    assert codes == {
        "at": "2026-11-23T11:00:00Z",
        "kind": "code",
        "kiosk": "Entrada",
        "patient": None,
    }
    assert second_factor["at"].startswith("2026-11-23T10:0")
    assert {**second_factor, "at": None} == {
        "at": None,
        "kind": "factor",
        "kiosk": "Entrada",
        "patient": {"id": str(ana.pk), "full_name": "Ana Marques"},
    }
    look = AuditEntry.objects.get(action="spent_tries.read")
    assert (look.patient_id, look.actor_id) == (ana.pk, str(manager.pk))

    # And after 90 days they are told no more
    at_ten.move_to(NOW + timedelta(days=90, hours=2))
    assert browser(manager).http.get("/api/staff/spent-tries").json() == []


@pytest.mark.parametrize("path", ["privacy", "spent-tries"])
@pytest.mark.parametrize("role", ["patient", "practitioner", "reception"])
def test_only_the_manager_reads_it(
    person: Person, browser: Callable[[User], Browser], role: str, path: str
) -> None:
    refused = browser(person(role=role)).http.get(f"/api/staff/{path}")

    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert not AuditEntry.objects.filter(action="spent_tries.read").exists()


def test_no_model_of_faces_is_in_the_admin() -> None:
    """The page says that nobody may see templates and pictures."""
    registered = {model for model in admin.site._registry if model._meta.app_label == "recognition"}

    assert registered == set()
