from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from booking.choices import CLOSED, LIVE, AppointmentStatus
from booking.errors import Code
from booking.events import VisitChanged
from booking.models import Appointment
from booking.services import changes, holds, visit
from booking.transitions import TRANSITIONS, change
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient, Room
from tests.booking.conftest import NINE, TESTER, Announced, Book, Unchanged, at
from tests.conftest import Clinic

EVERY = list(AppointmentStatus)
ALLOWED = {
    ("pending", "booked"),
    ("pending", "expired"),
    ("pending", "cancelled"),
    ("booked", "arrived"),
    ("booked", "cancelled"),
    ("booked", "no_show"),
    ("arrived", "called"),
    ("arrived", "no_show"),
    ("called", "in_progress"),
    ("called", "arrived"),
    ("called", "no_show"),
    ("in_progress", "fulfilled"),
    ("expired", "booked"),
}
STAMPS: dict[str, dict[str, Any]] = {
    "booked": {"booked_at": NINE, "closed_at": None},
    "arrived": {"arrived_at": NINE, "ticket": "A900", "ticket_on": NINE.date()},
    "called": {"called_at": NINE, "call_number": 1},
    "in_progress": {"started_at": NINE},
    "fulfilled": {"ended_at": NINE, "closed_at": NINE},
    "no_show": {"closed_at": NINE},
    "cancelled": {"closed_at": NINE},
    "expired": {"closed_at": NINE},
}


def test_the_table_is_the_contracts() -> None:
    table = {(str(before), str(after)) for before in TRANSITIONS for after in TRANSITIONS[before]}

    assert table == ALLOWED
    assert set(TRANSITIONS) == set(EVERY) == {*LIVE, *CLOSED}


@pytest.mark.parametrize("before", EVERY)
def test_from_each_state_the_guard_lets_through_the_table_and_nothing_else(
    clinic: Clinic,
    ana: Patient,
    book: Book,
    unchanged: Unchanged,
    announced: Announced,
    before: str,
) -> None:
    appointment = book(ana, at(10), status=before)
    for after in EVERY:
        check, seen = unchanged(appointment), announced(VisitChanged)
        with transaction.atomic():
            if (before, after) in ALLOWED:
                with change(TESTER) as unit:
                    unit.move(unit.lock(appointment.pk), after, **STAMPS[after])
                moved = Appointment.objects.get(pk=appointment.pk)
                entry = AuditEntry.objects.latest("id")
                assert moved.status == after
                assert (entry.action, entry.data) == (f"appointment.{after}", {"before": before})
                assert (entry.actor_kind, entry.actor_id) == ("system", "tests")
                assert len(seen) == 1
            else:
                with pytest.raises(DomainError) as raised, change(TESTER) as unit:
                    unit.move(unit.lock(appointment.pk), after, **STAMPS.get(after, {}))
                assert raised.value.code == Code.INVALID_TRANSITION
                assert seen == []
                check()
            transaction.set_rollback(True)


def test_a_row_that_changed_meanwhile_is_not_overwritten(
    clinic: Clinic, ana: Patient, book: Book
) -> None:
    stale = book(ana, at(10))
    changes.cancel(stale.pk, actor=TESTER)

    with pytest.raises(DomainError) as raised, change(TESTER) as unit:
        unit.move(stale, AppointmentStatus.NO_SHOW, closed_at=NINE)

    assert raised.value.code == Code.INVALID_TRANSITION
    assert Appointment.objects.get(pk=stale.pk).status == "cancelled"


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "arrived"},
        {"status": "called"},
        {"status": "fulfilled"},
        {"status": "cancelled"},
        {"status": "pending", "hold_expires_at": None, "booked_at": None},
        {"status": "lost"},
        {"booked_at": None},
        {"closed_at": NINE},
        {"end": at(10)},
        {"ticket": "A001"},
        {"source": "fax"},
    ],
)
def test_the_database_refuses_states_without_their_stamps(
    clinic: Clinic, ana: Patient, book: Book, broken: dict[str, object]
) -> None:
    appointment = book(ana, at(10))

    with pytest.raises(IntegrityError), transaction.atomic():
        Appointment.objects.filter(pk=appointment.pk).update(**broken)


@pytest.mark.parametrize("resource", ["practitioner", "room", "patient"])
def test_the_database_refuses_an_overlap_of_a_minute(
    clinic: Clinic, ana: Patient, bruno: Patient, book: Book, spare_room: Room, resource: str
) -> None:
    book(ana, at(10), practitioner=clinic.sousa)
    other = book(bruno, at(12), practitioner=clinic.reis)
    same = {"practitioner": clinic.sousa, "room": clinic.room_1, "patient": ana}[resource]
    Appointment.objects.filter(pk=other.pk).update(**{resource: same})

    with pytest.raises(IntegrityError, match=f"booking_one_per_{resource}"), transaction.atomic():
        Appointment.objects.filter(pk=other.pk).update(start=at(10, 44), end=at(11, 29))
    Appointment.objects.filter(pk=other.pk).update(start=at(10, 45), end=at(11, 30))


def test_nothing_else_in_booking_writes_a_status() -> None:
    folder = Path(settings.BASE_DIR) / "booking"
    writers = [
        path.name
        for path in folder.rglob("*.py")
        if "migrations" not in path.parts
        for line in path.read_text().splitlines()
        if "update(status" in line or ".status = " in line or "_write(" in line
    ]

    assert set(writers) == {"transitions.py"}


class Day(RuleBasedStateMachine):
    """Presses buttons at random and compares the row with a model of four lines."""

    patient: Patient
    clinic: Clinic

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    @initialize()
    def held(self) -> None:
        self.pk = holds.hold(
            patient=self.patient,
            specialty_code="massage",
            practitioner_id=None,
            start=at(10),
            actor=TESTER,
        ).pk
        self.status, self.calls, self.audited = "pending", 0, 1

    def press(
        self,
        service: Callable[..., object],
        to: str,
        *,
        idempotent_from: Collection[str],
        allowed_from: Collection[str],
    ) -> None:
        if self.status in allowed_from:
            service(self.pk, actor=TESTER)
            self.status, self.audited = to, self.audited + 1
        elif self.status in idempotent_from:
            service(self.pk, actor=TESTER)
        else:
            with pytest.raises(DomainError) as raised:
                service(self.pk, actor=TESTER)
            assert raised.value.code == Code.INVALID_TRANSITION

    @rule()
    def pay(self) -> None:
        stands = holds.confirm(self.pk, TESTER)
        if self.status in {"pending", "expired"}:
            self.status, self.audited = "booked", self.audited + 1
        assert stands == (self.status != "cancelled")

    @rule()
    def arrive(self) -> None:
        self.press(visit.arrive, "arrived", idempotent_from={"arrived"}, allowed_from={"booked"})

    @rule()
    def call(self) -> None:
        before = self.status
        self.press(visit.call, "called", idempotent_from={"called"}, allowed_from={"arrived"})
        self.calls += before == "arrived"

    @rule()
    def call_again(self) -> None:
        if self.status == "called":
            visit.call_again(self.pk, actor=TESTER)
            self.calls, self.audited = self.calls + 1, self.audited + 1
        else:
            with pytest.raises(DomainError, match="invalid_transition"):
                visit.call_again(self.pk, actor=TESTER)

    @rule()
    def put_back(self) -> None:
        again = {"arrived"} if self.calls else set()
        self.press(visit.put_back, "arrived", idempotent_from=again, allowed_from={"called"})

    @rule()
    def start(self) -> None:
        self.press(
            visit.start, "in_progress", idempotent_from={"in_progress"}, allowed_from={"called"}
        )

    @rule()
    def finish(self) -> None:
        self.press(
            visit.finish, "fulfilled", idempotent_from={"fulfilled"}, allowed_from={"in_progress"}
        )

    @rule()
    def no_show(self) -> None:
        self.press(
            visit.no_show,
            "no_show",
            idempotent_from={"no_show"},
            allowed_from={"booked", "arrived", "called"},
        )

    @rule()
    def cancel(self) -> None:
        self.press(
            changes.cancel,
            "cancelled",
            idempotent_from={"cancelled"},
            allowed_from={"pending", "booked"},
        )

    @rule()
    def expire(self) -> None:
        if self.status != "pending":
            return
        Appointment.objects.filter(pk=self.pk).update(hold_expires_at=NINE)
        assert holds.expire_due() == 1
        self.status, self.audited = "expired", self.audited + 1

    @invariant()
    def row_and_log_agree_with_the_model(self) -> None:
        if not hasattr(self, "pk"):
            return
        row = Appointment.objects.get(pk=self.pk)
        assert (row.status, row.call_number) == (self.status, self.calls)
        assert (row.closed_at is not None) == (self.status in CLOSED)
        log = AuditEntry.objects.filter(subject_id=str(self.pk))
        assert log.count() == self.audited


def test_any_sequence_of_presses_follows_the_table(clinic: Clinic, ana: Patient) -> None:
    Day.patient, Day.clinic = ana, clinic

    run_state_machine_as_test(
        Day,
        settings=hypothesis_settings(
            max_examples=25,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@given(st.sampled_from(EVERY))
def test_no_state_leads_back_to_payment(status: AppointmentStatus) -> None:
    reached: set[AppointmentStatus] = set()
    todo = [status]
    while todo:
        for following in TRANSITIONS[todo.pop()]:
            if following not in reached:
                reached.add(following)
                todo.append(following)
    assert "pending" not in reached
    assert ("booked" in reached) == (status in {"pending", "expired"})
