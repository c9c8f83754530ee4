from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from clinic.core import clock, events

THEN = datetime(2026, 11, 23, 0, 30, tzinfo=timezone(timedelta(hours=1)))


def test_inside_the_block_it_is_the_replayed_instant() -> None:
    with clock.replaying(THEN):
        assert clock.now() == datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
        assert clock.now().utcoffset() == timedelta()
        assert clock.today().isoformat() == "2026-11-22"
        with clock.replaying(THEN + timedelta(days=1)):
            assert clock.today().isoformat() == "2026-11-23"
        assert clock.today().isoformat() == "2026-11-22"

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_clock_is_right_again_after_an_error() -> None:
    with pytest.raises(RuntimeError), clock.replaying(THEN):
        raise RuntimeError

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.django_db
def test_muted_changes_are_heard_at_once_but_not_after_the_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    @dataclass(frozen=True)
    class Rung:
        number: int

    now: list[int] = []
    later: list[int] = []
    events.subscribe(Rung, lambda event: now.append(event.number), when="now")
    events.subscribe(Rung, lambda event: later.append(event.number), when="commit")

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        with events.muted():
            events.announce(Rung(1))
            events.announce(Rung(2))
        events.announce(Rung(3))

    assert now == [1, 2, 3]
    assert later == [3]
