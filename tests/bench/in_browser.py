"""The measurement of the display's page runs. Its file is named where a browser and the built pages
are there (`tests/run.py`); by itself pytest doesn't find it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.fresh_database import environment

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.django_db(transaction=True)
def test_the_page_is_measured() -> None:
    with environment("page") as settings:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.bench", "--small", "page"],
            cwd=REPOSITORY,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )

    assert ended.returncode == 0, ended.stderr[-3000:]
    assert "40 boards on the display page" in ended.stdout
