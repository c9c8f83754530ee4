"""The real command that changes the key of the faces, killed outright wherever it happens to be."""

import base64
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from pytest_django import Settings

from clinic.launcher.processes import wait_until
from recognition import vault
from recognition.models import Enrolment, Template
from recognition.services import rotation
from tests.recognition.faces import ROOT

OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
PEOPLE, TEMPLATES_EACH = 4, 200
TOTAL = PEOPLE * TEMPLATES_EACH
KILLS = 3

Vectors = dict[uuid.UUID, bytes]

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def vectors(person: Callable[..., Any], settings: Settings) -> Vectors:
    """What is sealed in each template, all of them under the old key and no two alike; from here
    on the settings name both."""
    settings.FACE_KEY = OLD
    plain = {}
    for number in range(PEOPLE):
        patient = person()
        enrolment = Enrolment.objects.create(patient_id=patient.pk)
        rows = []
        for position in range(TEMPLATES_EACH):
            vector = f"vector {position} of patient {number}".encode()
            sealed = vault.seal(vector, owner=patient.pk)
            row = Template(
                enrolment=enrolment,
                sealed=sealed.data,
                key_id=sealed.key_id,
                engine="dlib",
                model_hash="m",
            )
            plain[row.pk] = vector
            rows.append(row)
        Template.objects.bulk_create(rows)
    settings.FACE_KEY = f"{NEW},{OLD}"
    return plain


@contextmanager
def resealing() -> Iterator["subprocess.Popen[str]"]:
    database = connection.settings_dict
    account = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    environment = {
        **os.environ,
        "CLINIC_ENV": "test",
        "DATABASE_URL": f"postgresql://{account}/{database['NAME']}",
        "FACE_KEY": f"{NEW},{OLD}",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "manage.py", "reseal_faces"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def end_outright(process: "subprocess.Popen[str]") -> int:
    """kill -9; what the process ended by, which is something else if it was faster."""
    process.send_signal(signal.SIGKILL)
    return process.wait(timeout=10)


def assert_nothing_is_lost(vectors: Vectors) -> Counter[str]:
    """Each template opens by the key that its row names, alone, and holds what it held; how many
    there are under each key."""
    new, old = vault.key_ids()
    keys = {name: base64.b64decode(key) for name, key in ((new, NEW), (old, OLD))}
    found: Vectors = {}
    under: Counter[str] = Counter()
    for template in Template.objects.select_related("enrolment"):
        sealed = bytes(template.sealed)
        found[template.pk] = AESGCM(keys[template.key_id]).decrypt(
            sealed[: vault.NONCE_BYTES],
            sealed[vault.NONCE_BYTES :],
            template.enrolment.patient_id.bytes,
        )
        under["new" if template.key_id == new else "old"] += 1
    assert found == vectors
    assert rotation.standing() == rotation.Standing(current=under["new"], old=under["old"], lost={})
    return under


def test_the_rotation_killed_at_random_points_loses_no_template_and_comes_to_its_end(
    vectors: Vectors,
) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    halfway = kills = 0
    for _ in range(KILLS):
        with resealing() as process:
            assert process.stdout is not None
            process.stdout.readline()
            began = time.monotonic()
            process.stdout.readline()
            a_batch = time.monotonic() - began
            time.sleep(chance.uniform(0, a_batch))
            code = end_outright(process)
        assert code in {0, -signal.SIGKILL}
        kills += code == -signal.SIGKILL
        halfway += 0 < assert_nothing_is_lost(vectors)["new"] < TOTAL
    assert kills >= 1
    assert halfway >= 1

    with resealing() as process:
        said, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert said.splitlines()[-2:] == [
        f"{TOTAL} under the newest key, 0 under older ones",
        "The older keys are not needed any more.",
    ]
    assert assert_nothing_is_lost(vectors) == Counter(new=TOTAL)


@contextmanager
def nobody_may_write_templates() -> Iterator[None]:
    """On a connection of its own: whoever has read a batch stands still before writing it."""
    other = connection.copy()
    other.set_autocommit(False)
    with closing(other), other.cursor() as cursor:
        cursor.execute("LOCK TABLE recognition_template IN SHARE MODE")
        yield
        other.rollback()


def is_about_to_write() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE relation = 'recognition_template'::regclass AND NOT granted"
        )
        (waiting,) = cursor.fetchone()
    return bool(waiting == 1)


def test_the_rotation_killed_between_reading_a_batch_and_writing_it_changes_nothing(
    vectors: Vectors,
) -> None:
    before = list(Template.objects.order_by("pk").values("pk", "sealed", "key_id"))

    with nobody_may_write_templates(), resealing() as process:
        assert wait_until(is_about_to_write, seconds=30)
        assert end_outright(process) == -signal.SIGKILL

    after = list(Template.objects.order_by("pk").values("pk", "sealed", "key_id"))
    assert [tuple(map(bytes_of, row.values())) for row in after] == [
        tuple(map(bytes_of, row.values())) for row in before
    ]
    assert assert_nothing_is_lost(vectors) == Counter(old=TOTAL)
    with resealing() as process:
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert assert_nothing_is_lost(vectors) == Counter(new=TOTAL)


def bytes_of(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
