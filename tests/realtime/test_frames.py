"""Every kind of frame from the real services, and what may never be on it."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as HttpClient

from billing.payments.models import CustomerKind, Method
from billing.payments.services import checkout
from billing.payments.services.checkout import Customer, Order
from booking import selectors as booking
from booking.models import Appointment
from booking.screens import visit as visits
from booking.services import changes, desk, holds, visit
from clinic.accounts.models import User
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry, OutboxMessage
from clinic.directory.catalogue import CATALOGUE
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from recognition.services import check_in
from tests.conftest import Clinic, Screen, person
from tests.realtime.conftest import Client, Headers, token

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("midday")]

DESK = Actor.system("tests")
Listen = Callable[..., Client]
BrowserOf = Callable[[User], Headers]
ScreenOf = Callable[[str], Screen]

GIVEN, MIDDLE, LAST = "Zulmira", "Canarina", "Xistopardo"
SECRETS = {
    "username": "zcanary",
    "full_name": f"{GIVEN} {MIDDLE} {LAST}",
    "email": "zulmira.canary@mail.example",
    "phone": "+351967774321",
}
TAX_ID = "299999998"
NOTE = "Chinelo esquerdo, joelho direito"
NEVER_ON_A_SCREEN = (
    NOTE,
    SECRETS["username"],
    SECRETS["email"],
    SECRETS["phone"],
    "967774321",
    TAX_ID,
    *(entry.code for entry in CATALOGUE),
    *(entry.name_pt for entry in CATALOGUE),
    *(entry.name_en for entry in CATALOGUE),
)


@pytest.fixture
def canary(clinic: Clinic) -> Patient:
    user = person(
        SECRETS["username"],
        SECRETS["full_name"],
        "patient",
        email=SECRETS["email"],
        phone=SECRETS["phone"],
        birth_date=clock.today().replace(year=1987, day=1),
    )
    return Patient.objects.get(pk=user.pk)


def later_today(patient: Patient, clinic: Clinic) -> Appointment:
    """Booked at the desk for today: the first time that is still free."""
    free = booking.slots("evaluation", clinic.sousa.pk)
    return desk.book(
        patient_id=patient.pk,
        specialty_code="evaluation",
        practitioner_id=clinic.sousa.pk,
        start=free[0].start,
        actor=DESK,
    )


def hold_for(patient: Patient, clinic: Clinic) -> Appointment:
    """The first free time, waiting for its payment."""
    slot = booking.slots("massage", clinic.sousa.pk)[0]
    return holds.hold(
        patient=patient,
        specialty_code="massage",
        practitioner_id=clinic.sousa.pk,
        start=slot.start,
        actor=DESK,
    )


def the_whole_visit(patient: Patient, clinic: Clinic, choice: str) -> Appointment:
    """Each state that a visit of today can have on a screen, one after the other."""
    appointment = desk.walk_in(
        patient_id=patient.pk,
        specialty_code="shock_waves",
        practitioner_id=clinic.sousa.pk,
        actor=DESK,
    )
    changes.choose_label(appointment.pk, choice=choice, actor=DESK)
    visit.write_note(appointment.pk, note=NOTE, actor=DESK)
    for press in (visit.call, visit.put_back, visit.call, visit.call_again, visit.start):
        press(appointment.pk, actor=DESK)
    visit.move_room(appointment.pk, room_id=clinic.room_2.pk, actor=DESK)
    visit.finish(appointment.pk, actor=DESK)
    return appointment


class TestCanary:
    @pytest.mark.parametrize(
        ("choice", "label"),
        [
            ("ticket", None),
            ("short", f"{GIVEN} X."),
            ("full", SECRETS["full_name"]),
        ],
    )
    def test_a_screen_shows_no_more_than_the_patient_chose(
        self,
        listen: Listen,
        screen: ScreenOf,
        clinic: Clinic,
        canary: Patient,
        choice: str,
        label: str | None,
    ) -> None:
        User.objects.filter(pk=canary.pk).update(label_choice=choice)
        display = listen("/ws/display", token(screen("display").token))
        kiosk = listen("/ws/kiosk", token(screen("kiosk").token))
        display.next("board")

        appointment = the_whole_visit(canary, clinic, choice)
        end = booking.revision()

        display.until(lambda frame: frame["type"] == "board" and frame["revision"] >= end)
        kiosk.next("heartbeat")
        assert Appointment.objects.get(pk=appointment.pk).note == NOTE
        ticket = Appointment.objects.get(pk=appointment.pk).ticket
        boards = [frame for frame in display.got if frame["type"] == "board"]
        labels = {entry["label"] for board in boards for entry in board["entries"]}
        assert {entry["state"] for board in boards for entry in board["entries"]} == {
            "waiting",
            "called",
            "in_room",
        }
        assert labels == {label or ticket}
        shown = json.dumps([*display.got, *kiosk.got], ensure_ascii=False)
        assert [secret for secret in NEVER_ON_A_SCREEN if secret in shown] == []
        if choice != "full":
            assert MIDDLE not in shown
            assert LAST not in shown
        if choice == "ticket":
            assert GIVEN not in shown

    def test_the_same_holds_for_the_board_over_http_and_for_a_newcomer(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, canary: Patient
    ) -> None:
        desk.walk_in(
            patient_id=canary.pk, specialty_code="massage", practitioner_id=None, actor=DESK
        )
        device = screen("display")

        body = device.client.get("/api/board").json()
        frame = listen("/ws/display", token(device.token)).next("board")

        assert body["entries"][0]["label"] == f"{GIVEN} X."
        shown = json.dumps([body, frame], ensure_ascii=False)
        assert [s for s in (*NEVER_ON_A_SCREEN, MIDDLE, LAST) if s in shown] == []

    def test_a_check_in_at_the_kiosk_names_the_label_alone(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, canary: Patient
    ) -> None:
        appointment = later_today(canary, clinic)
        device = screen("kiosk")
        kiosk = listen("/ws/kiosk", token(device.token))

        check_in.by_code(device_id=device.device.pk, code=appointment.check_in_code)

        frame = kiosk.next("check_in")
        assert (frame["status"], frame["label"], frame["room"]) == ("arrived", f"{GIVEN} X.", "1")
        shown = json.dumps(kiosk.got, ensure_ascii=False)
        assert [s for s in (*NEVER_ON_A_SCREEN, MIDDLE, LAST) if s in shown] == []


class TestNote:
    def test_the_team_reads_it_and_the_patient_hears_nothing_of_it(
        self,
        listen: Listen,
        browser_of: BrowserOf,
        clinic: Clinic,
        ana: Patient,
        rita: User,
    ) -> None:
        appointment = later_today(ana, clinic)
        team, hers = (
            listen("/ws/staff", browser_of(rita)),
            listen("/ws/me", browser_of(User.objects.get(pk=ana.pk))),
        )

        visit.write_note(appointment.pk, note=NOTE, actor=DESK)
        changes.reschedule(
            appointment.pk,
            start=appointment.start + timedelta(minutes=30),
            practitioner_id=None,
            actor=DESK,
        )
        changes.cancel(appointment.pk, actor=DESK, by_clinic=True)

        team.until(lambda frame: NOTE in json.dumps(frame, ensure_ascii=False))
        hers.next("heartbeat")
        assert hers.got != []
        assert NOTE not in json.dumps(hers.got, ensure_ascii=False)
        sent = [*Message.objects.values(), *OutboxMessage.objects.values()]
        assert Message.objects.filter(channel="sms").count() == 3
        assert NOTE not in str(sent)
        log = AuditEntry.objects.filter(subject_id=str(appointment.pk))
        assert NOTE not in "".join(str(row) for row in log.values())


class TestKiosk:
    def test_another_kiosk_hears_nothing_of_it(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic, ana: Patient
    ) -> None:
        appointment = later_today(ana, clinic)
        one, other = screen("kiosk"), screen("kiosk")
        here, there = (listen("/ws/kiosk", token(kiosk.token)) for kiosk in (one, other))

        check_in.by_code(device_id=one.device.pk, code=appointment.check_in_code)

        assert here.next("check_in")["status"] == "arrived"
        there.next("heartbeat")
        there.next("heartbeat")
        assert {frame["type"] for frame in there.got} == {"heartbeat"}

    def test_an_unknown_code_is_answered_on_the_socket_too(
        self, listen: Listen, screen: ScreenOf, clinic: Clinic
    ) -> None:
        device = screen("kiosk")
        kiosk = listen("/ws/kiosk", token(device.token))

        made = check_in.by_code(device_id=device.device.pk, code="ZZZZZZ")

        frame = kiosk.next("check_in")
        assert frame["id"] == str(made.pk)
        assert frame["status"] in {"not_recognised", "no_appointment"}
        assert frame["label"] is frame["ticket"] is frame["room"] is frame["wait"] is None


class TestVisit:
    def test_its_patient_hears_that_the_hold_has_run_out(
        self, listen: Listen, browser_of: BrowserOf, clinic: Clinic, ana: Patient
    ) -> None:
        held = hold_for(ana, clinic)
        hers = listen("/ws/me", browser_of(User.objects.get(pk=ana.pk)))

        Appointment.objects.filter(pk=held.pk).update(hold_expires_at=clock.now())
        holds.expire_due()

        frame = hers.until(lambda frame: frame.get("status") == "expired")
        assert frame["appointment"] == str(held.pk)

    def test_its_patient_hears_that_it_is_on_another_day_now(
        self, listen: Listen, browser_of: BrowserOf, clinic: Clinic, ana: Patient
    ) -> None:
        held = hold_for(ana, clinic)
        hers = listen("/ws/me", browser_of(User.objects.get(pk=ana.pk)))
        tomorrow = held.start + timedelta(days=1)

        changes.reschedule(held.pk, start=tomorrow, practitioner_id=None, actor=DESK)

        frame = hers.until(lambda frame: frame.get("start") == tomorrow.isoformat())
        assert frame["appointment"] == str(held.pk)

    def test_those_who_wait_are_read_in_three_queries_however_many_they_are(
        self, clinic: Clinic, django_assert_num_queries: Callable[[int], Any]
    ) -> None:
        people = [person(f"w{number}", f"Given{number} Last", "patient").pk for number in range(4)]
        for patient_id in people:
            desk.walk_in(
                patient_id=patient_id,
                specialty_code="shock_waves",
                practitioner_id=clinic.sousa.pk,
                actor=DESK,
            )

        with django_assert_num_queries(3):
            waiting = visits.bodies_waiting(people)

        assert sorted(body["position"] for _, body in waiting) == [1, 2, 3, 4]


class TestPayment:
    def test_is_shown_to_its_patient_and_to_nobody_else(
        self, listen: Listen, browser_of: BrowserOf, clinic: Clinic, ana: Patient, bruno: Patient
    ) -> None:
        held = hold_for(ana, clinic)
        hers, his = (
            listen("/ws/me", browser_of(User.objects.get(pk=patient.pk)))
            for patient in (ana, bruno)
        )
        his.next("heartbeat")

        payment = checkout.start(
            held.pk,
            Order(Method.MULTIBANCO, Customer(CustomerKind.TAXPAYER, tax_id="123456789")),
        )

        frame = hers.next("payment")
        assert frame["appointment"] == str(held.pk)
        assert frame["payment"]["id"] == str(payment.pk)
        assert frame["payment"]["status"] == "pending"
        assert frame["payment"]["amount"] == "40.00"
        his.next("heartbeat")
        assert {frame["type"] for frame in his.got} == {"heartbeat"}


class TestBoardOverHttp:
    def test_is_the_frames_body_with_an_etag_that_time_alone_doesnt_change(
        self, screen: ScreenOf, clinic: Clinic, ana: Patient
    ) -> None:
        appointment = desk.walk_in(
            patient_id=ana.pk, specialty_code="massage", practitioner_id=None, actor=DESK
        )
        visit.call(appointment.pk, actor=DESK)
        display = screen("display").client

        first = display.get("/api/board")
        again = display.get("/api/board", HTTP_IF_NONE_MATCH=first.headers["ETag"])
        visit.start(appointment.pk, actor=DESK)
        changed = display.get("/api/board", HTTP_IF_NONE_MATCH=first.headers["ETag"])

        assert first.status_code == 200
        assert first.json()["type"] == "board"
        assert [entry["state"] for entry in first.json()["entries"]] == ["called"]
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert changed.status_code == 200
        assert [entry["state"] for entry in changed.json()["entries"]] == ["in_room"]
        assert changed.headers["ETag"] != first.headers["ETag"]

    def test_is_for_displays_and_staff(
        self,
        screen: ScreenOf,
        client_of: Callable[[User], Any],
        clinic: Clinic,
        ana: Patient,
        rita: User,
        client: HttpClient,
    ) -> None:
        answers = {
            "display": screen("display").client.get("/api/board").status_code,
            "staff": client_of(rita).get("/api/board").status_code,
            "kiosk": screen("kiosk").client.get("/api/board").status_code,
            "patient": client_of(User.objects.get(pk=ana.pk)).get("/api/board").status_code,
            "nobody": client.get("/api/board").status_code,
        }

        assert answers == {
            "display": 200,
            "staff": 200,
            "kiosk": 403,
            "patient": 403,
            "nobody": 401,
        }
