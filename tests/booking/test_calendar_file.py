"""The calendar file, read back as a calendar reads it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from icalendar import Calendar, Event
from rest_framework.test import APIClient

from booking import calendar_file, links, selectors
from booking.models import Appointment
from booking.services import changes, holds, visit
from clinic.accounts.models import User
from clinic.accounts.principals import actor_of
from clinic.directory.models import Patient
from tests.booking.conftest import NINE, TESTER, Book, at
from tests.conftest import Clinic

LISBON = ZoneInfo("Europe/Lisbon")


def event_of(appointment: Appointment, language: str = "pt") -> Event:
    """The only event in an appointment's file, as it stands in the database."""
    whole = selectors.get_appointment(appointment.pk)
    (event,) = Calendar.from_ical(calendar_file.render(whole, language)).events
    return event


def test_the_file_says_what_when_and_where(clinic: Clinic, ana: Patient, book: Book) -> None:
    appointment = book(ana, at(10))

    assert calendar_file.render(appointment, "en").decode().replace("\r\n ", "").split("\r\n") == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Vez//Appointments//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        "SUMMARY:Massage (Clínica Vez)",
        "DTSTART:20261123T100000Z",
        "DTEND:20261123T104500Z",
        "DTSTAMP:20261123T090000Z",
        f"UID:{appointment.pk}@localhost",
        "SEQUENCE:1",
        "CREATED:20261123T090000Z",
        "DESCRIPTION:Inês Sousa",
        "LAST-MODIFIED:20261123T090000Z",
        "LOCATION:Clínica Vez\\, Rua das Flores 12\\, 1200-195 Lisboa",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_values_stay_in_their_line(clinic: Clinic, ana: Patient, book: Book) -> None:
    clinic.organization.name = "A;B,C\\D:E"
    clinic.organization.address_line = 'Rua "X"; ATTENDEE:mailto:x@y.example, 1º'
    clinic.organization.save()

    event = event_of(book(ana, at(10)))

    assert event["SUMMARY"] == "Massagem (A;B,C\\D:E)"
    assert event["LOCATION"] == (
        'A;B,C\\D:E, Rua "X"; ATTENDEE:mailto:x@y.example, 1º, 1200-195 Lisboa'
    )
    assert "ATTENDEE" not in event


def test_a_line_end_in_a_value_is_escaped(clinic: Clinic, ana: Patient, book: Book) -> None:
    appointment = selectors.get_appointment(book(ana, at(10)).pk)
    appointment.practitioner.name = "Inês\r\nATTENDEE:mailto:x@y.example\nB"

    text = calendar_file.render(appointment, "pt")

    (event,) = Calendar.from_ical(text).events
    assert event["DESCRIPTION"] == appointment.practitioner.name.replace("\r\n", "\n")
    assert "ATTENDEE" not in event
    assert text.count(b"\n") == text.count(b"\r\n") == text.count(b"\r")


def test_long_lines_are_folded_without_cutting_a_character(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    clinic.organization.address_line = "Praça da Fundação " * 10
    clinic.organization.save()

    text = calendar_file.render(book(ana, at(10)), "pt")

    assert max(len(line) for line in text.split(b"\r\n")) <= 75
    for line in text.split(b"\r\n"):
        line.decode()
    (event,) = Calendar.from_ical(text).events
    assert str(event["LOCATION"]).count("Praça da Fundação") == 10


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        (datetime(2027, 3, 26, 10, tzinfo=LISBON), datetime(2027, 3, 26, 10, tzinfo=UTC)),
        (datetime(2027, 3, 29, 10, tzinfo=LISBON), datetime(2027, 3, 29, 9, tzinfo=UTC)),
    ],
    ids=["the Friday before the clocks go forward", "the Monday after"],
)
def test_times_are_right_on_both_sides_of_a_clock_change(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    at_nine: time_machine.Traveller,
    local: datetime,
    utc: datetime,
) -> None:
    at_nine.move_to(datetime(2027, 3, 20, 9, tzinfo=UTC))

    event = event_of(book(ana, local))

    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (utc, utc + timedelta(minutes=45))


def told(appointment: Appointment) -> tuple[object, object, datetime]:
    event = event_of(appointment)
    return event["STATUS"], event["SEQUENCE"], event.decoded("LAST-MODIFIED")


def test_a_hold_is_tentative_until_it_is_paid(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    held = book(ana, at(10), status="pending")
    assert told(held) == ("TENTATIVE", 0, NINE)

    at_nine.shift(60)
    holds.confirm(held.pk, TESTER)

    assert told(held) == ("CONFIRMED", 1, NINE + timedelta(minutes=1))


def test_a_move_keeps_the_event_and_outranks_what_a_calendar_holds(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10, day=25))
    before = event_of(appointment)
    at_nine.shift(60)

    changes.reschedule(appointment.pk, start=at(12, day=26), practitioner_id=None, actor=TESTER)

    after = event_of(appointment)
    assert after["UID"] == before["UID"] == f"{appointment.pk}@localhost"
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (1, 2)
    assert (before.decoded("DTSTAMP"), after.decoded("DTSTAMP")) == (
        NINE,
        NINE + timedelta(minutes=1),
    )
    assert after.decoded("DTSTART") == at(12, day=26)


def test_another_therapist_at_the_same_time_is_a_change_too(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    appointment = book(ana, at(10, day=25))

    changes.reschedule(
        appointment.pk, start=at(10, day=25), practitioner_id=clinic.reis.pk, actor=TESTER
    )

    event = event_of(appointment)
    assert (event["SEQUENCE"], event["DESCRIPTION"]) == (2, clinic.reis.name)


def test_what_a_calendar_does_not_show_is_no_change(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10))
    at_nine.shift(60)

    changes.choose_label(appointment.pk, choice="ticket", actor=TESTER)
    visit.arrive(appointment.pk, actor=TESTER)
    visit.call(appointment.pk, actor=TESTER)

    assert told(appointment) == ("CONFIRMED", 1, NINE)


@pytest.mark.parametrize("end", ["cancelled", "expired", "no_show"])
def test_what_does_not_take_place_is_cancelled(
    clinic: Clinic, ana: Patient, book: Book, end: str
) -> None:
    before = {"cancelled": 0, "expired": 0, "no_show": 1}[end]

    assert told(book(ana, at(10), status=end)) == ("CANCELLED", before + 1, NINE)


def test_a_cancelled_visit_keeps_its_event(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10, day=25))
    at_nine.shift(60)

    changes.cancel(appointment.pk, actor=TESTER)

    assert event_of(appointment)["UID"] == f"{appointment.pk}@localhost"
    assert told(appointment) == ("CANCELLED", 2, NINE + timedelta(minutes=1))


def test_a_no_show_taken_back_takes_place_again(
    clinic: Clinic, ana: Patient, rita: User, book: Book
) -> None:
    appointment = book(ana, at(10))
    by_hand = actor_of(rita)
    visit.no_show(appointment.pk, actor=by_hand)
    assert told(appointment)[:2] == ("CANCELLED", 2)

    visit.undo(appointment.pk, actor=by_hand)

    assert told(appointment)[:2] == ("CONFIRMED", 3)


def test_the_receipt_gives_the_same_file_as_the_account(
    clinic: Clinic,
    ana: Patient,
    client_of: Callable[[User], APIClient],
    book: Book,
    at_nine: time_machine.Traveller,
) -> None:
    appointment = book(ana, at(10))
    token = links.checkout_token(appointment)
    account = f"/api/appointments/{appointment.pk}/calendar.ics"
    receipt = f"/api/checkout/{token}/calendar.ics"
    own = client_of(ana).get(account)
    at_nine.shift(60)

    by_link = APIClient().get(receipt)

    assert by_link.status_code == 200
    assert by_link["Content-Type"] == "text/calendar; charset=utf-8"
    assert by_link.content == own.content
    assert b"\r\nSEQUENCE:1\r\n" in own.content


def test_a_damaged_payment_link_gives_no_file(clinic: Clinic, ana: Patient, book: Book) -> None:
    token = links.checkout_token(book(ana, at(10)))

    answer = APIClient().get(f"/api/checkout/{token[:-1]}!/calendar.ics")

    assert (answer.status_code, answer.json()["code"]) == (404, "link_invalid")
    assert b"VCALENDAR" not in answer.content
