"""The numbers of a day outlive its check-ins, and hold nobody."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import pytest
import time_machine
from django.db import IntegrityError

from clinic.core import clock
from recognition import tasks as _tasks  # noqa: F401  (registers its outbox handlers)
from recognition.models import CheckIn, DayTally, RetentionRun
from recognition.services import check_in, retention, tallies
from tests.recognition import faces
from tests.recognition.conftest import Book, Enrolled, Kiosk, Work

MONDAY = date(2026, 11, 23)
FIELDS = ("accepted", "confirmed", "unknown", "unusable", "unavailable", "by_code")
LIVENESS = ("liveness_passed", "liveness_failed", "liveness_not_assessed")
NOTHING = dict.fromkeys(FIELDS, 0)


def numbers(tally: DayTally) -> dict[str, int]:
    return {field: getattr(tally, field) for field in FIELDS}


def liveness(tally: DayTally) -> list[int]:
    return [getattr(tally, field) for field in LIVENESS]


def kept() -> dict[date, dict[str, int]]:
    return {tally.day: numbers(tally) for tally in DayTally.objects.all()}


class Tried(Protocol):
    def __call__(
        self, status: str, *, kind: str = "photo", at: datetime | None = None
    ) -> CheckIn: ...


@pytest.fixture
def tried(kiosk: Kiosk) -> Tried:
    """A check-in that ended so, at that instant (by default now)."""

    def make(status: str, *, kind: str = "photo", at: datetime | None = None) -> CheckIn:
        moment = at or clock.now()
        return CheckIn.objects.create(
            device=kiosk.device,
            kind=kind,
            status=status,
            created_at=moment,
            decided_at=None if status == "processing" else moment,
        )

    return make


@pytest.mark.parametrize(
    ("status", "field"),
    [
        ("arrived", "accepted"),
        ("already_arrived", "accepted"),
        ("too_early", "accepted"),
        ("no_appointment", "accepted"),
        ("not_recognised", "unknown"),
        ("confirm", "unknown"),
        ("no_face", "unusable"),
        ("multiple_faces", "unusable"),
        ("poor_image", "unusable"),
        ("unavailable", "unavailable"),
        ("processing", "unavailable"),
    ],
)
def test_each_answer_to_a_photo_has_its_place(tried: Tried, status: str, field: str) -> None:
    tried(status)

    assert numbers(tallies.count(MONDAY)) == NOTHING | {field: 1}


def test_a_code_is_no_face(tried: Tried) -> None:
    tried("arrived", kind="code")
    tried("not_recognised", kind="code")

    assert numbers(tallies.count(MONDAY)) == NOTHING | {"by_code": 2}


def test_a_face_that_a_second_factor_settled_counts_as_confirmed(
    enrolled: Enrolled, book: Book, kiosk: Kiosk, work: Work
) -> None:
    book(enrolled(birth_date=date(1985, 2, 3)).user)
    unsure = kiosk.show(faces.look_alike()).json()["id"]
    work()
    assert kiosk.confirm(unsure, birth_year=1985).json()["status"] == "arrived"

    assert numbers(tallies.count(MONDAY)) == NOTHING | {"confirmed": 1}


def test_each_face_counts_by_its_liveness_and_a_code_by_none(tried: Tried) -> None:
    tried("arrived")
    tried("arrived", kind="code")
    tried("no_face")
    CheckIn.objects.filter(pk=tried("arrived").pk).update(liveness="passed")
    CheckIn.objects.filter(pk=tried("not_recognised").pk).update(liveness="failed")

    tally = tallies.count(MONDAY)

    assert liveness(tally) == [1, 1, 2]
    assert numbers(tally) == NOTHING | {"accepted": 2, "unknown": 1, "unusable": 1, "by_code": 1}
    tally.save()
    with pytest.raises(IntegrityError, match="recognition_liveness_of_every_face"):
        DayTally.objects.update(liveness_failed=0)


def test_a_day_ends_at_the_clinics_midnight(tried: Tried) -> None:
    tried("arrived", at=datetime(2026, 7, 14, 22, 59, tzinfo=UTC))
    tried("not_recognised", at=datetime(2026, 7, 14, 23, 0, tzinfo=UTC))

    tallies.close_days()

    assert kept() == {
        date(2026, 7, 14): NOTHING | {"accepted": 1},
        date(2026, 7, 15): NOTHING | {"unknown": 1},
    }


def test_a_day_is_kept_an_hour_after_its_end_and_not_before(
    tried: Tried, at_ten: time_machine.Traveller
) -> None:
    tried("arrived")
    at_ten.move_to(datetime(2026, 11, 24, 0, 59, tzinfo=UTC))
    assert (tallies.close_days(), kept()) == (0, {})

    at_ten.move_to(datetime(2026, 11, 24, 1, 1, tzinfo=UTC))

    assert (tallies.close_days(), kept()) == (1, {MONDAY: NOTHING | {"accepted": 1}})


def test_the_numbers_stay_when_the_check_ins_are_forgotten_however_often_it_runs(
    tried: Tried, at_ten: time_machine.Traveller
) -> None:
    tried("arrived")
    tried("not_recognised")
    expected = {MONDAY: NOTHING | {"accepted": 1, "unknown": 1}}
    at_ten.move_to(clock.now() + timedelta(days=1))
    retention.run()
    assert kept() == expected

    at_ten.move_to(clock.now() + check_in.KEEP_ANSWERS)
    retention.run()
    retention.run()

    assert CheckIn.objects.count() == 0
    assert kept() == expected


def test_a_job_that_slept_past_the_retention_counts_before_it_forgets(
    tried: Tried, at_ten: time_machine.Traveller
) -> None:
    tried("arrived")
    at_ten.move_to(clock.now() + check_in.KEEP_ANSWERS + timedelta(days=9))

    retention.run()

    assert CheckIn.objects.count() == 0
    assert kept() == {MONDAY: NOTHING | {"accepted": 1}}
    run = RetentionRun.objects.get()
    assert (run.faces_expired, run.uploads_given_up, run.check_ins_forgotten) == (0, 0, 1)
    assert clock.now() - run.finished_at < timedelta(seconds=5)


def test_a_run_that_fails_is_not_noted(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    tried("arrived")

    def fail() -> int:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(check_in, "forget_old", fail)
    with pytest.raises(RuntimeError):
        retention.run()

    assert not RetentionRun.objects.exists()
