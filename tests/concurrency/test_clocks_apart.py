"""A worker on a host whose clock is wrong, a process of its own."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection

from booking.models import Appointment
from booking.services import holds
from clinic.core import clock
from clinic.core.models import Heartbeat
from clinic.directory.models import Patient
from tests.concurrency.test_one_slot import TESTER, tomorrow_at
from tests.conftest import Clinic
from tests.recognition.faces import ROOT

# Does what beat asks for, on a host whose clock is that many hours wrong.
HOST = """
import sys, time, django, time_machine
time_machine.travel(time.time() + 3600 * int(sys.argv[1])).start()
django.setup()
from clinic.config.celery import app
app.loader.import_default_modules()
for name in sys.argv[2:]:
    app.tasks[name].apply(throw=True)
"""


def work_on_a_host(hours: int, *tasks: str) -> None:
    database = connection.settings_dict
    account = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "clinic.config.settings",
        "DATABASE_URL": f"postgresql://{account}/{database['NAME']}",
    }
    command = [sys.executable, "-c", HOST, str(hours), *tasks]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=60)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_a_hold_ends_when_the_databases_clock_says_so(
    clinic: Clinic, ana: Patient, bruno: Patient
) -> None:
    # given: a hold with minutes left, and one that is over
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

    # when: the clockwork runs two hours ahead
    work_on_a_host(2, "booking.expire_holds", "billing.expire_payments", "core.heartbeat")

    # then: only what is over has ended, and the heartbeat is of now
    assert Appointment.objects.get(pk=held.pk).status == "pending"
    assert Appointment.objects.get(pk=over.pk).status == "expired"
    assert abs(Heartbeat.objects.get().at - clock.now()) < timedelta(minutes=1)
