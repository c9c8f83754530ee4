from collections.abc import Callable
from datetime import datetime, time

import pytest
import time_machine

from booking.errors import Code
from booking.events import AppointmentExpired
from booking.models import Appointment
from booking.services import desk, visit
from clinic.accounts.models import User
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry
from clinic.directory.models import HoursException, Patient, Practitioner, WorkingHours
from clinic.notifications.models import Message
from tests.booking.conftest import NINE, TESTER, Book, Meanwhile, Patients, at, minutes
from tests.conftest import Clinic


def walk_in(
    patient: User, practitioner: Practitioner | None = None, specialty: str = "massage"
) -> Appointment:
    return desk.walk_in(
        patient_id=patient.pk,
        specialty_code=specialty,
        practitioner_id=practitioner.pk if practitioner else None,
        actor=TESTER,
    )


def book_at_desk(
    patient: User, start: datetime, practitioner: Practitioner | None = None
) -> Appointment:
    return desk.book(
        patient_id=patient.pk,
        specialty_code="massage",
        practitioner_id=practitioner.pk if practitioner else None,
        start=start,
        actor=TESTER,
    )


def refused(code: str, service: Callable[..., object], *args: object) -> None:
    before = (Appointment.objects.count(), AuditEntry.objects.count(), Message.objects.count())
    with pytest.raises(DomainError) as raised:
        service(*args)
    assert raised.value.code == code
    after = (Appointment.objects.count(), AuditEntry.objects.count(), Message.objects.count())
    assert after == before


def test_the_desk_books_without_online_payment(clinic: Clinic, ana: Patient) -> None:
    appointment = book_at_desk(ana, at(10), clinic.sousa)

    assert (appointment.status, appointment.source) == ("booked", "desk")
    assert appointment.booked_at == NINE
    assert appointment.hold_expires_at is None
    assert Message.objects.get().template == "appointment_booked"


def test_the_desk_may_leave_the_grid_but_not_the_hours(
    clinic: Clinic, ana: Patient, bruno: Patient
) -> None:
    WorkingHours.objects.update(start=time(9), end=time(12))

    assert book_at_desk(ana, at(10, 7), clinic.sousa).start == at(10, 7)
    refused(Code.SLOT_UNAVAILABLE, book_at_desk, bruno, at(11, 20), clinic.sousa)
    refused(Code.SLOT_TAKEN, book_at_desk, bruno, at(10, 51), clinic.sousa)
    refused(Code.IN_THE_PAST, book_at_desk, bruno, at(8, 59), clinic.sousa)
    refused(Code.PATIENT_BUSY, book_at_desk, ana, at(10, 30), clinic.reis)


def test_the_desk_books_from_the_first_minute_of_work_to_the_last(
    clinic: Clinic, ana: Patient, bruno: Patient
) -> None:
    WorkingHours.objects.update(start=time(9), end=time(12))

    assert book_at_desk(ana, at(9), clinic.sousa).end == at(9, 45)
    assert book_at_desk(bruno, at(11, 15), clinic.sousa).end == at(12)
    refused(Code.SLOT_UNAVAILABLE, book_at_desk, bruno, at(11, 16), clinic.reis)


def test_a_walk_in_has_arrived_now_with_a_ticket(
    clinic: Clinic, ana: Patient, at_nine: time_machine.Traveller
) -> None:
    at_nine.move_to(at(9, 7).replace(second=41))

    appointment = walk_in(ana, clinic.sousa)

    assert (appointment.status, appointment.source, appointment.ticket) == (
        "arrived",
        "walk_in",
        "A001",
    )
    assert (appointment.start, appointment.end) == (at(9, 7), at(9, 52))
    actions = AuditEntry.objects.filter(subject_id=str(appointment.pk)).values_list("action")
    assert [action for (action,) in actions] == ["appointment.created", "appointment.arrived"]


def test_a_walk_in_takes_the_first_gap_that_is_long_enough(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two, three = patients(3)
    book(one, at(9, 30), practitioner=clinic.sousa)
    book(two, at(10, 45), practitioner=clinic.sousa)

    appointment = walk_in(three, clinic.sousa)

    assert (appointment.start, appointment.end) == (at(11, 30), at(12, 15))
    assert walk_in(one, clinic.sousa, "shock_waves").start == at(9)


def test_a_walk_in_goes_to_whoever_is_free_first(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two, three = patients(3)
    book(one, at(9, 15), practitioner=clinic.sousa)

    first = walk_in(two)
    second = walk_in(three)

    assert (first.practitioner_id, first.start) == (clinic.reis.pk, at(9))
    assert (second.practitioner_id, second.start) == (clinic.reis.pk, at(9, 45))


def test_a_walk_in_whose_gap_somebody_else_just_took_gets_the_next_one(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    at_nine: time_machine.Traveller,
    meanwhile: Meanwhile,
) -> None:
    """Given a time that is free again, and that somebody is given who was faster."""
    one, two, three = patients(3)
    book(one, at(9, 15), status="pending", practitioner=clinic.sousa)
    at_nine.move_to(at(9, 15))
    meanwhile(AppointmentExpired, lambda _: book_at_desk(two, at(9, 15), clinic.sousa))

    appointment = walk_in(three, clinic.sousa)

    assert (appointment.start, appointment.ticket) == (at(10), "A001")
    assert Appointment.objects.get(patient=two).start == at(9, 15)


def test_equally_early_the_less_loaded_treats(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two = patients(2)
    book(one, at(15), practitioner=clinic.sousa)

    assert walk_in(two).practitioner_id == clinic.reis.pk


def test_a_gap_behind_a_closure_is_found(clinic: Clinic, ana: Patient) -> None:
    HoursException.objects.create(starts_at=at(8), ends_at=at(9, 40), reason="meeting")

    assert walk_in(ana, clinic.sousa).start == at(9, 40)


def test_where_every_room_is_taken_a_walk_in_waits_for_the_first_that_is_free(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two = patients(2)
    book(one, at(9), practitioner=clinic.reis)
    clinic.sousa.room = clinic.room_2
    clinic.sousa.save()
    clinic.room_1.delete()

    appointment = walk_in(two, clinic.sousa)

    assert (appointment.start, appointment.room_id) == (at(9, 45), clinic.room_2.pk)


def test_without_time_left_today_nobody_walks_in(
    clinic: Clinic, ana: Patient, at_nine: time_machine.Traveller
) -> None:
    at_nine.move_to(at(23, 20))

    refused(Code.NO_FREE_TIME, walk_in, ana)
    assert walk_in(ana, None, "shock_waves").start == at(23, 20)


def test_a_patient_who_is_treated_elsewhere_cannot_walk_in(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    book(ana, at(9, 15), practitioner=clinic.reis)

    refused(Code.PATIENT_BUSY, walk_in, ana, clinic.sousa)


def test_a_treatment_that_ended_early_leaves_its_time_to_a_walk_in(
    clinic: Clinic, patients: Patients, book: Book, at_nine: time_machine.Traveller
) -> None:
    one, two = patients(2)
    running = book(one, at(9), status="in_progress")
    at_nine.shift(minutes(20))
    visit.finish(running.pk, actor=TESTER)

    assert walk_in(two, clinic.sousa).start == at(9, 20)


def test_someone_unknown_cannot_be_booked(clinic: Clinic, rita: User) -> None:
    refused("unknown_patient", walk_in, rita)
    refused("unknown_patient", book_at_desk, rita, at(10))
