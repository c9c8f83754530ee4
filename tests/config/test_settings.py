"""No process starts on a setting that would be unsafe: it is refused, and named."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.checks.registry import registry

from billing.invoicing import chain
from clinic.core.checks import SETTINGS
from clinic.launcher.processes import Program

REPOSITORY = Path(__file__).resolve().parents[2]
SOUND = {
    "CLINIC_ENV": "production",
    "CLINIC_SANDBOX": "0",
    "PUBLIC_ORIGIN": "https://clinic.example",
    "DATABASE_URL": "postgresql://clinic:secret@127.0.0.1:5432/vez",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "SECRET_KEY": "Kq8w-Lm4Zt7_Ry1Xb3" * 3,
    "JWT_KEY": "r7Zp_Wn2Kd9-Vc5Hj8" * 3,
    "PAYMENT_WEBHOOK_SECRET": "x2Nd-Gs6Qf0_Tb4Mz1" * 3,
    "FACE_KEY": base64.b64encode(b"f" * 32).decode(),
}


# One process reads them all: an environment a line, answered by its faults and its settings.
READER = """
import json, os, sys
import django
from django.conf import Settings, settings
from django.core.checks import run_checks
from clinic.core.checks import SETTINGS

for line in sys.stdin:
    os.environ.clear()
    os.environ.update(json.loads(line))
    for name in [name for name in sys.modules if name.startswith("clinic.config.settings")]:
        del sys.modules[name]
    settings._wrapped = read = Settings("clinic.config.settings")
    read.FRONTEND_DIR = sys.argv[1]
    django.setup()
    faults = [fault.msg for fault in run_checks(tags=[SETTINGS])]
    texts = {name: text for name, text in vars(read).items() if isinstance(text, str)}
    print(json.dumps([faults, texts]), flush=True)
"""


class Reading(NamedTuple):
    """What the checks say of an environment, and the settings that are text."""

    faults: list[str]
    settings: dict[str, str]


Read = Callable[[dict[str, str]], Reading]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Read]:
    built = tmp_path_factory.mktemp("dist")
    (built / "liveness.json").write_text("{}")
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(built)],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        asked, told = reader.stdin, reader.stdout
        assert asked is not None
        assert told is not None

        def read(environment: dict[str, str]) -> Reading:
            print(json.dumps(environment), file=asked, flush=True)
            return Reading(*json.loads(told.readline()))

        # Django is set up with the first.
        assert read(SOUND).faults == []
        yield read
        asked.close()


@pytest.mark.parametrize("name", ["web-http", "web-ws", "worker", "beat"])
def test_no_process_starts_on_unsafe_settings_and_each_fault_is_told(
    name: str, tmp_path: Path
) -> None:
    process = Program(
        name,
        ["docker/start", name],
        log=tmp_path / "log",
        env={
            **SOUND,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PORT": "0",
            "WEB_CONCURRENCY": "1",
            "CLINIC_VAR": str(tmp_path),
            "SECRET_KEY": "short",
            "FACE_LIVENESS_CONFIDENCE": "101",
            "EUPAGO_API_KEY": "0000-1111-2222-3333-444",
        },
        cwd=REPOSITORY,
    )
    process.start()
    try:
        assert process.wait(60)
        assert process.exit_code() not in {0, None}
    finally:
        process.kill()

    lines = process.last_lines(40)
    for setting in ("SECRET_KEY", "FACE_LIVENESS_CONFIDENCE", "EUPAGO_WEBHOOK_KEY"):
        assert f") {setting} must be " in lines


def test_every_check_of_ours_judges_the_start() -> None:
    ours = ("billing.", "booking.", "clinic.", "realtime.", "recognition.")

    aside = [
        f"{check.__module__}.{check!r}"
        for check in registry.registered_checks
        if check.__module__.startswith(ours) and SETTINGS not in check.tags
    ]

    assert aside == []


@pytest.mark.parametrize(
    ("told", "zone"),
    [({}, "Europe/Lisbon"), ({"CLINIC_TIME_ZONE": "Atlantic/Azores"}, "Atlantic/Azores")],
)
def test_the_clinic_and_its_nightly_work_go_by_lisbon_or_by_the_zone_named(
    read: Read, told: dict[str, str], zone: str
) -> None:
    settings = read(SOUND | told).settings

    assert (settings["TIME_ZONE"], settings["CELERY_TIMEZONE"]) == (zone, zone)


@pytest.mark.parametrize("end", ["\n", r"\n", r"\r\n"])
def test_a_signing_key_may_be_written_in_one_line(read: Read, end: str) -> None:
    key = rsa.generate_private_key(65537, 1024)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()

    faults, settings = read(SOUND | {"INVOICE_SIGNING_KEY": pem.replace("\n", end)})

    assert faults == []
    kept = chain.load_private_key(settings["INVOICE_SIGNING_KEY"])
    assert chain.public_pem(kept) == chain.public_pem(key)


def test_an_older_face_key_may_follow_the_newest(read: Read) -> None:
    older = base64.b64encode(b"g" * 32).decode()

    assert read(SOUND | {"FACE_KEY": f"{SOUND['FACE_KEY']},{older}"}).faults == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", "short"),
        ("JWT_KEY", None),
        ("JWT_KEY", "j" * 31),
        ("JWT_KEY", "j" * 64),
        ("JWT_KEY", "Kq8w-Lm4Zt7_Ry1Xb3" * 3),
        ("PAYMENT_WEBHOOK_SECRET", None),
        ("PAYMENT_WEBHOOK_SECRET", "r7Zp_Wn2Kd9-Vc5Hj8" * 3),
        ("FACE_KEY", base64.b64encode(bytes(32)).decode()),
        ("FACE_ACCEPT_DISTANCE", "0.61"),
        ("FACE_CONFIRM_DISTANCE", "0.61"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", ".clinic.example"),
        ("TRUSTED_PROXIES", "4"),
        ("DATABASE_URL", "postgresql://clinic:secret@db.internal/vez"),
        ("DATABASE_URL", "postgresql://clinic:secret@db.internal/vez?sslmode=prefer"),
        ("REDIS_URL", "redis://cache.internal/0"),
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
        ("WS_HEARTBEAT_SECONDS", "0"),
        ("WS_HEARTBEAT_SECONDS", "5.1"),
        ("POLLY_ENGINE", "loud"),
    ],
)
def test_an_unsafe_setting_is_refused_and_named(read: Read, name: str, value: str | None) -> None:
    settings = {key: text for key, text in SOUND.items() if key != name}
    if value is not None:
        settings[name] = value

    [fault] = read(settings).faults

    assert name in fault


AMAZON = {
    "FACE_ENGINE": "recognition.engines.rekognition.RekognitionEngine",
    "FACE_COLLECTION": "clinic-faces",
}


ROLE = "arn:aws:iam::123456789012:role/vez-liveness-stream"


@pytest.mark.parametrize("concurrency", [{}, {"FACE_WORKER_CONCURRENCY": "2"}])
def test_two_face_workers_are_enough_for_amazon(read: Read, concurrency: dict[str, str]) -> None:
    assert read(SOUND | AMAZON | concurrency).faults == []


@pytest.mark.parametrize(
    "changed",
    [
        {"FACE_LIVENESS_ROLE": ROLE},
        {"FACE_LIVENESS_ROLE": "arn:aws-us-gov:iam::123456789012:role/path/to+role"},
        {"FACE_LIVENESS_ROLE": ROLE, "FACE_LIVENESS_CONFIDENCE": "100"},
    ],
)
def test_videos_are_looked_at_by_the_role_that_is_named(
    read: Read, changed: dict[str, str]
) -> None:
    assert read(SOUND | AMAZON | changed).faults == []


def test_the_nearest_sound_thresholds_are_accepted(read: Read) -> None:
    thresholds = {"FACE_ACCEPT_SIMILARITY": "99", "FACE_CONFIRM_SIMILARITY": "98"}

    assert read(SOUND | thresholds).faults == []


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
def test_faces_are_never_searched_by_half_a_setting(
    read: Read, changed: dict[str, str], named: str
) -> None:
    [fault] = read(SOUND | changed).faults

    assert named in fault


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight"),
        ("PORT", "65536"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "1.5"),
        ("EMAIL_PORT", "0"),
        ("EMAIL_TLS", "always"),
        ("CLINIC_SANDBOX", "never"),
        ("SMS_COUNTRY_CODES", "+351"),
        ("SMS_PER_NUMBER_A_DAY", "ten"),
        ("CHECK_IN_EARLIEST_MINUTES", "99999999999"),
        ("FACE_ACCEPT_DISTANCE", "[0.4"),
        ("FACE_CONFIRM_DISTANCE", "-0.1"),
        ("FACE_MARGIN", "nan"),
        ("FACE_WORKER_CONCURRENCY", "0"),
        ("OUTBOX_RETRY_SECONDS", "1e999"),
        ("WS_MAX_AGE_SECONDS", "-1"),
        ("LOG_LEVEL", "loud"),
        ("PUBLIC_ORIGIN", "https://[clinic.example"),
        ("INTERNAL_ORIGIN", "127.0.0.1"),
        ("DATABASE_URL", "postgresql://clinic@127.0.0.1:five/vez"),
        ("DATABASE_URL", "mysql://clinic@127.0.0.1/vez"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("SMS_TRANSPORT", "clinic.sandbox.transports.SandboxSms"),
        ("EMAIL_TRANSPORT", "clinic.sandbox.transports.SandboxEmail"),
        ("SMS_TRANSPORT", "clinic.nowhere.Transport"),
        ("EMAIL_TRANSPORT", ""),
        ("FACE_ENGINE", "recognition.engine.DlibEngine"),
        ("SPEECH_ENGINE", "loud"),
        ("PAYMENT_PROVIDER", "sandbox"),
        ("PAYMENT_PROVIDER", "eupgao"),
    ],
)
def test_a_mistyped_setting_is_refused_in_one_sentence(read: Read, name: str, value: str) -> None:
    [fault] = read(SOUND | {name: value}).faults

    assert name in fault


@pytest.mark.parametrize(
    "changed",
    [
        {"DATABASE_URL": "postgresql://clinic:secret@db.internal/vez?sslmode=verify-full"},
        {"REDIS_URL": "rediss://cache.internal/0"},
        {"REDIS_URL": "redis://cache.internal/0", "LOCAL_SERVERS": "cache.internal"},
        {"DATABASE_URL": "postgresql://clinic@db/vez", "LOCAL_SERVERS": "cache,db"},
        {"EMAIL_HOST": "mail", "EMAIL_TLS": "0", "LOCAL_SERVERS": "mail"},
        {"EMAIL_HOST": "mail.example"},
        {"ALLOWED_HOSTS": "10.0.0.7,clinic.internal"},
    ],
)
def test_a_link_is_encrypted_or_said_to_be_local(read: Read, changed: dict[str, str]) -> None:
    assert read(SOUND | changed).faults == []


def test_mail_leaves_in_the_open_only_where_that_is_said(read: Read) -> None:
    [fault] = read(SOUND | {"EMAIL_HOST": "mail.example", "EMAIL_TLS": "0"}).faults

    assert "EMAIL_TLS" in fault


@pytest.mark.parametrize("name", ["PORT", "EMAIL_PORT", "FACE_MARGIN", "LOG_LEVEL", "REDIS_URL"])
def test_an_empty_number_level_or_address_is_not_set(read: Read, name: str) -> None:
    outside = {"CLINIC_ENV": "test"}

    assert read(outside | {name: ""}) == read(outside)


def test_a_value_may_begin_with_a_dollar_sign(read: Read) -> None:
    faults, settings = read(SOUND | {"EMAIL_PASSWORD": "$HOME of mine"})

    assert faults == []
    assert settings["EMAIL_HOST_PASSWORD"] == "$HOME of mine"


def test_a_command_says_what_is_wrong_with_the_settings_and_nothing_else() -> None:
    told = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=REPOSITORY,
        env=SOUND | {"PORT": "eight"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 1
    assert "PORT must be a whole number" in told.stderr
    assert "Traceback" not in told.stderr
