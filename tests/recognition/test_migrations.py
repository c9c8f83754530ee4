"""Liveness, brought to a clinic that counted faces before."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from recognition.models import DayTally

BEFORE = ("recognition", "0003_uploads_name_their_copies")


def bring_up() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


@pytest.fixture
def tallies(transactional_db: None) -> Iterator[Any]:
    """The table as it was."""
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE])
    apps = MigrationExecutor(connection).loader.project_state([BEFORE]).apps
    yield apps.get_model("recognition", "DayTally")
    bring_up()


def test_of_no_face_so_far_was_it_looked_at_whether_somebody_lives(tallies: Any) -> None:
    tallies.objects.create(
        day=date(2026, 11, 2),
        accepted=12,
        confirmed=2,
        unknown=1,
        unusable=3,
        unavailable=4,
        by_code=9,
    )

    bring_up()

    kept = DayTally.objects.get()
    assert (kept.liveness_not_assessed, kept.liveness_passed, kept.liveness_failed) == (22, 0, 0)
    assert (kept.accepted, kept.by_code) == (12, 9)
