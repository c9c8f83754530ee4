"""A database that is altered, read-only or closed under running code is answered with 503 and a
time to come again, and the product is well again by itself as soon as the database is."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import httpx
import psycopg
import pytest
from django.conf import settings
from django.db import Error, connection, transaction
from psycopg import sql
from pytest_django import DjangoDbBlocker

from booking.models import Appointment
from clinic.accounts.models import Session, User
from clinic.core import clock, outbox, problems, relay
from clinic.core.models import Heartbeat
from clinic.directory.models import Patient
from clinic.launcher.processes import wait_until
from tests.config.conftest import WebServer, web_server
from tests.conftest import Clinic, Screen

pytestmark = pytest.mark.django_db(transaction=True)
UNTIL_PREPARED = 8
SECONDS = 10
LOGIN = {"username": "rita", "password": "wrong"}


@pytest.fixture(scope="module")
def web(
    midday: None,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[WebServer]:
    """One process, so that each request finds what the one before has left."""
    with (
        django_db_blocker.unblock(),
        web_server(tmp_path_factory.mktemp("web"), processes=1) as server,
    ):
        yield server


def administer(statement: str) -> None:
    """Do something to the product's database from outside of it; {} stands for its name."""
    at = connection.settings_dict
    with psycopg.connect(
        host=at["HOST"],
        port=at["PORT"],
        user=at["USER"],
        password=at["PASSWORD"],
        dbname="postgres",
        autocommit=True,
    ) as session:
        session.execute(sql.SQL(statement).format(sql.Identifier(at["NAME"])))


@contextmanager
def database_altered(change: str, back: str) -> Iterator[None]:
    """The database is so in the block, for everybody but the test's own connection."""
    with connection.cursor() as cursor:
        administer(f"ALTER DATABASE {{}} {change}")
        try:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            yield
        finally:
            administer(f"ALTER DATABASE {{}} {back}")


@contextmanager
def column_altered(table: str, column: str) -> Iterator[None]:
    """A text column allows for longer texts in the block, as after a deployment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attname = %s",
            [table, column],
        )
        (former,) = cursor.fetchone()
    try:
        _alter(table, column, "varchar(999)")
        yield
    finally:
        _alter(table, column, former)


def _alter(table: str, column: str, kind: str) -> None:
    # In a session of its own: psycopg forgets the plans of the one that alters.
    at = connection.settings_dict
    with psycopg.connect(
        host=at["HOST"],
        port=at["PORT"],
        user=at["USER"],
        password=at["PASSWORD"],
        dbname=at["NAME"],
        autocommit=True,
    ) as session:
        session.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind}")


def assert_come_again(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "2"), answer.text
    assert answer.json()["code"] == "unavailable"


# Altered under running code


def test_no_read_fails_when_a_column_is_altered(web: WebServer, ana: Patient) -> None:
    browser = web.browser_of(ana)
    for _ in range(UNTIL_PREPARED):
        assert browser.get("/api/auth/me").status_code == 200

    with column_altered("accounts_user", "full_name"):
        answers = [browser.get("/api/auth/me") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


def test_a_transaction_that_meets_an_altered_column_is_refused_once() -> None:
    def work() -> None:
        with transaction.atomic():
            Heartbeat.objects.update_or_create(name="x", defaults={"at": clock.now()})

    for _ in range(UNTIL_PREPARED):
        work()

    with column_altered("core_heartbeat", "name"):
        with pytest.raises(Error) as refusal:
            work()
        work()

    answer = problems.exception_handler(refusal.value, {})
    assert answer is not None
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


def test_the_outbox_and_its_relay_outlive_an_altered_column() -> None:
    done: list[int] = []
    outbox.handler("tests.altered", until_done=False, pt="Teste", en="Test")(
        lambda number: done.append(number)
    )
    stop = threading.Event()
    thread = threading.Thread(target=_relay, args=(stop,))
    thread.start()
    try:
        for number in range(UNTIL_PREPARED):
            _enqueue(number)
        assert wait_until(lambda: len(done) == UNTIL_PREPARED, seconds=SECONDS)

        with column_altered("core_outboxmessage", "last_error"):
            _enqueue(99)
            assert wait_until(lambda: 99 in done, seconds=SECONDS)
    finally:
        stop.set()
        thread.join()
    assert done == [*range(UNTIL_PREPARED), 99]


def _do(message_id: UUID, _task: str) -> None:
    outbox.run(message_id)


def _relay(stop: threading.Event) -> None:
    try:
        relay.run(_do, stop=stop)
    finally:
        connection.close()


def _enqueue(number: int) -> None:
    with transaction.atomic():
        outbox.enqueue("tests.altered", key=f"altered-{number}", number=number)


# Read-only


def test_a_database_that_can_t_be_written_is_read_and_says_so(
    web: WebServer, ana: Patient, rita: User, clinic: Clinic, screen: Callable[[str], Screen]
) -> None:
    # given: a patient with a visit, the reception, and a display that wasn't seen for a while
    patient, reception, anonymous = web.browser_of(ana), web.browser_of(rita), web.anonymous()
    display = httpx.Client(base_url=web.origin)
    display.headers["Authorization"] = f"Device {screen('display').token}"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_device SET last_seen_at = now() - interval '5 minutes'")
        assert patient.post("/api/appointments", json=_hold(hour=9)).status_code == 201
    day = f"/api/staff/day?date={clock.today() + timedelta(days=1)}"
    sessions_before = Session.objects.count()

    with database_altered("SET default_transaction_read_only = on", "RESET ALL"):
        # when, then: what writes is refused, with a time to come again
        assert_come_again(patient.post("/api/appointments", json=_hold(hour=10)))
        assert_come_again(anonymous.post("/api/auth/login", json=LOGIN))
        assert_come_again(reception.get(day))
        # and what reads is answered
        assert patient.get("/api/auth/me").status_code == 200
        assert patient.get("/api/appointments").status_code == 200
        assert display.get("/api/board").status_code == 200
        ready = anonymous.get("/health/ready")
        assert (ready.status_code, ready.json()["parts"]["database"]) == (503, "failed")
        assert anonymous.get("/health/live").status_code == 200

    # then: nothing was changed, and the next request finds the database that can be written
    assert Appointment.objects.count() == 1
    assert Session.objects.count() == sessions_before
    assert patient.post("/api/appointments", json=_hold(hour=10)).status_code == 201
    assert anonymous.get("/health/ready").json()["parts"]["database"] == "ok"


def _hold(*, hour: int) -> dict[str, str]:
    first, _ = clock.day_bounds(clock.today())
    return {"specialty": "massage", "start": (first + timedelta(days=1, hours=hour)).isoformat()}


# Closed


def test_a_database_that_lets_nobody_in_is_waited_for(
    web: WebServer, ana: Patient, rita: User, clinic: Clinic
) -> None:
    patient, reception, anonymous = web.browser_of(ana), web.browser_of(rita), web.anonymous()
    assert patient.get("/api/appointments").status_code == 200

    with database_altered("ALLOW_CONNECTIONS false", "ALLOW_CONNECTIONS true"):
        assert_come_again(patient.get("/api/appointments"))
        assert_come_again(reception.get("/api/staff/day"))
        assert_come_again(anonymous.post("/api/auth/login", json=LOGIN))
        anonymous.cookies.set(settings.SESSION_COOKIE_NAME, "x" * 32)
        admin = anonymous.get("/admin/")
        assert (admin.status_code, admin.headers["Retry-After"]) == (503, "2")
        parts = patient.get("/health/ready").json()["parts"]
        assert (parts["database"], parts["redis"]) == ("failed", "ok")
        assert patient.get("/health/live").status_code == 200

    assert patient.get("/api/appointments").status_code == 200
    assert reception.get("/api/staff/day").status_code == 200
