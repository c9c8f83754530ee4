"""The queue while it changes, and what was true when. Runs in a thread of its own."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import Error, close_old_connections, connection

from booking.screens import board
from booking.services import changes, visit
from clinic.core.errors import DomainError
from tests.bench.waiting_room import SETUP
from tests.chaos.soak.screens import Content, content

if TYPE_CHECKING:
    from booking.models import Appointment
    from tests.chaos.soak.browser import Look

LABELS = ("short", "full", "ticket")


@dataclass(frozen=True)
class Fact:
    """What the board said from one instant on."""

    since: float
    revision: int
    content: Content


class Queue(threading.Thread):
    """Presses buttons through the real services, and keeps every state that they led to."""

    def __init__(self, appointments: list[Appointment], pause: float, seed: int) -> None:
        super().__init__(name="queue")
        self._waiting = [appointment.pk for appointment in appointments]
        self._named = dict.fromkeys(self._waiting, LABELS[0])
        self._pause = pause
        self._random = random.Random(seed)
        self._end = threading.Event()
        self.facts: list[Fact] = []
        self.presses = 0
        self.errors = 0
        self.looked_at = 0.0
        self._numbers: dict[Content, int] = {}
        self._look()

    def run(self) -> None:
        while not self._end.wait(self._pause * self._random.uniform(0.5, 1.5)):
            try:
                close_old_connections()
                # Also before: a commit whose answer was lost may have happened.
                self._look()
                self._press()
                self._look()
                self.presses += 1
            except Error:
                self.errors += 1
                connection.close()
        connection.close()

    def stop(self) -> None:
        self._end.set()
        self.join()

    def number_of(self, shown: Content | None) -> int | None:
        """Which of the facts this is; None for none of them."""
        return None if shown is None else self._numbers.get(shown)

    def number_on(self, look: Look) -> int | None:
        """The newest fact that is what stands on a page; None for none of them."""
        for number in range(len(self.facts) - 1, -1, -1):
            if look.agrees_with(self.facts[number].content):
                return number
        return None

    def wrong_for(self, number: int, now: float) -> float:
        """For how long this fact is no longer true."""
        after = number + 1
        return max(0.0, now - self.facts[after].since) if after < len(self.facts) else 0.0

    def first_since(self, moment: float) -> int | None:
        """The first fact that came about after a moment."""
        return next(
            (number for number, fact in enumerate(self.facts) if fact.since >= moment), None
        )

    def _press(self) -> None:
        chosen = self._random.choice(self._waiting)
        try:
            self._random.choice((visit.call, visit.call_again, visit.put_back))(chosen, actor=SETUP)
        except DomainError:
            # Nothing to call again or to put back: the patient gets another name instead.
            self._named[chosen] = LABELS[LABELS.index(self._named[chosen]) - 1]
            changes.choose_label(chosen, choice=self._named[chosen], actor=SETUP)

    def _look(self) -> None:
        began = time.monotonic()
        frame = board.body()
        now = content(frame)
        if not self.facts or now != self.facts[-1].content:
            self._numbers[now] = len(self.facts)
            self.facts.append(Fact(time.monotonic(), frame["revision"], now))
        self.looked_at = began
