from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest
import time_machine

from booking import codes, revision
from booking.errors import Code
from booking.models import Appointment, TicketCounter
from booking.services import changes, visit
from clinic.core.errors import DomainError
from clinic.directory.models import Patient, Room
from tests.booking.conftest import NINE, TESTER, Book, Patients, Press, Unchanged, at, minutes
from tests.conftest import Clinic


def refused(code: str, service: Callable[..., object], *args: object, **kwargs: object) -> None:
    number = revision.current()
    with pytest.raises(DomainError) as raised:
        service(*args, **kwargs, actor=TESTER)
    assert raised.value.code == code
    assert revision.current() == number


def test_an_arrival_gets_the_days_next_ticket(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two, three = patients(3)
    first = book(one, at(10), status="arrived")
    second = book(two, at(11), status="arrived")
    tomorrow = book(three, at(10, day=24))

    assert (first.ticket, first.ticket_on, first.arrived_at) == ("A001", NINE.date(), NINE)
    assert second.ticket == "A002"
    assert tomorrow.ticket == ""


def test_tickets_start_over_on_the_next_day(
    clinic: Clinic, patients: Patients, book: Book, at_nine: time_machine.Traveller
) -> None:
    one, two = patients(2)
    book(one, at(10), status="arrived")
    at_nine.move_to(at(9, day=24))

    assert book(two, at(10, day=24), status="arrived").ticket == "A001"


def test_a_ticket_after_the_999th_has_four_digits(clinic: Clinic, ana: Patient, book: Book) -> None:
    TicketCounter.objects.create(day=NINE.date(), last=999)

    assert book(ana, at(10), status="arrived").ticket == "A1000"


def test_arriving_twice_gives_one_ticket_and_changes_nothing(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="arrived")
    check = unchanged(appointment)

    assert visit.arrive(appointment.pk, actor=TESTER).ticket == "A001"

    check()
    assert TicketCounter.objects.get().last == 1


@pytest.mark.parametrize(
    ("start", "now", "code"),
    [
        (at(10, day=24), at(9), Code.TOO_EARLY),
        (at(0, day=24), at(23, 59), Code.TOO_EARLY),
        (at(10), at(0, day=24), Code.WRONG_DAY),
    ],
)
def test_arriving_is_for_the_appointments_own_day(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    unchanged: Unchanged,
    at_nine: time_machine.Traveller,
    start: datetime,
    now: datetime,
    code: Code,
) -> None:
    appointment = book(ana, start)
    at_nine.move_to(now)
    check = unchanged(appointment)

    refused(code, visit.arrive, appointment.pk)

    check()
    assert TicketCounter.objects.count() == 0


def test_an_unpaid_patient_does_not_arrive(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="pending")
    check = unchanged(appointment)

    refused(Code.INVALID_TRANSITION, visit.arrive, appointment.pk)

    check()


def test_a_called_patient_does_not_arrive_again(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="called")
    check = unchanged(appointment)

    refused(Code.INVALID_TRANSITION, visit.arrive, appointment.pk)

    check()


def test_the_whole_visit_is_stamped(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10), status="arrived")
    for step in (visit.call, visit.start, visit.finish):
        at_nine.shift(minutes(10))
        step(appointment.pk, actor=TESTER)

    appointment.refresh_from_db()
    assert appointment.status == "fulfilled"
    assert (appointment.called_at, appointment.call_number) == (NINE + minutes(10), 1)
    assert appointment.started_at == NINE + minutes(20)
    assert appointment.ended_at == appointment.closed_at == NINE + minutes(30)


@pytest.mark.parametrize(
    ("before", "press", "after"),
    [
        ("booked", visit.arrive, "arrived"),
        ("arrived", visit.call, "called"),
        ("called", visit.call_again, "called"),
        ("called", visit.put_back, "arrived"),
        ("called", visit.start, "in_progress"),
        ("in_progress", visit.finish, "fulfilled"),
        ("booked", visit.no_show, "no_show"),
        ("booked", partial(visit.write_note, note="Vem de muletas"), "booked"),
        ("booked", partial(changes.choose_label, choice="ticket"), "booked"),
        ("booked", changes.cancel, "cancelled"),
    ],
)
def test_a_press_answers_with_the_visit_as_it_is_then_also_a_second_time(
    clinic: Clinic, ana: Patient, book: Book, before: str, press: Press, after: str
) -> None:
    appointment = book(ana, at(10), status=before)

    answers = [press(appointment.pk, actor=TESTER) for _ in range(2)]

    assert answers == [appointment, appointment]
    assert [answer.status for answer in answers] == [after, after]


@pytest.mark.parametrize(
    ("status", "press"),
    [
        ("called", visit.call),
        ("in_progress", visit.start),
        ("fulfilled", visit.finish),
        ("no_show", visit.no_show),
    ],
)
def test_a_second_identical_press_changes_nothing(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    unchanged: Unchanged,
    at_nine: time_machine.Traveller,
    status: str,
    press: Press,
) -> None:
    appointment = book(ana, at(10), status=status)
    number, check = revision.current(), unchanged(appointment)
    at_nine.shift(minutes(1))

    assert press(appointment.pk, actor=TESTER).status == status

    check()
    assert revision.current() == number


def test_a_patient_who_was_put_back_keeps_the_ticket_and_waits(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="called")

    visit.put_back(appointment.pk, actor=TESTER)
    appointment.refresh_from_db()
    assert (appointment.status, appointment.ticket, appointment.called_at) == (
        "arrived",
        "A001",
        None,
    )
    check = unchanged(appointment)
    visit.put_back(appointment.pk, actor=TESTER)
    check()
    visit.call(appointment.pk, actor=TESTER)
    appointment.refresh_from_db()
    assert appointment.call_number == 2


def test_who_was_never_called_is_not_started_whoever_else_is_in_treatment(
    clinic: Clinic, patients: Patients, book: Book, unchanged: Unchanged
) -> None:
    one, two = patients(2)
    running, waiting = book(one, at(10), status="in_progress"), book(two, at(11), status="arrived")
    checks = unchanged(running), unchanged(waiting)

    for override in (False, True):
        with pytest.raises(DomainError) as refused:
            visit.start(waiting.pk, actor=TESTER, override=override)
        assert refused.value.code == Code.INVALID_TRANSITION

    for check in checks:
        check()


def test_a_patient_who_was_never_called_cannot_be_put_back(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="arrived")
    check = unchanged(appointment)

    refused(Code.INVALID_TRANSITION, visit.put_back, appointment.pk)

    check()


def test_calling_again_counts_each_call(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10), status="called")
    at_nine.shift(minutes(2))

    visit.call_again(appointment.pk, actor=TESTER)

    appointment.refresh_from_db()
    assert (appointment.status, appointment.call_number) == ("called", 2)
    assert appointment.called_at == NINE + minutes(2)


@pytest.mark.parametrize("status", ["arrived", "in_progress", "no_show"])
def test_only_a_called_patient_is_called_again(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged, status: str
) -> None:
    appointment = book(ana, at(10), status=status)
    check = unchanged(appointment)

    refused(Code.INVALID_TRANSITION, visit.call_again, appointment.pk)

    check()


# Calling the next


def test_the_next_is_the_earliest_appointment_not_the_earliest_arrival(
    clinic: Clinic, patients: Patients, book: Book, at_nine: time_machine.Traveller
) -> None:
    one, two, three = patients(3)
    late = book(one, at(11), status="arrived")
    at_nine.shift(minutes(1))
    early = book(two, at(10), status="arrived")
    book(three, at(9, 15), practitioner=clinic.reis, status="arrived")

    called = visit.call_next(clinic.sousa.pk, actor=TESTER)

    assert (called.pk, called.status, called.call_number) == (early.pk, "called", 1)
    assert Appointment.objects.get(pk=late.pk).status == "arrived"


def test_each_press_of_next_calls_one_patient_more(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two = patients(2)
    first = book(one, at(10), status="arrived")
    second = book(two, at(11), status="arrived")

    assert visit.call_next(clinic.sousa.pk, actor=TESTER).pk == first.pk
    assert visit.call_next(clinic.sousa.pk, actor=TESTER).pk == second.pk
    refused(Code.QUEUE_EMPTY, visit.call_next, clinic.sousa.pk)

    assert set(Appointment.objects.values_list("status", "call_number")) == {("called", 1)}


def test_the_next_may_be_called_while_a_treatment_ends(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two = patients(2)
    book(one, at(10), status="in_progress")
    waiting = book(two, at(11), status="arrived")

    assert visit.call_next(clinic.sousa.pk, actor=TESTER).pk == waiting.pk


def test_with_nobody_waiting_there_is_no_next(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two, three = patients(3)
    book(one, at(10))
    book(two, at(11), practitioner=clinic.reis, status="arrived")
    book(three, at(12), status="in_progress")

    refused(Code.QUEUE_EMPTY, visit.call_next, clinic.sousa.pk)


def test_somebody_left_over_from_yesterday_is_not_called(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    book(ana, at(10), status="arrived")
    at_nine.move_to(at(9, day=24))

    refused(Code.QUEUE_EMPTY, visit.call_next, clinic.sousa.pk)


# Rooms


def test_a_visit_moves_to_another_room(
    clinic: Clinic, ana: Patient, book: Book, spare_room: Room, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="called")

    moved = visit.move_room(appointment.pk, room_id=spare_room.pk, actor=TESTER)

    appointment.refresh_from_db()
    assert moved == appointment
    assert (appointment.room_id, appointment.status) == (spare_room.pk, "called")
    check = unchanged(appointment)
    assert visit.move_room(appointment.pk, room_id=spare_room.pk, actor=TESTER) == appointment
    check()


def test_a_taken_room_is_refused(
    clinic: Clinic, patients: Patients, book: Book, unchanged: Unchanged
) -> None:
    one, two = patients(2)
    appointment = book(one, at(10))
    book(two, at(10, 30), practitioner=clinic.reis)
    check = unchanged(appointment)

    refused(Code.ROOM_TAKEN, visit.move_room, appointment.pk, room_id=clinic.room_2.pk)

    check()


def test_a_finished_visit_moves_nowhere(
    clinic: Clinic, ana: Patient, book: Book, spare_room: Room, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="fulfilled")
    check = unchanged(appointment)

    refused(Code.INVALID_TRANSITION, visit.move_room, appointment.pk, room_id=spare_room.pk)

    check()


def test_codes_have_no_look_alikes_and_forgive_how_they_are_typed() -> None:
    drawn = {codes.check_in_code() for _ in range(300)}

    assert len(drawn) == 300
    assert not set("".join(drawn)) & set("01IO")
    assert {len(code) for code in drawn} == {6}
    assert codes.normalise(" k7m-2qx ") == "K7M2QX"


def test_the_same_note_again_changes_nothing(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10))
    visit.write_note(appointment.pk, note="Vem de muletas", actor=TESTER)
    appointment.refresh_from_db()
    check = unchanged(appointment)

    again = visit.write_note(appointment.pk, note="Vem de muletas", actor=TESTER, was="")

    assert again == appointment
    check()
