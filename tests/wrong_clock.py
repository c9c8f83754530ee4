"""The environment of a process on a host whose clock is wrong."""

import os
from pathlib import Path

SHIFTED = Path(__file__).parent / "chaos" / "outages" / "shifted"


def wrong_by(seconds: float) -> dict[str, str]:
    """Added to the environment of a Python program, it lives so many seconds ahead of the rest."""
    paths = [str(SHIFTED), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths), "CLOCK_AHEAD_SECONDS": str(seconds)}
