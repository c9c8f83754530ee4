from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from pytest_django import Settings

from booking import revision
from booking.errors import Code
from booking.events import AppointmentExpired, VisitChanged
from booking.links import checkout_url, visit_url
from booking.models import Appointment
from booking.services import holds
from clinic.accounts.models import User
from clinic.accounts.services import update_profile
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry
from clinic.directory.models import HoursException, Patient, Practitioner, Room, Specialty
from clinic.notifications.models import Message
from tests.booking.conftest import NINE, TESTER, Announced, Book, Patients, Unchanged, at, minutes
from tests.conftest import Clinic, lose


def hold(
    patient: User,
    start: datetime,
    practitioner: Practitioner | None = None,
    specialty: str = "massage",
) -> Appointment:
    return holds.hold(
        patient=patient,
        specialty_code=specialty,
        practitioner_id=practitioner.pk if practitioner else None,
        start=start,
        actor=TESTER,
    )


def refused(code: str, *args: Any, **kwargs: Any) -> None:
    rows = Appointment.objects.count()
    entries, messages, number = (
        AuditEntry.objects.count(),
        Message.objects.count(),
        revision.current(),
    )
    with pytest.raises(DomainError) as raised:
        hold(*args, **kwargs)
    assert raised.value.code == code
    assert Appointment.objects.count() == rows
    assert AuditEntry.objects.count() == entries
    assert Message.objects.count() == messages
    assert revision.current() == number


def test_a_held_slot_waits_fifteen_minutes_for_its_payment(
    clinic: Clinic, ana: Patient, announced: Announced
) -> None:
    changed = announced(VisitChanged)

    appointment = hold(ana, at(10), clinic.sousa)

    assert appointment.status == "pending"
    assert appointment.hold_expires_at == NINE + minutes(15)
    assert (appointment.start, appointment.end) == (at(10), at(10, 45))
    assert appointment.room_id == clinic.room_1.pk
    assert (appointment.price, appointment.vat_rate) == (Decimal("40.00"), Decimal("23.00"))
    assert appointment.source == "online"
    assert changed == [VisitChanged(appointment.pk, ana.pk, clinic.sousa.pk)]
    assert revision.current() == 1
    entry = AuditEntry.objects.get(subject_id=str(appointment.pk))
    assert (entry.action, entry.patient_id) == ("appointment.created", ana.pk)


def test_the_payment_link_goes_out_by_sms_without_the_treatment(
    clinic: Clinic, ana: Patient
) -> None:
    appointment = hold(ana, at(10), clinic.sousa)

    message = Message.objects.get()
    assert (message.channel, message.to) == ("sms", "+351912345678")
    assert "/pay/" in message.body
    assert "assag" not in message.body
    assert appointment.check_in_code not in message.body


@pytest.mark.parametrize("proof", ["never given", "of another number", "no phone"])
def test_a_time_is_held_only_for_a_phone_that_is_known_to_be_theirs(
    clinic: Clinic, ana: Patient, proof: str
) -> None:
    if proof == "no phone":
        lose(ana, "phone")
    elif proof == "of another number":
        update_profile(ana, {"phone": "936000111"})
    else:
        type(ana).objects.filter(pk=ana.pk).update(phone_verified_at=None)

    refused(Code.PHONE_UNVERIFIED, ana, at(10), clinic.sousa)


def test_who_has_had_the_text_messages_of_the_day_gets_the_payment_link_by_email(
    clinic: Clinic, ana: Patient, settings: Settings
) -> None:
    settings.SMS_PER_NUMBER_A_DAY = 0

    appointment = hold(ana, at(10), clinic.sousa)

    message = Message.objects.get(status="queued")
    assert (message.channel, message.to) == ("email", "ana@example.com")
    assert message.template == "hold_payment_link"
    assert checkout_url(appointment) in message.body
    assert "Massagem" in message.body
    assert "com Inês Sousa" in message.body


def test_a_taken_slot_is_refused(clinic: Clinic, ana: Patient, bruno: Patient) -> None:
    hold(ana, at(10), clinic.sousa)

    refused(Code.SLOT_TAKEN, bruno, at(10), clinic.sousa)


def test_overlap_by_one_grid_step_is_refused_and_back_to_back_is_not(
    clinic: Clinic, ana: Patient, bruno: Patient
) -> None:
    hold(ana, at(10), clinic.sousa)

    refused(Code.SLOT_TAKEN, bruno, at(10, 30), clinic.sousa)
    refused(Code.SLOT_TAKEN, bruno, at(9, 30), clinic.sousa)
    assert hold(bruno, at(10, 45), clinic.sousa).status == "pending"
    assert hold(bruno, at(9, 15), clinic.sousa).status == "pending"


@pytest.mark.parametrize("start", [at(10, 5), at(10, 0) + timedelta(seconds=1), at(23, 30)])
def test_what_is_no_slot_cannot_be_held(clinic: Clinic, ana: Patient, start: datetime) -> None:
    refused(Code.SLOT_UNAVAILABLE, ana, start, clinic.sousa)


def test_a_closed_time_cannot_be_held(clinic: Clinic, ana: Patient) -> None:
    HoursException.objects.create(practitioner=clinic.sousa, starts_at=at(10), ends_at=at(11))

    refused(Code.SLOT_UNAVAILABLE, ana, at(10), clinic.sousa)
    assert hold(ana, at(10)).practitioner_id == clinic.reis.pk


def test_a_practitioner_who_does_not_offer_it_cannot_be_booked_for_it(
    clinic: Clinic, ana: Patient
) -> None:
    clinic.sousa.specialties.set([Specialty.objects.get(pk="evaluation")])

    refused(Code.SLOT_UNAVAILABLE, ana, at(10), clinic.sousa)


def test_the_past_cannot_be_held(clinic: Clinic, ana: Patient) -> None:
    refused(Code.IN_THE_PAST, ana, at(8, 45), clinic.sousa)


def test_a_patient_cannot_be_in_two_treatments_at_once(clinic: Clinic, ana: Patient) -> None:
    hold(ana, at(10), clinic.sousa)

    refused(Code.PATIENT_BUSY, ana, at(10, 30), clinic.reis)


def test_a_patient_can_keep_only_so_many_unpaid_times(
    clinic: Clinic, ana: Patient, bruno: Patient
) -> None:
    for step in range(holds.MAX_HOLDS):
        hold(ana, at(10) + minutes(45 * step), clinic.sousa)

    refused(Code.TOO_MANY_HOLDS, ana, at(9), clinic.sousa)
    assert hold(bruno, at(9), clinic.sousa).status == "pending"


def test_paid_times_do_not_count_as_unpaid(clinic: Clinic, ana: Patient) -> None:
    for step in range(holds.MAX_HOLDS):
        holds.confirm(hold(ana, at(10) + minutes(45 * step), clinic.sousa).pk, TESTER)

    assert hold(ana, at(9), clinic.sousa).status == "pending"


# Who treats, when nobody is named


def test_the_least_loaded_that_day_is_chosen_then_the_least_loaded_that_week(
    clinic: Clinic, patients: Patients, spare_room: Room
) -> None:
    people = patients(5)
    first = hold(people[0], at(10))
    second = hold(people[1], at(11))
    third = hold(people[2], at(12))
    tomorrow = hold(people[3], at(10, day=24))
    next_week = hold(people[4], at(10, day=30))

    assert first.practitioner_id == clinic.sousa.pk
    assert second.practitioner_id == clinic.reis.pk
    assert third.practitioner_id == clinic.sousa.pk
    assert tomorrow.practitioner_id == clinic.reis.pk
    assert next_week.practitioner_id == clinic.sousa.pk


def test_whoever_treats_nobody_that_week_comes_before_who_treats_somebody_on_another_day(
    clinic: Clinic, patients: Patients
) -> None:
    one, two = patients(2)
    monday = hold(one, at(10))

    tuesday = hold(two, at(10, day=24))

    assert (monday.practitioner_id, tuesday.practitioner_id) == (clinic.sousa.pk, clinic.reis.pk)


def test_over_a_full_day_the_difference_is_never_more_than_one(
    clinic: Clinic, patients: Patients
) -> None:
    loads = {clinic.sousa.pk: 0, clinic.reis.pk: 0}
    for number, patient in enumerate(patients(9)):
        loads[hold(patient, at(9) + minutes(45 * number)).practitioner_id] += 1
        assert abs(loads[clinic.sousa.pk] - loads[clinic.reis.pk]) <= 1


def test_whoever_is_free_is_chosen_however_loaded(
    clinic: Clinic, patients: Patients, book: Book
) -> None:
    one, two, three = patients(3)
    book(one, at(12), practitioner=clinic.sousa)
    book(two, at(10), practitioner=clinic.reis)

    assert hold(three, at(10)).practitioner_id == clinic.sousa.pk


def test_cancelled_appointments_are_no_load(clinic: Clinic, patients: Patients, book: Book) -> None:
    one, two, three = patients(3)
    book(one, at(10), practitioner=clinic.sousa, status="cancelled")
    book(two, at(12), practitioner=clinic.reis)

    assert hold(three, at(15)).practitioner_id == clinic.sousa.pk


def test_when_everybody_is_taken_so_is_the_slot(clinic: Clinic, patients: Patients) -> None:
    one, two, three = patients(3)
    hold(one, at(10))
    hold(two, at(10))

    refused(Code.SLOT_TAKEN, three, at(10))


def test_a_practitioner_whose_room_is_taken_gets_a_free_one(
    clinic: Clinic, patients: Patients, spare_room: Room
) -> None:
    one, two = patients(2)
    hold(one, at(10), clinic.sousa)
    Appointment.objects.update(room=clinic.room_2)

    assert hold(two, at(10), clinic.reis).room_id == clinic.room_1.pk


# Payment and expiry


def test_a_paid_hold_is_booked_and_the_patient_is_told(clinic: Clinic, ana: Patient) -> None:
    appointment = hold(ana, at(10), clinic.sousa)

    assert holds.confirm(appointment.pk, TESTER) is True

    appointment.refresh_from_db()
    assert (appointment.status, appointment.booked_at) == ("booked", NINE)
    entry = AuditEntry.objects.filter(subject_id=str(appointment.pk)).latest("id")
    assert (entry.action, entry.data) == ("appointment.booked", {"before": "pending"})
    message = Message.objects.get(template="appointment_booked")
    assert appointment.check_in_code in message.body
    assert "10:00" in message.body.replace("10h00", "10:00")
    assert visit_url(appointment) in message.body


def test_confirming_again_changes_nothing(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="arrived")
    check = unchanged(appointment)

    assert holds.confirm(appointment.pk, TESTER) is True

    check()
    assert Message.objects.filter(template="appointment_booked").count() == 1


def test_money_for_a_cancelled_time_books_nothing(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="cancelled")
    check = unchanged(appointment)

    assert holds.confirm(appointment.pk, TESTER) is False

    check()


def test_money_that_comes_late_books_a_time_that_is_still_free(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    appointment = book(ana, at(10), practitioner=clinic.sousa, status="expired")

    assert holds.confirm(appointment.pk, TESTER) is True

    appointment.refresh_from_db()
    assert (appointment.status, appointment.booked_at) == ("booked", NINE)
    assert (appointment.closed_at, appointment.room_id) == (None, clinic.room_1.pk)
    entry = AuditEntry.objects.filter(subject_id=str(appointment.pk)).latest("id")
    assert (entry.action, entry.data) == ("appointment.booked", {"before": "expired"})
    assert Message.objects.filter(template="appointment_booked").count() == 1


def test_late_money_takes_another_room_when_its_own_is_taken(
    clinic: Clinic, ana: Patient, bruno: Patient, book: Book, spare_room: Room
) -> None:
    appointment = book(ana, at(10), practitioner=clinic.sousa, status="expired")
    other = book(bruno, at(10), practitioner=clinic.reis)
    Appointment.objects.filter(pk=other.pk).update(room=clinic.room_1)

    assert holds.confirm(appointment.pk, TESTER) is True

    appointment.refresh_from_db()
    assert (appointment.practitioner_id, appointment.room_id) == (
        clinic.sousa.pk,
        clinic.room_2.pk,
    )


def test_late_money_is_stronger_than_a_hold_that_ran_out(
    clinic: Clinic, ana: Patient, bruno: Patient, book: Book, at_nine: time_machine.Traveller
) -> None:
    appointment = book(ana, at(10), practitioner=clinic.sousa, status="expired")
    lapsed = book(bruno, at(10), practitioner=clinic.sousa, status="pending")
    at_nine.shift(minutes(15))

    assert holds.confirm(appointment.pk, TESTER) is True

    lapsed.refresh_from_db()
    assert lapsed.status == "expired"


@pytest.mark.parametrize(
    "gone", ["taken", "patient_elsewhere", "begun", "time_off", "clinic_closed", "left"]
)
def test_late_money_books_no_time_that_is_gone(
    clinic: Clinic,
    ana: Patient,
    bruno: Patient,
    book: Book,
    unchanged: Unchanged,
    at_nine: time_machine.Traveller,
    spare_room: Room,
    gone: str,
) -> None:
    appointment = book(ana, at(10), practitioner=clinic.sousa, status="expired")
    if gone == "taken":
        book(bruno, at(10, 30), practitioner=clinic.sousa)
    elif gone == "patient_elsewhere":
        book(ana, at(10, 30), practitioner=clinic.reis)
    elif gone == "begun":
        at_nine.move_to(at(10))
    elif gone == "left":
        type(clinic.sousa).objects.filter(pk=clinic.sousa.pk).update(is_active=False)
    else:
        who = clinic.sousa if gone == "time_off" else None
        HoursException.objects.create(practitioner=who, starts_at=at(10, 30), ends_at=at(12))
    check = unchanged(appointment)

    assert holds.confirm(appointment.pk, TESTER) is False

    check()
    assert Message.objects.filter(template="appointment_booked", to=ana.phone).count() == (
        1 if gone == "patient_elsewhere" else 0
    )


def test_a_hold_lasts_as_long_as_a_payment_that_began_in_time(
    clinic: Clinic, ana: Patient, at_nine: time_machine.Traveller
) -> None:
    appointment = hold(ana, at(10), clinic.sousa)
    at_nine.shift(minutes(14))

    assert holds.keep_until(appointment.pk, NINE + minutes(21), actor=TESTER) is True

    appointment.refresh_from_db()
    assert appointment.hold_expires_at == NINE + minutes(21)
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.subject_id) == ("appointment.hold_extended", str(appointment.pk))
    at_nine.shift(minutes(6))
    assert holds.expire_due() == 0


def test_a_hold_that_is_long_enough_stays_as_it_is(
    clinic: Clinic, ana: Patient, book: Book, unchanged: Unchanged
) -> None:
    appointment = book(ana, at(10), status="pending")
    check = unchanged(appointment)

    assert holds.keep_until(appointment.pk, NINE + minutes(7), actor=TESTER) is True
    assert holds.keep_until(appointment.pk, NINE + minutes(15), actor=TESTER) is True

    check()


@pytest.mark.parametrize(
    ("passed", "until", "status"), [(14, 31, "pending"), (15, 22, "pending"), (5, 20, "booked")]
)
def test_a_hold_is_not_kept_for_ever_nor_revived(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    unchanged: Unchanged,
    at_nine: time_machine.Traveller,
    passed: int,
    until: int,
    status: str,
) -> None:
    appointment = book(ana, at(10), status=status)
    check = unchanged(appointment)
    at_nine.shift(minutes(passed))

    assert holds.keep_until(appointment.pk, NINE + minutes(until), actor=TESTER) is False

    check()


def test_confirming_what_does_not_exist_is_refused(clinic: Clinic, ana: Patient) -> None:
    with pytest.raises(DomainError, match="not_found"):
        holds.confirm(ana.pk, TESTER)


def test_holds_that_ran_out_expire_and_others_stay(
    clinic: Clinic, patients: Patients, at_nine: time_machine.Traveller, announced: Announced
) -> None:
    expired = announced(AppointmentExpired)
    one, two, three = patients(3)
    early = hold(one, at(10), clinic.sousa)
    paid = hold(two, at(11), clinic.sousa)
    holds.confirm(paid.pk, TESTER)
    at_nine.shift(minutes(5))
    late = hold(three, at(12), clinic.sousa)

    at_nine.move_to(NINE + minutes(15) - timedelta(seconds=1))
    assert holds.expire_due() == 0
    at_nine.move_to(NINE + minutes(15))
    assert holds.expire_due() == 1
    assert holds.expire_due() == 0

    early.refresh_from_db()
    assert (early.status, early.closed_at) == ("expired", NINE + minutes(15))
    assert expired == [AppointmentExpired(early.pk)]
    assert Appointment.objects.get(pk=paid.pk).status == "booked"
    assert Appointment.objects.get(pk=late.pk).status == "pending"


def test_a_hold_that_ran_out_unswept_blocks_nobody(
    clinic: Clinic, ana: Patient, bruno: Patient, at_nine: time_machine.Traveller
) -> None:
    forgotten = hold(ana, at(10), clinic.sousa)
    at_nine.shift(minutes(15))

    assert hold(bruno, at(10, 15), clinic.sousa).status == "pending"

    forgotten.refresh_from_db()
    assert forgotten.status == "expired"
    assert revision.current() == 2


def test_a_patient_may_hold_the_same_time_again_when_the_first_hold_ran_out(
    clinic: Clinic, ana: Patient, at_nine: time_machine.Traveller
) -> None:
    hold(ana, at(10), clinic.sousa)
    at_nine.shift(minutes(15))

    assert hold(ana, at(10), clinic.reis).status == "pending"
