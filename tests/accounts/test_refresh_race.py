import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from clinic.accounts import services
from clinic.accounts.models import Session, User
from clinic.accounts.services.sessions import SignedIn, open_session
from clinic.core import clock
from clinic.core.errors import DomainError

TRIALS = 15
TABS = 16


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_uses_of_one_token_exactly_one_wins(
    make_user: Callable[..., User],
) -> None:
    user = make_user()
    for _ in range(TRIALS):
        raw = open_session(user).pair.refresh
        barrier = threading.Barrier(TABS)
        winners: list[SignedIn] = []
        refusals: list[str] = []

        def tab(
            raw: str = raw,
            barrier: threading.Barrier = barrier,
            winners: list[SignedIn] = winners,
            refusals: list[str] = refusals,
        ) -> None:
            try:
                barrier.wait()
                winners.append(services.refresh(raw))
            except DomainError as error:
                refusals.append(error.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=tab) for _ in range(TABS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(winners) == 1
        assert Counter(refusals) == {"refreshed_elsewhere": TABS - 1}
        session = Session.objects.get(pk=winners[0].session.pk)
        assert session.revoked_at is None
        assert session.jti == winners[0].session.jti
        assert services.refresh(winners[0].pair.refresh).session.pk == session.pk
    assert Session.objects.count() == TRIALS


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_retries_after_a_lost_answer_exactly_one_keeps_its_pair(
    make_user: Callable[..., User],
) -> None:
    session = open_session(make_user())
    lost = services.refresh(session.pair.refresh)
    Session.objects.update(prev_at=clock.now() - timedelta(seconds=11))
    barrier = threading.Barrier(TABS)
    pairs: list[SignedIn] = []

    def tab() -> None:
        try:
            barrier.wait()
            pairs.append(services.refresh(session.pair.refresh))
        finally:
            connection.close()

    threads = [threading.Thread(target=tab) for _ in range(TABS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    known = [one for one in pairs if services.session_user(one.pair.access) is not None]
    assert len(known) == 1
    assert services.session_user(lost.pair.access) is None
    assert services.refresh(known[0].pair.refresh).session.pk == session.session.pk


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_the_first_request_of_a_pair_that_is_exchanged_meanwhile_is_answered(
    make_user: Callable[..., User],
) -> None:
    first = services.refresh(open_session(make_user()).pair.refresh)
    seen: list[object] = []

    def request() -> None:
        try:
            seen.append(services.session_user(first.pair.access))
        finally:
            connection.close()

    thread = threading.Thread(target=request)
    with transaction.atomic():
        services.refresh(first.pair.refresh)
        thread.start()
        deadline = time.monotonic() + 20
        while not _somebody_waits_for_us() and time.monotonic() < deadline:
            time.sleep(0.01)
    thread.join()

    assert seen == [(first.user, first.session)]


def _somebody_waits_for_us() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])
