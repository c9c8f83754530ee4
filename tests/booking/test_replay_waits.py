"""`manage.py replay_waits`: one line per check-in, from nothing but the past."""

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from booking.management.commands.replay_waits import COLUMNS
from booking.waits import Visit
from booking.waits.replay import Row
from clinic.directory.services import install_catalogue
from tests.bench.clinic_days import Clinic, simulate

HEADER = ",".join(COLUMNS)


def replay(path: Path) -> list[dict[str, Any]]:
    out = StringIO()
    call_command("replay_waits", path, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def days(db: None) -> list[Row]:
    """Three invented days, with a walk-in or two."""
    install_catalogue()
    return list(simulate(Clinic(overrun=1.1, walk_ins=1.0), 3, seed=5))


def write(
    path: Path, rows: Iterable[Row], change: Callable[[Visit], Visit] = lambda visit: visit
) -> Path:
    with path.open("w", newline="") as text:
        table = csv.writer(text)
        table.writerow(COLUMNS)
        for row in rows:
            visit = change(row.visit)
            times = (visit.scheduled, visit.arrived, visit.started, visit.ended)
            table.writerow(
                [
                    *(row.name, visit.specialty, visit.practitioner),
                    *("" if time is None else time.isoformat() for time in times),
                ]
            )
    return path


def test_every_check_in_gets_one_line_in_the_order_of_the_arrivals(
    days: list[Row], tmp_path: Path
) -> None:
    lines = replay(write(tmp_path / "days.csv", days))

    came = {row.name: row.visit.arrived for row in days if row.visit.arrived is not None}
    assert {line["appointment"]: line["at"] for line in lines} == {
        name: arrived.isoformat() for name, arrived in came.items()
    }
    assert all(one["at"] <= other["at"] for one, other in pairwise(lines))
    assert set(lines[0]) == {
        *("appointment", "at", "low_minutes", "estimate_minutes", "high_minutes")
    }
    for line in lines:
        assert 0 <= line["low_minutes"] <= line["estimate_minutes"] <= line["high_minutes"]


def an_hour_later(time: datetime) -> datetime:
    return time + timedelta(hours=1)


def never(_time: datetime) -> None:
    return None


@pytest.mark.parametrize("otherwise", [an_hour_later, never])
def test_what_comes_later_changes_nothing_of_what_was_said(
    days: list[Row], tmp_path: Path, otherwise: Callable[[datetime], datetime | None]
) -> None:
    lines = replay(write(tmp_path / "days.csv", days))
    instant = sorted(row.visit.arrived for row in days if row.visit.arrived is not None)[60]

    def changed(visit: Visit) -> Visit:
        """Whatever happened after the instant happens otherwise."""
        times: dict[str, Any] = {
            name: otherwise(time)
            for name in ("arrived", "started", "ended")
            if (time := getattr(visit, name)) is not None and time > instant
        }
        if visit.walk_in and times.get("arrived") is not None:
            times["scheduled"] = times["arrived"]
        return replace(visit, **times)

    nobody_knew = (
        [
            row
            for row in days
            if row.visit.walk_in and row.visit.arrived and row.visit.arrived > instant
        ]
        if otherwise is never
        else []
    )
    known = [row for row in days if row not in nobody_knew]
    told = replay(write(tmp_path / "otherwise.csv", known, changed))

    def until(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [line for line in lines if line["at"] <= instant.isoformat()]

    assert len(until(lines)) == 61
    assert until(told) == until(lines)
    assert told != lines


@pytest.mark.parametrize("scheduled", ["", "2026-11-23T09:20:00+00:00"])
def test_nobody_knows_of_a_walk_in_before_the_arrival(
    db: None, tmp_path: Path, scheduled: str
) -> None:
    inside = "inside,massage,sousa,{0}:45:00Z,{0}:40:00Z,{0}:45:00Z,\n".format("2026-11-23T08")
    mine = "mine,massage,sousa,2026-11-23T09:30:00+00:00,2026-11-23T09:00:00+00:00,,\n"
    walk_in = f"walk-in,massage,sousa,{scheduled},2026-11-23T09:20:00+00:00,,\n"
    alone, both = tmp_path / "alone.csv", tmp_path / "both.csv"
    alone.write_text(f"{HEADER}\n{inside}{mine}")
    both.write_text(f"{HEADER}\n{inside}{mine}{walk_in}")

    told = replay(alone)

    assert [line["appointment"] for line in told] == ["inside", "mine"]
    assert replay(both)[:2] == told


def test_a_file_without_a_check_in_prints_nothing(db: None, tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    path.write_text(f"{HEADER}\na1,massage,sousa,2026-11-23T09:00:00+00:00,,,\n")

    assert replay(path) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("appointment,specialty\n", "lacks the columns arrived, ended"),
        (f"{HEADER}\na,b,c,2026-11-23T09:00:00,,,\n", "line 2, scheduled: .* no offset"),
        (f"{HEADER}\na,b,c,0001-01-01T00:00:00Z,,,\n", "line 2, scheduled: .* no clinic's day"),
        (f"{HEADER}\na,b,c,9999-12-31T23:59:59-12:00,,,\n", "line 2, scheduled: .* no clinic"),
        (f"{HEADER}\na,b,c,yesterday,,,\n", "line 2, scheduled: 'yesterday' is no ISO 8601"),
        (f"{HEADER}\na,b,c,,,,\n", "line 2: neither scheduled nor arrived"),
        (
            f"{HEADER}\na,b,c,2026-11-23T09:00:00Z,2026-11-23T09:00:00Z,2026-11-23T08:00:00Z,\n",
            "line 2: arrived, started and ended are out of order",
        ),
        (f"{HEADER}\na,b,c,2026-11-23T09:00:00Z,,2026-11-23T09:00:00Z,\n", "needs arrived"),
        (
            f"{HEADER}\na,b,c,2026-11-23T09:00:00Z,,,\na,b,c,2026-11-23T09:00:00Z,,,\n",
            "line 3: a is there a second time",
        ),
        ("\0", "no CSV file|lacks the columns"),
    ],
)
def test_a_fault_of_the_file_is_named_with_its_line(
    db: None, tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "days.csv"
    path.write_text(content)

    with pytest.raises(CommandError, match=words):
        replay(path)


def test_a_missing_file_is_said_so(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="can't be read: No such file"):
        replay(tmp_path / "nowhere.csv")
