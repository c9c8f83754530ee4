"""Loaded by each Python that finds this folder on its path: its wall clock is wrong."""

import os
from datetime import UTC, datetime, timedelta

import time_machine

time_machine.travel(
    datetime.now(UTC) + timedelta(seconds=float(os.environ["CLOCK_AHEAD_SECONDS"])), tick=True
).start()
