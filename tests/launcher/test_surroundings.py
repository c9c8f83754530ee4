"""Programs and tests do the same whoever starts them, and from wherever."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.bench.fresh_database import environment

ROOT = Path(__file__).resolve().parents[2]
NOWHERE = "192.0.2.1"
PROXY = "http://127.0.0.1:9"
# As nohup in a shell's background, cron or a CI runner hand them down.
STARTED = 'umask 077; ulimit -n 256; trap "" INT HUP QUIT; exec "$@"'
FOREIGN = {
    "LC_ALL": "C",
    "LANG": "tr_TR.UTF-8",
    "TZ": "Pacific/Auckland",
    "PYTHONHASHSEED": "7",
    "PYTHONOPTIMIZE": "2",
    **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), PROXY),
    **{"PGHOST": "nowhere.invalid", "PGHOSTADDR": NOWHERE, "PGSSLMODE": "verify-full"},
    **{"PGOPTIONS": "-c search_path=none", "PGDATESTYLE": "German", "PGSERVICE": "none"},
    **{"AWS_PROFILE": "nobody", "AWS_REGION": "mars", "AWS_ENDPOINT_URL": f"http://{NOWHERE}"},
    **{"CELERY_BROKER_URL": f"amqp://{NOWHERE}", "BROKER_URL": f"amqp://{NOWHERE}", "APP": "none"},
    **{"WEB_CONCURRENCY": "4", "UVICORN_PORT": "1", "GUNICORN_CMD_ARGS": "--bogus"},
    **{"EMAIL_HOST": NOWHERE, "EMAIL_TLS": "1", "S3_PRIVATE_BUCKET": "none", "PORT": "1"},
    **{"DJANGO_SETTINGS_MODULE": "none.such", "CLINIC_ENV": "production", "LOG_LEVEL": "DEBUG"},
    **{"CLINIC_VAR": "/nonexistent", "CLINIC_TIME_ZONE": "Asia/Tokyo", "TRUSTED_PROXIES": "2"},
}
SENSITIVE = [
    "tests/recognition/test_evaluate_faces.py::test_amazon_keeps_nobody_after_ctrl_c",
    "tests/launcher/test_embedded.py::test_valkey_asks_for_its_password",
    "tests/launcher/test_processes.py::test_a_halted_program_goes_on_to_its_end",
    "tests/notifications/test_smtp.py::test_a_repeat_carries_the_same_message_id",
]
TELL = """
import json, os, resource, signal
from clinic.launcher.surroundings import {settle}
# A shell in between would give it back its meaning.
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
{settle}()
print(json.dumps([
    dict(os.environ),
    oct(os.umask(0)),
    signal.getsignal(signal.SIGINT) is signal.default_int_handler,
    resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    not signal.pthread_sigmask(signal.SIG_BLOCK, ()),
    signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL,
]))
"""


def told(settle: str, mask: str, **more: str) -> list[Any]:
    """What a process tells of itself that was started in foreign surroundings and settled."""
    started = STARTED.replace("umask 077", f"umask {mask}")
    ended = subprocess.run(
        ["sh", "-c", started, "sh", sys.executable, "-c", TELL.format(settle=settle)],
        cwd=ROOT,
        env={"PATH": os.defpath, **FOREIGN, **more},
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}),
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(ended.stdout))


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_tests_pass_in_foreign_surroundings(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> None:
    temporary = tmp_path / ("a long name with spaces " * 6).strip()
    temporary.mkdir()
    with django_db_blocker.unblock(), environment("foreign") as settings:
        server, _, name = settings["DATABASE_URL"].rpartition("/")
        addresses = {
            "DATABASE_URL": f"{server}/{name.removeprefix('test_')}",
            "REDIS_URL": settings["REDIS_URL"],
        }
        ended = subprocess.run(
            [
                *("sh", "-c", STARTED, "sh", sys.executable, "-m", "pytest", "--reuse-db"),
                *("-n0", "-q", "-p", "no:cacheprovider", *SENSITIVE),
            ],
            cwd=ROOT,
            env={"PATH": os.defpath, "TMPDIR": str(temporary), **FOREIGN, **addresses},
            capture_output=True,
            text=True,
            check=False,
        )

    assert ended.returncode == 0, (ended.stdout + ended.stderr)[-3000:]


@pytest.mark.parametrize("inherited", ["000", "077"])
def test_a_test_run_knows_no_setting_but_its_own(inherited: str) -> None:
    variables, mask, heeds_interrupts, open_files, hears_all, waits_for_children = told(
        "settle_tests", inherited, DATABASE_URL="x"
    )

    left = {name: value for name, value in variables.items() if FOREIGN.get(name) == value}
    assert left == {
        "LANG": "tr_TR.UTF-8",
        "PYTHONHASHSEED": "7",
        **dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), PROXY),
    }
    assert variables["CLINIC_ENV"] == "test"
    assert variables["DJANGO_SETTINGS_MODULE"] == "clinic.config.settings"
    assert variables["DATABASE_URL"] == "x"
    assert variables["NO_PROXY"] == variables["no_proxy"] == "localhost,127.0.0.1,::1"
    assert mask == "0o22"
    assert heeds_interrupts
    assert open_files >= 256
    assert hears_all
    assert waits_for_children


def test_a_real_amazon_account_keeps_its_variables() -> None:
    variables, *_ = told("settle_tests", "022", AWS_CONTRACT_REGION="eu-west-1")

    assert variables["AWS_PROFILE"] == "nobody"
    assert "AWS_CONFIG_FILE" not in variables


def test_the_demo_keeps_its_settings_and_nothing_that_makes_another_program_of_it() -> None:
    variables, mask, *_, hears_all, waits_for_children = told(
        "settle", "077", NO_PROXY="example.org"
    )

    left = {name for name, value in variables.items() if FOREIGN.get(name) == value}
    assert left == FOREIGN.keys() - {
        *("PYTHONOPTIMIZE", "DJANGO_SETTINGS_MODULE", "BROKER_URL", "APP"),
        *("WEB_CONCURRENCY", "UVICORN_PORT", "GUNICORN_CMD_ARGS"),
        *(name for name in FOREIGN if name.startswith("PG")),
    }
    assert variables["NO_PROXY"] == "example.org,localhost,127.0.0.1,::1"
    assert mask == "0o77"
    assert hears_all
    assert waits_for_children
