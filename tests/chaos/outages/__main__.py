"""`make chaos`: parts of the clinic hang, drop or lie, one after the other, while people use it.

python -m tests.chaos.outages [--kinds valkey_frozen,…] [--away SECONDS] [--payers 6] [--out FILE]

Every program is production's own. Meanwhile people book and pay, the reception presses buttons, and
others look. After each fault everything that was owed must be done, and soon; in the end the bank's
books, the ledger, the documents, the mails, the log of presses and all acknowledged bookings must
agree. Prints the worst answers and the time to recover as a table; exits with 1 where something was
lost, doubled, answered by a 500, or slower than its limit.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clinic.launcher.surroundings import settle_tests
from tests.bench import servers
from tests.chaos.outages.clinic import Clinic
from tests.chaos.outages.faults import FAULTS, Fault
from tests.chaos.outages.load import Journal, Onlooker, Payer, Person, Receptionist, Screen
from tests.midday import zone_at_midday

RECOVERY_SECONDS = 300.0
SETTLING_SECONDS = 600.0
PRESSED = 6
# An outbox row that is younger is on its way.
ON_ITS_WAY_SECONDS = 3.0
KINDS = ("press", "read", "live", "book", "pay")


def main() -> int:
    settle_tests()
    options = _options()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vez-chaos-")))
        home.chmod(0o711)  # PostgreSQL's user passes through
        result = run(home, options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1))
    _print(result)
    return 1 if result["broken"] else 0


def run(home: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Each fault in turn, and the reckoning at the end."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ |= {
        "CLINIC_ENV": "test",
        "CLINIC_TIME_ZONE": zone_at_midday(datetime.now(UTC)),
        "CLINIC_VAR": str(home / "var"),
        "DJANGO_SETTINGS_MODULE": "clinic.config.settings",
        "LOG_LEVEL": "WARNING",
    }
    clinic = Clinic(home, options.web_processes)
    with ExitStack() as stack:
        stack.callback(clinic.remove_databases)
        clinic.start_databases()
        people = _furnish(options.payers)
        stack.enter_context(clinic)
        journal = Journal()
        screen = Screen(clinic.sockets, people.display)
        crowd = people.come(journal, clinic.origins)
        for each in (*crowd, screen):
            each.start()
        began = time.monotonic()
        cycles = []
        try:
            for kind in options.kinds:
                cycles.append(_cycle(clinic, journal, screen, kind, options))
                _print_cycle(cycles[-1])
        finally:
            for each in crowd:
                each.over.set()
            screen.over.set()
        for each in crowd:
            each.join(RECOVERY_SECONDS)
        from tests.chaos.outages import reckoning

        undone = reckoning.wait_until_all_is_done(SETTLING_SECONDS)
        lost = [*journal.troubles, *undone, *reckoning.faults(journal, clinic.mails)]
        sums = reckoning.sums(clinic.mails)
        logs = _ends_of_logs(home / "log")
    return {
        "seconds": time.monotonic() - began,
        "load": os.getloadavg(),
        "cycles": cycles,
        "people": sums | {"answers": len(journal.answers), "ended": clinic.ended},
        "lost_or_doubled": lost,
        "logs": logs,
        "broken": [*lost, *(line for cycle in cycles for line in cycle["broken"])],
    }


class _People:
    """Who comes, and the display that hangs in the waiting room."""

    def __init__(self, payers: list[Any], reception: Any, visits: list[str], display: str) -> None:
        self._payers, self._reception, self._visits = payers, reception, visits
        self.display = display

    def come(self, journal: Journal, origins: list[str]) -> list[Person]:
        times = _Times()
        return [
            *(
                Payer(journal, origins, user, number, times.next)
                for number, user in enumerate(self._payers)
            ),
            Receptionist(journal, origins, self._reception, self._visits),
            Onlooker(journal, origins, None),
        ]


class _Times:
    """Free times of the weeks ahead, each given to one person."""

    def __init__(self) -> None:
        from booking import selectors
        from clinic.core import clock

        tomorrow = clock.day_bounds(clock.today())[1]
        free = selectors.slots("massage", None, tomorrow)
        starts = {(slot.practitioner_id, slot.start): slot for slot in free}
        self._free: list[Any] = []
        taken: dict[Any, datetime] = {}
        for (who, start), slot in sorted(starts.items(), key=lambda item: item[0][1]):
            if start >= taken.get(who, start):
                self._free.append(slot)
                taken[who] = slot.end
        random.Random(1).shuffle(self._free)
        self._lock = threading.Lock()

    def next(self) -> dict[str, Any] | None:
        with self._lock:
            if not self._free:
                return None
            slot = self._free.pop()
        return {
            "start": slot.start.isoformat(),
            "practitioner": {"id": str(slot.practitioner_id)},
        }


def _furnish(payers: int) -> _People:
    import subprocess

    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=servers.REPOSITORY,
        check=True,
    )
    import django

    django.setup()
    from datetime import time as civil

    from clinic.accounts.services import people
    from clinic.directory.models import Practitioner, Specialty, WorkingHours
    from tests.bench import waiting_room
    from tests.billing import certificate

    os.environ["INVOICE_SIGNING_KEY"] = certificate.new_key()
    visits = waiting_room.fill(PRESSED, 1)
    certificate.certify()
    massage = Specialty.objects.get(pk="massage")
    for practitioner in Practitioner.objects.all():
        practitioner.specialties.add(massage)
        WorkingHours.objects.bulk_create(
            WorkingHours(practitioner=practitioner, weekday=day, start=civil(8), end=civil(20))
            for day in range(7)
        )
    patients = [
        people.create_user(
            actor=waiting_room.SETUP,
            full_name=f"Pagador {number}",
            email=f"pagador{number}@example.org",
            phone=f"+3519300{number:05d}",
            phone_verified_at=datetime.now(UTC),
        )
        for number in range(payers)
    ]
    (display,) = waiting_room.display_tokens(1)
    return _People(
        patients, waiting_room.receptionist(), [str(each.pk) for each in visits], display
    )


def _cycle(
    clinic: Clinic, journal: Journal, screen: Screen, kind: str, options: argparse.Namespace
) -> dict[str, Any]:
    from tests.chaos.outages import reckoning

    fault = FAULTS[kind]
    time.sleep(options.calm)
    began = time.monotonic()
    before = _worst(journal, began - options.calm, began)
    put_right = fault.take(clinic)
    length = min(fault.away, options.away or fault.away)
    time.sleep(max(0.0, length - (time.monotonic() - began)))
    put_right()
    ended = time.monotonic()
    back, owed = _recover(clinic, journal, screen, ended)
    over = time.monotonic()
    cycle = {
        "kind": kind,
        "away": ended - began,
        "before": before,
        "worst": _worst(journal, began, over),
        "answers": _statuses(journal, began, over),
        "back_after": back,
        "owed_after": owed,
        "still_owed": [] if owed is not None else reckoning.still_owed(),
    }
    cycle["broken"] = list(_broken(fault, cycle))
    return cycle


def _recover(
    clinic: Clinic, journal: Journal, screen: Screen, since: float
) -> tuple[float | None, float | None]:
    """Seconds until all works as before, and until all that was owed is done; None for never."""
    from booking.selectors import revision
    from clinic.core import clock
    from tests.chaos.outages import reckoning

    ended_at = clock.now()
    back: float | None = None
    while (passed := time.monotonic() - since) < RECOVERY_SECONDS:
        if (
            back is None
            and clinic.is_ready()
            and _works(journal, since)
            and not screen.is_stale
            and reckoning.fresh_work_is_done(ON_ITS_WAY_SECONDS, since=ended_at)
        ):
            seen = revision()
            time.sleep(1.0)
            if screen.revision >= seen:
                back = passed
        if back is not None and reckoning.old_work_is_done(ended_at):
            return back, time.monotonic() - since
        time.sleep(0.2)
    return back, None


def _works(journal: Journal, since: float) -> bool:
    """Whether the newest answers to people of each kind are good ones."""
    now = time.monotonic()
    newest = {kind: journal.between(kind, since, now)[-2:] for kind in ("press", "read", "live")}
    return all(
        answers and all(answer.status in {200, 201, 304} for answer in answers)
        for answers in newest.values()
    )


def _worst(journal: Journal, since: float, until: float) -> dict[str, float]:
    return {
        kind: max((answer.seconds for answer in journal.between(kind, since, until)), default=0.0)
        for kind in KINDS
    }


def _statuses(journal: Journal, since: float, until: float) -> dict[str, int]:
    counts: dict[str, int] = {}
    for answer in list(journal.answers):
        if since <= answer.at < until:
            name = str(answer.status) if answer.status else "none"
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def _broken(fault: Fault, cycle: dict[str, Any]) -> list[str]:
    kind, worst = cycle["kind"], cycle["worst"]
    limits = (("press", fault.press), ("read", fault.read), ("live", fault.read))
    broken = [
        f"{kind}: a {name} took {worst[name]:.1f} s, at most {limit:.1f}"
        for name, limit in limits
        if limit is not None and worst[name] > limit
    ]
    if count := cycle["answers"].get("500"):
        broken.append(f"{kind}: {count} answers of 500")
    for name, limit in (("back", fault.back), ("owed", fault.owed)):
        after = cycle[f"{name}_after"]
        if after is None or after > limit:
            broken.append(f"{kind}: {name} after {after} s, at most {limit:.0f}")
    return [*broken, *(f"{kind}: still owed: {each}" for each in cycle["still_owed"])]


def _ends_of_logs(folder: Path) -> dict[str, str]:
    return {file.stem: file.read_text(errors="replace")[-100_000:] for file in folder.glob("*.log")}


def _print_cycle(cycle: dict[str, Any]) -> None:
    print(_line(cycle), flush=True)
    for line in cycle["broken"]:
        print(f"    {line}", flush=True)


def _line(cycle: dict[str, Any]) -> str:
    worst, before = cycle["worst"], cycle["before"]
    refused = sum(count for status, count in cycle["answers"].items() if status == "503")
    unanswered = cycle["answers"].get("none", 0)
    failed = cycle["answers"].get("500", 0)
    return (
        f"{cycle['kind']:22}{cycle['away']:7.1f}"
        f"{before['press']:8.2f}{worst['press']:7.2f}{worst['read']:7.2f}{worst['live']:7.2f}"
        f"{refused:6}{unanswered:6}{failed:5}"
        f"{_seconds(cycle['back_after'])}{_seconds(cycle['owed_after'])}"
    )


def _seconds(after: float | None) -> str:
    return "   never" if after is None else f"{after:8.1f}"


HEADING = (
    f"{'fault':22}{'away':>7}{'press':>8}{'worst':>7}{'read':>7}{'live':>7}"
    f"{'503':>6}{'none':>6}{'500':>5}{'back':>8}{'owed':>8}   (seconds; counts of answers)"
)


def _print(result: dict[str, Any]) -> None:
    people = result["people"]
    print(f"\n{HEADING}")
    for cycle in result["cycles"]:
        print(_line(cycle))
    print(
        f"\n{people['answers']} answers in {result['seconds']:.0f} s; {people['paid']} paid visits:"
        f" {people['bank']} EUR at the bank, {people['ledger']} in the ledger,"
        f" {people['documents']} documents, {people['mails']} mails;"
        f" {len(result['lost_or_doubled'])} lost or doubled"
    )
    for line in result["broken"]:
        print(f"  {line}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.outages")
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(FAULTS))
    parser.add_argument("--away", type=float, help="at most so many seconds each")
    parser.add_argument("--calm", type=float, default=6, help="seconds before each")
    parser.add_argument("--payers", type=int, default=6)
    parser.add_argument("--web-processes", type=int, default=2, help="of each host of the API")
    parser.add_argument("--out", type=Path, default=servers.REPOSITORY / "var" / "chaos.json")
    options = parser.parse_args()
    if unknown := set(options.kinds) - set(FAULTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
