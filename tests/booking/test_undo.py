"""Taking a mis-press back: what is restored, who may, and when it is too late."""

from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from booking import revision
from booking.errors import Code
from booking.events import VisitChanged
from booking.models import Appointment, TicketCounter
from booking.services import changes, day_end, visit
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient, Room
from tests.booking.conftest import (
    NINE,
    TESTER,
    Announced,
    Book,
    Patients,
    Press,
    Unchanged,
    at,
    minutes,
)
from tests.conftest import Clinic

TERESA = Actor("user", str(UUID(int=1)), "reception")
RITA = Actor("user", str(UUID(int=2)), "manager")
KIOSK = Actor("device", str(UUID(int=3)), "kiosk")
PRESSES: dict[str, tuple[Press, ...]] = {
    "booked": (visit.arrive, visit.no_show),
    "arrived": (visit.call, visit.no_show),
    "called": (visit.start, visit.no_show),
    "in_progress": (visit.finish,),
}
EVERY_PRESS = [(status, press) for status, presses in PRESSES.items() for press in presses]


def row(pk: UUID) -> dict[str, Any]:
    """What the row says, but for how often calendars were told of it: that never goes back."""
    values = Appointment.objects.filter(pk=pk).values().get()
    return {name: value for name, value in values.items() if not name.startswith("calendar_")}


def refused(appointment: Appointment, code: str = Code.NOTHING_TO_UNDO) -> None:
    number = revision.current()
    with pytest.raises(DomainError) as raised:
        visit.undo(appointment.pk, actor=RITA)
    assert raised.value.code == code
    assert revision.current() == number


@pytest.mark.parametrize(("status", "press"), EVERY_PRESS)
def test_undo_restores_the_row_and_the_log_keeps_both(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    at_nine: time_machine.Traveller,
    announced: Announced,
    status: str,
    press: Press,
) -> None:
    appointment = book(ana, at(10), status=status)
    before, number = row(appointment.pk), revision.current()
    at_nine.shift(minutes(1))
    pressed = press(appointment.pk, actor=TERESA)
    at_nine.shift(minutes(1))
    seen = announced(VisitChanged)

    undone = visit.undo(appointment.pk, actor=RITA)

    calls = before["call_number"] + (press is visit.call)
    assert row(appointment.pk) == {**before, "call_number": calls}
    assert (undone.status, undone.closed_at) == (status, None)
    assert revision.current() == number + 2
    assert seen == [VisitChanged(appointment.pk, ana.pk, clinic.sousa.pk)]
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.actor_id, entry.patient_id) == (
        "appointment.undone",
        RITA.id,
        ana.pk,
    )
    assert entry.data == {"before": pressed.status, "after": status}


@pytest.mark.parametrize(("status", "press"), EVERY_PRESS)
def test_a_second_undo_changes_nothing(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    unchanged: Unchanged,
    status: str,
    press: Press,
) -> None:
    appointment = book(ana, at(10), status=status)
    press(appointment.pk, actor=TERESA)
    visit.undo(appointment.pk, actor=TERESA)
    check = unchanged(appointment)

    refused(appointment)

    check()


def test_the_last_second_of_the_minute_still_counts_and_the_next_does_not(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    unchanged: Unchanged,
    at_nine: time_machine.Traveller,
) -> None:
    one, two = patients(2)
    in_time, late = book(one, at(10)), book(two, at(11))
    for appointment in (in_time, late):
        visit.arrive(appointment.pk, actor=TERESA)

    at_nine.shift(60)
    assert visit.undo(in_time.pk, actor=TERESA).status == "booked"
    check = unchanged(late)
    at_nine.shift(0.001)
    refused(late)

    check()


def test_a_ticket_that_was_shown_is_not_given_to_anybody_else(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two = patients(2)
    first = book(one, at(10))
    visit.arrive(first.pk, actor=TERESA)
    visit.undo(first.pk, actor=TERESA)

    other = book(two, at(11), status="arrived")
    again = visit.arrive(first.pk, actor=TERESA)

    assert (other.ticket, again.ticket) == ("A002", "A003")
    assert TicketCounter.objects.get().last == 3


def test_a_call_that_was_taken_back_and_made_again_is_the_second_call(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    appointment = book(ana, at(10), status="arrived")
    visit.call(appointment.pk, actor=TERESA)
    undone = visit.undo(appointment.pk, actor=TERESA)
    called = visit.call(appointment.pk, actor=TERESA)

    assert (undone.call_number, undone.called_at) == (1, None)
    assert (called.call_number, called.called_at) == (2, NINE)


def test_a_call_of_the_next_is_taken_back_like_any_other(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    appointment = book(ana, at(10), status="arrived")
    visit.call_next(clinic.sousa.pk, actor=TERESA)

    assert visit.undo(appointment.pk, actor=TERESA).status == "arrived"


def test_a_room_or_a_name_given_since_then_stays(
    clinic: Clinic, ana: Patient, book: Book, spare_room: Room
) -> None:
    appointment = book(ana, at(10), status="called")
    visit.start(appointment.pk, actor=TERESA)
    visit.move_room(appointment.pk, room_id=spare_room.pk, actor=TERESA)
    changes.choose_label(appointment.pk, choice="ticket", actor=TESTER)

    visit.undo(appointment.pk, actor=RITA)

    appointment.refresh_from_db()
    assert (appointment.status, appointment.room_id, appointment.label_choice) == (
        "called",
        spare_room.pk,
        "ticket",
    )


def test_only_the_newest_step_goes_back_and_only_one(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10))
    for press in (visit.arrive, visit.call, visit.start):
        press(appointment.pk, actor=TERESA)

    assert visit.undo(appointment.pk, actor=TERESA).status == "called"
    check = unchanged(appointment)
    refused(appointment)

    check()


def test_an_arrival_at_the_kiosk_may_be_taken_back(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    appointment = book(ana, at(10))
    visit.arrive(appointment.pk, actor=KIOSK)

    assert visit.undo(appointment.pk, actor=RITA).status == "booked"


@pytest.mark.parametrize("status", ["pending", "booked", "cancelled", "expired"])
def test_what_was_never_pressed_has_no_undo(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged, status: str
) -> None:
    appointment = book(ana, at(10), status=status)
    check = unchanged(appointment)

    refused(appointment)

    check()


def test_putting_back_and_cancelling_are_no_mis_presses(
    clinic: Clinic, patients: Patients, book: Book, unchanged: Unchanged
) -> None:
    one, two = patients(2)
    waiting, called_off = book(one, at(10), status="called"), book(two, at(11))
    visit.put_back(waiting.pk, actor=TERESA)
    changes.cancel(called_off.pk, actor=TERESA, by_clinic=True)

    for appointment in (waiting, called_off):
        check = unchanged(appointment)
        refused(appointment)
        check()


def test_what_the_end_of_the_day_closed_stays_closed(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10))
    at_nine.move_to(at(9, day=24))
    assert day_end.close_past_days() == 1
    check = unchanged(appointment)

    refused(appointment)

    check()


@pytest.mark.parametrize(("status", "press"), [("booked", "no_show"), ("in_progress", "finish")])
@pytest.mark.parametrize("taken", ["practitioner", "room", "patient"])
def test_a_time_that_somebody_else_has_now_is_not_taken_from_them(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    spare_room: Room,
    unchanged: Unchanged,
    status: str,
    press: str,
    taken: str,
) -> None:
    one, two = patients(2)
    appointment = book(one, at(10), status=status)
    getattr(visit, press)(appointment.pk, actor=TERESA)
    other = book(
        one if taken == "patient" else two,
        at(10, 15),
        practitioner=clinic.sousa if taken == "practitioner" else clinic.reis,
    )
    room = {"room": clinic.room_1.pk}.get(taken, spare_room.pk)
    visit.move_room(other.pk, room_id=room, actor=TESTER)
    checks = [unchanged(each) for each in (appointment, other)]

    refused(appointment, Code.PLACE_TAKEN)

    for check in checks:
        check()


@hypothesis_settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    path=st.sampled_from(EVERY_PRESS),
    mis_presses=st.integers(min_value=1, max_value=3),
    seconds=st.integers(min_value=0, max_value=60),
)
def test_press_and_undo_restore_every_field_but_the_counters(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    at_nine: time_machine.Traveller,
    path: tuple[str, Press],
    mis_presses: int,
    seconds: int,
) -> None:
    status, press = path
    with transaction.atomic():
        at_nine.move_to(NINE)
        appointment = book(ana, at(10), status=status)
        before = row(appointment.pk)
        for _ in range(mis_presses):
            press(appointment.pk, actor=TERESA)
            at_nine.shift(seconds)
            visit.undo(appointment.pk, actor=RITA)
        after = row(appointment.pk)
        tickets = TicketCounter.objects.values_list("last", flat=True).first() or 0
        transaction.set_rollback(True)

    counted = mis_presses if press is visit.call else 0
    assert after == {**before, "call_number": before["call_number"] + counted}
    assert tickets == (before["ticket"] != "") + (mis_presses if press is visit.arrive else 0)
