"""Run every test of the project: Python, TypeScript, and the clinic's day in a browser.

python -m tests.run [python] [typescript] [browser]     without a name: all three

All parts run, also after a failure. The exit code is 0 only when every part ran at least one test
and none failed. Skipped tests are counted and listed with their reasons.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from clinic.launcher.embedded import free_port
from clinic.launcher.frontend import FrontendFailedError, Node, find_node, install
from clinic.launcher.processes import Program, wait_until
from clinic.launcher.surroundings import settle_tests
from tests.browser import NoBrowserError, find_chromium
from tests.camera import write_pictures
from tests.midday import zone_at_midday

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "var" / "test"
READY_SECONDS = 240
LINES_OF_A_FAILURE = 6
# The day promises answers within a second or two, so nothing else runs beside it. A page that is
# looked at waits for its server about half of the time.
BROWSER_PROJECTS = {"day": 1, "looks": 2}
PAGE_MEASUREMENT = "tests/bench/in_browser.py"
# Tests that promise a frame or an answer within a moment: no other test takes them their processor.
ALONE = ("tests/realtime", "tests/config/test_silent_redis.py")
# Tests of real programs wait half of their time, but three at once make some of them late.
PYTHON_PROCESSES = 2
NEEDS_AN_ACCOUNT = "face engines on a real Amazon account (AWS_CONTRACT_REGION=… pytest -m aws)"


@dataclass
class Outcome:
    """What one part of the tests came to."""

    name: str
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    trouble: str = ""

    @property
    def has_run(self) -> bool:
        return self.seconds > 0

    @property
    def succeeded(self) -> bool:
        return not self.trouble and not self.counts["failed"] and self.counts["passed"] > 0


def main(names: list[str]) -> int:
    parts = {"python": run_python, "typescript": run_typescript, "browser": run_browser}
    if unknown := set(names) - set(parts):
        print(f"unknown: {', '.join(sorted(unknown))}; {__doc__}", file=sys.stderr)
        return 2
    settle_tests()
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    outcomes = {name: Outcome(name) for name in names or parts}
    for name, outcome in outcomes.items():
        if name == "typescript" and "browser" in outcomes:
            run_typescript_and_browser(outcome, outcomes["browser"])
        elif not outcome.has_run:
            timed(outcome, parts[name])
    return summarise(list(outcomes.values()))


def timed(outcome: Outcome, part: Callable[[Outcome], None]) -> None:
    """Run one part under its heading; a machine that lacks something is trouble, not an error."""
    print(f"\n== {outcome.name} ".ljust(80, "="), flush=True)
    began = time.monotonic()
    try:
        part(outcome)
    except (FrontendFailedError, NoBrowserError) as failure:
        outcome.trouble = str(failure)
    outcome.seconds = time.monotonic() - began


def run_python(outcome: Outcome) -> None:
    """A file at a time: first what can be crowded, then what measures time, on a core each."""
    # The servers' addresses of a running demo must not reach the tests.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL"}
    }
    shared = ("--dist", "loadfile", "--no-loadscope-reorder", "-n", str(PYTHON_PROCESSES))
    rounds = {
        "python": [*shared, *[f"--ignore={path}" for path in ALONE]],
        "python-alone": [*shared, *ALONE],
    }
    if arguments := os.environ.get("PYTEST_ARGS"):
        rounds = {"python": arguments.split()}
    for name, chosen in rounds.items():
        report = REPORTS / f"{name}.xml"
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *chosen]
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        count(outcome, report, code)


def run_typescript(outcome: Outcome) -> None:
    node = find_node(ROOT / "var" / "node")
    install(node)
    report = REPORTS / "typescript.xml"
    reporters = ["--reporter=default", "--reporter=junit", f"--outputFile.junit={report}"]
    count(outcome, report, node.run_npm("run", "--silent", "test", "--", *reporters))


def run_browser(outcome: Outcome) -> None:
    """The journey, against a clinic of its own: other port, other data, real processes, and the
    middle of a day that doesn't end meanwhile."""
    install(find_node(ROOT / "var" / "node"))  # before the clinic, which builds with them, starts
    with Clinic() as clinic:
        try_in_browser(outcome, clinic)
    outcome.trouble = outcome.trouble or clinic.trouble


def run_typescript_and_browser(typescript: Outcome, browser: Outcome) -> None:
    """The clinic for the browser gets ready while the TypeScript tests run."""
    try:
        install(find_node(ROOT / "var" / "node"))  # both need it, and only one may install
    except FrontendFailedError as failure:
        typescript.trouble = browser.trouble = str(failure)
        return
    with Clinic() as clinic:
        timed(typescript, run_typescript)
        timed(browser, lambda outcome: try_in_browser(outcome, clinic))
    browser.trouble = browser.trouble or clinic.trouble


def try_in_browser(outcome: Outcome, clinic: Clinic) -> None:
    node = find_node(ROOT / "var" / "node")
    chromium = find_chromium(node)
    write_pictures(clinic.pictures)
    state = wait_for_demo(clinic.demo, clinic.var)
    if state is None:
        outcome.trouble = "The demo for the browser tests did not become ready."
        return
    settings = {
        "BASE_URL": str(state["url"]),
        "DEMO_JSON": str(clinic.var / "demo.json"),
        "PICTURES": str(clinic.pictures),
        "CLINIC_TIME_ZONE": clinic.zone,
        **({"CHROMIUM": str(chromium)} if chromium else {}),
    }
    for project, workers in BROWSER_PROJECTS.items():
        report = REPORTS / f"browser-{project}.xml"
        settings["PLAYWRIGHT_JUNIT_OUTPUT_FILE"] = str(report)
        count(outcome, report, run_playwright(node, settings, project, workers))
    if chromium is None:
        return  # Playwright's own browser, which no other program finds
    report = REPORTS / "browser-page.xml"
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", PAGE_MEASUREMENT]
    code = subprocess.run(command, cwd=ROOT, env={**os.environ, **settings}, check=False).returncode
    count(outcome, report, code)


class Clinic:
    """A whole clinic for the browser, in a folder that goes with it. `trouble` says, afterwards,
    what it left behind."""

    def __enter__(self) -> Clinic:
        self._folder = tempfile.TemporaryDirectory(prefix="vez-browser-")
        folder = Path(self._folder.name)
        folder.chmod(0o711)  # PostgreSQL's user passes through
        self.var = folder / "var"
        self.pictures = folder / "pictures"
        self.zone = zone_at_midday(datetime.now(UTC))
        self.demo = start_demo(self.var, self.zone)
        self.trouble = ""
        return self

    def __exit__(self, *_: object) -> None:
        self.demo.stop()
        if left := processes_of(self.var):
            self.trouble = f"The stopped demo left processes: {', '.join(left)}"
        keep_logs(self.var)
        subprocess.run(
            [sys.executable, "-m", "clinic.demo", "reset"],
            cwd=ROOT,
            env={**os.environ, "CLINIC_VAR": str(self.var)},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        self._folder.cleanup()


def start_demo(var: Path, zone: str) -> Program:
    """The whole clinic as `make run` starts it, with `var` for its data, a free port, and its clock
    on the time of that zone."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "CLINIC_ENV"}
    }
    demo = Program(
        "demo",
        [sys.executable, "-m", "clinic.demo"],
        env={
            **environment,
            "CLINIC_VAR": str(var),
            "CLINIC_TIME_ZONE": zone,
            "PORT": str(free_port()),
        },
        cwd=ROOT,
        orphan_signal=signal.SIGTERM,
        grace_seconds=60.0,
    )
    demo.start()
    return demo


def wait_for_demo(demo: Program, var: Path) -> dict[str, object] | None:
    """The contents of demo.json once the clinic is ready; None when it gave up."""
    file = var / "demo.json"
    if not wait_until(
        file.exists, seconds=READY_SECONDS, every=0.2, give_up=lambda: not demo.is_running()
    ):
        return None
    state: dict[str, object] = json.loads(file.read_text())
    return state


def run_playwright(node: Node, settings: dict[str, str], project: str, workers: int) -> int:
    return Node(
        binary=node.binary,
        npm=node.npm,
        version=node.version,
        environment={**node.environment, **settings},
    ).run_npm(
        *("run", "--silent", "test:e2e", "--", f"--project={project}"),
        *(f"--workers={workers}", f"--output={REPORTS / 'playwright' / project}"),
        "--reporter=list,junit",
    )


def processes_of(var: Path) -> list[str]:
    """Every process that names this folder in its arguments or its environment."""
    found = []
    mark = os.fsencode(var)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is none of ours
        if mark in text:
            program = text.split(b"\0")[0].decode(errors="replace")
            found.append(f"{process.name} {program}")
    return found


def keep_logs(var: Path) -> None:
    """The demo's logs outlive its folder, for the reader of a failure."""
    if (var / "log").is_dir():
        shutil.copytree(var / "log", REPORTS / "browser-log", dirs_exist_ok=True)


def count(outcome: Outcome, report: Path, code: int) -> None:
    """Count the cases of a JUnit report; a runner that failed otherwise is trouble too."""
    if report.exists():
        for case in ElementTree.parse(report).getroot().iter("testcase"):
            skipped = case.find("skipped")
            if skipped is not None:
                outcome.counts["skipped"] += 1
                reason = skipped.get("message") or "no reason given"
                outcome.skipped.append(f"{case.get('classname')} {case.get('name')}: {reason}")
            elif (failure := failure_of(case)) is not None:
                outcome.counts["failed"] += 1
                outcome.failed.append(f"{case.get('classname')} {case.get('name')}\n{failure}")
            else:
                outcome.counts["passed"] += 1
    if code != 0 and not outcome.counts["failed"]:
        outcome.trouble = f"the runner of {report.stem} ended with exit code {code}"


def failure_of(case: ElementTree.Element) -> str | None:
    """The first lines of what a failed case says, indented; None where it did not fail. A log that
    is cut in the middle still ends with the reason."""
    for kind in ("failure", "error"):
        if (found := case.find(kind)) is not None:
            lines = [found.get("message") or "", *(found.text or "").splitlines()]
            told = dict.fromkeys(line.strip()[:160] for line in lines if line.strip())
            return "\n".join(f"          {line}" for line in [*told][:LINES_OF_A_FAILURE])
    return None


def summarise(outcomes: list[Outcome]) -> int:
    print("\n== summary ".ljust(80, "="))
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update(outcome.counts)
        counts = ", ".join(
            f"{outcome.counts[kind]} {kind}" for kind in ("passed", "failed", "skipped")
        )
        print(f"  {outcome.name:<11} {counts}  ({outcome.seconds:.0f} s)")
        for line in outcome.failed:
            print(f"      failed: {line}")
        for line in outcome.skipped:
            print(f"      skipped: {line}")
        if outcome.trouble:
            print(f"      {outcome.trouble}")
        elif not outcome.counts["passed"] and not outcome.counts["failed"]:
            print("      no test ran")
    succeeded = all(outcome.succeeded for outcome in outcomes)
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    if any(outcome.name == "python" for outcome in outcomes):
        print(f"not run: {NEEDS_AN_ACCOUNT}")
    if not succeeded:
        print("NOT all is well: see above.", file=sys.stderr)
    return 0 if succeeded else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
