"""The demo's past month: as the product would have kept it, and told by its own estimator."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from booking import selectors, waits
from booking.models import Appointment
from booking.waits import Learned
from clinic.demo import history, seed
from clinic.demo.seed import Clinic

MONDAY = date(2026, 11, 23)


@pytest.fixture
def month(db: None) -> Iterator[tuple[Clinic, int]]:
    with time_machine.travel(datetime(2026, 11, 23, 11, tzinfo=UTC), tick=False):
        clinic = seed.furnish()
        written = history.write(clinic.therapists, clinic.extras, today=MONDAY)
        yield clinic, written


def test_four_weeks_of_closed_visits_without_sundays(month: tuple[Clinic, int]) -> None:
    _, written = month
    days = selectors.past_visits(MONDAY - timedelta(days=28), MONDAY - timedelta(days=1))

    assert written == Appointment.objects.count() > 700
    assert set(Appointment.objects.values_list("status", flat=True)) == {"fulfilled", "no_show"}
    assert len(days) == 24
    assert {day.weekday() for day in days} == set(range(6))


def test_each_arrival_was_told_a_wait_that_proved_about_as_true_as_it_should(
    month: tuple[Clinic, int],
) -> None:
    quoted = selectors.quoted_waits(MONDAY - timedelta(days=28), MONDAY)

    told = waits.accuracy(quoted)

    assert told is not None
    assert told.patients == Appointment.objects.filter(status="fulfilled").count()
    assert 0.7 < told.coverage < 0.92


def test_the_clinic_has_learned_from_it(month: tuple[Clinic, int]) -> None:
    learned = selectors.learned_times()

    assert learned != Learned()
    assert learned.show == pytest.approx(history.SHOWS, abs=0.03)
    assert learned.punctuality_mean == pytest.approx(history.EARLY_MEAN, abs=1)


def test_a_past_that_is_there_stays_as_it_is(month: tuple[Clinic, int]) -> None:
    clinic, written = month

    assert history.write(clinic.therapists, clinic.extras, today=MONDAY) == 0
    assert Appointment.objects.count() == written
