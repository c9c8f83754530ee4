from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import OperationalError

from clinic.core import locks

ROOT = Path(__file__).resolve().parent.parent.parent
PLACES = ("clinic", "booking", "billing", "recognition", "realtime", "tests")


@pytest.fixture
def elsewhere(transactional_db: None) -> Iterator[BaseDatabaseWrapper]:
    """A second connection, which waits for nobody."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    yield other
    other.close()


def is_free(key: locks.Key, other: BaseDatabaseWrapper) -> bool:
    try:
        with other.cursor() as cursor:
            cursor.execute(locks.TAKE, [key.name])
    except OperationalError:
        return False
    return True


def test_what_is_taken_is_free_again_after_the_transaction(elsewhere: BaseDatabaseWrapper) -> None:
    with transaction.atomic():
        locks.take(locks.MOVES)

        assert not is_free(locks.MOVES, elsewhere)
        assert is_free(locks.TREATMENTS, elsewhere)

    assert is_free(locks.MOVES, elsewhere)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_taken() -> None:
    with pytest.raises(RuntimeError, match="booking:move"):
        locks.take(locks.MOVES)

    assert locks.held([locks.MOVES]) == set()


def test_of_two_hands_the_second_gets_nothing(elsewhere: BaseDatabaseWrapper) -> None:
    mine, other = locks.OUTBOX(uuid4()), locks.OUTBOX(uuid4())
    with elsewhere.cursor() as cursor:
        cursor.execute(locks.HOLD, [other.name])

    with locks.in_one_hand(mine) as is_mine, locks.in_one_hand(other) as is_mine_too:
        assert (is_mine, is_mine_too) == (True, False)
        assert locks.held([mine, other]) == {mine, other}

    assert locks.held([mine, other]) == {other}


def test_every_lock_by_name_is_in_the_one_table() -> None:
    spelled = {
        str(path.relative_to(ROOT))
        for place in PLACES
        for path in (ROOT / place).rglob("*.py")
        if "advisory_" in path.read_text()
    }

    assert spelled == {"clinic/core/locks.py", "tests/core/test_locks.py"}
