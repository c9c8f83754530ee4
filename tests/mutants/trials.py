"""Trials of mutants: a program that has loaded all that others wrote, and forks for each trial.

python -m tests.mutants.trials     in a copy of the checkout; a trial a line on stdin

What is ours is loaded in the fork, so that a mutant is loaded like any other code, its decorators
and constants too. Each trial has a database of its own, and ends with its first failing test or at
its limit.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

LOADED_ONCE = (
    "celery",
    "channels_redis.pubsub",
    "cryptography.hazmat.primitives.asymmetric.rsa",
    "django.core.management",
    "django.db.models",
    "django.forms",
    "django.test.utils",
    "httpx",
    "hypothesis.strategies",
    "jsonschema",
    "jwt",
    "numpy",
    "psycopg",
    "pytest_asyncio",
    "pytest_django.plugin",
    "redis.asyncio",
    "structlog",
    "time_machine",
    "websockets.sync.client",
)
OURS = {"booking", "billing", "clinic", "realtime", "recognition"}
LOG, TOLD = Path("trial.log"), Path("trial.json")
LOOK_SECONDS = 0.02


class Trial(NamedTuple):
    tests: list[str]
    database: str
    limit: float
    to_the_end: bool = False
    """Go on after a failing test, and tell of all that failed."""


def main() -> None:
    for name in LOADED_ONCE:
        importlib.import_module(name)
    early = sorted(name for name in sys.modules if name.split(".")[0] in OURS)
    print(json.dumps({"early": early}), flush=True)
    for line in sys.stdin:
        print(json.dumps(outcome(Trial(**json.loads(line)))), flush=True)


def outcome(trial: Trial) -> dict[str, Any]:
    """How it ended: pytest's exit code, what failed and why, or that it was late."""
    TOLD.unlink(missing_ok=True)
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _run(trial)
    ended, status, is_late = 0, 0, False
    while not ended and not is_late:
        ended, status = os.waitpid(child, os.WNOHANG)
        is_late = time.monotonic() - began > trial.limit
        time.sleep(LOOK_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # with what the tests have started
    if not ended:
        _, status = os.waitpid(child, 0)
    told = json.loads(TOLD.read_text()) if TOLD.exists() else {"failed": [], "why": ""}
    seconds = round(time.monotonic() - began, 2)
    exit_code = os.waitstatus_to_exitcode(status)
    return {"exit": exit_code, "late": is_late and not ended, "seconds": seconds, **told}


def _run(trial: Trial) -> None:
    """In the fork; it never returns."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream, target in ((0, null), (1, log), (2, log)):
        os.dup2(target, stream)
    watcher = Watcher(trial)
    files = list(dict.fromkeys(test.partition("::")[0] for test in trial.tests))
    options = ["-q", "-p", "no:cacheprovider", *([] if trial.to_the_end else ["-x"])]
    code = int(pytest.main([*options, *files], plugins=[watcher]))
    TOLD.write_text(json.dumps({"failed": watcher.failed, "why": watcher.why}))
    sys.stdout.flush()
    os._exit(code)


class Watcher:
    """Takes the tests of a trial, in their order, and keeps what failed."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._order = {test: place for place, test in enumerate(trial.tests)}
        self.failed: list[str] = []
        self.why = ""

    def pytest_configure(self, config: pytest.Config) -> None:
        # As late as this, it goes before the fixture of pytest-django.
        _Database.name = self._trial.database
        config.pluginmanager.register(_Database())

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        chosen = [item for item in items if item.nodeid in self._order]
        # What commits comes last, as pytest-django has it.
        items[:] = sorted(chosen, key=lambda item: (_commits(item), self._order[item.nodeid]))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._keep(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._keep(report)

    def _keep(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)
            lines = str(report.longrepr or "").splitlines()
            causes = [line[1:].strip() for line in lines if line.startswith("E ")]
            self.why = self.why or (causes or lines or [""])[0][:200]


class _Database:
    """The trial's is there already, with its tables."""

    name = ""

    @pytest.fixture(scope="session")
    @classmethod
    def django_db_setup(cls, django_test_environment: None) -> None:  # noqa: ARG003  (comes first)
        from django.conf import settings
        from django.db import connection

        settings.DATABASES["default"]["NAME"] = cls.name
        connection.settings_dict["NAME"] = cls.name


def _commits(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("django_db")
    asked = mark is not None and (mark.kwargs.get("transaction") or True in mark.args)
    return bool(asked) or "transactional_db" in getattr(item, "fixturenames", ())


if __name__ == "__main__":
    main()
