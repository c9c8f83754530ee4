"""What a patient may read of an estimate."""

import math
from dataclasses import dataclass
from typing import Final

STEP: Final = 5
SLACK: Final = 2.0


@dataclass(frozen=True, slots=True)
class WaitRange:
    """A range in steps of five minutes, and the estimate in whole minutes.

    0 to 5 means any moment now.
    """

    low_minutes: int
    high_minutes: int
    estimate_minutes: int


def steady(before: tuple[int, int] | None, low: float, estimate: float, high: float) -> WaitRange:
    """Rounded away from the middle, so that rounding never makes the range promise more.

    A shown end stays until the new one is a noticeable part of a step beyond it, so that the range
    doesn't flicker between two steps.
    """
    low, high = _tidy(max(low, 0.0)), _tidy(max(high, 0.0))
    lowest, highest = STEP * math.floor(low / STEP), STEP * math.ceil(high / STEP)
    if before is not None:
        was_low, was_high = before
        if was_low - SLACK <= low < was_low + STEP + SLACK:
            lowest = was_low
        if was_high - STEP - SLACK < high <= was_high + SLACK:
            highest = was_high
    return WaitRange(lowest, max(highest, lowest + STEP), round(max(estimate, 0.0)))


def _tidy(minutes: float) -> float:
    """Without the last bits of rounding, so that 15.000000000000002 isn't rounded up to 20."""
    return round(minutes, 6)
