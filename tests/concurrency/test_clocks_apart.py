"""A worker and a web process on hosts whose clocks are wrong, each a process of its own."""

import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection

from booking.models import Appointment
from booking.services import holds
from clinic.accounts.services import sessions
from clinic.config.celery import app
from clinic.core import clock
from clinic.core.models import Heartbeat
from clinic.directory.models import Patient
from clinic.launcher.embedded import Valkey
from clinic.launcher.processes import Program, wait_until
from tests.concurrency.test_one_slot import TESTER, tomorrow_at
from tests.config.conftest import REPOSITORY, web_server
from tests.conftest import Clinic
from tests.wrong_clock import wrong_by

QUEUES = ["clockwork", "default"]
TICKS = [
    "booking.close_past_days",
    "booking.refresh_waits",
    "billing.expire_payments",
    "core.clean",
    "accounts.clean_sessions",
    "booking.expire_holds",
]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path / "valkey", durable=False)
    valkey.start()
    yield valkey
    valkey.remove()


@pytest.fixture
def worker(transactional_db: None, broker: Valkey, tmp_path: Path) -> Iterator[Program]:
    """Does what the clock asks for, on a host whose own is an hour ahead."""
    database = connection.settings_dict
    account = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    program = Program(
        name="clock-worker",
        argv=[
            *(sys.executable, "-m", "celery", "-A", "clinic.config.celery", "worker"),
            *("--queues", ",".join(QUEUES), "--pool", "solo", "--loglevel", "info"),
            *("--without-gossip", "--without-mingle"),
        ],
        log=tmp_path / "worker.log",
        cwd=REPOSITORY,
        env={
            **os.environ,
            **wrong_by(3600),
            "CLINIC_ENV": "test",
            "CLINIC_TIME_ZONE": settings.TIME_ZONE,
            "DATABASE_URL": f"postgresql://{account}/{database['NAME']}",
            "REDIS_URL": broker.url,
        },
    )
    program.start()
    yield program
    program.stop()


@pytest.mark.concurrency
def test_a_worker_an_hour_ahead_ends_nothing_early_and_does_its_work(
    worker: Program, broker: Valkey, clinic: Clinic, ana: Patient, bruno: Patient
) -> None:
    # given: a hold and a session with minutes left, and a hold that is over
    held, over = (
        holds.hold(
            patient=patient,
            specialty_code="massage",
            practitioner_id=clinic.sousa.pk,
            start=tomorrow_at(hour),
            actor=TESTER,
        )
        for patient, hour in ((ana, 10), (bruno, 14))
    )
    a_moment_ago = clock.now() - timedelta(seconds=1)
    Appointment.objects.filter(pk=over.pk).update(hold_expires_at=a_moment_ago)

    # when: beat, which is on time, asks for its rounds
    routes = settings.CELERY_TASK_ROUTES
    with app.connection_for_write(broker.url) as there:
        for task in TICKS:
            queue = routes.get(task, {}).get("queue", "default")
            app.send_task(task, queue=queue, connection=there)
        app.send_task("core.heartbeat", args=["tests"], queue="clockwork", connection=there)

    # then: each is done
    def done() -> set[str]:
        assert worker.log is not None
        lines = worker.log.read_text().splitlines()
        return {task for task in TICKS for line in lines if f"{task}[" in line and "succ" in line}

    assert wait_until(lambda: done() == {*TICKS}, seconds=60), worker.last_lines()
    assert wait_until(Heartbeat.objects.filter(name="tests").exists, seconds=10)

    # and: only what is over has ended, and the heartbeat is of now
    assert Appointment.objects.get(pk=over.pk).status == "expired"
    assert Appointment.objects.get(pk=held.pk).status == "pending"
    assert abs(Heartbeat.objects.get(name="tests").at - clock.now()) < timedelta(minutes=1)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_web_process_twenty_seconds_behind_takes_and_gives_what_the_others_do(
    ana: Patient, tmp_path: Path
) -> None:
    behind = 20
    with web_server(tmp_path, processes=1, environment=wrong_by(-behind)) as there:
        # given: a process that does live by another clock
        answer = httpx.get(f"{there.origin}/health/live")
        its_time = parsedate_to_datetime(answer.headers["Date"])
        assert abs((clock.now() - its_time).total_seconds() - behind) < 10

        # when, then: what this host gave a moment ago is taken there
        browser = there.browser_of(ana)
        pair = sessions.open_session(ana).pair
        browser.cookies.set(settings.ACCESS_COOKIE, pair.access, domain="127.0.0.1")
        browser.cookies.set(settings.REFRESH_COOKIE, pair.refresh, domain="127.0.0.1")
        assert browser.get("/api/auth/me").status_code == 200
        refreshed = browser.post("/api/auth/refresh")
        assert refreshed.status_code == 200

        # and: what is given there is taken there and here
        assert browser.get("/api/auth/me").status_code == 200
        assert sessions.session_user(refreshed.cookies[settings.ACCESS_COOKIE]) is not None
