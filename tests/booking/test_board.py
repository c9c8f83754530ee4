import json
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from booking import revision, selectors
from booking.events import VisitChanged, WaitsChanged
from booking.screens import board as screen
from booking.screens import day
from booking.screens import visit as visits
from booking.services import changes, holds, screens, visit
from clinic.accounts import services as accounts
from clinic.accounts.models import User
from clinic.core.audit import Actor
from clinic.directory.models import Patient, Specialty
from clinic.directory.opening import opening_hours
from tests.booking.conftest import NINE, TESTER, Announced, Book, Patients, at, minutes
from tests.conftest import Clinic, person


def board() -> dict[str, Any]:
    return screen.body()


def shown() -> list[tuple[str, str]]:
    return [(entry["ticket"], entry["state"]) for entry in board()["entries"]]


def test_an_empty_clinic_has_an_empty_board(clinic: Clinic) -> None:
    hours = opening_hours.around(NINE)
    assert hours.closes_at
    assert hours.opens_at

    assert board() == {
        "type": "board",
        "revision": 0,
        "server_time": "2026-11-23T09:00:00+00:00",
        "clinic": "Clínica Vez",
        "closes_at": hours.closes_at.isoformat(),
        "opens_at": hours.opens_at.isoformat(),
        "entries": [],
    }


def test_a_waiting_patient_stands_on_it_with_room_and_wait(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    appointment = book(ana, at(9, 15), status="arrived")

    assert board()["entries"] == [
        {
            "id": str(appointment.pk),
            "ticket": "A001",
            "label": "Ana M.",
            "room": "1",
            "state": "waiting",
            "call_number": 0,
            "called_at": None,
            "wait": {"low_minutes": 15, "high_minutes": 20, "estimate_minutes": 15},
        }
    ]


def test_a_called_patient_has_a_call_and_no_wait(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(9), status="called")
    at_nine.shift(minutes(1))
    visit.call_again(appointment.pk, actor=TESTER)

    (entry,) = board()["entries"]

    assert (entry["state"], entry["call_number"], entry["wait"]) == ("called", 2, None)
    assert entry["called_at"] == "2026-11-23T09:01:00+00:00"


def test_the_newest_call_comes_first_then_the_rooms_then_those_who_wait(
    clinic: Clinic, patients: Patients, book: Book, at_nine: time_machine.Traveller
) -> None:
    one, two, three, four, five = patients(5)
    book(one, at(9), practitioner=clinic.sousa, status="in_progress")
    waiting_long = book(two, at(13), practitioner=clinic.reis, status="arrived")
    waiting_short = book(three, at(9, 45), practitioner=clinic.sousa, status="arrived")
    early_call = book(four, at(9), practitioner=clinic.reis, status="called")
    at_nine.shift(minutes(1))
    late_call = book(five, at(10, 30), practitioner=clinic.sousa, status="called")

    assert shown() == [
        (late_call.ticket, "called"),
        (early_call.ticket, "called"),
        ("A001", "in_room"),
        (waiting_short.ticket, "waiting"),
        (waiting_long.ticket, "waiting"),
    ]


@pytest.mark.parametrize("status", ["pending", "booked", "fulfilled", "no_show", "cancelled"])
def test_whoever_is_not_in_the_building_is_not_on_it(
    clinic: Clinic, ana: Patient, book: Book, status: str
) -> None:
    book(ana, at(10), status=status)

    assert shown() == []


def test_yesterdays_leftovers_are_not_on_it(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    book(ana, at(10), status="arrived")
    at_nine.move_to(at(0, day=24))

    assert shown() == []


def test_it_takes_four_queries_however_many_wait(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number, patient in enumerate(patients(6)):
        book(patient, at(10 + number), status="arrived")
    opening_hours.around(NINE)  # read once a minute, however often the board is

    with django_assert_num_queries(3):
        assert len(board()["entries"]) == 6


@pytest.mark.parametrize(
    ("account", "of_visit", "label"),
    [
        ("short", "", "Ana M."),
        ("ticket", "", "A001"),
        ("full", "", "Ana Carolina Martins"),
        ("full", "ticket", "A001"),
        ("ticket", "full", "Ana Carolina Martins"),
        ("full", "short", "Ana M."),
    ],
)
def test_the_label_is_the_visits_choice_or_else_the_accounts(
    clinic: Clinic, ana: Patient, book: Book, account: str, of_visit: str, label: str
) -> None:
    appointment = book(ana, at(10), status="arrived")
    User.objects.filter(pk=ana.pk).update(label_choice=account)
    changes.choose_label(appointment.pk, choice=of_visit, actor=TESTER)

    assert board()["entries"][0]["label"] == label


CANARIES = {
    "full_name": "Canaria Middlecanary Zyx",
    "email": "canary@mail.example",
    "phone": "+351919191919",
    "birth_date": "1971-07-17",
    "username": "canaryuser",
    "specialty_pt": "Especialidade-canário",
    "specialty_en": "Specialty-canary",
    "code": "canary_code",
    "price": "77.31",
}


@pytest.fixture
def canary(clinic: Clinic) -> Patient:
    user = person(
        CANARIES["username"],
        CANARIES["full_name"],
        "patient",
        email=CANARIES["email"],
        phone=CANARIES["phone"],
        birth_date=date.fromisoformat(CANARIES["birth_date"]),
    )
    specialty = Specialty.objects.create(
        code=CANARIES["code"],
        name_pt=CANARIES["specialty_pt"],
        name_en=CANARIES["specialty_en"],
        duration_minutes=45,
        price=CANARIES["price"],
        vat_rate=0,
        vat_exemption="M07",
    )
    clinic.sousa.specialties.add(specialty)
    return Patient.objects.get(pk=user.pk)


@pytest.mark.parametrize("status", ["arrived", "called", "in_progress"])
@pytest.mark.parametrize("choice", ["short", "ticket", "full"])
def test_the_board_never_carries_what_the_waiting_room_must_not_know(
    canary: Patient, book: Book, status: str, choice: str
) -> None:
    appointment = book(canary, at(10), specialty=CANARIES["code"], status=status)
    User.objects.filter(pk=canary.pk).update(label_choice=choice)

    text = json.dumps(board(), ensure_ascii=False)

    allowed = {"full_name"} if choice == "full" else set()
    leaked = {name for name, value in CANARIES.items() if value in text} - allowed
    assert leaked == set()
    assert appointment.ticket in text
    assert appointment.check_in_code not in text
    assert str(canary.pk) not in text
    assert ("Middlecanary" in text) == (choice == "full")
    assert set(board()["entries"][0]) == {
        "id",
        "ticket",
        "label",
        "room",
        "state",
        "call_number",
        "called_at",
        "wait",
    }


# The patient's own visit


def test_the_visit_of_a_waiting_patient_has_place_and_wait(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two = patients(2)
    book(one, at(9), status="arrived")
    mine = book(two, at(9, 45), status="arrived")

    body = visits.body(mine.pk)

    assert body == {
        "type": "visit",
        "revision": revision.current(),
        "server_time": "2026-11-23T09:00:00+00:00",
        "appointment": str(mine.pk),
        "specialty": {
            "code": "massage",
            "name_pt": "Massagem",
            "name_en": "Massage",
            "duration_minutes": 45,
        },
        "practitioner": {"id": str(clinic.sousa.pk), "name": "Inês Sousa"},
        "start": "2026-11-23T09:45:00+00:00",
        "end": "2026-11-23T10:30:00+00:00",
        "status": "arrived",
        "room": "1",
        "ticket": "A002",
        "label": "Given1 L.",
        "position": 2,
        "wait": {"low_minutes": 45, "high_minutes": 60, "estimate_minutes": 45},
        "call_number": 0,
        "called_at": None,
    }


def test_todays_visits_are_those_that_still_stand(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    later = book(ana, at(15))
    sooner = book(ana, at(11), status="fulfilled")
    book(ana, at(12), status="cancelled")
    book(ana, at(13), status="expired")
    book(ana, at(10, day=24))

    bodies = visits.bodies_today(ana.pk)

    assert [body["appointment"] for body in bodies] == [str(sooner.pk), str(later.pk)]
    assert [body["wait"] for body in bodies] == [None, None]


def test_the_kiosk_expects_the_booked_and_the_present_of_today(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    people_ = patients(6)
    book(people_[4], at(14), status="fulfilled")
    expected = [
        book(people_[0], at(10)),
        book(people_[1], at(11), status="arrived"),
        book(people_[2], at(12), status="in_progress"),
    ]
    book(people_[3], at(13), status="pending")
    book(people_[5], at(10, day=24))

    everybody = [person.pk for person in people_]
    assert selectors.expected_today(everybody) == expected
    assert selectors.expected_today([people_[1].pk, people_[5].pk]) == [expected[1]]
    assert sorted(selectors.expected_patients()) == sorted(everybody[:3])


def test_a_code_finds_its_appointment_while_it_stands(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two, three = patients(3)
    booked = book(one, at(10, day=24))
    unpaid = book(two, at(11), status="pending")
    done = book(three, at(12), status="fulfilled")

    typed = f" {booked.check_in_code[:3].lower()}-{booked.check_in_code[3:]} "
    assert selectors.find_by_code(typed) == booked
    assert selectors.find_by_code(unpaid.check_in_code) is None
    assert selectors.find_by_code(done.check_in_code) is None
    assert selectors.find_by_code("") is None


# The staff's day


def test_the_day_shows_every_column_with_its_appointments(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two, three = patients(3)
    first = book(one, at(10), status="arrived")
    second = book(two, at(9), practitioner=clinic.reis)
    book(three, at(12), status="expired")

    body = day.body(NINE.date())

    assert body["date"] == "2026-11-23"
    assert body["limits"] == {"late_minutes": 15, "unheard_minutes": 5}
    assert [
        (column["name"], column["room"]["name"], [one["id"] for one in column["appointments"]])
        for column in body["practitioners"]
    ] == [("Inês Sousa", "1", [str(first.pk)]), ("Tiago Reis", "2", [str(second.pk)])]
    assert [column["user"] for column in body["practitioners"]] == [
        str(clinic.sousa.user_id),
        None,
    ]
    (arrived,) = body["practitioners"][0]["appointments"]
    assert arrived["patient"]["full_name"] == "Given0 Last0"
    assert arrived["label"] == "Given0 L."
    assert arrived["wait"] == {"low_minutes": 60, "high_minutes": 65, "estimate_minutes": 60}


def test_the_day_of_one_practitioner(clinic: Clinic, ana: Patient, book: Book) -> None:
    book(ana, at(10), practitioner=clinic.reis)

    body = day.body(NINE.date(), clinic.sousa.pk)

    assert [column["name"] for column in body["practitioners"]] == ["Inês Sousa"]
    assert body["practitioners"][0]["appointments"] == []


def test_another_day_has_no_waits(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    book(ana, at(10), status="arrived")
    at_nine.move_to(at(9, day=24))

    body = day.body(NINE.date())

    assert body["practitioners"][0]["appointments"][0]["wait"] is None


def test_who_left_still_has_a_column_on_the_days_worked(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    book(ana, at(10), practitioner=clinic.reis)
    clinic.reis.is_active = False
    clinic.reis.save()

    today = day.body(NINE.date())
    tomorrow = day.body(date(2026, 11, 24))

    assert [column["name"] for column in today["practitioners"]] == ["Inês Sousa", "Tiago Reis"]
    assert [column["name"] for column in tomorrow["practitioners"]] == ["Inês Sousa"]


def test_the_day_takes_five_queries(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number, patient in enumerate(patients(5)):
        book(patient, at(10 + number), status="arrived")

    with django_assert_num_queries(5):
        day.body(NINE.date())


def test_the_day_says_who_of_the_staff_did_what_last(
    clinic: Clinic, patients: Patients, book: Book, rita: User, at_nine: time_machine.Traveller
) -> None:
    one, two, three, four = patients(4)
    called = book(one, at(10), status="arrived")
    alone = book(two, at(11))
    at_kiosk = book(three, at(12))
    relabelled = book(four, at(13))
    at_nine.shift(minutes(1))
    desk = Actor("user", str(rita.pk), "reception")
    visit.call(called.pk, actor=desk)
    visit.arrive(at_kiosk.pk, actor=Actor("device", str(uuid4()), "kiosk"))
    patient = Actor("user", str(four.pk), "patient")
    changes.choose_label(relabelled.pk, choice="full", actor=patient)

    (column, _) = day.body(NINE.date())["practitioners"]

    last = {each["id"]: (each["changed_by"], each["undo_until"]) for each in column["appointments"]}
    by_rita = {"name": "Rita Campos", "at": "2026-11-23T09:01:00+00:00", "action": "called"}
    a_minute_later = "2026-11-23T09:02:00+00:00"
    assert last == {
        str(called.pk): (by_rita, a_minute_later),
        str(alone.pk): (None, None),
        str(at_kiosk.pk): (None, a_minute_later),
        str(relabelled.pk): (None, None),
    }


def test_what_was_taken_back_cannot_be_taken_back_again(
    clinic: Clinic, ana: Patient, book: Book, rita: User
) -> None:
    appointment, desk = book(ana, at(10)), Actor("user", str(rita.pk), "reception")
    visit.arrive(appointment.pk, actor=desk)
    visit.undo(appointment.pk, actor=desk)

    body = day.answer(appointment.pk)

    assert (body["changed_by"]["action"], body["undo_until"]) == ("undone", None)


# The revision


def test_each_change_raises_the_revision_by_one(clinic: Clinic, ana: Patient, book: Book) -> None:
    appointment = book(ana, at(10), status="pending")
    numbers = [revision.current()]
    holds.confirm(appointment.pk, TESTER)
    numbers.append(revision.current())
    for step in (visit.arrive, visit.call, visit.put_back, visit.call, visit.start, visit.finish):
        step(appointment.pk, actor=TESTER)
        numbers.append(revision.current())

    assert numbers == list(range(1, 9))


def test_time_alone_raises_it_only_when_a_range_moves(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller, announced: Announced
) -> None:
    book(ana, at(9, 30), status="arrived")
    moved = announced(WaitsChanged)
    assert screens.refresh_waits() is True
    number = revision.current()

    at_nine.move_to(NINE + minutes(1.9))
    assert screens.refresh_waits() is False
    at_nine.move_to(NINE + minutes(2.3))
    assert screens.refresh_waits() is True
    assert screens.refresh_waits() is False
    at_nine.move_to(NINE + minutes(6.9))
    assert screens.refresh_waits() is False
    at_nine.move_to(NINE + minutes(7.4))
    assert screens.refresh_waits() is True

    assert revision.current() == number + 2
    assert [event.revision for event in moved] == [number, number + 1, number + 2]


def test_at_midnight_the_screens_begin_the_new_day(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller, announced: Announced
) -> None:
    book(ana, at(10), status="called")
    screens.refresh_waits()
    number, moved = revision.current(), announced(WaitsChanged)

    at_nine.move_to(at(0, day=24))
    screens.refresh_waits()
    screens.refresh_waits()

    assert [event.revision for event in moved] == [number + 1]
    assert board()["entries"] == []


def test_an_empty_clinic_stays_quiet(clinic: Clinic) -> None:
    screens.refresh_waits()

    assert screens.refresh_waits() is False


def test_a_new_choice_of_name_reaches_the_screens_at_once(
    clinic: Clinic, ana: Patient, book: Book, announced: Announced
) -> None:
    appointment = book(ana, at(10), status="arrived")
    book(ana, at(12), status="cancelled")
    number, changed = revision.current(), announced(VisitChanged)

    accounts.update_profile(User.objects.get(pk=ana.pk), {"label_choice": "ticket"})

    assert changed == [VisitChanged(appointment.pk, ana.pk, clinic.sousa.pk)]
    assert revision.current() == number + 1
    assert board()["entries"][0]["label"] == "A001"


def test_a_stranger_to_todays_clinic_changes_names_silently(clinic: Clinic, ana: Patient) -> None:
    accounts.update_profile(User.objects.get(pk=ana.pk), {"label_choice": "ticket"})

    assert revision.current() == 0
