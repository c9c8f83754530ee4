from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from clinic.core import ratelimit
from clinic.core.errors import DomainError

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_the_attempt_after_the_limit_is_refused_until_the_window_ends() -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(3):
            ratelimit.hit("login", "ana", limit=3, seconds=60)
        with pytest.raises(DomainError) as refusal:
            ratelimit.hit("login", "ana", limit=3, seconds=60)
        ratelimit.hit("login", "rui", limit=3, seconds=60)

    assert refusal.value.code == "throttled"
    assert refusal.value.retry_after == 60
    with time_machine.travel(NOON.replace(minute=1), tick=False):
        ratelimit.hit("login", "ana", limit=3, seconds=60)


@pytest.mark.django_db
def test_a_success_forgets_the_failures() -> None:
    with time_machine.travel(NOON, tick=False):
        ratelimit.hit("login", "ana", limit=1, seconds=60)
        ratelimit.forget("login", "ana")
        ratelimit.hit("login", "ana", limit=1, seconds=60)


@pytest.mark.django_db
def test_a_look_at_the_count_refuses_as_the_next_attempt_would_and_adds_nothing() -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(3):
            ratelimit.check("login", "ana", limit=2)
        for _ in range(2):
            ratelimit.hit("login", "ana", limit=2, seconds=60)

        with pytest.raises(DomainError) as refusal:
            ratelimit.check("login", "ana", limit=2)

    assert (refusal.value.code, refusal.value.retry_after) == ("throttled", 60)
    with time_machine.travel(NOON.replace(minute=1), tick=False):
        ratelimit.check("login", "ana", limit=2)


@pytest.mark.django_db
@pytest.mark.parametrize("second", [0, 29, 59])
def test_a_window_opens_with_the_first_attempt_whatever_the_clock_says(second: int) -> None:
    """Nobody gets twice the attempts by waiting for the full minute."""
    first = NOON.replace(second=second)
    with time_machine.travel(first, tick=False):
        ratelimit.hit("login", "ana", limit=2, seconds=60)
    with time_machine.travel(first + timedelta(seconds=59.5), tick=False):
        ratelimit.hit("login", "ana", limit=2, seconds=60)
        with pytest.raises(DomainError) as refusal:
            ratelimit.hit("login", "ana", limit=2, seconds=60)

    assert refusal.value.retry_after == 1
    with time_machine.travel(first + timedelta(seconds=60), tick=False):
        ratelimit.check("login", "ana", limit=1)


@pytest.mark.django_db
def test_an_attempt_taken_back_leaves_the_window_as_it_was() -> None:
    with time_machine.travel(NOON, tick=False):
        ratelimit.hit("push", "ana", limit=1, seconds=60)
        ratelimit.refund("push", "ana")
        ratelimit.hit("push", "ana", limit=1, seconds=60)
        with pytest.raises(DomainError):
            ratelimit.hit("push", "ana", limit=1, seconds=60)
