"""Filling the demo clinic: people, places, hours, and a day that is going on right now.

Everything goes through the same services as in real life, at the instants when it would have
happened, so that tickets, audit log and constraints are those of a real day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from billing.payments.models import CustomerKind, Method
from billing.payments.providers.base import Event, EventType
from billing.payments.services import checkout, settlement
from booking.choices import LIVE, AppointmentStatus, Source
from booking.errors import Code as BookingCode
from booking.events import WaitsChanged
from booking.models import Appointment
from booking.selectors import revision, slots
from booking.services import changes, desk, holds, visit
from clinic.accounts.choices import Role
from clinic.accounts.models import User
from clinic.accounts.principals import actor_of
from clinic.accounts.services import create_user
from clinic.core import clock, events
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.core.models import OutboxMessage
from clinic.demo import cast, day, history
from clinic.demo.day import Part, Visit
from clinic.demo.models import DemoDay
from clinic.directory.models import Organization, Patient, Practitioner, Room, WorkingHours
from clinic.directory.services import install_catalogue
from clinic.notifications.models import Message, MessageStatus
from clinic.sandbox.models import BankPayment

SETUP = Actor.system("demo")
OPENS, CLOSES, MIDNIGHT = time(8), time(20), time(0)
AHEAD = timedelta(hours=5)
TAKEN = frozenset({BookingCode.SLOT_TAKEN, BookingCode.SLOT_UNAVAILABLE, BookingCode.PATIENT_BUSY})
LATER_DAYS = ((1, 9, 0), (1, 11, 2), (1, 15, 1), (2, 10, 3), (2, 14, 0), (3, 16, 2), (4, 9, 1))


@dataclass(frozen=True, slots=True)
class Clinic:
    """The demo's places and people, in the order of the cast."""

    therapists: list[Practitioner]
    staff: dict[str, User]
    guest: Patient
    extras: list[Patient]


@transaction.atomic
def furnish() -> Clinic:
    """Make sure that clinic, catalogue, rooms, people and hours exist, and that the clinic is open
    now.

    What is there stays as it is. Accounts are made without passwords.
    """
    Organization.objects.get_or_create(id=1, defaults=cast.ORGANIZATION)
    catalogue = {specialty.code: specialty for specialty in install_catalogue()}
    rooms = {
        name: Room.objects.get_or_create(name=name, defaults={"floor": floor})[0]
        for name, floor in cast.ROOMS
    }
    staff = {account.username: _user_of(account) for account in cast.ACCOUNTS}
    therapists = []
    for position, person in enumerate(cast.THERAPISTS, start=1):
        therapist, is_new = Practitioner.objects.get_or_create(
            name=person.name,
            defaults={
                "room": rooms[person.room],
                "position": position,
                "user": staff.get(person.account),
            },
        )
        if is_new:
            therapist.specialties.set([catalogue[code] for code in person.specialties])
            _set_hours(therapist)
        therapists.append(therapist)
    extras = [_extra(number, person) for number, person in enumerate(cast.EXTRAS, start=1)]
    guest = Patient.objects.get(pk=staff["patient"].pk)
    _open_around(clock.now(), therapists)
    return Clinic(therapists, staff, guest, extras)


@transaction.atomic
def fill(clinic: Clinic) -> int:
    """Show today: close what earlier days left open, then live through the day up to now.

    Returns how many appointments were made. Times that are already taken are left out.
    """
    now = clock.now()
    begun = Appointment.objects.count()
    _close_earlier_days(now)
    for therapist in clinic.therapists:
        _set_hours(therapist)
    _open_around(now, clinic.therapists)
    _guest_history(clinic, now)
    _live_through(clinic, now)
    _book_later_days(clinic, now)
    _pending_hold(clinic, now)
    _silence_extras(clinic)
    return Appointment.objects.count() - begun


@transaction.atomic
def show_today(clinic: Clinic, *, empty: bool) -> int | None:
    """Fill the clinic unless it already shows today; None if there was nothing to do."""
    today = clock.today()
    shown = DemoDay.objects.select_for_update().filter(id=1).first()
    if shown is not None and shown.day == today and (shown.filled or empty):
        return None
    made = 0
    if not empty:
        with events.muted():
            if shown is not None and shown.filled:
                _clear_ahead(clinic, shown.day)
            history.write(clinic.therapists, clinic.extras, today=today)
            made = fill(clinic)
        events.announce(WaitsChanged(revision()))
    DemoDay.objects.update_or_create(id=1, defaults={"day": today, "filled": not empty})
    return made


def _user_of(account: cast.Account) -> User:
    found = User.objects.filter(username__iexact=account.username).first()
    return found or create_user(
        actor=SETUP,
        username=account.username,
        full_name=account.full_name,
        role=account.role,
        email=account.email,
        phone=account.phone,
        birth_date=account.birth_date,
        **_verified(),
    )


def _verified() -> dict[str, Any]:
    return dict.fromkeys(("phone_verified_at", "email_verified_at"), clock.now())


def _extra(number: int, person: cast.Extra) -> Patient:
    username = cast.EXTRA_USERNAME.format(number=number)
    if not User.objects.filter(username=username).exists():
        create_user(
            actor=SETUP,
            username=username,
            full_name=person.full_name,
            role=Role.PATIENT,
            email=f"{username}@vez.example",
            phone=cast.EXTRA_PHONE.format(number=number),
            birth_date=person.birth_date,
            language=person.language,
            label_choice=person.label_choice,
            **_verified(),
        )
    return Patient.objects.get(username=username)


def _set_hours(therapist: Practitioner) -> None:
    WorkingHours.objects.filter(practitioner=therapist).delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(practitioner=therapist, weekday=weekday, start=OPENS, end=CLOSES)
        for weekday in range(7)
    )


def _open_around(now: datetime, therapists: list[Practitioner]) -> None:
    """Stretch today's hours so that the clinic is working now, at any hour, and for a while
    longer."""
    planned = day.visits(now)
    first = clock.local(min(visit.start for visit in planned))
    last = clock.local(max(now + AHEAD, *(visit.end for visit in planned)))
    today = clock.local(now).date()
    opens = time(first.hour)
    closes = MIDNIGHT if last.date() > today or last.hour == 23 else time(last.hour + 1)
    hours = WorkingHours.objects.filter(practitioner__in=therapists, weekday=today.weekday())
    for row in hours.select_for_update().order_by("pk"):
        row.start = min(row.start, opens)
        row.end = MIDNIGHT if MIDNIGHT in {row.end, closes} else max(row.end, closes)
        row.save(update_fields=["start", "end"])


def _close_earlier_days(now: datetime) -> None:
    opens, _ = clock.day_bounds(clock.local(now).date())
    left = Appointment.objects.filter(status__in=LIVE, start__lt=opens).order_by("start")
    for appointment in left.exclude(status=AppointmentStatus.PENDING):
        close = (
            visit.finish if appointment.status == AppointmentStatus.IN_PROGRESS else visit.no_show
        )
        close(appointment.pk, actor=SETUP)
    holds.expire_due()


def _clear_ahead(clinic: Clinic, shown: date) -> None:
    """Cancel what an earlier fill booked for these days, since it would be in the way."""
    for patient, therapist, start in _ahead(clinic, shown):
        left = Appointment.objects.filter(
            patient=patient,
            practitioner=therapist,
            start=start,
            status=AppointmentStatus.BOOKED,
            source=Source.DESK,
        )
        for appointment in left:
            changes.cancel(appointment.pk, actor=SETUP, by_clinic=True)


def _live_through(clinic: Clinic, now: datetime) -> None:
    """Book the day's visits the day before, then let everything happen in order."""
    opens, _ = clock.day_bounds(clock.local(now).date())
    booked_at = opens - timedelta(hours=7)
    happenings: list[tuple[datetime, int, Callable[[], object]]] = []
    extras = iter(clinic.extras)
    for order, planned in enumerate(day.visits(now)):
        patient = clinic.guest if planned.is_guest else next(extras)
        appointment_id = _book(
            clinic,
            patient,
            planned.specialty,
            clinic.therapists[planned.therapist],
            planned.start,
            at=booked_at + timedelta(minutes=order),
        )
        if appointment_id is not None:
            happenings += _happenings(clinic, planned, appointment_id, order)
    for instant, _, act in sorted(happenings, key=lambda happening: happening[:2]):
        with clock.replaying(instant):
            act()


def _happenings(
    clinic: Clinic, planned: Visit, appointment_id: UUID, order: int
) -> list[tuple[datetime, int, Callable[[], object]]]:
    reception = actor_of(clinic.staff["reception"])
    therapist = clinic.therapists[planned.therapist]
    treating = reception if therapist.user is None else actor_of(therapist.user)
    over = visit.no_show if planned.part == Part.NO_SHOW else visit.finish
    steps = (
        (planned.arrived, visit.arrive, reception),
        (planned.called, visit.call, treating),
        (planned.started, visit.start, treating),
        (planned.ended, over, treating),
    )
    return [
        (instant, order, partial(step, appointment_id, actor=actor))
        for instant, step, actor in steps
        if instant is not None
    ]


def _book_later_days(clinic: Clinic, now: datetime) -> None:
    for patient, therapist, start in _ahead(clinic, clock.local(now).date()):
        specialty = therapist.specialties.all()[0].code
        _book(clinic, patient, specialty, therapist, start, at=now - timedelta(hours=1))


def _ahead(clinic: Clinic, today: date) -> list[tuple[Patient, Practitioner, datetime]]:
    """Who comes when, on the days after `today`."""
    return [
        (clinic.extras[-2 - number], clinic.therapists[therapist], _civil(today, days, hour))
        for number, (days, hour, therapist) in enumerate(LATER_DAYS)
    ]


def _guest_history(clinic: Clinic, now: datetime) -> None:
    """Give the patient's account one past paid visit and one to come, once."""
    guest = clinic.guest
    today = clock.local(now).date()
    opens, closes = clock.day_bounds(today)
    of_guest = Appointment.objects.filter(patient=guest)
    if not of_guest.filter(start__lt=opens).exists():
        start = _civil(today, -7, 10)
        past = _book_online(clinic, guest, "evaluation", 0, start, at=start - timedelta(days=1))
        if past is not None:
            reception = actor_of(clinic.staff["reception"])
            for minutes, step in (
                (-9, visit.arrive),
                (1, visit.call),
                (2, visit.start),
                (40, visit.finish),
            ):
                with clock.replaying(start + timedelta(minutes=minutes)):
                    step(past, actor=reception)
    if not of_guest.filter(start__gte=closes, status=AppointmentStatus.BOOKED).exists():
        _book_online(
            clinic, guest, "musculoskeletal", 0, _civil(today, 3, 11), at=now - timedelta(days=2)
        )


def _pending_hold(clinic: Clinic, now: datetime) -> None:
    """A patient who is paying right now."""
    free = slots("massage", None, now + timedelta(hours=2), now + timedelta(days=2))
    for slot in free[:1]:
        holds.hold(
            patient=clinic.extras[-1],
            specialty_code="massage",
            practitioner_id=slot.practitioner_id,
            start=slot.start,
            actor=actor_of(clinic.extras[-1]),
        )


def _book(
    clinic: Clinic,
    patient: Patient,
    specialty: str,
    therapist: Practitioner,
    start: datetime,
    *,
    at: datetime,
) -> UUID | None:
    with clock.replaying(at):
        try:
            return desk.book(
                patient_id=patient.pk,
                specialty_code=specialty,
                practitioner_id=therapist.pk,
                start=start,
                actor=actor_of(clinic.staff["reception"]),
            ).pk
        except DomainError as refusal:
            if refusal.code not in TAKEN:
                raise
            return None


def _book_online(
    clinic: Clinic,
    patient: Patient,
    specialty: str,
    therapist: int,
    start: datetime,
    *,
    at: datetime,
) -> UUID | None:
    """Hold as the patient, and pay three minutes later by Multibanco, with an invoice."""
    with clock.replaying(at):
        try:
            appointment = holds.hold(
                patient=patient,
                specialty_code=specialty,
                practitioner_id=clinic.therapists[therapist].pk,
                start=start,
                actor=actor_of(patient),
            )
        except DomainError as refusal:
            if refusal.code not in TAKEN:
                raise
            return None
        payment = checkout.start(
            appointment.pk,
            checkout.Order(Method.MULTIBANCO, checkout.Customer(CustomerKind.FINAL_CONSUMER)),
        )
    with clock.replaying(at + timedelta(minutes=3)):
        paid = BankPayment.objects.create(
            entity=payment.entity,
            reference=payment.reference,
            amount=payment.amount,
            paid_at=clock.now(),
        )
        settlement.apply(
            Event(
                event_id=f"demo:{payment.pk}",
                type=EventType.PAID,
                payment_id=None,
                method=payment.method,
                entity=payment.entity,
                reference=payment.reference,
                request_id="",
                amount=payment.amount,
                currency=payment.currency,
                occurred_at=clock.now(),
                transaction_id=paid.transaction_id,
            ),
            provider=payment.provider,
        )
    return appointment.pk


def _silence_extras(clinic: Clinic) -> None:
    """The sandbox phone is for the demo's own patient: nobody holds the other patients' phones."""
    phones = [patient.phone for patient in clinic.extras]
    unsent = Message.objects.filter(to__in=phones, status=MessageStatus.QUEUED)
    keys = [f"message:{message_id}" for message_id in unsent.values_list("pk", flat=True)]
    OutboxMessage.objects.filter(key__in=keys).delete()
    unsent.delete()


def _civil(today: date, days: int, hour: int) -> datetime:
    return datetime.combine(today + timedelta(days=days), time(hour), clock.zone())
