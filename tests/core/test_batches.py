"""What has grown old goes a part at a time, each committed for itself, however much there is."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import F, Model, QuerySet
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from billing.payments.models import WebhookDelivery
from billing.payments.services import webhooks
from clinic.accounts.models import Device, Session, User
from clinic.accounts.services import purge_sessions
from clinic.core import batches, clock, idempotency
from clinic.core.models import IdempotentRequest, OutboxMessage, RateWindow
from clinic.core.tasks import clean
from clinic.notifications import services as notifications
from clinic.notifications.models import Message
from recognition.models import CheckIn, LivenessSession
from recognition.services import check_in, liveness

pytestmark = pytest.mark.django_db

COUNT = batches.ROWS_AT_ONCE + 1
LONG_AGO = timedelta(days=100)

Made = Callable[[int], Model]


def work(number: int) -> Model:
    then = clock.now() - LONG_AGO
    return OutboxMessage(key=str(number), task="t", created_at=then, next_at=then, done_at=then)


def request(number: int) -> Model:
    return IdempotentRequest(scope="s", key=str(number), created_at=clock.now() - LONG_AGO)


def window(number: int) -> Model:
    return RateWindow(scope="s", subject=str(number), expires_at=clock.now() - LONG_AGO)


def text(number: int) -> Model:
    then = clock.now() - LONG_AGO
    return Message(key=str(number), channel="sms", to="+351912345678", created_at=then)


def notice(number: int) -> Model:
    then = clock.now() - LONG_AGO
    return WebhookDelivery(
        sha256=str(number),
        verified=True,
        body={"payer": "Ana"},
        received_at=then,
        processed_at=then,
    )


def session(_number: int) -> Model:
    then = clock.now() - LONG_AGO
    user = User.objects.first() or User.objects.create_user("ana", role="patient")
    return Session(user=user, jti=uuid4(), created_at=then, last_seen_at=then, expires_at=then)


def kiosk() -> Device:
    return Device.objects.first() or Device.objects.create(kind="kiosk", name="Kiosk")


def answered(_number: int) -> Model:
    then = clock.now() - LONG_AGO
    return CheckIn(
        device=kiosk(), kind="photo", status="not_recognised", created_at=then, decided_at=then
    )


def filmed(_number: int) -> Model:
    return LivenessSession(id=uuid4(), device=kiosk(), created_at=clock.now() - LONG_AGO)


@pytest.mark.parametrize(
    ("make", "forget", "writes"),
    [
        (work, clean, 2),
        (request, clean, 2),
        (window, clean, 2),
        (text, notifications.forget_old_texts, 2),
        (notice, webhooks.forget_old_bodies, 2),
        (session, purge_sessions, 2),
        (answered, check_in.forget_old, 11),  # Django deletes what others point at by the hundred
        (filmed, liveness.forget_unused, 2),
    ],
)
def test_what_is_old_is_forgotten_a_thousand_rows_at_a_time(
    make: Made, forget: Callable[[], object], writes: int
) -> None:
    model = type(make(0))
    rows = model._default_manager.bulk_create([make(number) for number in range(COUNT)])
    table = model._meta.db_table

    with CaptureQueriesContext(connection) as statements:
        forget()

    verbs = ("DELETE FROM", "UPDATE")
    written = [each["sql"] for each in statements if each["sql"].startswith(verbs)]
    assert sum(f'"{table}"' in each for each in written) == writes
    assert len(rows) == COUNT
    left = model._default_manager.all()
    if model is Message:
        left = left.exclude(to="")
    elif model is WebhookDelivery:
        left = left.exclude(body={})
    assert not left.exists()


def windows(count: int) -> QuerySet[RateWindow]:
    RateWindow.objects.bulk_create(
        RateWindow(scope="s", subject=str(number), expires_at=clock.now())
        for number in range(count)
    )
    return RateWindow.objects.all()


def test_each_row_is_in_one_part_whatever_becomes_of_it() -> None:
    """Given that one stays as it is, one goes, and one no longer fits."""
    rows = windows(5).filter(hits=0)

    parts = []
    for part in batches.of(rows, at_once=2):
        parts.append(sorted(part.values_list("subject", flat=True)))
        part.filter(subject="1").delete()
        part.filter(subject="2").update(hits=F("hits") + 1)

    assert parts == [["0", "1"], ["2", "3"], ["4"]]


def test_after_its_time_the_rest_waits_for_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "PATIENCE_SECONDS", -1.0)
    rows = windows(5)

    assert [part.delete()[0] for part in batches.of(rows, at_once=2)] == [2]
    assert rows.count() == 3


def test_late_check_ins_are_answered_each_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given more than a run has time for, what was answered stays answered."""
    monkeypatch.setattr(batches, "PATIENCE_SECONDS", -1.0)
    monkeypatch.setattr(check_in, "CLOSED_AT_ONCE", 2)
    then = clock.now() - timedelta(hours=1)
    CheckIn.objects.bulk_create(
        CheckIn(device=kiosk(), kind="photo", created_at=then) for _ in range(3)
    )

    assert [check_in.close_late() for _ in range(3)] == [2, 1, 0]
    assert set(CheckIn.objects.values_list("status", flat=True)) == {"unavailable"}


def test_answers_about_many_records_are_forgotten_in_one_statement(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    theirs, others = uuid4(), uuid4()
    kept = {
        "names it": (f"hold:{others}", {"appointment": {"id": str(theirs)}}),
        "is by it": (f"hold:{theirs}", {"id": str(others)}),
        "is another's": (f"hold:{others}", {"id": str(others)}),
    }
    for key, (scope, response) in kept.items():
        IdempotentRequest.objects.create(
            scope=scope, key=key, response=response, created_at=clock.now()
        )

    with django_assert_num_queries(1):
        idempotency.forget([theirs, *(UUID(int=number) for number in range(50))])

    left = IdempotentRequest.objects.exclude(response={})
    assert [each.key for each in left] == ["is another's"]
