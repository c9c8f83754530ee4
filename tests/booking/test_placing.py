"""Each free place is tried in turn, by whoever books, moves or gets a time back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from booking.availability import Calendar, Place, Treatment
from booking.choices import AppointmentStatus, Source
from booking.models import Appointment
from booking.services import placing
from booking.transitions import change
from clinic.directory import selectors as directory
from tests.booking.conftest import NINE, TESTER, at

if TYPE_CHECKING:
    from clinic.directory.models import Patient
    from tests.conftest import Clinic

Book = Callable[..., Appointment]


@pytest.fixture
def massage(clinic: Clinic) -> Treatment:
    return Treatment.on_offer(directory.specialty("massage"))


def test_a_room_that_is_gone_by_now_makes_way_for_the_next(
    clinic: Clinic, ana: Patient, bruno: Patient, book: Book, massage: Treatment
) -> None:
    # Given somebody who is in room 1 since the places were looked up
    places = placing.places(massage, clinic.sousa.pk, at(10), rule=Calendar.offers)
    other = book(bruno, at(10), practitioner=clinic.reis)
    Appointment.objects.filter(pk=other.pk).update(room=clinic.room_1)
    draft = placing.Draft(
        patient_id=ana.pk,
        specialty=directory.specialty("massage"),
        start=at(10),
        status=AppointmentStatus.BOOKED,
        source=Source.DESK,
        made_at=NINE,
    )

    with change(TESTER) as unit:
        appointment = placing.place(unit, draft, places)

    assert places == [
        Place(clinic.sousa.pk, clinic.room_1.pk),
        Place(clinic.sousa.pk, clinic.room_2.pk),
    ]
    assert (appointment.practitioner_id, appointment.room_id) == places[1]


def test_a_move_into_its_own_old_time_makes_way_too(
    clinic: Clinic, ana: Patient, bruno: Patient, book: Book, massage: Treatment
) -> None:
    # Given 10:00 to 10:45, to be moved by a quarter, and somebody who follows in the same room
    appointment = book(ana, at(10), practitioner=clinic.sousa)
    places = placing.places(
        massage, clinic.sousa.pk, at(10, 15), rule=Calendar.offers, without=appointment.pk
    )
    other = book(bruno, at(10, 45), practitioner=clinic.reis)
    Appointment.objects.filter(pk=other.pk).update(room=clinic.room_1)

    with change(TESTER) as unit:
        is_moved = placing.rewrite(
            appointment,
            places,
            at(10, 15),
            at(11),
            lambda place: unit.edit(
                appointment, "rescheduled", start=at(10, 15), end=at(11), **place._asdict()
            ),
        )

    appointment.refresh_from_db()
    assert is_moved
    assert (appointment.start, appointment.room_id) == (at(10, 15), clinic.room_2.pk)


def test_whoever_is_gone_is_not_asked_for_again(
    clinic: Clinic, ana: Patient, bruno: Patient, book: Book, massage: Treatment
) -> None:
    # Given two therapists with two rooms each, and one of them booked since
    appointment = book(ana, at(9, 15), practitioner=clinic.sousa)
    places = placing.places(massage, None, at(11), rule=Calendar.offers)
    book(bruno, at(11), practitioner=clinic.sousa)
    tried: list[Place] = []

    def write(place: Place) -> None:
        tried.append(place)
        unit.edit(appointment, "rescheduled", start=at(11), end=at(11, 45), **place._asdict())

    with change(TESTER) as unit:
        is_moved = placing.rewrite(
            appointment, sorted(places, key=_with(clinic.sousa.pk)), at(11), at(11, 45), write
        )

    assert is_moved
    assert tried == [
        Place(clinic.sousa.pk, clinic.room_1.pk),
        Place(clinic.reis.pk, clinic.room_2.pk),
    ]


def _with(practitioner_id: object) -> Callable[[Place], bool]:
    return lambda place: place.practitioner_id != practitioner_id
