"""Replays past days from a CSV file: what would have been forecast at each check-in."""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from booking.waits import Visit
from booking.waits.replay import Row, replay
from clinic.core import clock
from clinic.directory import selectors as directory

COLUMNS: Final = (
    "appointment",
    "specialty",
    "practitioner",
    "scheduled",
    "arrived",
    "started",
    "ended",
)
USUAL_MINUTES: Final = 45.0


class Command(BaseCommand):
    help = (
        f"Print one JSON line per check-in of a CSV file with the columns {','.join(COLUMNS)}: the "
        "wait as it would have been forecast then. Times are ISO 8601 with an offset, empty where "
        "it never happened; whoever has no scheduled time, or arrives in that very instant, is a "
        "walk-in that nobody knew of before. The catalogue gives the planned durations of the "
        f"specialties that it knows, the others are planned with {USUAL_MINUTES:.0f} minutes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        planned = {one.code: float(one.duration_minutes) for one in directory.specialties()}
        rows = list(read(file, planned))
        for check_in in replay(rows, day_of=lambda instant: clock.local(instant).date()):
            line = {
                "appointment": check_in.name,
                "at": check_in.at.isoformat(),
                **asdict(check_in.wait),
            }
            self.stdout.write(json.dumps(line, ensure_ascii=False))


def read(file: Path, planned: dict[str, float]) -> Iterator[Row]:
    """The visits of a file. Raises CommandError that names the line at fault."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            lines = csv.DictReader(text)
            if missing := set(COLUMNS) - set(lines.fieldnames or ()):
                raise CommandError(f"{file} lacks the columns {', '.join(sorted(missing))}")
            names: set[str] = set()
            for line in lines:
                row = _row(line, planned, f"{file}, line {lines.line_num}")
                if row.name in names:
                    raise CommandError(
                        f"{file}, line {lines.line_num}: {row.name} is there a second time"
                    )
                names.add(row.name)
                yield row
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{file} is no CSV file in UTF-8: {error}") from None


def _row(line: dict[str, str], planned: dict[str, float], where: str) -> Row:
    scheduled, arrived, started, ended = (
        _instant(line[name], f"{where}, {name}") for name in COLUMNS[3:]
    )
    expected = scheduled or arrived
    if expected is None:
        raise CommandError(f"{where}: neither scheduled nor arrived")
    times = [instant for instant in (arrived, started, ended) if instant is not None]
    if times != sorted(times):
        raise CommandError(f"{where}: arrived, started and ended are out of order")
    if (started is not None and arrived is None) or (ended is not None and started is None):
        raise CommandError(f"{where}: ended needs started, and started needs arrived")
    return Row(
        line["appointment"],
        Visit(
            specialty=line["specialty"],
            practitioner=line["practitioner"],
            planned_minutes=planned.get(line["specialty"], USUAL_MINUTES),
            scheduled=expected,
            arrived=arrived,
            started=started,
            ended=ended,
            walk_in=scheduled is None or scheduled == arrived,
        ),
    )


def _instant(text: str | None, where: str) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{where}: {text!r} is no ISO 8601 time") from None
    if instant.tzinfo is None:
        raise CommandError(f"{where}: {text!r} has no offset from UTC")
    if instant.year not in clock.YEARS:
        raise CommandError(f"{where}: {text!r} is of a year that no clinic's day is of")
    return instant
