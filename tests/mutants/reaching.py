"""Which tests run which lines of the rules: found out once, and kept."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutants import rules
from tests.mutants.changes import Change


@dataclass
class Reaching:
    seconds: dict[str, float]
    """What each test takes, which passed on the unchanged code."""
    lines: dict[str, dict[str, set[int]]]

    def tests_of(self, change: Change) -> list[str]:
        """The tests that run the changed lines, those of the same place first, then the quick
        ones. What runs once may be noticed by all that run anything of the file."""
        statement = range(change.first, change.last + 1)
        found = [
            test
            for test, lines in self.lines.items()
            if (of_file := lines.get(change.file))
            and (change.once or not of_file.isdisjoint(statement))
        ]
        own = f"tests/{change.file.removeprefix('clinic/').partition('/')[0]}/"
        return sorted(found, key=lambda test: (not test.startswith(own), self.seconds[test]))

    def divided(self, tests: list[str], seconds: float) -> tuple[list[str], list[str]]:
        """As many as take that long, at least one, and the others."""
        taken = 0.0
        for place, test in enumerate(tests):
            taken += self.seconds[test]
            if taken > seconds:
                return tests[: max(place, 1)], tests[max(place, 1) :]
        return tests, []

    def forget(self, tests: set[str]) -> None:
        for test in tests:
            self.lines.pop(test, None)


def reaching(folder: Path, addresses: dict[str, str], jobs: int) -> Reaching:
    """From `folder`, after the tests were run that have to be."""
    folder.mkdir(parents=True, exist_ok=True)
    kept_in = folder / "reach.json"
    kept: dict[str, Any] = json.loads(kept_in.read_text()) if kept_in.exists() else {}
    tests: dict[str, dict[str, Any]] = kept.get("tests", {})
    before, now = kept.get("files", {}), _fingerprints()
    changed = {file for file in before.keys() | now.keys() if before.get(file) != now.get(file)}
    stale = {file for file in changed if file in now and file.startswith("tests/")}
    stale |= {test.partition("::")[0] for test, of in tests.items() if changed & of["lines"].keys()}
    tests = {
        test: of for test, of in tests.items() if test.partition("::")[0] in now.keys() - stale
    }
    if stale & now.keys():
        tests |= _measured(sorted(stale & now.keys()), folder, addresses, jobs)
        kept_in.write_text(json.dumps({"files": now, "tests": tests}))
    return Reaching(
        {test: of["seconds"] for test, of in tests.items()},
        {
            test: {file: set(lines) for file, lines in of["lines"].items()}
            for test, of in tests.items()
        },
    )


def _fingerprints() -> dict[str, str]:
    tests = [path for pattern in rules.TESTS for path in rules.ROOT.glob(pattern)]
    paths = [rules.ROOT / file for _, file in rules.files()] + tests
    return {
        str(path.relative_to(rules.ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def _measured(
    files: list[str], folder: Path, addresses: dict[str, str], jobs: int
) -> dict[str, dict[str, Any]]:
    for old in folder.glob("reach-*.json"):
        old.unlink()
    print(f"running {len(files)} files of tests to see which lines they run", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.reach"]
    shared = ["-n", str(jobs), "--dist", "loadfile", "--no-loadscope-reorder"]
    subprocess.run(
        [*command, *shared, *rules.NOT_THESE, *files],
        cwd=rules.ROOT,
        env={**os.environ, **addresses, "MUTANTS_REACH": str(folder)},
        check=False,  # what fails on the unchanged code notices no mutant
    )
    found: dict[str, dict[str, Any]] = {}
    for told in folder.glob("reach-*.json"):
        found |= json.loads(told.read_text())
    return found
