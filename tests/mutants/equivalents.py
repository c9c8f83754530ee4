"""Changes that change nothing anybody could notice, each with its reason (equivalents.toml)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from tests.mutants.changes import Change

FILE = Path(__file__).with_suffix(".toml")


def reason(change: Change) -> str | None:
    """Why no test can notice this one; None where one can."""
    return known().get((change.file, change.function, change.source, change.told))


@cache
def known() -> dict[tuple[str, str, str, str], str]:
    entries: list[dict[str, Any]] = tomllib.loads(FILE.read_text())["equivalent"]
    return {
        (entry["file"], entry["function"], entry["source"], change): entry["why"]
        for entry in entries
        for change in entry["changes"]
    }
