"""`make mutants`: the rules with one small change at a time; a test has to notice each.

python -m tests.mutants [--sample N] [--seed N] [--minutes N] [--only PREFIX] [--again] [--jobs N]

All mutants take hours; a sample of a few hundred says how large the share is that tests catch.
`--only booking/services` takes the files whose paths begin so, and `--again` those mutants that the
last run left alive. Everything about each is written to var/mutants.json. Which tests run which
lines is kept in var/mutants and found out anew for tests that changed and for tests of rules that
changed. The checkout itself is never changed.
"""

import argparse
import json
import math
import os
import queue
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from clinic.launcher.embedded import Postgres, Valkey
from clinic.launcher.surroundings import settle_tests
from tests.mutants import equivalents, report, rules
from tests.mutants.changes import Change, changes
from tests.mutants.nursery import Nursery
from tests.mutants.reaching import Reaching, reaching

VAR = rules.ROOT / "var"
RESULTS = VAR / "mutants.json"
LOOK_SECONDS = 20.0
"""How long the tests of one trial take on the unchanged code; those of the same place go first."""
ALL_LOOKS_SECONDS = 150.0
"""Who is alive after so long meets no further test. Some lines are run by nearly all of them."""


def main() -> int:
    options = _options()
    settle_tests()
    mutants = _chosen(options)
    with servers() as addresses:
        reach = reaching(VAR / "mutants", addresses, options.jobs)
        print(f"{len(mutants)} mutants, {len(reach.seconds)} tests", flush=True)
        until = time.monotonic() + 60 * options.minutes
        results = try_all(mutants, reach, addresses, options.jobs, until)
    print(report.table(results))
    return 0 if results else 1


def _chosen(options: argparse.Namespace) -> list[Change]:
    every = [
        change
        for _, file in rules.files()
        if file.startswith(options.only)
        for change in changes(file, (rules.ROOT / file).read_text())
    ]
    every = [change for change in every if equivalents.reason(change) is None]
    if options.again:
        alive = {report.name(each) for each in report.survivors(json.loads(RESULTS.read_text()))}
        every = [change for change in every if report.name(report.about(change)) in alive]
    if options.sample and options.sample < len(every):
        every = random.Random(options.seed).sample(every, options.sample)
    return every


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """PostgreSQL with a migrated database, and Valkey."""
    with tempfile.TemporaryDirectory(prefix="vez-mutants-") as folder, ExitStack() as stack:
        home = Path(folder)
        home.chmod(0o711)  # PostgreSQL's user passes through
        addresses = {}
        for name, kind in {"DATABASE_URL": Postgres, "REDIS_URL": Valkey}.items():
            server = kind(home / kind.__name__.lower(), durable=False)
            stack.callback(server.remove)
            server.start()
            addresses[name] = server.url
        yield addresses


def try_all(
    mutants: list[Change], reach: Reaching, addresses: dict[str, str], jobs: int, until: float
) -> list[dict[str, Any]]:
    """Try each mutant, as long as there is time. What failed on one must pass on the unchanged
    code, else it counts for nothing and the mutant is tried again without it."""
    with Nursery.several(jobs, addresses) as nurseries:
        free: queue.SimpleQueue[Nursery] = queue.SimpleQueue()
        for nursery in nurseries:
            nursery.control(reach, random.Random(1).sample(sorted(reach.seconds), 60))
            free.put(nursery)

        def attempt(change: Change) -> dict[str, Any] | None:
            nursery = free.get()
            try:
                return one(nursery, change, reach) if time.monotonic() < until else None
            finally:
                free.put(nursery)

        results: list[dict[str, Any]] = []
        with ThreadPoolExecutor(jobs) as pool:
            for done in as_completed([pool.submit(attempt, change) for change in mutants]):
                if (result := done.result()) is None:
                    continue
                results.append(result)
                print(report.line(result, len(results), len(mutants)), flush=True)
                RESULTS.write_text(json.dumps(results, indent=1))
        doubtful = nurseries[0].failing(reach, {each["by"] for each in results if each["by"]})
        if doubtful:
            print(f"they fail on the unchanged code too: {', '.join(sorted(doubtful))}", flush=True)
            reach.forget(doubtful)
            changes_by_name = {report.name(report.about(change)): change for change in mutants}
            for place, result in enumerate(results):
                if result["by"] in doubtful:
                    results[place] = one(nurseries[0], changes_by_name[report.name(result)], reach)
            RESULTS.write_text(json.dumps(results, indent=1))
    return results


def one(nursery: Nursery, change: Change, reach: Reaching) -> dict[str, Any]:
    """How one mutant ends: with the first test that notices it, or alive."""
    left = reach.tests_of(change)
    outcome: dict[str, Any] | None = None
    tests, seconds = len(left), 0.0
    while left and (outcome is None or outcome["survived"]) and seconds < ALL_LOOKS_SECONDS:
        now, left = reach.divided(left, LOOK_SECONDS if outcome is None else 3 * LOOK_SECONDS)
        outcome = nursery.tried(change, now, reach)
        seconds += outcome["seconds"]
    left_out = len(left) if outcome is not None and outcome["survived"] else 0
    return report.about(change) | {
        "outcome": _word(outcome),
        "by": outcome["failed"][0] if outcome and outcome["failed"] else "",
        "why": outcome["why"] if outcome else "",
        "tests": tests - left_out,
        "left_out": left_out,
        "seconds": round(seconds, 2),
    }


def _word(outcome: dict[str, Any] | None) -> str:
    if outcome is None:
        return "unreached"
    if outcome["late"]:
        return "caught late"
    return "survived" if outcome["survived"] else "caught"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="how many; else all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no other after")
    parser.add_argument("--only", default="", help="files whose paths begin so")
    parser.add_argument("--again", action="store_true", help="who survived the last run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
