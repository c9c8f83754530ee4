"""What a visit's link shows to whoever holds it, without a login."""

import json
from uuid import uuid4

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from booking import api, links
from booking.models import Appointment
from booking.services import changes, visit
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from clinic.notifications.models import Message
from tests.answers import Answer
from tests.booking.conftest import TESTER, Book, Patients, at, minutes
from tests.conftest import Clinic, person

STRANGER = APIClient()
HERE = {"arrived", "called", "in_progress"}


def follow(appointment: Appointment, **headers: str) -> Answer:
    return STRANGER.get(f"/api/visits/{links.visit_token(appointment)}", headers=headers)


def problem(answer: Answer) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_who_waits_sees_their_place_range_and_room(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    first, second = patients(2)
    book(first, at(9), status="called")
    waiting = book(second, at(9, 45), status="arrived")

    body = follow(waiting).json()

    wait = body.pop("wait")
    assert wait["low_minutes"] <= wait["estimate_minutes"] <= wait["high_minutes"]
    assert body == {
        "server_time": "2026-11-23T09:00:00+00:00",
        "start": "2026-11-23T09:45:00+00:00",
        "practitioner": "Inês Sousa",
        "language": "pt",
        "status": "arrived",
        "is_missed": False,
        "check_in_code": None,
        "ticket": waiting.ticket,
        "label": "Given1 L.",
        "room": "1",
        "position": 1,
        "call_number": 0,
        "called_at": None,
    }


@pytest.mark.parametrize(
    "status", ["booked", "arrived", "called", "in_progress", "fulfilled", "no_show", "cancelled"]
)
def test_each_state_shows_what_is_true_and_needed_and_no_more(
    clinic: Clinic, book: Book, status: str
) -> None:
    # Given a patient whose every field is a word that occurs nowhere else
    user = person(
        "zcanary",
        "Zulmira Canarina Xistopardo",
        "patient",
        phone="+351919876543",
        email="zulmira.canary@mail.example",
        label_choice="full",
    )
    appointment = book(user, at(10), status=status)

    text = follow(appointment).content.decode()

    # Then the code is there until the arrival, what names the patient only in the waiting room,
    # and what is nobody's business never
    body = json.loads(text)
    assert body["status"] == status
    assert body["check_in_code"] == (appointment.check_in_code if status == "booked" else None)
    is_here = status in HERE
    assert (body["ticket"], body["label"], body["room"]) == (
        (appointment.ticket, "Zulmira Canarina Xistopardo", "1") if is_here else ("", "", None)
    )
    secrets = [
        "zcanary",
        "9876543",
        "mail.example",
        "assage",
        str(user.pk),
        str(appointment.pk),
        str(clinic.sousa.pk),
        "40.00",
        *([] if is_here else ["Zulmira", "Xistopardo"]),
    ]
    assert [one for one in secrets if one in text] == []


def test_a_visit_whose_time_is_over_says_so_and_shows_no_code_for_the_kiosk(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10))

    at_nine.move_to(at(10, 44))
    body = follow(appointment).json()
    assert (body["is_missed"], body["check_in_code"]) == (False, appointment.check_in_code)
    at_nine.move_to(at(10, 45))
    body = follow(appointment).json()
    assert (body["status"], body["is_missed"], body["check_in_code"]) == ("booked", True, None)


@pytest.mark.parametrize("status", ["pending", "expired"])
def test_what_was_never_booked_has_no_link(
    clinic: Clinic, ana: Patient, book: Book, status: str
) -> None:
    assert problem(follow(book(ana, at(10), status=status))) == (404, "link_invalid")


@pytest.mark.parametrize("status", ["booked", "called", "fulfilled", "cancelled"])
def test_it_ends_with_the_day_of_the_visit(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller, status: str
) -> None:
    appointment = book(ana, at(10), status=status)

    at_nine.move_to(at(23, 59))
    assert follow(appointment).status_code == 200
    at_nine.move_to(at(0, day=24))
    assert problem(follow(appointment)) == (410, "link_over")


def test_the_same_link_follows_a_visit_that_is_moved(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10))
    first_link = links.visit_token(appointment)
    changes.reschedule(
        appointment.pk, start=at(11, day=25), practitioner_id=clinic.reis.pk, actor=TESTER
    )

    # Then it shows the new time, and lives until the end of the new day
    at_nine.move_to(at(12, day=25))
    body = STRANGER.get(f"/api/visits/{first_link}").json()
    assert (body["start"], body["practitioner"]) == ("2026-11-25T11:00:00+00:00", "Tiago Reis")
    at_nine.move_to(at(0, day=26))
    assert STRANGER.get(f"/api/visits/{first_link}").status_code == 410


def test_a_link_opens_that_one_visit_and_nothing_else(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    mine, other = book(ana, at(10)), book(ana, at(12))
    token, other_token = links.visit_token(mine), links.visit_token(other)

    # A payment's token, the id of another visit under this one's MAC, an unknown appointment
    wrong = [
        links.checkout_token(mine),
        other_token[:21] + token[21:],
        links.visit_token(Appointment(id=uuid4())),
        str(mine.pk),
    ]
    for forged in wrong:
        assert problem(STRANGER.get(f"/api/visits/{forged}")) == (404, "link_invalid")
    assert problem(STRANGER.get(f"/api/checkout/{token}")) == (404, "link_invalid")
    assert STRANGER.get(f"/api/appointments/{token}").status_code == 404
    for method in ("post", "put", "patch", "delete"):
        assert getattr(STRANGER, method)(f"/api/visits/{token}").status_code == 405


def test_nothing_new_costs_no_body_and_a_change_is_told(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10), status="arrived")
    held = follow(appointment)["ETag"]

    at_nine.shift(minutes(0.1))
    again = follow(appointment, if_none_match=held)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", held)

    visit.call(appointment.pk, actor=TESTER)
    changed = follow(appointment, if_none_match=held)
    assert (changed.status_code, changed.json()["status"]) == (200, "called")
    assert changed["ETag"] != held


def test_no_cache_no_search_and_no_other_site_learns_of_it(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    answers: list[Answer] = [
        follow(appointment := book(ana, at(10))),
        follow(appointment, if_none_match=follow(appointment)["ETag"]),
        STRANGER.get("/api/visits/nothing"),
    ]

    assert [answer.status_code for answer in answers] == [200, 304, 404]
    for answer in answers:
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["X-Robots-Tag"] == "noindex"
        assert not answer.cookies


def test_guessing_is_slowed_and_whoever_has_a_link_is_not(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10))
    guess = "/api/visits/" + "A" * 35

    statuses = [STRANGER.get(guess).status_code for _ in range(api.WRONG_LINKS + 1)]
    refused = STRANGER.get(guess)

    assert statuses == [404] * api.WRONG_LINKS + [429]
    assert problem(refused) == (429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= api.WRONG_LINKS_SECONDS
    # The same address, as behind the waiting room's router
    assert follow(appointment).status_code == 200
    assert STRANGER.get(guess, REMOTE_ADDR="192.0.2.7").status_code == 404
    at_nine.shift(minutes(api.WRONG_LINKS_SECONDS / 60))
    assert STRANGER.get(guess).status_code == 404


def test_it_takes_two_queries_however_many_wait(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    everybody = patients(6)
    waiting = book(everybody[0], at(9), status="arrived")
    follow(waiting)

    with django_assert_num_queries(2):
        follow(waiting)
    for number, one in enumerate(everybody[1:], start=1):
        book(one, at(9) + minutes(45 * number), status="arrived")
    with django_assert_num_queries(2):
        follow(waiting)


@pytest.mark.parametrize(("sms_a_day", "channel"), [(10, "sms"), (0, "email")])
def test_confirmation_and_move_carry_the_link_and_the_audit_log_does_not(
    clinic: Clinic, ana: Patient, book: Book, settings: Settings, sms_a_day: int, channel: str
) -> None:
    settings.SMS_PER_NUMBER_A_DAY = sms_a_day
    appointment = book(ana, at(10))
    changes.reschedule(appointment.pk, start=at(11), practitioner_id=None, actor=TESTER)
    follow(appointment)

    address = f"/v/{links.visit_token(appointment)}"
    told = Message.objects.filter(body__contains=address).order_by("template")
    told = told.exclude(status="suppressed")
    assert [(message.template, message.channel) for message in told] == [
        ("appointment_booked", channel),
        ("appointment_rescheduled", channel),
    ]
    assert [address in message.html for message in told] == [channel == "email"] * 2
    log = " ".join(str(row) for row in AuditEntry.objects.values())
    assert address[3:] not in log
