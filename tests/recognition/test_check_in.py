"""The kiosk: every answer, and a frame that never outlives its answer."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
import structlog
import time_machine
from django.db import IntegrityError, connection, transaction
from PIL.Image import Image
from pytest_django import Settings
from rest_framework.test import APIClient

from booking.models import Appointment
from clinic.accounts import services as accounts
from clinic.accounts.models import User
from clinic.accounts.services.sessions import open_session
from clinic.core import clock, events, locks, outbox, ratelimit
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry, OutboxMessage, RateWindow
from clinic.storage import private
from recognition import screens
from recognition.events import CheckInDecided
from recognition.models import CheckIn, Consent, Picture, Template
from recognition.services import factor, rules, wrong_codes
from recognition.tasks import expire, identify, sweep
from tests.recognition import faces
from tests.recognition.conftest import (
    Book,
    Browser,
    Enrolled,
    Kiosk,
    MakeKiosk,
    Person,
    Photo,
    Store,
    Work,
    as_file,
    committing,
)

pytestmark = pytest.mark.engine

DESK = Actor(kind="user", id=str(uuid.UUID(int=7)), role="reception")

heard: list[CheckInDecided] = []


Answered = Callable[[Photo], dict[str, Any]]
Unsure = tuple[str, Appointment]


@pytest.fixture
def decided() -> list[CheckInDecided]:
    """The announcements made after a commit, newest last."""
    events.subscribe(CheckInDecided, heard.append, when="commit")
    heard.clear()
    return heard


@pytest.fixture
def answered(kiosk: Kiosk, work: Work, store: Store) -> Answered:
    """Show a photo to the kiosk, let the worker run, read the answer; the frame must be gone."""

    def ask(photo: Photo) -> dict[str, Any]:
        accepted = kiosk.show(photo)
        assert accepted.status_code == 202
        assert accepted.json()["status"] == "processing"
        assert len(store()) == 1
        assert work() == 1
        assert (store(), Picture.objects.count()) == ([], 0)
        result: dict[str, Any] = kiosk.result(accepted.json()["id"]).json()
        return result

    return ask


def nobody(status: str, detail: str | None = None) -> dict[str, Any]:
    return {
        "status": status,
        "label": None,
        "ticket": None,
        "room": None,
        "wait": None,
        "detail": detail,
    }


def without_id(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "id"}


# By photo ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_another_photo_of_an_expected_patient_arrives(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    patient = enrolled(faces.astronaut(), faces.altered_copies()["cropped"])
    appointment = book(patient.user)

    body = answered(faces.altered_copies()["mirrored"])

    assert (body["status"], body["label"], body["room"]) == ("arrived", "Ana M.", "1")
    assert body["ticket"] == "A001"
    assert set(body["wait"]) == {"low_minutes", "high_minutes", "estimate_minutes"}
    appointment.refresh_from_db()
    assert (appointment.status, appointment.ticket) == ("arrived", "A001")
    arrival = AuditEntry.objects.get(action="appointment.arrived")
    assert (arrival.actor_kind, arrival.actor_role) == ("device", "kiosk")


def test_everybody_is_recognised_by_the_other_photo_and_taken_for_nobody_else(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    others = faces.people()
    patients = {name: enrolled(photos[0], full_name=name).user for name, photos in others.items()}
    for index, patient in enumerate(patients.values()):
        book(patient, minutes=30 + 60 * index)

    for name, photos in others.items():
        body = answered(photos[-1])
        assert body["status"] == "arrived"
        arrived = Appointment.objects.get(ticket=body["ticket"])
        assert arrived.patient.full_name == name

    assert answered(faces.astronaut())["status"] == "not_recognised"


@pytest.mark.parametrize("who", list(faces.strangers()))
def test_a_stranger_is_not_recognised(
    enrolled: Enrolled, book: Book, answered: Answered, who: str
) -> None:
    book(enrolled(faces.astronaut(), faces.altered_copies()["mirrored"]).user)

    assert without_id(answered(faces.strangers()[who])) == nobody("not_recognised")
    assert Appointment.objects.get().status == "booked"


@pytest.mark.parametrize(
    ("frame", "status", "detail"),
    [
        (faces.blank(), "no_face", None),
        (faces.side_by_side(faces.astronaut(), faces.astronaut()), "multiple_faces", None),
        (faces.darkened(faces.astronaut()), "poor_image", "too_dark"),
        (faces.blurred(faces.astronaut()), "poor_image", "blurred"),
        (faces.far_away(faces.astronaut()), "poor_image", "too_small"),
    ],
    ids=["blank", "two people", "dark", "blurred", "far away"],
)
def test_a_frame_without_one_good_face_says_why(
    enrolled: Enrolled,
    book: Book,
    answered: Answered,
    frame: Image,
    status: str,
    detail: str | None,
) -> None:
    book(enrolled().user)

    assert without_id(answered(frame)) == nobody(status, detail)
    assert Appointment.objects.get().status == "booked"


def test_the_second_kiosk_hears_already_arrived(
    enrolled: Enrolled, book: Book, make_kiosk: MakeKiosk, answered: Answered, work: Work
) -> None:
    book(enrolled().user)
    assert answered(faces.astronaut())["status"] == "arrived"
    second = make_kiosk()

    accepted = second.show(faces.astronaut())
    work()

    body = second.result(accepted.json()["id"]).json()
    assert (body["status"], body["ticket"], body["room"]) == ("already_arrived", "A001", "1")
    assert AuditEntry.objects.filter(action="appointment.arrived").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_kiosks_at_once_make_one_arrival(
    enrolled: Enrolled, book: Book, make_kiosk: MakeKiosk, store: Store
) -> None:
    book(enrolled().user)
    kiosks = [make_kiosk() for _ in range(2)]
    ids = [kiosk.show(faces.astronaut()).json()["id"] for kiosk in kiosks]
    messages = list(OutboxMessage.objects.filter(task="recognition.identify", done_at=None))
    start = threading.Barrier(2)

    def run(message: OutboxMessage) -> None:
        start.wait()
        outbox.run(message.pk)
        connection.close()

    threads = [threading.Thread(target=run, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    bodies = [kiosk.result(i).json() for kiosk, i in zip(kiosks, ids, strict=True)]
    assert sorted(body["status"] for body in bodies) == ["already_arrived", "arrived"]
    assert {body["ticket"] for body in bodies} == {"A001"}
    assert store() == []


@pytest.mark.parametrize("status", ["arrived", "called", "in_progress"])
def test_a_visit_under_way_counts_before_a_later_one(
    enrolled: Enrolled, book: Book, answered: Answered, status: str
) -> None:
    patient = enrolled().user
    book(patient, minutes=-20, status=status)
    later = book(patient, minutes=240)

    assert answered(faces.astronaut())["status"] == "already_arrived"
    later.refresh_from_db()
    assert later.status == "booked"


def test_of_two_visits_the_next_one_arrives(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    patient = enrolled().user
    book(patient, minutes=-120, status="fulfilled")
    later = book(patient, minutes=300)
    sooner = book(patient, minutes=60)

    assert answered(faces.astronaut())["status"] == "arrived"
    later.refresh_from_db()
    sooner.refresh_from_db()
    assert (sooner.status, later.status) == ("arrived", "booked")


def test_of_a_missed_visit_and_the_one_that_is_due_the_latter_arrives(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    patient = enrolled().user
    missed = book(patient, minutes=-660)
    due = book(patient, minutes=84, practitioner=1)

    body = answered(faces.astronaut())

    assert (body["status"], body["room"]) == ("arrived", "2")
    assert statuses(missed, due) == ["booked", "arrived"]


def test_a_face_whose_visit_is_over_goes_to_the_desk(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    missed = book(patient := enrolled().user, minutes=-50)
    tonight = book(patient, minutes=600)

    assert without_id(answered(faces.astronaut())) == nobody("no_appointment", "missed")
    assert statuses(missed, tonight) == ["booked", "booked"]


@pytest.mark.parametrize(
    ("minutes", "status"),
    [
        (24 * 60, "booked"),
        (-24 * 60, "booked"),
        (30, "pending"),
        (30, "cancelled"),
        (-90, "fulfilled"),
        (-90, "no_show"),
    ],
    ids=["tomorrow", "yesterday", "unpaid", "cancelled", "over", "missed"],
)
def test_who_is_not_expected_today_is_never_searched(
    enrolled: Enrolled, book: Book, answered: Answered, minutes: int, status: str
) -> None:
    appointment = book(enrolled().user, minutes=minutes, status=status)

    assert without_id(answered(faces.astronaut())) == nobody("not_recognised")
    appointment.refresh_from_db()
    assert appointment.status == status


def test_who_did_not_enrol_is_not_recognised(
    person: Person, book: Book, answered: Answered
) -> None:
    book(person())

    assert answered(faces.astronaut())["status"] == "not_recognised"


def test_after_withdrawal_the_face_is_unknown(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    patient = enrolled()
    book(patient.user)
    patient.withdraw()

    assert without_id(answered(faces.astronaut())) == nobody("not_recognised")
    assert Appointment.objects.get().status == "booked"


def test_withdrawal_between_the_frame_and_the_search_counts(
    enrolled: Enrolled, book: Book, kiosk: Kiosk, work: Work
) -> None:
    patient = enrolled()
    book(patient.user)
    accepted = kiosk.show(faces.astronaut())

    patient.withdraw()
    work()

    assert kiosk.result(accepted.json()["id"]).json()["status"] == "not_recognised"


def test_an_ended_enrolment_is_not_searched(
    enrolled: Enrolled,
    book: Book,
    make_kiosk: MakeKiosk,
    work: Work,
    at_ten: time_machine.Traveller,
) -> None:
    patient = enrolled()
    at_ten.shift(timedelta(days=366))
    book(patient.user)
    kiosk = make_kiosk()

    accepted = kiosk.show(faces.astronaut())
    work()

    assert Template.objects.count() == 1
    assert kiosk.result(accepted.json()["id"]).json()["status"] == "not_recognised"


def test_templates_of_another_model_are_not_compared(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    book(enrolled().user)
    Template.objects.update(model_hash="0" * 64)

    assert answered(faces.astronaut())["status"] == "not_recognised"


@pytest.mark.parametrize("length", [0, 11, None], ids=["empty", "cut off", "changed"])
def test_a_damaged_template_is_named_in_the_log_and_spoils_no_other(
    enrolled: Enrolled, book: Book, answered: Answered, length: int | None
) -> None:
    book(enrolled().user)
    (name, (photo, *_)), *_ = faces.people().items()
    other = book(enrolled(photo, full_name=name).user, minutes=90)
    damaged = Template.objects.exclude(enrolment__patient=other.patient).get()
    sealed = bytes(damaged.sealed)
    broken = sealed[:-1] + bytes([sealed[-1] ^ 1]) if length is None else sealed[:length]
    Template.objects.filter(pk=damaged.pk).update(sealed=broken)

    with structlog.testing.capture_logs() as logs:
        assert answered(faces.astronaut())["status"] == "not_recognised"
        assert answered(photo)["status"] == "arrived"

    named = [entry["template"] for entry in logs if entry["event"] == "face_template_damaged"]
    assert named == [str(damaged.pk)] * 2
    other.refresh_from_db()
    assert other.status == "arrived"


def test_too_early_by_the_clinics_rule(
    enrolled: Enrolled, book: Book, answered: Answered, kiosk: Kiosk, settings: Settings
) -> None:
    settings.CHECK_IN_EARLIEST_MINUTES = 60
    appointment = book(enrolled().user, minutes=61)

    assert without_id(answered(faces.astronaut())) == nobody("too_early")
    by_code = kiosk.type_code(appointment.check_in_code).json()["id"]
    assert kiosk.result(by_code).json()["status"] == "too_early"
    appointment.refresh_from_db()
    assert appointment.status == "booked"


# Not sure ----------------------------------------------------------------------------------------


@pytest.fixture
def unsure(enrolled: Enrolled, book: Book, answered: Answered) -> Unsure:
    """A match in the grey zone."""
    appointment = book(enrolled(birth_date=date(1985, 2, 3)).user)
    body = answered(faces.look_alike())
    assert without_id(body) == nobody("confirm")
    return body["id"], appointment


def test_stricter_thresholds_make_a_sure_match_unsure(
    enrolled: Enrolled, book: Book, answered: Answered, settings: Settings
) -> None:
    book(enrolled().user)
    settings.FACE_ACCEPT_DISTANCE, settings.FACE_CONFIRM_DISTANCE = 0.10, 0.30

    assert without_id(answered(faces.altered_copies()["mirrored"])) == nobody("confirm")


def test_the_birth_year_settles_an_unsure_match(unsure: Unsure, kiosk: Kiosk) -> None:
    check_in, appointment = unsure

    answer = kiosk.confirm(check_in, birth_year=1985)

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["label"]) == ("arrived", "Ana M.")
    assert kiosk.result(check_in).json() == answer.json()
    appointment.refresh_from_db()
    assert appointment.status == "arrived"
    assert CheckIn.objects.get().candidates == []


def test_the_code_settles_an_unsure_match(unsure: Unsure, kiosk: Kiosk) -> None:
    check_in, appointment = unsure

    answer = kiosk.confirm(check_in, code=f" {appointment.check_in_code.lower()} ")

    assert (answer.status_code, answer.json()["status"]) == (200, "arrived")


def test_a_second_factor_lets_in_for_the_visit_that_is_due(
    unsure: Unsure, book: Book, kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    # Given that the visit the face stood for is over by now, and another one follows
    check_in, missed = unsure
    at_ten.shift(timedelta(minutes=4))
    Appointment.objects.filter(pk=missed.pk).update(
        start=clock.now() - timedelta(hours=11), end=clock.now() - timedelta(hours=10)
    )
    due = book(missed.patient, minutes=60, practitioner=1)

    # When its code is given
    answer = kiosk.confirm(check_in, code=due.check_in_code)

    assert (answer.json()["status"], answer.json()["room"]) == ("arrived", "2")
    assert statuses(missed, due) == ["booked", "arrived"]


def test_three_wrong_tries_end_at_the_desk(
    unsure: Unsure, kiosk: Kiosk, person: Person, book: Book
) -> None:
    check_in, appointment = unsure
    other = book(person(full_name="Rui Costa"), minutes=90)

    refused = [
        kiosk.confirm(check_in, birth_year=1986),
        kiosk.confirm(check_in, code="ZZZZZZ"),
        kiosk.confirm(check_in, code=other.check_in_code),
    ]

    assert [(a.status_code, a.json()["code"], a.json()["remaining"]) for a in refused] == [
        (409, "confirmation_failed", 2),
        (409, "confirmation_failed", 1),
        (409, "confirmation_failed", 0),
    ]
    assert [a.json()["title"].partition(".")[2] for a in refused] == [
        " Tries left: 2.",
        " Tries left: 1.",
        " Tries left: 0.",
    ]
    assert without_id(kiosk.result(check_in).json()) == nobody("not_recognised")
    late = kiosk.confirm(check_in, birth_year=1985)
    assert (late.status_code, late.json()["code"]) == (409, "nothing_to_confirm")
    appointment.refresh_from_db()
    other.refresh_from_db()
    assert (appointment.status, other.status) == ("booked", "booked")


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_get_no_more_tries(unsure: Unsure, kiosk: Kiosk) -> None:
    check_in, appointment = unsure
    answers = []

    def guess(year: int) -> None:
        answers.append(kiosk.confirm(check_in, birth_year=year).json()["code"])
        connection.close()

    threads = [threading.Thread(target=guess, args=(1900 + year,)) for year in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers.count("confirmation_failed") == 3
    assert answers.count("nothing_to_confirm") == 9
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_the_tries_of_a_day_are_the_persons_not_the_check_ins(
    unsure: Unsure,
    kiosk: Kiosk,
    answered: Answered,
    at_ten: time_machine.Traveller,
) -> None:
    check_in, appointment = unsure
    wrong = [kiosk.confirm(check_in, birth_year=1900 + n).json()["code"] for n in range(3)]
    again = answered(faces.look_alike())["id"]
    wrong += [kiosk.confirm(again, birth_year=1910 + n).json()["code"] for n in range(2)]
    assert wrong == ["confirmation_failed"] * 5

    # The right answer is as good as a wrong one by now, and a further photo asks for none.
    right = kiosk.confirm(again, birth_year=1985)
    assert (right.status_code, right.json()["code"]) == (409, "confirmation_failed")
    assert without_id(answered(faces.look_alike())) == nobody("not_recognised")
    appointment.refresh_from_db()
    assert appointment.status == "booked"
    spent = AuditEntry.objects.get(action="recognition.factor_spent")
    assert (spent.patient_id, spent.actor_kind) == (appointment.patient_id, "device")

    # The code of the SMS still lets the person in.
    assert kiosk.type_code(appointment.check_in_code).status_code == 202
    appointment.refresh_from_db()
    assert appointment.status == "arrived"


@pytest.mark.parametrize("factor", [{}, {"birth_year": 1985, "code": "ABCDEF"}, {"birth_year": []}])
def test_a_confirmation_is_one_of_the_two(
    unsure: Unsure, kiosk: Kiosk, factor: dict[str, object]
) -> None:
    check_in, _ = unsure

    answer = kiosk.http.post(f"/api/check-ins/{check_in}/confirm", factor, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert CheckIn.objects.get().attempts == 0


def test_only_the_same_kiosk_may_confirm(unsure: Unsure, make_kiosk: MakeKiosk) -> None:
    check_in, _ = unsure

    assert make_kiosk().confirm(check_in, birth_year=1985).status_code == 404
    assert CheckIn.objects.get().status == "confirm"


def test_a_confirmation_that_nobody_gives_is_closed(
    unsure: Unsure, kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    check_in, appointment = unsure
    at_ten.shift(timedelta(minutes=5, seconds=1))

    late = kiosk.confirm(check_in, birth_year=1985)
    sweep()

    assert (late.status_code, late.json()["code"]) == (409, "nothing_to_confirm")
    row = CheckIn.objects.get()
    assert (row.status, row.candidates) == ("not_recognised", [])
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_a_confirmation_has_five_minutes(
    unsure: Unsure, kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    check_in, _ = unsure
    at_ten.shift(timedelta(minutes=4, seconds=50))

    assert kiosk.confirm(check_in, birth_year=1985).json()["status"] == "arrived"


def test_withdrawal_before_the_confirmation_counts(
    unsure: Unsure, kiosk: Kiosk, browser: Callable[[User], Browser]
) -> None:
    check_in, appointment = unsure
    browser(appointment.patient).withdraw()

    assert kiosk.confirm(check_in, birth_year=1985).status_code == 409
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_of_two_look_alikes_nobody_is_shown_until_the_second_factor(
    enrolled: Enrolled, book: Book, answered: Answered, kiosk: Kiosk
) -> None:
    ana = enrolled(birth_date=date(1985, 2, 3)).user
    eva = enrolled(full_name="Eva Dias").user
    book(ana)
    hers = book(eva, minutes=90)

    body = answered(faces.astronaut())

    assert without_id(body) == nobody("confirm")
    settled = kiosk.confirm(body["id"], birth_year=1990).json()
    assert (settled["status"], settled["label"]) == ("arrived", "Eva D.")
    hers.refresh_from_db()
    assert hers.status == "arrived"


def test_of_two_look_alikes_only_the_expected_one_is_a_candidate(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    expected = enrolled().user
    enrolled(faces.altered_copies()["cropped"], full_name="Eva Dias")
    book(expected)

    assert answered(faces.astronaut())["label"] == "Ana M."


def test_look_alikes_of_one_year_need_the_code(
    enrolled: Enrolled, book: Book, answered: Answered, kiosk: Kiosk
) -> None:
    ana, eva = enrolled().user, enrolled(full_name="Eva Dias").user
    book(ana)
    hers = book(eva, minutes=90)
    body = answered(faces.astronaut())

    assert kiosk.confirm(body["id"], birth_year=1990).status_code == 409
    settled = kiosk.confirm(body["id"], code=hers.check_in_code)

    assert (settled.status_code, settled.json()["label"]) == (200, "Eva D.")


# A second factor by the clinic's rule ------------------------------------------------------------


@pytest.fixture
def always_confirm(db: None) -> None:
    rules.change(always_confirm=True, actor=DESK)


def test_where_the_clinic_always_asks_a_sure_face_shows_nothing_before_the_second_factor(
    always_confirm: None, enrolled: Enrolled, book: Book, answered: Answered, kiosk: Kiosk
) -> None:
    appointment = book(enrolled(birth_date=date(1985, 2, 3)).user)

    body = answered(faces.astronaut())

    assert without_id(body) == nobody("confirm")
    assert CheckIn.objects.get().candidates == [str(appointment.id)]
    appointment.refresh_from_db()
    assert appointment.status == "booked"
    wrong = kiosk.confirm(body["id"], birth_year=1984)
    assert (wrong.status_code, wrong.json()["remaining"]) == (409, 2)
    settled = kiosk.confirm(body["id"], birth_year=1985).json()
    assert (settled["status"], settled["label"]) == ("arrived", "Ana M.")


def test_where_the_clinic_always_asks_the_code_is_a_second_factor_too(
    always_confirm: None, enrolled: Enrolled, book: Book, answered: Answered, kiosk: Kiosk
) -> None:
    appointment = book(enrolled().user)
    body = answered(faces.astronaut())

    settled = kiosk.confirm(body["id"], code=appointment.check_in_code).json()

    assert (settled["status"], settled["ticket"]) == ("arrived", "A001")


def test_where_the_clinic_always_asks_three_wrong_years_are_the_end(
    always_confirm: None, enrolled: Enrolled, book: Book, answered: Answered, kiosk: Kiosk
) -> None:
    book(enrolled(birth_date=date(1985, 2, 3)).user)
    body = answered(faces.astronaut())

    for year in (1984, 1983, 1984):
        kiosk.confirm(body["id"], birth_year=year)

    assert kiosk.confirm(body["id"], birth_year=1985).json()["code"] == "nothing_to_confirm"
    assert kiosk.result(body["id"]).json()["status"] == "not_recognised"
    assert Appointment.objects.get().status == "booked"


def test_where_the_clinic_always_asks_strangers_and_codes_are_answered_as_ever(
    always_confirm: None,
    enrolled: Enrolled,
    person: Person,
    book: Book,
    answered: Answered,
    kiosk: Kiosk,
) -> None:
    book(enrolled().user)
    assert answered(faces.strangers()["remodelled"])["status"] == "not_recognised"

    other = book(person(), practitioner=1)
    assert by_code(kiosk, other.check_in_code)["status"] == "arrived"


# Whether somebody lives --------------------------------------------------------------------------


def test_a_check_in_by_face_says_that_nobody_looked_whether_the_person_lives(
    enrolled: Enrolled, book: Book, answered: Answered, kiosk: Kiosk, person: Person
) -> None:
    book(enrolled().user)
    answered(faces.astronaut())
    by_code(kiosk, "ZZZZZZ")

    assert list(CheckIn.objects.order_by("kind").values_list("kind", "liveness")) == [
        ("code", "not_assessed"),
        ("photo", "not_assessed"),
    ]
    entries = AuditEntry.objects.filter(action="recognition.check_in").order_by("id")
    assert [entry.data.get("liveness") for entry in entries] == ["not_assessed", None]


@pytest.mark.parametrize(
    ("kind", "liveness", "status"),
    [
        ("code", "passed", "arrived"),
        ("photo", "unheard_of", "arrived"),
        ("photo", "failed", "arrived"),
        ("photo", "failed", "confirm"),
    ],
)
def test_the_database_refuses_a_liveness_that_cannot_be(
    kiosk: Kiosk, kind: str, liveness: str, status: str
) -> None:
    with pytest.raises(IntegrityError, match=r"recognition_(liveness|nobody_known)"):
        CheckIn.objects.create(
            device=kiosk.device,
            kind=kind,
            liveness=liveness,
            status=status,
            decided_at=clock.now(),
        )


# Something is down -------------------------------------------------------------------------------


def test_an_engine_that_fails_is_an_answer(
    enrolled: Enrolled, book: Book, answered: Answered, settings: Settings
) -> None:
    book(enrolled().user)
    settings.FACE_ENGINE = "tests.recognition.engines.BrokenEngine"

    assert without_id(answered(faces.astronaut())) == nobody("unavailable")
    assert Appointment.objects.get().status == "booked"


def test_where_the_engine_is_off_no_frame_is_stored(
    kiosk: Kiosk, store: Store, settings: Settings
) -> None:
    settings.FACE_ENGINE = ""

    accepted = kiosk.show(faces.astronaut())

    assert accepted.status_code == 202
    assert (store(), Picture.objects.count()) == ([], 0)
    assert kiosk.result(accepted.json()["id"]).json()["status"] == "unavailable"


def test_an_answer_that_comes_too_late_is_none(
    enrolled: Enrolled,
    book: Book,
    kiosk: Kiosk,
    work: Work,
    store: Store,
    at_ten: time_machine.Traveller,
) -> None:
    book(enrolled().user)
    check_in = kiosk.show(faces.astronaut()).json()["id"]
    assert kiosk.result(check_in).json()["status"] == "processing"

    at_ten.shift(timedelta(seconds=21))

    assert kiosk.result(check_in).json()["status"] == "unavailable"
    assert CheckIn.objects.get().status == "processing", "reading writes nothing"
    work()
    assert kiosk.result(check_in).json()["status"] == "unavailable"
    assert store() == []
    assert Appointment.objects.get().status == "booked"


def test_a_frame_that_no_worker_takes_is_erased(
    kiosk: Kiosk, store: Store, at_ten: time_machine.Traveller, decided: list[CheckInDecided]
) -> None:
    check_in = kiosk.show(faces.astronaut()).json()["id"]
    assert len(store()) == 1

    at_ten.shift(timedelta(seconds=21))
    with committing():
        sweep()

    assert store() == []
    assert CheckIn.objects.get().status == "unavailable"
    assert [str(event.check_in_id) for event in decided] == [check_in]


def test_a_frame_that_vanished_is_an_answer(kiosk: Kiosk, work: Work, store: Store) -> None:
    check_in = kiosk.show(faces.astronaut()).json()["id"]
    private.delete(store()[0])

    assert work() == 1
    assert kiosk.result(check_in).json()["status"] == "unavailable"


def test_the_job_done_twice_changes_nothing(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    book(enrolled().user)
    body = answered(faces.astronaut())

    with transaction.atomic():
        write = identify(check_in_id=body["id"])
        assert write is not None
        write()

    assert CheckIn.objects.get().status == "arrived"
    assert AuditEntry.objects.filter(action="recognition.check_in").count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_at_several_kiosks_get_five_tries_a_day(
    enrolled: Enrolled, book: Book, make_kiosk: MakeKiosk, kiosk: Kiosk, work: Work
) -> None:
    # Given one face, unsure at four kiosks
    appointment = book(enrolled(birth_date=date(1985, 2, 3)).user)
    kiosks = [kiosk, *(make_kiosk() for _ in range(3))]
    shown = [each.show(faces.look_alike()).json()["id"] for each in kiosks]
    assert work() == 4
    places = list(zip(kiosks, shown, strict=True))
    assert {each.result(one).json()["status"] for each, one in places} == {"confirm"}

    # When all guess at once, five wrong years and the right one last
    def guess(number: int) -> str:
        each, one = places[number % 4]
        try:
            return str(each.confirm(one, birth_year=1900 + number).json()["code"])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(guess, range(8)))

    # Then each was counted, and five were judged
    assert told == ["confirmation_failed"] * 8
    window = RateWindow.objects.get(scope="check_in_factor")
    assert (window.hits, str(appointment.patient_id) in window.subject) == (8, True)
    assert AuditEntry.objects.filter(action="recognition.factor_spent").count() == 1
    last, one = places[0]
    assert last.confirm(one, birth_year=1985).json()["code"] == "confirmation_failed"
    appointment.refresh_from_db()
    assert appointment.status == "booked"


@pytest.mark.django_db(transaction=True)
def test_of_parallel_answers_the_right_one_counts_among_the_first_five(
    enrolled: Enrolled, book: Book, make_kiosk: MakeKiosk, kiosk: Kiosk, work: Work
) -> None:
    # Given four wrong tries of today, and two kiosks that ask
    appointment = book(enrolled(birth_date=date(1985, 2, 3)).user)
    kiosks = [kiosk, make_kiosk()]
    for _ in range(4):
        ratelimit.count(
            factor.SCOPE, f"{clock.today()} {appointment.patient_id}", seconds=factor.WINDOW_SECONDS
        )
    shown = [each.show(faces.look_alike()).json()["id"] for each in kiosks]
    assert work() == 2

    # When both give the right year at once
    def answer(number: int) -> int:
        try:
            return kiosks[number].confirm(shown[number], birth_year=1985).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        told = list(threads.map(answer, range(2)))

    # Then one was judged
    assert sorted(told) == [200, 409]


@pytest.mark.parametrize("factor_given", [{"birth_year": 1985}, {"code": "right"}])
def test_a_second_factor_whose_answer_was_lost_is_given_again(
    unsure: Unsure,
    kiosk: Kiosk,
    at_ten: time_machine.Traveller,
    factor_given: dict[str, object],
) -> None:
    check_in, appointment = unsure
    if "code" in factor_given:
        factor_given = {"code": appointment.check_in_code}
    first = kiosk.confirm(check_in, **factor_given)

    at_ten.shift(timedelta(minutes=4))
    again = kiosk.confirm(check_in, **factor_given)

    assert (again.status_code, again.json()["ticket"]) == (200, first.json()["ticket"])
    assert (again.json()["status"], again.json()["label"]) == ("arrived", "Ana M.")
    assert AuditEntry.objects.filter(action="recognition.check_in").count() == 2
    assert RateWindow.objects.get(scope="check_in_factor").hits == 1
    # Another answer isn't that one, and after five minutes nobody knows it any more.
    other = kiosk.confirm(check_in, birth_year=1986)
    assert (other.status_code, other.json()["code"]) == (409, "nothing_to_confirm")
    at_ten.shift(timedelta(minutes=2))
    assert kiosk.confirm(check_in, **factor_given).json()["code"] == "nothing_to_confirm"
    sweep()
    assert CheckIn.objects.get().last_factor == ""


def test_a_wrong_second_factor_whose_answer_was_lost_is_one_try(
    unsure: Unsure, kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    check_in, _ = unsure
    told = []

    for year in (1984, 1984, 1983, 1983, 1982, 1982):
        answer = kiosk.confirm(check_in, birth_year=year)
        told.append((answer.status_code, answer.json()["remaining"]))

    assert told == [(409, 2), (409, 2), (409, 1), (409, 1), (409, 0), (409, 0)]
    assert RateWindow.objects.get(scope="check_in_factor").hits == 3
    assert kiosk.confirm(check_in, birth_year=1983).json()["code"] == "nothing_to_confirm"


def test_a_try_at_a_check_in_that_was_closed_is_not_told_again(
    unsure: Unsure, kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    check_in, _ = unsure
    kiosk.confirm(check_in, birth_year=1984)
    at_ten.shift(timedelta(minutes=6))
    sweep()

    assert kiosk.confirm(check_in, birth_year=1984).json()["code"] == "nothing_to_confirm"
    assert CheckIn.objects.get().last_factor == ""


# By code -----------------------------------------------------------------------------------------


def by_code(kiosk: Kiosk, code: str) -> dict[str, Any]:
    accepted = kiosk.type_code(code)
    assert accepted.status_code == 202
    assert accepted.json()["status"] == "processing"
    result: dict[str, Any] = kiosk.result(accepted.json()["id"]).json()
    return result


def test_the_code_arrives(person: Person, book: Book, kiosk: Kiosk, store: Store) -> None:
    appointment = book(person())

    body = by_code(kiosk, appointment.check_in_code)

    assert (body["status"], body["label"], body["ticket"], body["room"]) == (
        "arrived",
        "Ana M.",
        "A001",
        "1",
    )
    assert body["wait"] is not None
    appointment.refresh_from_db()
    assert appointment.status == "arrived"
    assert store() == []


def test_a_code_may_be_typed_loosely(person: Person, book: Book, kiosk: Kiosk) -> None:
    code = book(person()).check_in_code

    assert by_code(kiosk, f" {code[:3].lower()}-{code[3:].lower()} ")["status"] == "arrived"


def test_the_code_a_second_time_says_already(person: Person, book: Book, kiosk: Kiosk) -> None:
    code = book(person()).check_in_code
    by_code(kiosk, code)

    body = by_code(kiosk, code)

    assert (body["status"], body["ticket"]) == ("already_arrived", "A001")


def test_while_one_kiosk_lets_somebody_in_no_other_one_does(
    enrolled: Enrolled, person: Person, book: Book, kiosk: Kiosk, answered: Answered
) -> None:
    """The test's own transaction keeps the locks until its end."""
    by_face, with_code = enrolled().user, person()
    book(by_face)
    code = book(with_code, practitioner=1).check_in_code
    both = {locks.CHECK_IN(by_face.pk), locks.CHECK_IN(with_code.pk)}
    assert locks.held(both) == set()

    assert answered(faces.astronaut())["status"] == "arrived"
    assert locks.held(both) == {locks.CHECK_IN(by_face.pk)}
    assert by_code(kiosk, code)["status"] == "arrived"
    assert locks.held(both) == both


@pytest.mark.parametrize(
    ("minutes", "before", "status"),
    [
        (24 * 60, "booked", "too_early"),
        (-24 * 60, "booked", "no_appointment"),
        (30, "pending", "no_appointment"),
        (30, "cancelled", "no_appointment"),
        (-90, "fulfilled", "no_appointment"),
        (-90, "no_show", "no_appointment"),
    ],
    ids=["tomorrow", "yesterday", "unpaid", "cancelled", "over", "missed"],
)
def test_a_code_of_no_visit_today(
    person: Person, book: Book, kiosk: Kiosk, minutes: int, before: str, status: str
) -> None:
    appointment = book(person(), minutes=minutes, status=before)

    assert without_id(by_code(kiosk, appointment.check_in_code)) == nobody(status)
    appointment.refresh_from_db()
    assert appointment.status == before


def statuses(*appointments: Appointment) -> list[str]:
    return [Appointment.objects.get(pk=appointment.pk).status for appointment in appointments]


def test_any_code_of_today_arrives_the_visit_that_is_due(
    person: Person, book: Book, kiosk: Kiosk
) -> None:
    missed = book(patient := person(), minutes=-660)
    due = book(patient, minutes=84, practitioner=1)
    tomorrow = book(patient, minutes=24 * 60)

    first = by_code(kiosk, missed.check_in_code)
    again = by_code(kiosk, tomorrow.check_in_code)

    assert (first["status"], first["room"]) == ("arrived", "2")
    assert (again["status"], again["ticket"]) == ("already_arrived", first["ticket"])
    assert statuses(missed, due, tomorrow) == ["booked", "arrived", "booked"]


@pytest.mark.parametrize("minutes", [-46, -300])
def test_the_code_of_a_visit_whose_time_is_over_leads_to_the_desk(
    person: Person, book: Book, kiosk: Kiosk, minutes: int
) -> None:
    missed = book(person(), minutes=minutes)

    assert without_id(by_code(kiosk, missed.check_in_code)) == nobody("no_appointment", "missed")
    assert statuses(missed) == ["booked"]
    assert not AuditEntry.objects.filter(action__startswith="appointment.").exists()


@pytest.mark.parametrize("code", ["ZZZZZZ", "x", "'; --", "ÀÉÎ"])
def test_an_unknown_code_is_not_recognised(kiosk: Kiosk, code: str) -> None:
    assert without_id(by_code(kiosk, code)) == nobody("not_recognised")


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": None}, {"code": ["A"]}, [], "x"])
def test_a_body_without_a_code_is_refused(
    kiosk: Kiosk, body: dict[str, object] | list[object] | str
) -> None:
    refused = kiosk.http.post("/api/check-ins", body, format="json")

    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert CheckIn.objects.count() == 0


# Who may ask -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "status", "code"),
    [
        (b"", 400, "image_unreadable"),
        (b"<svg/>", 415, "image_type"),
        (b"\xff\xd8\xff" + b"\0" * (8 * 1024 * 1024), 413, "image_too_large"),
    ],
    ids=["empty", "svg", "over 8 MB"],
)
def test_a_bad_frame_is_refused_and_nothing_is_kept(
    kiosk: Kiosk, store: Store, frame: bytes, status: int, code: str
) -> None:
    refused = kiosk.show(frame)

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (CheckIn.objects.count(), Picture.objects.count(), store()) == (0, 0, [])


def test_a_form_without_a_picture_is_refused(kiosk: Kiosk) -> None:
    refused = kiosk.http.post("/api/check-ins", {"code": "ABCDEF"}, format="multipart")

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/image")
    assert CheckIn.objects.count() == 0


def test_only_the_same_kiosk_reads_the_answer(
    person: Person,
    book: Book,
    kiosk: Kiosk,
    make_kiosk: MakeKiosk,
    browser: Callable[[User], Browser],
) -> None:
    patient = person()
    check_in = kiosk.type_code(book(patient).check_in_code).json()["id"]

    assert make_kiosk().result(check_in).status_code == 404
    assert kiosk.result(str(uuid.uuid4())).status_code == 404
    for other in (browser(patient).http, make_kiosk("display").http):
        assert other.get(f"/api/check-ins/{check_in}").status_code == 403
        assert other.post("/api/check-ins", {"code": "A"}, format="json").status_code == 403
    assert APIClient().get(f"/api/check-ins/{check_in}").status_code == 401
    assert CheckIn.objects.count() == 1


def test_a_forged_token_lets_nobody_in(
    person: Person, book: Book, kiosk: Kiosk, make_kiosk: MakeKiosk, store: Store
) -> None:
    patient = person()
    code = book(patient).check_in_code
    token, revoked = kiosk.token, make_kiosk()
    accounts.revoke_device(revoked.device.pk, by=User.objects.get(username="manager"))
    forged = {
        "one letter": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "cut short": token[:-1],
        "nothing": "",
        "its name": str(kiosk.device.pk),
        "its digest": kiosk.device.token_hash,
        "a patient's": open_session(patient).pair.access,
        "a revoked one": revoked.token,
    }

    for what, other in forged.items():
        http = APIClient(headers={"Authorization": f"Device {other}"})
        by_code = http.post("/api/check-ins", {"code": code}, format="json")
        by_face = http.post(
            "/api/check-ins", {"image": as_file(faces.astronaut())}, format="multipart"
        )
        assert (by_code.status_code, by_face.status_code) == (401, 401), what

    assert (CheckIn.objects.count(), store()) == (0, [])
    assert Appointment.objects.get().status == "booked"


def test_a_kiosk_is_slowed_down_after_sixty_in_a_minute(
    person: Person, book: Book, kiosk: Kiosk, make_kiosk: MakeKiosk
) -> None:
    code = book(person()).check_in_code
    tried = [kiosk.type_code(code) for _ in range(61)]

    assert {answer.status_code for answer in tried[:60]} == {202}
    assert tried[60].status_code == 429
    assert int(tried[60].headers["Retry-After"]) >= 1
    assert make_kiosk().type_code(code).status_code == 202
    assert kiosk.show(b"no picture").status_code == 415


def test_after_thirty_wrong_codes_in_an_hour_a_kiosk_takes_none(
    person: Person,
    book: Book,
    kiosk: Kiosk,
    make_kiosk: MakeKiosk,
    at_ten: time_machine.Traveller,
) -> None:
    # Given thirty wrong codes, and right ones between them, which don't count
    appointment, other = book(person()), book(person(full_name="Rui Costa"), practitioner=1)
    for number in range(30):
        assert by_code(kiosk, "ZZZZZZ")["status"] == "not_recognised"
        if number % 10 == 0:
            assert kiosk.type_code(other.check_in_code).status_code == 202
    before = CheckIn.objects.count()
    at_ten.shift(timedelta(minutes=2))

    # When right and wrong ones follow, then both are refused alike, and nothing changes
    refused = [kiosk.type_code(code) for code in (appointment.check_in_code, "ZZZZZZ")]
    assert [(a.status_code, a.json()["code"]) for a in refused] == [(429, "throttled")] * 2
    assert len({a["Retry-After"] for a in refused}) == 1
    appointment.refresh_from_db()
    assert (appointment.status, CheckIn.objects.count()) == ("booked", before)
    spent = AuditEntry.objects.get(action="recognition.codes_spent")
    assert (spent.actor_id, spent.patient_id) == (str(kiosk.device.pk), None)

    # And another kiosk, and this one an hour after the first, take it
    assert by_code(make_kiosk(), "ZZZZZZ")["status"] == "not_recognised"
    at_ten.shift(timedelta(minutes=58))
    assert by_code(kiosk, appointment.check_in_code)["status"] != "not_recognised"


@pytest.mark.django_db(transaction=True)
def test_parallel_wrong_codes_never_pass_the_limit(
    person: Person, book: Book, kiosk: Kiosk
) -> None:
    appointment = book(person())
    for _ in range(27):
        ratelimit.count(wrong_codes.SCOPE, str(kiosk.device.pk), seconds=wrong_codes.WINDOW_SECONDS)

    def try_one(_: int) -> int:
        try:
            return kiosk.type_code("ZZZZZZ").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        told = sorted(threads.map(try_one, range(8)))

    assert told == [202] * 3 + [429] * 5
    assert CheckIn.objects.count() == 3
    assert AuditEntry.objects.filter(action="recognition.codes_spent").count() == 1
    assert kiosk.type_code(appointment.check_in_code).status_code == 429


@pytest.mark.django_db(transaction=True)
def test_the_decision_is_announced_once_the_frame_is_gone(
    enrolled: Enrolled, book: Book, kiosk: Kiosk, work: Work, store: Store
) -> None:
    book(enrolled().user)
    seen = []

    def look(event: CheckInDecided) -> None:
        seen.append((event, screens.check_in_body(event.check_in_id)["status"], store()))

    events.subscribe(CheckInDecided, look, when="commit")
    check_in = kiosk.show(faces.astronaut()).json()["id"]
    assert seen == []
    work()

    assert seen == [
        (CheckInDecided(uuid.UUID(check_in), kiosk.device.pk), "arrived", []),
    ]


def test_answers_are_forgotten_after_thirty_days(
    kiosk: Kiosk, at_ten: time_machine.Traveller
) -> None:
    kiosk.type_code("ZZZZZZ")
    at_ten.shift(timedelta(days=29))
    kept = kiosk.type_code("ZZZZZZ").json()["id"]
    expire()
    assert CheckIn.objects.count() == 2

    at_ten.shift(timedelta(days=1, seconds=1))
    expire()

    assert [str(check_in.pk) for check_in in CheckIn.objects.all()] == [kept]


def test_no_name_in_outbox_audit_or_keys(
    enrolled: Enrolled, book: Book, answered: Answered
) -> None:
    patient = enrolled(full_name="Canária Visível").user
    book(patient)
    answered(faces.astronaut())

    written = str(list(OutboxMessage.objects.values_list("key", "args", "last_error"))) + str(
        list(AuditEntry.objects.values_list("action", "data", "subject_id"))
    )
    assert "Can" not in written
    assert Consent.objects.count() == 1
