"""One therapist, one room and one patient are in one treatment at a time."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from booking.errors import Code
from booking.models import Appointment
from booking.screens import board as screen
from booking.services import visit
from clinic.accounts.models import User
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from tests.booking.conftest import NINE, TESTER, Book, Patients, Press, Unchanged, at
from tests.conftest import Clinic

DESK = Actor("user", "00000000-0000-0000-0000-000000000001", "reception")


def refused(
    service: Callable[..., object], *args: object, **kwargs: object
) -> list[tuple[str, list[str]]]:
    """What stands in the way: pairs of a visit and what is shared with it."""
    with pytest.raises(DomainError) as raised:
        service(*args, **kwargs, actor=DESK)
    assert raised.value.code == Code.BUSY
    return [(each["appointment"], each["shared"]) for each in raised.value.members["in_the_way"]]


def statuses(*appointments: Appointment) -> list[str]:
    return [Appointment.objects.get(pk=appointment.pk).status for appointment in appointments]


def board() -> list[tuple[str, str, str]]:
    return [(entry["ticket"], entry["room"], entry["state"]) for entry in screen.body()["entries"]]


Two = tuple[Appointment, Appointment]


@pytest.fixture
def ana_twice(clinic: Clinic, ana: Patient, book: Book) -> Two:
    """Ana at Inês Sousa's in room 1, and an hour later at Tiago Reis's in room 2; here for both."""
    first = book(ana, at(10), status="arrived")
    second = book(ana, at(11), practitioner=clinic.reis, status="arrived")
    return first, second


@pytest.fixture
def two_of_one_therapist(patients: Patients, book: Book) -> Two:
    one, two = patients(2)
    return book(one, at(14), status="called"), book(two, at(15), status="called")


@pytest.mark.parametrize("press", [visit.call, visit.start])
def test_who_is_called_or_treated_is_called_nowhere_else(
    ana_twice: Two, unchanged: Unchanged, press: Press
) -> None:
    first, second = ana_twice
    visit.call(first.pk, actor=DESK)
    if press is visit.start:
        visit.start(first.pk, actor=DESK)
    checks = [unchanged(each) for each in ana_twice]

    assert refused(visit.call, second.pk) == [(str(first.pk), ["patient"])]

    for check in checks:
        check()


def test_who_waits_for_two_therapists_stands_on_the_board_once(
    ana_twice: Two,
) -> None:
    first, second = ana_twice

    assert board() == [("A001", "1", "waiting")]
    visit.call(second.pk, actor=DESK)
    assert board() == [("A002", "2", "called")]
    visit.start(second.pk, actor=DESK)
    assert board() == [("A002", "2", "in_room")]
    visit.finish(second.pk, actor=DESK)
    assert board() == [("A001", "1", "waiting")]
    assert statuses(first) == ["arrived"]


def test_a_call_that_the_desk_means_takes_the_other_call_back(
    ana_twice: Two,
) -> None:
    first, second = ana_twice
    visit.call(first.pk, actor=DESK)

    visit.call(second.pk, override=True, actor=DESK)

    assert statuses(first, second) == ["arrived", "called"]
    assert board() == [("A002", "2", "called")]
    entries = AuditEntry.objects.filter(action__startswith="appointment.").order_by("-id")[:2]
    assert [(entry.action, entry.subject_id, entry.actor_id) for entry in entries] == [
        ("appointment.called", str(second.pk), DESK.id),
        ("appointment.arrived", str(first.pk), DESK.id),
    ]


def test_a_call_that_the_desk_means_finishes_the_treatment_that_nobody_finished(
    ana_twice: Two,
) -> None:
    first, second = ana_twice
    visit.call(first.pk, actor=DESK)
    visit.start(first.pk, actor=DESK)

    visit.call(second.pk, override=True, actor=DESK)

    assert statuses(first, second) == ["fulfilled", "called"]
    assert Appointment.objects.get(pk=first.pk).ended_at == NINE


def test_a_therapist_treats_one_patient_at_a_time(
    two_of_one_therapist: Two, unchanged: Unchanged
) -> None:
    first, second = two_of_one_therapist
    visit.start(first.pk, actor=DESK)
    check = unchanged(second)

    assert refused(visit.start, second.pk) == [(str(first.pk), ["practitioner", "room"])]

    check()
    visit.start(second.pk, override=True, actor=DESK)
    assert statuses(first, second) == ["fulfilled", "in_progress"]
    assert board() == [("A002", "1", "in_room")]


def test_a_call_may_run_ahead_of_the_therapists_own_treatment(
    two_of_one_therapist: Two,
) -> None:
    first, second = two_of_one_therapist
    visit.put_back(second.pk, actor=DESK)
    visit.start(first.pk, actor=DESK)

    assert visit.call(second.pk, actor=DESK).status == "called"


@pytest.fixture
def ines_in_room_2(clinic: Clinic, patients: Patients, book: Book) -> Two:
    """Inês Sousa treats in Tiago Reis's room, where his patient is to go at eleven."""
    one, two = patients(2)
    treated = book(one, at(10), status="in_progress")
    visit.move_room(treated.pk, room_id=clinic.room_2.pk, actor=DESK)
    return treated, book(two, at(11), practitioner=clinic.reis, status="arrived")


def test_nobody_is_called_into_a_room_where_another_therapist_treats(
    ines_in_room_2: Two, unchanged: Unchanged
) -> None:
    treated, waiting = ines_in_room_2
    check = unchanged(waiting)

    assert refused(visit.call, waiting.pk) == [(str(treated.pk), ["room"])]
    assert refused(visit.call_next, waiting.practitioner_id) == [(str(treated.pk), ["room"])]

    check()
    # A call that is meant ends nobody's treatment, a start does.
    visit.call(waiting.pk, override=True, actor=DESK)
    assert statuses(treated, waiting) == ["in_progress", "called"]
    assert refused(visit.start, waiting.pk) == [(str(treated.pk), ["room"])]
    visit.start(waiting.pk, override=True, actor=DESK)
    assert statuses(treated, waiting) == ["fulfilled", "in_progress"]


def test_a_treatment_moves_into_no_room_where_another_goes_on(
    clinic: Clinic, patients: Patients, book: Book, unchanged: Unchanged
) -> None:
    one, two = patients(2)
    first = book(one, at(10), status="in_progress")
    second = book(two, at(11), practitioner=clinic.reis, status="in_progress")
    check = unchanged(second)

    assert refused(visit.move_room, second.pk, room_id=clinic.room_1.pk) == [
        (str(first.pk), ["room"])
    ]

    check()
    visit.move_room(second.pk, room_id=clinic.room_1.pk, override=True, actor=DESK)
    assert statuses(first, second) == ["fulfilled", "in_progress"]


def test_the_next_is_who_is_free(
    clinic: Clinic, ana_twice: Two, bruno: Patient, book: Book
) -> None:
    first, second = ana_twice
    other = book(bruno, at(12), practitioner=clinic.reis, status="arrived")
    visit.call(first.pk, actor=DESK)

    assert visit.call_next(clinic.reis.pk, actor=DESK).pk == other.pk
    assert refused(visit.call_next, clinic.reis.pk) == [(str(first.pk), ["patient"])]
    assert visit.call_next(clinic.reis.pk, override=True, actor=DESK).pk == second.pk
    assert statuses(first, second, other) == ["arrived", "called", "called"]


def test_an_end_is_not_taken_back_into_a_second_treatment(
    two_of_one_therapist: Two, unchanged: Unchanged
) -> None:
    first, second = two_of_one_therapist
    visit.start(first.pk, actor=DESK)
    visit.start(second.pk, override=True, actor=DESK)
    check = unchanged(first)

    assert refused(visit.undo, first.pk) == [(str(second.pk), ["practitioner", "room"])]

    check()
    visit.undo(second.pk, actor=DESK)
    assert visit.undo(first.pk, actor=DESK).status == "in_progress"
    assert statuses(second) == ["called"]


def test_the_database_refuses_what_no_service_does(
    ana_twice: Two,
    two_of_one_therapist: Two,
) -> None:
    for pair, status in ((ana_twice, "called"), (two_of_one_therapist, "in_progress")):
        stamps = {"called_at": NINE, "call_number": 1, "started_at": NINE}
        Appointment.objects.filter(pk=pair[0].pk).update(status=status, **stamps)
        with pytest.raises(IntegrityError, match="booking_one_treatment"), transaction.atomic():
            Appointment.objects.filter(pk=pair[1].pk).update(status=status, **stamps)


def test_a_press_tells_what_is_in_the_way_and_takes_a_word_for_it(
    clinic: Clinic,
    ana_twice: Two,
    client_of: Callable[[User], APIClient],
    rita: User,
) -> None:
    first, second = ana_twice
    visit.call(first.pk, actor=TESTER)
    desk = client_of(rita)

    answer = desk.post(f"/api/staff/appointments/{second.pk}/call")

    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert answer.json()["code"] == "busy"
    assert answer.json()["in_the_way"] == [
        {
            "appointment": str(first.pk),
            "shared": ["patient"],
            "status": "called",
            "patient": first.patient.full_name,
            "practitioner": "Inês Sousa",
            "room": "1",
            "ends": True,
        }
    ]
    no = desk.post(f"/api/staff/appointments/{second.pk}/call", {"override": "perhaps"})
    assert (no.status_code, no.json()["errors"][0]["pointer"]) == (400, "/override")
    meant = desk.post(f"/api/staff/appointments/{second.pk}/call", {"override": True})
    assert (meant.status_code, meant.json()["status"]) == (200, "called")
    again = desk.post(f"/api/staff/appointments/{second.pk}/call", {"override": True})
    assert (again.status_code, again.json()["call_number"]) == (200, 1)
