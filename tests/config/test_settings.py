"""Production refuses to start on a setting that would be unsafe, and says which."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from billing.invoicing import chain

REPOSITORY = Path(__file__).resolve().parents[2]
SOUND = {
    "CLINIC_ENV": "production",
    "CLINIC_SANDBOX": "0",
    "PUBLIC_ORIGIN": "https://clinic.example",
    "DATABASE_URL": "postgresql://clinic:secret@127.0.0.1:5432/vez",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SECRET_KEY": "s" * 50,
    "JWT_KEY": "j" * 50,
    "PAYMENT_WEBHOOK_SECRET": "w" * 50,
    "FACE_KEY": base64.b64encode(b"f" * 32).decode(),
}


def load(
    settings: dict[str, str], program: str = "import clinic.config.settings"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_sound_settings_are_accepted() -> None:
    started = load(SOUND)

    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    ("told", "zone"),
    [({}, "Europe/Lisbon"), ({"CLINIC_TIME_ZONE": "Atlantic/Azores"}, "Atlantic/Azores")],
)
def test_the_clinic_and_its_nightly_work_go_by_lisbon_or_by_the_zone_named(
    told: dict[str, str], zone: str
) -> None:
    started = load(
        SOUND | told,
        "from clinic.config import settings; print(settings.TIME_ZONE, settings.CELERY_TIMEZONE)",
    )

    assert started.stdout.split() == [zone, zone], started.stderr


@pytest.mark.parametrize("end", ["\n", r"\n", r"\r\n"])
def test_a_signing_key_may_be_written_in_one_line(end: str) -> None:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the law's
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()

    started = load(
        SOUND | {"INVOICE_SIGNING_KEY": pem.replace("\n", end)},
        "from billing.invoicing import chain; from clinic.config import settings;"
        "key = chain.load_private_key(settings.INVOICE_SIGNING_KEY);"
        "print(chain.public_pem(key), end='')",
    )

    assert started.returncode == 0, started.stderr
    assert started.stdout == chain.public_pem(key)


def test_an_older_face_key_may_follow_the_newest() -> None:
    older = base64.b64encode(b"g" * 32).decode()

    started = load(SOUND | {"FACE_KEY": f"{SOUND['FACE_KEY']},{older}"})

    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("JWT_KEY", None),
        ("JWT_KEY", "j" * 31),
        ("PAYMENT_WEBHOOK_SECRET", None),
        ("FACE_KEY", None),
        ("FACE_KEY", base64.b64encode(b"f" * 16).decode()),
        ("FACE_KEY", "not base64"),
        ("FACE_KEY", f"{SOUND['FACE_KEY']},{base64.b64encode(b'g' * 16).decode()}"),
        ("DATABASE_URL", None),
        ("REDIS_URL", None),
        ("PUBLIC_ORIGIN", "http://clinic.example"),
        ("CLINIC_SANDBOX", "1"),
        ("CLINIC_ENV", "staging"),
        ("CLINIC_TIME_ZONE", "Atlantic/Atlantis"),
        ("CLINIC_TIME_ZONE", "../Lisbon"),
    ],
)
def test_an_unsafe_setting_stops_the_start_and_is_named(name: str, value: str | None) -> None:
    settings = {key: text for key, text in SOUND.items() if key != name}
    if value is not None:
        settings[name] = value

    started = load(settings)

    assert started.returncode != 0
    assert name in started.stderr.splitlines()[-1]


AMAZON = {
    "FACE_ENGINE": "recognition.engines.rekognition.RekognitionEngine",
    "FACE_COLLECTION": "clinic-faces",
}


ROLE = "arn:aws:iam::123456789012:role/vez-liveness-stream"


@pytest.mark.parametrize("concurrency", [{}, {"FACE_WORKER_CONCURRENCY": "2"}])
def test_two_face_workers_are_enough_for_amazon(concurrency: dict[str, str]) -> None:
    started = load(SOUND | AMAZON | concurrency)

    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    "changed",
    [
        {"FACE_LIVENESS_ROLE": ROLE},
        {"FACE_LIVENESS_ROLE": "arn:aws-us-gov:iam::123456789012:role/path/to+role"},
        {"FACE_LIVENESS_ROLE": ROLE, "FACE_LIVENESS_CONFIDENCE": "100"},
    ],
)
def test_videos_are_looked_at_by_the_role_that_is_named(changed: dict[str, str]) -> None:
    started = load(SOUND | AMAZON | changed)

    assert started.returncode == 0, started.stderr


def test_the_nearest_sound_thresholds_are_accepted() -> None:
    started = load(
        SOUND | {"FACE_ACCEPT_SIMILARITY": "99", "FACE_CONFIRM_SIMILARITY": "98"},
    )

    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"FACE_ENGINE": "recognition.engines.rekognition.RekognitionEngine"}, "FACE_COLLECTION"),
        (AMAZON | {"FACE_WORKER_CONCURRENCY": "1"}, "FACE_WORKER_CONCURRENCY"),
        ({"FACE_ACCEPT_SIMILARITY": "90"}, "FACE_CONFIRM_SIMILARITY"),
        ({"FACE_ACCEPT_SIMILARITY": "101"}, "FACE_ACCEPT_SIMILARITY"),
        ({"FACE_ACCEPT_SIMILARITY": "100"}, "FACE_ACCEPT_SIMILARITY"),
        ({"FACE_CONFIRM_SIMILARITY": "98.5"}, "FACE_CONFIRM_SIMILARITY"),
        ({"FACE_CONFIRM_SIMILARITY": "0"}, "FACE_CONFIRM_SIMILARITY"),
        ({"FACE_LIVENESS_ROLE": ROLE}, "FACE_LIVENESS_ROLE"),
        (AMAZON | {"FACE_LIVENESS_ROLE": "vez-liveness-stream"}, "FACE_LIVENESS_ROLE"),
        (AMAZON | {"FACE_LIVENESS_ROLE": ROLE.replace(":role/", ":user/")}, "FACE_LIVENESS_ROLE"),
        (AMAZON | {"FACE_LIVENESS_ROLE": f"{ROLE}, {ROLE}"}, "FACE_LIVENESS_ROLE"),
        ({"FACE_LIVENESS_CONFIDENCE": "0"}, "FACE_LIVENESS_CONFIDENCE"),
        ({"FACE_LIVENESS_CONFIDENCE": "100.1"}, "FACE_LIVENESS_CONFIDENCE"),
    ],
)
def test_faces_are_never_searched_by_half_a_setting(changed: dict[str, str], named: str) -> None:
    started = load(SOUND | changed)

    assert started.returncode != 0
    assert named in started.stderr.splitlines()[-1]
