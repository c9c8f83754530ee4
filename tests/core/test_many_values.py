"""Statements with more values than PostgreSQL's protocol carries beside one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.accounts.models import Device
from clinic.core.models import OutboxMessage, RateWindow

MANY = 70_000
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def message(number: int) -> OutboxMessage:
    return OutboxMessage(
        id=UUID(int=number),
        key=f"message:{number}",
        task="none",
        args={},
        created_at=MOMENT,
        next_at=MOMENT,
    )


@pytest.fixture
def two(db: None) -> list[OutboxMessage]:
    return OutboxMessage.objects.bulk_create([message(1), message(2)])


def test_more_rows_than_fit_one_statement_are_written(db: None) -> None:
    count = 65_535 // len(Device._meta.fields) + 1

    Device.objects.bulk_create(
        Device(kind="display", name=f"Wall {number}") for number in range(count)
    )

    assert Device.objects.count() == count


def test_changes_are_made_some_hundreds_of_rows_at_a_time(db: None) -> None:
    """Given so many that one statement would walk through all of them for each of them."""
    messages = OutboxMessage.objects.bulk_create(message(number) for number in range(1_200))
    for number, each in enumerate(messages):
        each.attempts = number

    with CaptureQueriesContext(connection) as statements:
        OutboxMessage.objects.bulk_update(messages, ["attempts"])

    kept = OutboxMessage.objects.order_by("attempts").values_list("attempts", flat=True)
    assert list(kept) == list(range(1_200))
    assert sum("UPDATE" in each["sql"] for each in statements) == 3


def test_a_condition_lists_any_number_of_values(two: list[OutboxMessage]) -> None:
    """Keys that are found at once, texts that are found row by row, moments that are deleted."""
    other = message(3)
    other.next_at = MOMENT.replace(year=2020)
    other.save(force_insert=True)
    messages = OutboxMessage.objects.all()
    by_key = messages.filter(pk__in=[two[0].pk, *(uuid4() for _ in range(MANY))])
    by_text = messages.filter(key__in=["message:1", *(f"it's %s {n}" for n in range(MANY))])
    by_moment = messages.filter(next_at__in=[MOMENT + timedelta(seconds=n) for n in range(MANY)])

    assert list(by_key) == [two[0]]
    with transaction.atomic():
        assert list(by_text.iterator(chunk_size=100)) == [two[0]]
    assert by_moment.delete() == (2, {"core.OutboxMessage": 2})
    assert list(messages) == [other]


def test_few_values_still_travel_beside_their_statement(db: None) -> None:
    for _ in range(8):
        list(RateWindow.objects.filter(pk__in=[1, 2, 3]))

    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        kept = [statement for (statement,) in cursor.fetchall()]
    assert any("core_ratewindow" in each and "IN ($1, $2, $3)" in each for each in kept)
