"""A pytest plugin: which lines of the rules each test runs, and how long it takes.

It writes `reach-*.json` into the folder that MUTANTS_REACH names, one file for each process.
"""

import json
import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

from tests.mutants import rules


class Reach:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._watch = coverage.Coverage(
            data_file=None,
            config_file=False,
            include=[str(rules.ROOT / file) for _, file in rules.files()],
        )
        self._seconds: dict[str, float] = defaultdict(float)
        self._failed: set[str] = set()
        self._watch.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool, bool]:
        self._watch.switch_context(item.nodeid)
        done = yield
        self._watch.switch_context("")
        return done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration
        if not report.passed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._watch.stop()
        data = self._watch.get_data()
        lines: dict[str, dict[str, list[int]]] = {}
        for file in data.measured_files():
            name = str(Path(file).relative_to(rules.ROOT))
            for line, tests in data.contexts_by_lineno(file).items():
                for test in filter(None, tests):
                    lines.setdefault(test, {}).setdefault(name, []).append(line)
        passed = {
            test: {"seconds": round(seconds, 3), "lines": lines[test]}
            for test, seconds in self._seconds.items()
            if test in lines and test not in self._failed
        }
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        (self._folder / f"reach-{worker}.json").write_text(json.dumps(passed))


def pytest_configure(config: pytest.Config) -> None:
    # With several processes the first only hands out the tests.
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        config.pluginmanager.register(Reach(Path(os.environ["MUTANTS_REACH"])))
