"""The soak in short: one cycle for each thing that can be taken away, without a browser."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
KINDS = ["redis", "postgres", "web", "network"]


@pytest.mark.chaos
def test_every_screen_is_right_after_each_fault_or_says_that_it_may_be_old(tmp_path: Path) -> None:
    out = tmp_path / "soak.json"

    ended = subprocess.run(
        [
            *(sys.executable, "-m", "tests.chaos.soak", "--no-browser", "--away", "0.5"),
            *("--kinds", ",".join(KINDS), "--out", out),
        ],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert out.exists(), ended.stderr
    soak = json.loads(out.read_text())
    assert soak["broken"] == []
    assert [cycle["kind"] for cycle in soak["cycles"]] == KINDS
    assert soak["presses"] >= 5
    assert soak["looks"] >= 500
