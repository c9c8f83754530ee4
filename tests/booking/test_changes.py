from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.errors import Code
from booking.events import AppointmentCancelled, AppointmentExpired, VisitChanged
from booking.models import Appointment
from booking.services import changes, desk, holds
from clinic.config.celery import app as celery
from clinic.core import outbox, stuck
from clinic.core.errors import Code as CoreCode
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry, OutboxMessage
from clinic.directory.models import HoursException, Patient, Practitioner, Specialty
from clinic.notifications.models import Message
from tests.booking.conftest import NINE, TESTER, Announced, Book, Meanwhile, Patients, Unchanged, at
from tests.conftest import Clinic, lose


def reschedule(
    appointment: Appointment, start: datetime, practitioner: Practitioner | None = None
) -> Appointment:
    return changes.reschedule(
        appointment.pk,
        start=start,
        practitioner_id=practitioner.pk if practitioner else None,
        actor=TESTER,
    )


def refused(code: str, service: Callable[..., object], *args: object, **kwargs: object) -> None:
    messages = Message.objects.count()
    with pytest.raises(DomainError) as raised:
        service(*args, **kwargs)
    assert raised.value.code == code
    assert Message.objects.count() == messages


def test_a_move_to_a_time_that_somebody_else_just_took_moves_nothing(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    meanwhile: Meanwhile,
    at_nine: time_machine.Traveller,
) -> None:
    """Given a time that is free again, and that somebody is given who was faster."""
    one, two, three = patients(3)
    book(one, at(14), status="pending")
    appointment = book(two, at(11))
    at_nine.shift(timedelta(minutes=15))
    meanwhile(
        AppointmentExpired,
        lambda _: desk.book(
            patient_id=three.pk,
            specialty_code="massage",
            practitioner_id=clinic.sousa.pk,
            start=at(14),
            actor=TESTER,
        ),
    )

    refused(Code.SLOT_TAKEN, reschedule, appointment, at(14), clinic.sousa)

    appointment.refresh_from_db()
    assert appointment.start == at(11)


# Cancelling


@pytest.mark.parametrize(
    ("start", "refundable"),
    [(at(9, day=24), True), (at(8, 45, day=24), False), (at(10), False)],
)
def test_money_goes_back_up_to_24_hours_before(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    announced: Announced,
    start: datetime,
    refundable: bool,
) -> None:
    cancelled = announced(AppointmentCancelled)
    appointment = book(ana, start)

    changes.cancel(appointment.pk, actor=TESTER)

    appointment.refresh_from_db()
    assert (appointment.status, appointment.closed_at) == ("cancelled", NINE)
    assert cancelled == [AppointmentCancelled(appointment.pk, refundable)]
    assert Message.objects.filter(template="appointment_cancelled").count() == 0


def test_the_free_hours_are_the_clinics(
    clinic: Clinic, ana: Patient, book: Book, announced: Announced
) -> None:
    clinic.organization.cancel_free_hours = 1
    clinic.organization.save()
    cancelled = announced(AppointmentCancelled)

    changes.cancel(book(ana, at(10)).pk, actor=TESTER)

    assert cancelled[0].refundable is True


def test_what_the_clinic_calls_off_always_goes_back_and_the_patient_is_told(
    clinic: Clinic, bruno: Patient, book: Book, announced: Announced
) -> None:
    cancelled = announced(AppointmentCancelled)
    appointment = book(bruno, at(10))

    changes.cancel(appointment.pk, actor=TESTER, by_clinic=True)

    assert cancelled == [AppointmentCancelled(appointment.pk, True)]
    message = Message.objects.get(template="appointment_cancelled")
    assert message.language == "en"
    assert "cancelled" in message.body


def test_cancelling_twice_changes_nothing(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged, announced: Announced
) -> None:
    appointment = book(ana, at(10), status="cancelled")
    check, cancelled = unchanged(appointment), announced(AppointmentCancelled)

    changes.cancel(appointment.pk, actor=TESTER)

    check()
    assert cancelled == []


@pytest.mark.parametrize(
    "status", ["arrived", "called", "in_progress", "fulfilled", "no_show", "expired"]
)
def test_a_visit_that_began_or_ended_cannot_be_cancelled(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged, status: str
) -> None:
    appointment = book(ana, at(10), status=status)
    check = unchanged(appointment)

    refused(Code.INVALID_TRANSITION, changes.cancel, appointment.pk, actor=TESTER)
    refused(Code.INVALID_TRANSITION, changes.cancel, appointment.pk, actor=TESTER, by_clinic=True)

    check()


def test_after_its_start_only_the_clinic_cancels(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10))
    at_nine.move_to(at(10))
    check = unchanged(appointment)

    refused(Code.TOO_LATE, changes.cancel, appointment.pk, actor=TESTER)

    check()
    assert not changes.can_cancel(appointment, at(10))
    assert changes.can_cancel(appointment, at(10) - timedelta(microseconds=1))
    assert changes.cancel(appointment.pk, actor=TESTER, by_clinic=True).status == "cancelled"


def test_a_cancelled_time_is_free_again(
    clinic: Clinic, ana: Patient, bruno: Patient, book: Book
) -> None:
    book(ana, at(10), status="cancelled")

    assert book(bruno, at(10)).status == "booked"


def test_without_a_phone_every_change_is_told_by_email(
    clinic: Clinic, bruno: Patient, book: Book
) -> None:
    appointment = book(bruno, at(10, day=25), practitioner=clinic.sousa)
    lose(bruno, "phone")

    reschedule(appointment, at(14, day=26), clinic.reis)
    changes.cancel(appointment.pk, actor=TESTER, by_clinic=True)

    told = Message.objects.filter(channel="email")
    assert {message.to for message in told} == {"bruno@example.com"}
    assert {message.template for message in told} == {
        "appointment_rescheduled",
        "appointment_cancelled",
    }
    moved = Message.objects.get(template="appointment_rescheduled").body
    assert "Thursday 26 November 2026, 14:00" in moved
    assert "with Tiago Reis" in moved


@pytest.mark.parametrize("change", ["cancelled", "moved"])
def test_whoever_has_neither_phone_nor_address_stands_before_the_desk(
    clinic: Clinic, bruno: Patient, book: Book, change: str
) -> None:
    celery.loader.import_default_modules()
    appointment = book(bruno, at(10, day=25), practitioner=clinic.sousa)
    lose(bruno, "phone", "email")
    Message.objects.all().delete()

    # when
    if change == "cancelled":
        changes.cancel(appointment.pk, actor=TESTER, by_clinic=True)
    else:
        reschedule(appointment, at(14, day=26), clinic.reis)
    message = OutboxMessage.objects.get(task="booking.tell_patient")
    outbox.run(message.pk)

    # then: a person reads who it is and why
    (halted,) = [stuck.told(found, "pt") for found in stuck.found()]
    assert (halted.code, halted.is_set_aside) == ("unreachable", True)
    assert halted.subject.name == bruno.full_name
    assert halted.why.startswith("Não temos telefone nem e-mail desta pessoa.")

    # when: a contact is there, and it is tried again
    type(bruno).objects.filter(pk=bruno.pk).update(email="bruno@example.com")
    stuck.try_again(message.pk, actor=TESTER)
    outbox.run(message.pk)

    # then
    assert not stuck.found().exists()
    template = "appointment_cancelled" if change == "cancelled" else "appointment_rescheduled"
    assert Message.objects.get().template == template


# Moving


def test_what_is_not_there_is_not_moved(clinic: Clinic) -> None:
    refused(
        CoreCode.NOT_FOUND,
        changes.reschedule,
        uuid4(),
        start=at(14),
        practitioner_id=None,
        actor=TESTER,
    )


@pytest.mark.django_db(transaction=True)
def test_a_move_takes_its_turn_before_it_locks_anybody(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    """Two that cross would each wait for the other's rows otherwise."""
    appointment = book(ana, at(11))

    with CaptureQueriesContext(connection) as statements:
        reschedule(appointment, at(14))

    said = [each["sql"] for each in statements]
    locking = [sql for sql in said if "advisory" in sql or "FOR NO KEY UPDATE" in sql]
    assert "booking:move" in locking[0]
    assert '"accounts_user"' in locking[1]
    assert '"booking_appointment"' in locking[2]


def test_a_booked_appointment_moves_with_its_payment(
    clinic: Clinic, ana: Patient, book: Book, announced: Announced
) -> None:
    changed = announced(VisitChanged)
    appointment = book(ana, at(10, day=25))
    changed.clear()

    reschedule(appointment, at(14, day=26))

    appointment.refresh_from_db()
    assert (appointment.start, appointment.end) == (at(14, day=26), at(14, 45, day=26))
    assert (appointment.status, appointment.practitioner_id) == ("booked", clinic.sousa.pk)
    assert appointment.is_refundable is True
    assert len(changed) == 1
    entry = AuditEntry.objects.filter(subject_id=str(appointment.pk)).latest("id")
    assert (entry.action, entry.data) == (
        "appointment.rescheduled",
        {"fields": ["end", "is_refundable", "practitioner_id", "room_id", "start"]},
    )
    message = Message.objects.get(template="appointment_rescheduled")
    assert appointment.check_in_code in message.body


def test_it_moves_also_when_its_specialty_is_no_longer_offered(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    appointment = book(ana, at(10, day=25))
    Specialty.objects.filter(pk="massage").update(is_active=False)

    moved = reschedule(appointment, at(14, day=26))

    assert (moved.start, moved.end) == (at(14, day=26), at(14, 45, day=26))


def test_it_keeps_its_own_length_and_nobody_else_is_in_it(
    clinic: Clinic, ana: Patient, bruno: Patient, book: Book, unchanged: Unchanged
) -> None:
    # Given a massage of 45 minutes, and massages that last 15 since then
    appointment = book(ana, at(10, day=25), practitioner=clinic.sousa)
    Specialty.objects.filter(pk="massage").update(duration_minutes=15)
    book(bruno, at(14, 15, day=25), practitioner=clinic.sousa)
    check = unchanged(appointment)

    refused(Code.SLOT_UNAVAILABLE, reschedule, appointment, at(23, 30, day=25), clinic.sousa)
    refused(Code.SLOT_TAKEN, reschedule, appointment, at(14, day=25), clinic.sousa)

    check()
    moved = reschedule(appointment, at(14, day=25))
    assert moved.practitioner_id == clinic.reis.pk
    assert moved.end == at(14, 45, day=25)


def test_it_may_overlap_its_own_old_time(clinic: Clinic, ana: Patient, book: Book) -> None:
    appointment = book(ana, at(10, day=25))

    assert reschedule(appointment, at(10, 15, day=25)).start == at(10, 15, day=25)


def test_the_present_practitioner_is_kept_where_possible(
    clinic: Clinic, ana: Patient, bruno: Patient, book: Book
) -> None:
    appointment = book(ana, at(10, day=25), practitioner=clinic.sousa)
    book(bruno, at(14, day=26), practitioner=clinic.sousa)

    assert reschedule(appointment, at(12, day=26)).practitioner_id == clinic.sousa.pk
    moved = reschedule(appointment, at(14, day=26))
    assert (moved.practitioner_id, moved.room_id) == (clinic.reis.pk, clinic.room_2.pk)


def test_another_practitioner_can_be_asked_for(clinic: Clinic, ana: Patient, book: Book) -> None:
    appointment = book(ana, at(10, day=25), practitioner=clinic.sousa)

    moved = reschedule(appointment, at(10, day=25), clinic.reis)

    moved.refresh_from_db()
    assert (moved.practitioner_id, moved.room_id) == (clinic.reis.pk, clinic.room_2.pk)


def test_to_the_same_time_nothing_changes(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10, day=25))
    check = unchanged(appointment)

    assert reschedule(appointment, at(10, day=25)) == appointment
    assert reschedule(appointment, at(10, day=25), clinic.sousa) == appointment

    check()


def test_a_hold_moves_without_a_message_and_keeps_its_deadline(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    appointment = book(ana, at(10, day=25), status="pending")

    moved = reschedule(appointment, at(11, day=25))

    assert (moved.status, moved.hold_expires_at) == ("pending", appointment.hold_expires_at)
    assert Message.objects.filter(template="appointment_rescheduled").count() == 0


def test_a_late_move_is_allowed_but_forfeits_the_refund(
    clinic: Clinic, ana: Patient, book: Book, announced: Announced
) -> None:
    cancelled = announced(AppointmentCancelled)
    appointment = book(ana, at(10))

    reschedule(appointment, at(10, day=30))
    changes.cancel(appointment.pk, actor=TESTER)

    assert cancelled == [AppointmentCancelled(appointment.pk, False)]


def test_moving_there_and_back_tells_the_patient_each_time(
    clinic: Clinic, ana: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10, day=25))
    for minute, start in enumerate([at(11, day=25), at(10, day=25), at(11, day=25)], start=1):
        at_nine.move_to(at(9, minute))
        reschedule(appointment, start)

    assert Message.objects.filter(template="appointment_rescheduled").count() == 3


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (at(14, day=26), Code.SLOT_TAKEN),
        (at(14, 5, day=25), Code.SLOT_UNAVAILABLE),
        (at(8), Code.IN_THE_PAST),
        (at(12, day=27), Code.PATIENT_BUSY),
        (at(12, day=28), Code.SLOT_UNAVAILABLE),
    ],
)
def test_a_refused_move_leaves_the_appointment_where_it_was(
    clinic: Clinic,
    patients: Patients,
    book: Book,
    unchanged: Unchanged,
    start: datetime,
    code: Code,
) -> None:
    one, two, three = patients(3)
    appointment = book(one, at(10, day=25))
    book(one, at(12, day=27), practitioner=clinic.reis, specialty="therapeutic_massage")
    book(two, at(14, day=26), practitioner=clinic.sousa)
    book(three, at(14, day=26), practitioner=clinic.reis)
    HoursException.objects.create(starts_at=at(0, day=28), ends_at=at(0, day=29))
    check = unchanged(appointment)

    refused(code, reschedule, appointment, start)

    check()


@pytest.mark.parametrize("status", ["arrived", "fulfilled", "cancelled", "expired", "no_show"])
def test_only_what_lies_ahead_moves(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged, status: str
) -> None:
    appointment = book(ana, at(10), status=status)
    check = unchanged(appointment)

    refused(Code.INVALID_TRANSITION, reschedule, appointment, at(10, day=30))

    check()


def test_after_its_start_it_no_longer_moves(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10))
    at_nine.move_to(at(10))
    check = unchanged(appointment)

    refused(Code.TOO_LATE, reschedule, appointment, at(10, day=30))

    check()


# Naming


def test_the_label_of_one_visit_can_be_chosen_and_taken_back(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="arrived")

    changes.choose_label(appointment.pk, choice="full", actor=TESTER)
    assert Appointment.objects.get(pk=appointment.pk).label_choice == "full"
    check = unchanged(appointment)
    changes.choose_label(appointment.pk, choice="full", actor=TESTER)
    check()
    changes.choose_label(appointment.pk, choice="", actor=TESTER)
    assert Appointment.objects.get(pk=appointment.pk).label_choice == ""


def test_a_visit_that_is_over_is_named_no_more(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="fulfilled")
    check = unchanged(appointment)

    refused(
        Code.INVALID_TRANSITION, changes.choose_label, appointment.pk, choice="full", actor=TESTER
    )

    check()


def test_a_paid_appointment_that_was_moved_stays_confirmed(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    appointment = book(ana, at(10, day=25))
    reschedule(appointment, at(11, day=25))

    assert holds.confirm(appointment.pk, TESTER) is True
