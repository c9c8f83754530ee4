import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from booking import selectors
from booking.models import Appointment
from booking.services import holds
from clinic.accounts import selectors as accounts
from clinic.accounts.choices import Role
from clinic.accounts.models import User
from clinic.accounts.principals import actor_of
from clinic.accounts.services import verify_credentials
from clinic.core import clock
from clinic.demo.models import DemoDay
from clinic.directory.models import Patient, Practitioner

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 23, 11, 7, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VAR_DIR = tmp_path
    monkeypatch.delenv("CLINIC_DEMO_EMPTY", raising=False)


Seed = Callable[[], None]


@pytest.fixture
def seed(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Seed:
    """The command, with what it does after its commit."""

    def run() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            call_command("seed_demo")

    return run


def seed_at(instant: datetime, seed: Seed) -> None:
    with time_machine.travel(instant, tick=False):
        seed()


def statuses(day: date) -> Counter[str]:
    opens, closes = clock.day_bounds(day)
    found = Appointment.objects.filter(start__gte=opens, start__lt=closes)
    return Counter(found.values_list("status", flat=True))


@pytest.mark.parametrize(
    "instant",
    [
        pytest.param(datetime(2026, 11, 22, 3, 0, tzinfo=UTC), id="a Sunday at three at night"),
        pytest.param(datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC), id="just after midnight"),
        pytest.param(datetime(2026, 11, 23, 23, 59, 50, tzinfo=UTC), id="just before midnight"),
        pytest.param(datetime(2026, 3, 29, 0, 40, tzinfo=UTC), id="before the clock goes forward"),
    ],
)
def test_at_any_hour_there_is_life_and_the_patient_can_check_in(
    instant: datetime, seed: Seed
) -> None:
    seed_at(instant, seed)

    found = statuses(clock.local(instant).date())
    assert (found["in_progress"], found["called"], found["arrived"]) == (3, 1, 6)
    with time_machine.travel(instant, tick=False):
        guest = User.objects.get(username="patient")
        assert [visit.status for visit in selectors.expected_today([guest.pk])] == ["booked"]
        for code in ("massage", "evaluation", "shock_waves"):
            days = {clock.local(slot.start).date() for slot in selectors.slots(code)}
            tomorrow = clock.today() + timedelta(days=1)
            assert {tomorrow, tomorrow + timedelta(days=1)} <= days


@pytest.mark.parametrize("hour", [0, 22])
def test_there_are_slots_today_until_late(hour: int, seed: Seed) -> None:
    instant = datetime(2026, 11, 22, hour, 10, tzinfo=UTC)
    seed_at(instant, seed)

    with time_machine.travel(instant, tick=False):
        today = [
            slot
            for slot in selectors.slots("shock_waves")
            if clock.local(slot.start).date() == clock.today()
        ]
    assert today


def test_a_second_start_on_the_same_day_keeps_everything(seed: Seed, tmp_path: Path) -> None:
    seed_at(MORNING, seed)
    before = list(Appointment.objects.order_by("pk").values())
    written = (tmp_path / "demo-accounts.json").read_text()
    people = User.objects.count()

    seed_at(MORNING + timedelta(hours=5), seed)

    assert list(Appointment.objects.order_by("pk").values()) == before
    assert (tmp_path / "demo-accounts.json").read_text() == written
    assert User.objects.count() == people


def test_a_later_start_on_the_same_day_opens_the_clinic_then(seed: Seed) -> None:
    seed_at(MORNING, seed)
    night = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)

    seed_at(night, seed)

    with time_machine.travel(night, tick=False):
        assert clock.local(selectors.slots("massage")[0].start).date() == date(2026, 11, 23)


def test_the_next_day_is_filled_anew_and_yesterday_is_closed(seed: Seed) -> None:
    seed_at(MORNING, seed)
    people = User.objects.count()

    seed_at(MORNING + timedelta(days=1), seed)

    assert statuses(date(2026, 11, 23)) == {"fulfilled": 10, "no_show": 17, "expired": 1}
    today = statuses(date(2026, 11, 24))
    assert (today["in_progress"], today["called"], today["arrived"]) == (3, 1, 6)
    assert DemoDay.objects.get().day == date(2026, 11, 24)
    assert User.objects.count() == people


def test_what_people_booked_themselves_stays(seed: Seed) -> None:
    # Given somebody booked a time that tomorrow's pattern will want
    seed_at(MORNING, seed)
    someone = Patient.objects.get(username="demo-patient-27")
    therapist = Practitioner.objects.get(name="Inês Carvalho")
    with time_machine.travel(MORNING, tick=False):
        own = holds.hold(
            patient=someone,
            specialty_code="evaluation",
            practitioner_id=therapist.pk,
            start=datetime(2026, 11, 24, 11, 15, tzinfo=UTC),
            actor=actor_of(someone),
        )
        holds.confirm(own.pk, actor=actor_of(someone))

    seed_at(MORNING + timedelta(days=1), seed)

    own.refresh_from_db()
    assert own.status == "booked"
    assert statuses(date(2026, 11, 24))["in_progress"] == 3
    assert statuses(date(2026, 11, 24))["arrived"] == 4


def test_an_empty_demo_has_people_and_hours_but_no_appointments(
    seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINIC_DEMO_EMPTY", "1")
    seed_at(MORNING, seed)

    assert Appointment.objects.count() == 0
    assert User.objects.filter(role=Role.PATIENT).count() >= 20
    with time_machine.travel(MORNING, tick=False):
        assert selectors.slots("massage")

    # When it is started again without the wish, then it is filled
    monkeypatch.delenv("CLINIC_DEMO_EMPTY")
    seed_at(MORNING, seed)
    assert statuses(date(2026, 11, 23))["arrived"] == 6


def test_a_lost_file_is_written_again_with_keys_that_work(seed: Seed, tmp_path: Path) -> None:
    seed_at(MORNING, seed)
    file = tmp_path / "demo-accounts.json"
    lost = json.loads(file.read_text())
    file.unlink()

    seed_at(MORNING, seed)

    written = json.loads(file.read_text())
    assert written["accounts"]["patient"]["password"] != lost["accounts"]["patient"]["password"]
    verify_credentials(**written["accounts"]["patient"], address="127.0.0.1")
    assert accounts.device_from_token(written["devices"]["kiosk"]["token"]) is not None
