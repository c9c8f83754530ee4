"""Work that comes to a halt is told to a person, who may have it tried again."""

import errno
import socket
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction

from clinic.core import clock, outbox, stuck
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry, OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)

WORK, BRIEF = "tests.work", "tests.brief"
MANAGER = Actor.system("tests")
TO_TELL = sorted(code for code, cause in stuck.CAUSES.items() if cause.is_to_tell)
FAILURES: dict[str, Exception] = {
    "permanent": outbox.Permanent("not_confirmed"),
    "silence": TimeoutError(),
    "network": OSError(errno.EHOSTUNREACH, "No route to host"),
    "name": socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    "folder": NotADirectoryError(errno.ENOTDIR, "Not a directory"),
    "file": FileNotFoundError("a secret"),
    "read-only": OSError(errno.EROFS, "Read-only file system"),
    "full": OSError(errno.ENOSPC, "No space left on device"),
    "fault": ValueError("a secret"),
    **{cause: outbox.Permanent(cause) for cause in TO_TELL},
}


@outbox.handler(
    WORK,
    until_done=True,
    pt="Trabalho",
    en="Work",
    about=lambda **args: outbox.Subject(name=args.get("fail", "nobody")),
)
def work(fail: str = "") -> None:
    if fail:
        raise FAILURES[fail]


@outbox.handler(BRIEF, until_done=False, pt="Trabalho breve", en="Brief work")
def brief(fail: str = "") -> None:
    work(fail)


def write(task: str = WORK, delay: float = 0, **args: str) -> OutboxMessage:
    key = str(uuid.uuid4())
    with transaction.atomic():
        outbox.enqueue(task, key=key, delay_seconds=delay, **args)
    return OutboxMessage.objects.get(key=key)


def fail(message: OutboxMessage, times: int = 1) -> OutboxMessage:
    for _ in range(times):
        assert outbox.run(message.id) is False
    message.refresh_from_db()
    return message


def halted() -> list[uuid.UUID]:
    return [message.id for message in stuck.found()]


def test_what_is_new_done_or_not_due_yet_is_not_stuck() -> None:
    write()
    write(delay=3600)
    outbox.run(write().id)
    fail(write(fail="silence"), times=4)

    assert halted() == []


def test_what_is_set_aside_fails_often_or_is_long_undone_is_stuck_the_oldest_first() -> None:
    old = write()
    OutboxMessage.objects.filter(id=old.id).update(due_at=clock.now() - timedelta(minutes=6))
    aside = fail(write(fail="permanent"))
    often = fail(write(fail="silence"), times=5)
    brief_work = fail(write(BRIEF, fail="silence"), times=12)

    assert halted() == [old.id, aside.id, often.id, brief_work.id]
    assert [message.failed_at is None for message in stuck.found()] == [True, False, True, False]


@pytest.mark.parametrize(
    ("failure", "code", "english"),
    [
        ("", "not_taken", "No process has finished this yet."),
        ("permanent", "not_confirmed", "Something failed on our side."),
        ("silence", "no_answer", "The service outside isn't answering."),
        ("network", "no_answer", "The service outside isn't answering."),
        ("name", "no_answer", "The service outside isn't answering."),
        ("folder", "no_files", "The stored files can't be reached."),
        ("file", "no_files", "The stored files can't be reached."),
        ("read-only", "no_files", "The stored files can't be reached."),
        ("full", "no_space", "There is no space left for files."),
        ("fault", "fault", "Something failed on our side."),
    ],
)
def test_a_person_reads_what_it_is_about_and_why(failure: str, code: str, english: str) -> None:
    message = write(fail=failure)
    if failure:
        fail(message)

    told = stuck.told(message, "en")

    assert (told.what, told.subject.name, told.code) == ("Work", failure, code)
    assert told.why.startswith(english)
    assert "secret" not in told.why
    assert stuck.told(message, "pt").what == "Trabalho"


def test_work_of_a_task_that_nobody_knows_is_tried_on_and_told_by_its_name() -> None:
    message = write()
    OutboxMessage.objects.update(task="elsewhere.work", failures=50)
    message.refresh_from_db()

    fail(message)

    assert message.failed_at is None
    assert stuck.told(message, "pt").what == "elsewhere.work"


def test_trying_again_is_at_once_counted_once_and_remembers_that_it_failed() -> None:
    message = fail(write(BRIEF, fail="silence"), times=12)
    OutboxMessage.objects.update(args={}, next_at=clock.now() + timedelta(hours=1))

    for _ in range(2):
        stuck.try_again(message.id, actor=MANAGER)

    message.refresh_from_db()
    assert (message.failed_at, message.failures, message.attempts) == (None, 1, 0)
    assert outbox.has_failed(message.key)
    assert outbox.claim_due() == [(message.id, BRIEF)]
    assert outbox.run(message.id) is True
    entry = AuditEntry.objects.get(action="work.tried_again")
    assert (entry.subject_id, entry.data) == (str(message.id), {"task": BRIEF})


def test_what_is_done_or_in_a_workers_hands_is_left_alone() -> None:
    done, held = write(), write(delay=3600)
    outbox.run(done.id)
    holder = connection.copy()
    with holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM core_outboxmessage WHERE id = %s FOR UPDATE", [held.id])
        for message in (done, held):
            stuck.try_again(message.id, actor=MANAGER)
        cursor.execute("ROLLBACK")
    holder.close()

    done.refresh_from_db()
    assert done.done_at is not None
    assert outbox.claim_due() == []
    assert not AuditEntry.objects.exists()


def test_what_does_not_exist_is_not_found() -> None:
    for act in (stuck.try_again, stuck.told_otherwise):
        with pytest.raises(DomainError) as refused:
            act(uuid.uuid4(), actor=MANAGER)

        assert refused.value.code == "not_found"
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("cause", TO_TELL)
def test_who_was_told_in_another_way_is_off_the_list_and_it_is_written_down_once(
    cause: str,
) -> None:
    message = fail(write(fail=cause))
    assert stuck.told(message, "pt").is_to_tell

    for _ in range(2):
        stuck.told_otherwise(message.id, actor=MANAGER)

    assert halted() == []
    assert outbox.run(message.id) is False
    entry = AuditEntry.objects.get(action="work.told_otherwise")
    assert (entry.actor_id, entry.subject_id, entry.data) == (
        "tests",
        str(message.id),
        {"task": WORK},
    )


@pytest.mark.parametrize("failure", ["", "permanent", "silence"])
def test_what_is_no_message_to_a_person_can_not_be_told_away(failure: str) -> None:
    message = write(fail=failure)
    if failure:
        fail(message)
    OutboxMessage.objects.update(due_at=clock.now() - timedelta(minutes=6))

    with pytest.raises(DomainError) as refused:
        stuck.told_otherwise(message.id, actor=MANAGER)

    assert refused.value.code == "conflict"
    assert halted() == [message.id]
    assert not stuck.told(message, "pt").is_to_tell
    assert not AuditEntry.objects.exists()


def test_a_message_that_is_tried_again_meanwhile_can_not_be_told_away() -> None:
    message = fail(write(fail="unreachable"))
    stuck.try_again(message.id, actor=MANAGER)

    with pytest.raises(DomainError) as refused:
        stuck.told_otherwise(message.id, actor=MANAGER)

    assert refused.value.code == "conflict"
    assert outbox.claim_due() == [(message.id, WORK)]


def test_what_some_work_waited_for_makes_it_due_at_once_and_nothing_else() -> None:
    waiting, other, aside = write(), write(BRIEF), write()
    OutboxMessage.objects.update(next_at=clock.now() + timedelta(minutes=15), attempts=9)
    OutboxMessage.objects.filter(id=aside.id).update(failed_at=clock.now())

    with transaction.atomic():
        outbox.wake(WORK)

    for message in (waiting, other):
        message.refresh_from_db()
    assert (waiting.attempts, other.attempts) == (0, 9)
    assert outbox.claim_due() == [(waiting.id, WORK)]
