"""Whatever PostgreSQL says no with has one answer: a real one raises each of its codes here."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import Error, connection, transaction
from django.test import RequestFactory
from psycopg.errors import lookup

from clinic.core import clock, database, problems, ratelimit
from clinic.core.errors import Code
from clinic.core.models import Heartbeat, RateWindow

BY_CODE = {
    "08006": (503, Code.UNAVAILABLE),
    "22001": (400, Code.INVALID),
    "23505": (409, Code.CONFLICT),
    "25006": (503, Code.UNAVAILABLE),
    "25P02": (503, Code.UNAVAILABLE),
    "26000": (503, Code.UNAVAILABLE),
    "28P01": (503, Code.UNAVAILABLE),
    "3D000": (503, Code.UNAVAILABLE),
    "40001": (503, Code.OVERLOADED),
    "40003": (503, Code.UNAVAILABLE),
    "40P01": (503, Code.OVERLOADED),
    "42501": (503, Code.UNAVAILABLE),
    "42703": (503, Code.UNAVAILABLE),
    "42704": (503, Code.UNAVAILABLE),
    "42883": (503, Code.UNAVAILABLE),
    "42P10": (503, Code.UNAVAILABLE),
    "42P01": (503, Code.UNAVAILABLE),
    "42P05": (503, Code.UNAVAILABLE),
    "53100": (503, Code.UNAVAILABLE),
    "53200": (503, Code.UNAVAILABLE),
    "53300": (503, Code.UNAVAILABLE),
    "54000": (413, Code.TOO_LARGE),
    "55000": (503, Code.UNAVAILABLE),
    "55P03": (503, Code.OVERLOADED),
    "57014": (503, Code.OVERLOADED),
    "57P01": (503, Code.UNAVAILABLE),
    "58030": (503, Code.UNAVAILABLE),
    "XX001": (503, Code.UNAVAILABLE),
}
AN_ENTRY_OF_28_KB = """
    CREATE TEMPORARY TABLE notes (text text UNIQUE);
    INSERT INTO notes SELECT string_agg(md5(n::text), '') FROM generate_series(1, 900) n
"""


def known_codes() -> Iterator[str]:
    """Every SQLSTATE that psycopg has an exception for."""
    for one in vars(psycopg.errors).values():
        if isinstance(one, type) and issubclass(one, psycopg.Error) and one.sqlstate:
            yield one.sqlstate


def refusal_of(work: Callable[[], object]) -> Error:
    """The error that the work ends with; its transaction is rolled back."""
    with pytest.raises(Error) as refusal, transaction.atomic():
        work()
    return refusal.value


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def say(sqlstate: str) -> None:
    run(f"DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END$$")


def raised(sqlstate: str) -> Error:
    """What Django makes of that code, said by PostgreSQL itself."""
    return refusal_of(lambda: say(sqlstate))


@pytest.mark.django_db
@pytest.mark.parametrize("sqlstate", BY_CODE)
def test_each_kind_of_error_has_its_answer(sqlstate: str) -> None:
    answer = problems.exception_handler(raised(sqlstate), {})

    assert answer is not None
    status, code = BY_CODE[sqlstate]
    assert (answer.status_code, answer.data["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == ("2" if status == 503 else None)


@pytest.mark.django_db
def test_every_code_of_postgresql_stands_in_the_table() -> None:
    codes = set(known_codes())

    assert len(codes) > 200
    for sqlstate in codes:
        assert sqlstate[:2] in database.MEANINGS, sqlstate
        error = raised(sqlstate)
        assert isinstance(error.__cause__, lookup(sqlstate)), sqlstate
        expected = database.MEANINGS.get(sqlstate, database.MEANINGS[sqlstate[:2]])
        assert database.meaning(error) == expected, sqlstate


@pytest.mark.django_db
def test_an_index_that_is_not_there_is_for_later_and_counts_nothing() -> None:
    run("ALTER TABLE core_ratewindow DROP CONSTRAINT one_window_per_subject")

    error = refusal_of(lambda: ratelimit.hit("trial", "somebody", limit=1, seconds=60))

    answer = problems.exception_handler(error, {})
    assert answer is not None
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert not RateWindow.objects.exists()


@pytest.mark.django_db
def test_a_fault_of_ours_stays_a_fault() -> None:
    error = refusal_of(lambda: run("SELECT FROM WHERE"))

    assert problems.exception_handler(error, {}) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("write", "status", "code"),
    [
        (lambda: Heartbeat.objects.create(name="x" * 65, at=clock.now()), 400, "invalid"),
        (lambda: Heartbeat.objects.filter(name="a\0b").count(), 400, "invalid"),
        (lambda: run("SELECT 2147483648::bigint::int"), 400, "invalid"),
        (lambda: run(AN_ENTRY_OF_28_KB), 413, "too_large"),
    ],
    ids=["too long", "NUL", "too large a number", "too long for an index"],
)
def test_what_can_t_be_stored_is_the_asker_s_matter(
    write: Callable[[], object], status: int, code: str
) -> None:
    answer = problems.exception_handler(refusal_of(write), {})

    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (status, code)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "kind"), [("/api/slots", "application/problem+json"), ("/admin/", "text/plain")]
)
def test_an_error_outside_of_the_api_s_views_is_the_same_answer(path: str, kind: str) -> None:
    try:
        raise raised("57P01")
    except Error:
        answer = problems.failure(RequestFactory().get(path))

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer["Content-Type"].startswith(kind)
