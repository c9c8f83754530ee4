import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

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
