import threading

import pytest
from django.db import connection, transaction

from clinic.core import audit, idempotency
from clinic.core.audit import Actor
from clinic.core.errors import DomainError
from clinic.core.models import AuditEntry, IdempotentRequest


def effect() -> idempotency.Answer:
    audit.record("effect", actor=Actor.system("tests"))
    return 201, {"number": AuditEntry.objects.count()}


@pytest.mark.django_db
def test_a_repeat_gets_the_first_answer_and_no_second_effect() -> None:
    first = idempotency.run("pay", "k1", {"amount": "40.00"}, effect)
    repeat = idempotency.run("pay", "k1", {"amount": "40.00"}, effect)

    assert first == repeat == (201, {"number": 1})
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused() -> None:
    idempotency.run("pay", "k1", {"amount": "40.00"}, effect)

    with pytest.raises(DomainError) as refusal:
        idempotency.run("pay", "k1", {"amount": "41.00"}, effect)

    assert refusal.value.code == "idempotency_key_reused"
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "k" * 201, "line\nbreak"])
def test_a_missing_or_absurd_key_is_refused(key: str) -> None:
    with pytest.raises(DomainError) as refusal:
        idempotency.run("pay", key, {}, effect)

    assert refusal.value.code == "idempotency_key_required"
    assert not IdempotentRequest.objects.exists()


@pytest.mark.django_db
def test_a_refusal_leaves_the_key_free() -> None:
    def refuse() -> idempotency.Answer:
        raise DomainError("busy")

    with pytest.raises(DomainError), transaction.atomic():
        idempotency.run("pay", "k1", {}, refuse)

    assert idempotency.run("pay", "k1", {}, effect) == (201, {"number": 1})


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_ten_at_once_have_one_effect() -> None:
    barrier = threading.Barrier(10)
    answers: list[idempotency.Answer] = []

    def client() -> None:
        barrier.wait()
        answers.append(idempotency.run("pay", "k1", {"amount": "40.00"}, effect))
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [(201, {"number": 1})] * 10
    assert AuditEntry.objects.count() == 1
