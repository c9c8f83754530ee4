"""Pytest plugin: settles the surroundings, and starts PostgreSQL and Valkey for this run if the
environment names none.

It is loaded before Django's settings are read. Processes that a test starts inherit the addresses,
so a run has one pair of servers. Those processes go by the database's clock; the tests go by their
own, which they can move.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test.utils import override_settings

from clinic.launcher.embedded import Postgres, ServerFailedError, Valkey
from clinic.launcher.surroundings import settle_tests


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    settle_tests()
    wanted: dict[str, type[Postgres | Valkey]] = {
        "DATABASE_URL": Postgres,
        "REDIS_URL": Valkey,
    }
    _share_redis()
    missing = {name: kind for name, kind in wanted.items() if not os.environ.get(name)}
    if not missing:
        return
    home = Path(tempfile.mkdtemp(prefix="vez-tests-"))
    early_config.add_cleanup(lambda: shutil.rmtree(home))
    home.chmod(0o711)  # PostgreSQL's user passes through
    for name, kind in missing.items():
        server = kind(home / kind.__name__.lower(), durable=False)
        early_config.add_cleanup(server.remove)
        try:
            server.start()
        except (OSError, ServerFailedError) as failure:
            raise pytest.UsageError(str(failure)) from None
        os.environ[name] = server.url


def _share_redis() -> None:
    """Give each worker of pytest-xdist its own numbered database on the shared server."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
    if worker and os.environ.get("REDIS_URL"):
        server, _, number = os.environ["REDIS_URL"].rpartition("/")
        os.environ["REDIS_URL"] = f"{server}/{int(number or 0) + int(worker) + 1}"


@pytest.fixture(scope="session", autouse=True)
def _clock_of_its_own() -> Iterator[None]:
    with override_settings(CLOCK_FOLLOWS_DATABASE=False):
        yield
