import logging
from dataclasses import dataclass

import pytest
from django.db import transaction

from clinic.core import events


@pytest.mark.django_db(transaction=True)
def test_a_subscriber_that_fails_stops_neither_the_writer_nor_its_neighbours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @dataclass(frozen=True)
    class Rung:
        number: int

    heard: list[int] = []

    def fail(_event: Rung) -> None:
        raise RuntimeError("out of order")

    events.subscribe(Rung, fail, when="commit")
    events.subscribe(Rung, lambda event: heard.append(event.number), when="commit")

    with caplog.at_level(logging.ERROR), transaction.atomic():
        events.announce(Rung(1))

    assert heard == [1]
    assert "out of order" in caplog.text
