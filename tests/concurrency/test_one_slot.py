"""Many at once, each over a connection and in transactions of its own."""

import itertools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier, Event
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from booking import revision
from booking.choices import LIVE
from booking.models import Appointment, TicketCounter
from booking.services import changes, holds, visit
from clinic.accounts.models import User
from clinic.core import clock
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient
from clinic.notifications.services import tell
from tests.conftest import Clinic, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

T = TypeVar("T")
TESTER = Actor.system("tests")


def at_once(jobs: list[Callable[[], T]]) -> list[T]:
    """Run the jobs in as many threads, let go together; results in the order of the jobs."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def outcome(service: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    try:
        service(*args, **kwargs)
    except DomainError as error:
        return error.code
    return "done"


def tomorrow_at(hour: int, minute: int = 0) -> datetime:
    day = clock.today() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=clock.zone()).astimezone(UTC)


def crowd(count: int) -> list[Patient]:
    made = [
        person(f"p{n:02d}", f"Given Last{n}", "patient", phone="+351912345678")
        for n in range(count)
    ]
    return list(Patient.objects.filter(pk__in=[one.pk for one in made]).order_by("username"))


def overlaps() -> list[Any]:
    """Pairs of live appointments that share a practitioner, a room or a patient and a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT a.id, b.id FROM booking_appointment a JOIN booking_appointment b
              ON a.id < b.id
             AND (a.practitioner_id = b.practitioner_id OR a.room_id = b.room_id
                  OR a.patient_id = b.patient_id)
             AND a.start < b."end" AND b.start < a."end"
             AND a.status = ANY(%(live)s) AND b.status = ANY(%(live)s)
            """,
            {"live": [str(status) for status in LIVE]},
        )
        return list(cursor.fetchall())


def booker(client: APIClient, body: dict[str, str]) -> Callable[[], tuple[int, str]]:
    def book() -> tuple[int, str]:
        answer = client.post("/api/appointments", body)
        return answer.status_code, answer.json().get("code", "")

    return book


def test_fifty_patients_want_one_slot(
    clinic: Clinic, client_of: Callable[[User], APIClient]
) -> None:
    body = {
        "specialty": "massage",
        "practitioner": str(clinic.sousa.pk),
        "start": tomorrow_at(10).isoformat(),
    }
    clients = [client_of(patient) for patient in crowd(50)]

    answers = Counter(at_once([booker(client, body) for client in clients]))

    assert answers == {(201, ""): 1, (409, "slot_taken"): 49}
    assert Appointment.objects.count() == 1
    assert AuditEntry.objects.filter(action="appointment.created").count() == 1
    assert revision.current() == 1


def test_fifty_patients_want_one_time_and_do_not_mind_with_whom(
    clinic: Clinic, client_of: Callable[[User], APIClient]
) -> None:
    body = {"specialty": "massage", "start": tomorrow_at(10).isoformat()}
    clients = [client_of(patient) for patient in crowd(50)]

    answers = Counter(at_once([booker(client, body) for client in clients]))

    assert answers == {(201, ""): 2, (409, "slot_taken"): 48}
    treating = set(Appointment.objects.values_list("practitioner_id", "room_id"))
    assert treating == {
        (clinic.sousa.pk, clinic.room_1.pk),
        (clinic.reis.pk, clinic.room_2.pk),
    }


def test_one_patient_on_thirty_browsers_gets_the_slot_once(
    clinic: Clinic, ana: Patient, client_of: Callable[[User], APIClient]
) -> None:
    body = {"specialty": "massage", "start": tomorrow_at(10).isoformat()}
    clients = [client_of(ana) for _ in range(30)]

    answers = Counter(at_once([booker(client, body) for client in clients]))

    assert answers == {(201, ""): 1, (409, "patient_busy"): 29}
    assert Appointment.objects.count() == 1


def test_one_patient_cannot_hoard_by_asking_for_everything_at_once(
    clinic: Clinic, ana: Patient, client_of: Callable[[User], APIClient]
) -> None:
    clients = [client_of(ana) for _ in range(20)]
    jobs = [
        booker(
            client,
            {
                "specialty": "massage",
                "start": (tomorrow_at(6) + timedelta(minutes=45 * n)).isoformat(),
            },
        )
        for n, client in enumerate(clients)
    ]

    answers = Counter(at_once(jobs))

    assert answers == {
        (201, ""): holds.MAX_HOLDS,
        (409, "too_many_holds"): 20 - holds.MAX_HOLDS,
    }


def test_a_repeated_request_with_one_key_books_once(
    clinic: Clinic, ana: Patient, client_of: Callable[[User], APIClient]
) -> None:
    body = {"specialty": "massage", "start": tomorrow_at(10).isoformat()}
    clients = [client_of(ana) for _ in range(10)]

    def send(client: APIClient) -> tuple[int, str]:
        answer = client.post("/api/appointments", body, headers={"Idempotency-Key": "one"})
        return answer.status_code, answer.json()["id"]

    answers = set(at_once([partial(send, client) for client in clients]))

    assert {status for status, _ in answers} == {201}
    assert len(answers) == 1
    assert Appointment.objects.count() == 1


def test_a_slot_whose_hold_ran_out_goes_to_one_of_many_while_it_is_swept(
    clinic: Clinic, ana: Patient
) -> None:
    start = tomorrow_at(10)
    wish: dict[str, Any] = {
        "specialty_code": "massage",
        "practitioner_id": clinic.sousa.pk,
        "start": start,
        "actor": TESTER,
    }
    old = holds.hold(patient=ana, **wish)
    Appointment.objects.filter(pk=old.pk).update(hold_expires_at=clock.now())
    jobs: list[Callable[[], str]] = [
        partial(outcome, holds.hold, patient=patient, **wish) for patient in crowd(20)
    ]

    results = Counter(at_once([*jobs, lambda: outcome(holds.expire_due)]))

    assert results == {"done": 2, "slot_taken": 19}
    assert Appointment.objects.get(pk=old.pk).status == "expired"
    assert Appointment.objects.filter(status="pending").count() == 1
    assert AuditEntry.objects.filter(action="appointment.expired").count() == 1


def test_a_hold_that_somebody_else_is_ending_holds_up_nobody(
    clinic: Clinic, ana: Patient, bruno: Patient
) -> None:
    # Given a hold that ran out, whose row a sweep has in hand
    wish: dict[str, Any] = {
        "specialty_code": "massage",
        "start": tomorrow_at(10),
        "actor": TESTER,
    }
    old = holds.hold(patient=ana, practitioner_id=clinic.sousa.pk, **wish)
    Appointment.objects.filter(pk=old.pk).update(hold_expires_at=clock.now())
    has_it, is_done = Event(), Event()

    def sweep() -> None:
        with transaction.atomic():
            Appointment.objects.select_for_update(no_key=True).get(pk=old.pk)
            has_it.set()
            is_done.wait(10)
        connection.close()

    with ThreadPoolExecutor(1) as sweeper:
        sweeper.submit(sweep)
        has_it.wait(10)
        # When somebody books the same time with somebody else, then they needn't wait
        booked = holds.hold(patient=bruno, practitioner_id=clinic.reis.pk, **wish)
        is_done.set()

    assert booked.status == "pending"


def test_money_and_expiry_at_the_same_moment_have_one_winner(clinic: Clinic) -> None:
    appointments = [
        holds.hold(
            patient=patient,
            specialty_code="shock_waves",
            practitioner_id=None,
            start=tomorrow_at(6) + timedelta(minutes=30 * n),
            actor=TESTER,
        )
        for n, patient in enumerate(crowd(10))
    ]
    Appointment.objects.update(hold_expires_at=clock.now())
    confirm = [partial(holds.confirm, one.pk, TESTER) for one in appointments]

    jobs: list[Callable[[], object]] = [*confirm, holds.expire_due, holds.expire_due]
    stand = at_once(jobs)[:-2]
    holds.expire_due()

    assert stand == [True] * 10
    ways = set()
    for appointment in appointments:
        moves = AuditEntry.objects.filter(subject_id=str(appointment.pk)).order_by("id")
        ways.add(tuple(entry.action.split(".")[1] for entry in moves))
    assert ways <= {("created", "booked"), ("created", "expired", "booked")}
    assert set(Appointment.objects.values_list("status", flat=True)) == {"booked"}


def test_late_money_and_new_bookings_of_one_time_have_one_winner(
    clinic: Clinic, ana: Patient
) -> None:
    start = tomorrow_at(10)
    wish: dict[str, Any] = {
        "specialty_code": "massage",
        "practitioner_id": clinic.sousa.pk,
        "start": start,
        "actor": TESTER,
    }
    late = []
    for patient in crowd(6):
        held = holds.hold(patient=patient, **wish)
        Appointment.objects.filter(pk=held.pk).update(hold_expires_at=clock.now())
        holds.expire_due()
        late.append(held.pk)
    confirm = [partial(holds.confirm, pk, TESTER) for pk in late]

    def book() -> str:
        return outcome(holds.hold, patient=ana, **wish)

    jobs: list[Callable[[], bool | str]] = [*confirm, book]
    answers = at_once(jobs)
    stand, booked = answers[:-1], answers[-1]

    assert stand.count(True) + (booked == "done") == 1
    assert overlaps() == []
    assert Appointment.objects.filter(status__in=LIVE).count() == 1


def arrived_today(clinic: Clinic, count: int) -> list[Appointment]:
    """Patients of Dr. Sousa who are here now, whatever the hour."""
    moment = clock.now()
    return Appointment.objects.bulk_create(
        [
            Appointment(
                patient=patient,
                specialty_id="massage",
                practitioner=clinic.sousa,
                room=clinic.room_1,
                start=moment + timedelta(minutes=45 * n),
                end=moment + timedelta(minutes=45 * (n + 1)),
                status="arrived",
                price="40.00",
                vat_rate="23.00",
                check_in_code=f"CODE{n:02d}",
                ticket=f"Z{n:03d}",
                ticket_on=clock.today(),
                created_at=moment,
                booked_at=moment,
                arrived_at=moment,
            )
            for n, patient in enumerate(crowd(count))
        ]
    )


def test_desks_that_call_the_next_at_once_call_everybody_once(clinic: Clinic) -> None:
    waiting = arrived_today(clinic, 5)

    called = Counter(
        at_once([lambda: outcome(visit.call_next, clinic.sousa.pk, actor=TESTER)] * 12)
    )

    assert called == {"done": 5, "queue_empty": 7}
    rows = Appointment.objects.filter(pk__in=[one.pk for one in waiting])
    assert set(rows.values_list("status", "call_number")) == {("called", 1)}


def of_one_patient(clinic: Clinic) -> list[UUID]:
    """One patient waits for both therapists."""
    first, second = arrived_today(clinic, 2)
    Appointment.objects.filter(pk=second.pk).update(
        patient=first.patient_id, practitioner=clinic.reis, room=clinic.room_2
    )
    return [first.pk, second.pk]


def of_one_therapist(clinic: Clinic) -> list[UUID]:
    """Two patients are called by one therapist."""
    both = [one.pk for one in arrived_today(clinic, 2)]
    for pk in both:
        visit.call(pk, actor=TESTER)
    return both


@pytest.mark.parametrize(
    ("given", "press"), [(of_one_patient, visit.call), (of_one_therapist, visit.start)]
)
def test_of_two_desks_that_ask_in_at_once_the_second_hears_busy(
    clinic: Clinic, given: Callable[[Clinic], list[UUID]], press: Callable[..., object]
) -> None:
    both = given(clinic)

    seen = Counter(
        at_once([partial(outcome, press, pk, actor=TESTER) for pk in both for _ in "abc"])
    )

    # Then whoever pressed for the one that was first is told the same as the first
    assert seen == {"done": 3, "busy": 3}


@pytest.mark.parametrize(
    ("given", "press", "left"),
    [
        (of_one_patient, visit.call, ["arrived", "called"]),
        (of_one_therapist, visit.start, ["fulfilled", "in_progress"]),
    ],
)
def test_two_desks_that_both_mean_it_leave_one_treatment(
    clinic: Clinic,
    given: Callable[[Clinic], list[UUID]],
    press: Callable[..., object],
    left: list[str],
) -> None:
    both = given(clinic)

    seen = Counter(
        at_once([partial(outcome, press, pk, actor=TESTER, override=True) for pk in both])
    )

    assert seen == {"done": 2}
    assert sorted(Appointment.objects.values_list("status", flat=True)) == left


def test_of_desks_that_take_one_call_back_at_once_one_does(clinic: Clinic) -> None:
    (waiting,) = arrived_today(clinic, 1)
    desk = Actor("user", str(clinic.sousa.user_id), "practitioner")
    visit.call(waiting.pk, actor=desk)

    undone = Counter(at_once([lambda: outcome(visit.undo, waiting.pk, actor=desk)] * 6))

    assert undone == {"done": 1, "nothing_to_undo": 5}
    waiting.refresh_from_db()
    assert (waiting.status, waiting.call_number, waiting.called_at) == ("arrived", 1, None)
    assert AuditEntry.objects.filter(action="appointment.undone").count() == 1


def test_two_desks_at_one_visit_call_it_once_and_lose_neither_room_nor_note(clinic: Clinic) -> None:
    (waiting,) = arrived_today(clinic, 1)
    press = {"actor": TESTER}
    jobs: list[Callable[[], str]] = [
        *[lambda: outcome(visit.call, waiting.pk, **press)] * 3,
        *[lambda: outcome(visit.move_room, waiting.pk, room_id=clinic.room_2.pk, **press)] * 3,
        *[
            partial(outcome, visit.write_note, waiting.pk, note=text, was="", **press)
            for text in ("Vem de muletas.", "Joelho direito.", "Pouco tempo.")
        ],
    ]

    results = at_once(jobs)

    assert results[:6] == ["done"] * 6
    assert Counter(results[6:]) == {"done": 1, "note_changed": 2}
    waiting.refresh_from_db()
    assert (waiting.status, waiting.call_number, waiting.room_id) == (
        "called",
        1,
        clinic.room_2.pk,
    )
    assert waiting.note in {"Vem de muletas.", "Joelho direito.", "Pouco tempo."}
    assert revision.current() == 3


def test_kiosk_and_desk_check_one_patient_in_once_and_many_get_many_tickets(clinic: Clinic) -> None:
    arrived_today(clinic, 15)
    Appointment.objects.update(status="booked", arrived_at=None, ticket="", ticket_on=None)
    today = clock.day_bounds(clock.today())
    Appointment.objects.exclude(start__range=today).delete()
    ids = list(Appointment.objects.values_list("pk", flat=True))

    results = Counter(
        at_once([partial(outcome, visit.arrive, pk, actor=TESTER) for pk in ids for _ in "ab"])
    )

    tickets = set(Appointment.objects.values_list("ticket", flat=True))
    assert results == {"done": 2 * len(ids)}
    assert tickets == {f"A{n:03d}" for n in range(1, len(ids) + 1)}
    assert TicketCounter.objects.get().last == len(ids)


def test_opposite_presses_have_one_winner(clinic: Clinic, ana: Patient) -> None:
    appointment = arrived_today(clinic, 1)[0]
    visit.call(appointment.pk, actor=TESTER)
    presses = [visit.start, visit.put_back, visit.no_show] * 4

    results = at_once([partial(outcome, press, appointment.pk, actor=TESTER) for press in presses])

    appointment.refresh_from_db()
    moves = AuditEntry.objects.filter(subject_id=str(appointment.pk)).order_by("id")
    chain = [(entry.data["before"], entry.action.split(".")[1]) for entry in moves]
    assert set(results) <= {"done", "invalid_transition"}
    assert chain[0] == ("arrived", "called")
    assert all(one[1] == following[0] for one, following in itertools.pairwise(chain))
    assert chain[-1][1] == appointment.status


def test_messages_to_one_number_are_counted_also_when_many_write_at_once(clinic: Clinic) -> None:
    def write(number: int) -> str:
        with transaction.atomic():
            message = tell(
                Patient(phone="+351912345678"),
                "appointment_cancelled",
                context={"start": tomorrow_at(10)},
                key=str(number),
            )
        assert message is not None
        return message.status

    statuses = Counter(at_once([partial(write, number) for number in range(25)]))

    assert statuses == {"queued": 10, "suppressed": 15}


def test_a_crowd_that_books_moves_and_cancels_never_overlaps(clinic: Clinic) -> None:
    people = crowd(12)
    times = [tomorrow_at(9) + timedelta(minutes=15 * n) for n in range(8)]

    def busy(number: int) -> Counter[str]:
        seen: Counter[str] = Counter()
        patient = people[number]
        for step in range(8):
            start = times[(number * 5 + step * 3) % len(times)]
            mine = Appointment.objects.filter(patient=patient, status__in=["pending", "booked"])
            current = mine.first()
            if current is None:
                seen[
                    outcome(
                        holds.hold,
                        patient=patient,
                        specialty_code="massage",
                        practitioner_id=None,
                        start=start,
                        actor=TESTER,
                    )
                ] += 1
            elif step % 3 == 2:
                seen[outcome(changes.cancel, current.pk, actor=TESTER)] += 1
            else:
                seen[
                    outcome(
                        changes.reschedule,
                        current.pk,
                        start=start,
                        practitioner_id=None,
                        actor=TESTER,
                    )
                ] += 1
        return seen

    results = sum(at_once([partial(busy, number) for number in range(len(people))]), Counter())

    assert overlaps() == []
    assert set(results) <= {"done", "slot_taken", "patient_busy"}
    assert results["done"] > 12
    assert results["slot_taken"] > 0
