"""Every measurement runs, with next to nothing to measure, so that none is found broken on the day
it is needed. `page` needs a browser and the built pages: it runs so in the browser's part of the
tests (`tests/run.py`). The storm has a small test of its own (`tests/billing/test_storm.py`)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import MEASUREMENTS
from tests.bench.fresh_database import environment

REPOSITORY = Path(__file__).resolve().parents[2]
IN_BROWSER = "page"
ALONE = "rows"  # it wants a database for itself


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("names", [[each for each in MEASUREMENTS if each != IN_BROWSER], [ALONE]])
def test_every_measurement_runs(names: list[str]) -> None:
    with environment("small") as settings:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bench", "--small", *names],
            cwd=REPOSITORY,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )

    assert ended.returncode == 0, ended.stderr[-3000:]
    assert ended.stdout.count("every ") == len(names)


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
def test_payday_runs(tmp_path: Path) -> None:
    with environment("payday") as settings:
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "tests.chaos.payday", "--here"),
                *("--people", "2", "--kills", "1", "--out", tmp_path / "payday.json"),
            ],
            cwd=REPOSITORY,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )

    assert ended.returncode == 0, (ended.stdout + ended.stderr)[-3000:]
    assert "2 of 2 people saw that it was paid" in ended.stdout
