import re

from booking import calendar_file
from booking.services import changes
from tests.booking.conftest import TESTER, at


def unfolded(text):
    return text.replace("\r\n ", "").split("\r\n")


def test_the_file_says_what_when_and_where(clinic, ana, book):
    appointment = book(ana, at(10))

    assert unfolded(calendar_file.render(appointment, "en")) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Vez//Appointments//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{appointment.pk}@localhost",
        "DTSTAMP:20261123T090000Z",
        "DTSTART:20261123T100000Z",
        "DTEND:20261123T104500Z",
        "SUMMARY:Massage (Clínica Vez)",
        "DESCRIPTION:Inês Sousa",
        "LOCATION:Clínica Vez\\, Rua das Flores 12\\, 1200-195 Lisboa",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_values_cannot_break_out_of_their_line(clinic, ana, book):
    clinic.organization.name = "A;B,C\\D\r\nATTENDEE:mailto:x@y.example\nE"
    clinic.organization.save()

    text = calendar_file.render(book(ana, at(10)), "pt")

    assert "SUMMARY:Massagem (A\\;B\\,C\\\\D\\nATTENDEE:mailto:x@y.example\\nE)" in unfolded(text)
    assert not re.search(r"^ATTENDEE", text, re.MULTILINE)
    assert text.count("\n") == text.count("\r\n") == text.count("\r")


def test_long_lines_are_folded_without_cutting_a_character(clinic, ana, book):
    clinic.organization.address_line = "Praça da Fundação " * 10
    clinic.organization.save()

    text = calendar_file.render(book(ana, at(10)), "pt")

    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert any(line.count("Fundação") == 10 for line in unfolded(text))


def test_a_hold_is_tentative_and_a_cancelled_appointment_cancelled(clinic, ana, bruno, book):
    held = book(ana, at(10), status="pending")
    cancelled = book(bruno, at(11))
    changes.cancel(cancelled.pk, actor=TESTER)
    cancelled.refresh_from_db()

    assert "STATUS:TENTATIVE" in unfolded(calendar_file.render(held, "pt"))
    assert "STATUS:CANCELLED" in unfolded(calendar_file.render(cancelled, "pt"))
