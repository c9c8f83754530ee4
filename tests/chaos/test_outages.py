"""`make chaos` in short: connections that drop and a column that changes, under a light load."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
KINDS = ["valkey_pubsub", "column_altered"]


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_people_book_pay_and_press_while_connections_drop_and_a_column_changes(
    tmp_path: Path,
) -> None:
    out = tmp_path / "chaos.json"

    ended = subprocess.run(
        [
            *(sys.executable, "-m", "tests.chaos.outages", "--payers", "2", "--away", "1"),
            *("--calm", "1", "--web-processes", "1", "--kinds", ",".join(KINDS), "--out", out),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert out.exists(), ended.stderr
    chaos = json.loads(out.read_text())
    assert chaos["lost_or_doubled"] == []
    assert [cycle["kind"] for cycle in chaos["cycles"]] == KINDS
    assert all(cycle["owed_after"] is not None for cycle in chaos["cycles"])
    assert not any(cycle["answers"].get("500") for cycle in chaos["cycles"])
    assert chaos["people"]["paid"] >= 1
    assert chaos["people"]["answers"] >= 20
