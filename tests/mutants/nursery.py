"""Where mutants are tried: a copy of the checkout, a database and a Redis of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

from tests.mutants import rules
from tests.mutants.changes import Change
from tests.mutants.reaching import Reaching

COPIED = ("booking", "billing", "clinic", "realtime", "recognition", "tests", "docker", "docs")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "dist", ".hypothesis")
LIMIT_SECONDS, LIMIT_TIMES = 40.0, 6.0
"""Far more than the tests take, for the machine may be busy."""


class Nursery:
    def __init__(self, number: int, folder: Path, addresses: dict[str, str]) -> None:
        self._root = folder / f"checkout-{number}"
        self._template = urlsplit(addresses["DATABASE_URL"]).path.removeprefix("/")
        self._database = f"trial_{number}"
        server, _, _ = addresses["DATABASE_URL"].rpartition("/")
        self._admin = f"{server}/postgres"
        redis_server, _, _ = addresses["REDIS_URL"].rpartition("/")
        self._redis = redis.Redis.from_url(f"{redis_server}/{number + 1}")
        self._environment = {
            **os.environ,
            **addresses,
            "REDIS_URL": f"{redis_server}/{number + 1}",
        }
        self._copy(folder / "checkout-0")
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.mutants.trials"],
            cwd=self._root,
            # Compiled, a mutant would be taken for the next one of the same second and length.
            env={**self._environment, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == {"early": []}, "what mutants are made of is loaded too early"

    @classmethod
    @contextmanager
    def several(cls, count: int, addresses: dict[str, str]) -> Iterator[list["Nursery"]]:
        migrate = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"]
        subprocess.run(migrate, cwd=rules.ROOT, env={**os.environ, **addresses}, check=True)
        with tempfile.TemporaryDirectory(prefix="vez-mutants-") as folder, ExitStack() as stack:
            nurseries = []
            for number in range(count):
                nurseries.append(cls(number, Path(folder), addresses))
                stack.callback(nurseries[-1].close)
            yield nurseries

    def close(self) -> None:
        self._program.kill()
        self._program.wait()

    def control(self, reach: Reaching, tests: list[str]) -> None:
        """Tests that pass on the unchanged code pass here as well, else nothing here is true."""
        if failed := self.failing(reach, tests):
            raise RuntimeError(f"on the unchanged code {', '.join(sorted(failed))} failed")

    def failing(self, reach: Reaching, tests: Iterable[str]) -> set[str]:
        """Which of these fail on the unchanged code."""
        known = sorted(test for test in tests if test in reach.seconds)
        return set(self._try(known, reach, to_the_end=True)["failed"]) if known else set()

    def tried(self, change: Change, tests: list[str], reach: Reaching) -> dict[str, Any]:
        file = self._root / change.file
        text, times = file.read_text(), file.stat()
        file.write_text(change.made(text))
        try:
            return self._try(tests, reach)
        finally:
            file.write_text(text)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))

    def _try(
        self, tests: list[str], reach: Reaching, *, to_the_end: bool = False
    ) -> dict[str, Any]:
        self._redis.flushdb()
        with psycopg.connect(self._admin, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{self._database}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{self._database}" TEMPLATE "{self._template}"')
        expected = sum(reach.seconds[test] for test in tests)
        trial = {
            "tests": tests,
            "database": self._database,
            "limit": LIMIT_SECONDS + LIMIT_TIMES * expected,
            "to_the_end": to_the_end,
        }
        assert self._program.stdin is not None
        print(json.dumps(trial), file=self._program.stdin, flush=True)
        outcome = self._answer()
        if outcome["exit"] == 5 or (outcome["exit"] and to_the_end and not outcome["failed"]):
            log = (self._root / "trial.log").read_text()
            raise RuntimeError(f"a trial ran nothing: {outcome}\n{log[-2000:]}")
        return outcome | {"survived": outcome["exit"] == 0}

    def _answer(self) -> dict[str, Any]:
        assert self._program.stdout is not None
        answer: dict[str, Any] = json.loads(self._program.stdout.readline())
        return answer

    def _copy(self, compiled: Path) -> None:
        """From the one that is compiled already, if this isn't the first."""
        if compiled.exists():
            shutil.copytree(compiled, self._root, symlinks=True)
            return
        for name in COPIED:
            shutil.copytree(rules.ROOT / name, self._root / name, ignore=LEFT_OUT)
        for name in ("manage.py", "pyproject.toml", "Makefile"):
            shutil.copy2(rules.ROOT / name, self._root / name)
        (self._root / "frontend").symlink_to(rules.ROOT / "frontend")
        # Compiled once, the asserts of the tests too.
        tests = sorted({pattern.partition("*")[0] for pattern in rules.TESTS})
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--collect-only", *tests],
            cwd=self._root,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            check=True,
        )
