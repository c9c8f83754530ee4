from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from billing.payments import multibanco
from billing.payments.models import Payment, PaymentStatus, ReferencePool
from billing.payments.services import references
from booking.models import Appointment
from clinic.core import clock
from clinic.core.errors import DomainError
from clinic.directory.models import Patient
from tests.billing import factories

pytestmark = pytest.mark.django_db


def test_references_follow_the_pool_and_pass_a_terminals_check(ana: Patient) -> None:
    payments = [factories.multibanco(factories.appointment(ana)) for _ in range(3)]

    orders = [multibanco.order_of("999", payment.reference) for payment in payments]
    assert orders == [(orders[0] + step) % 10_000 for step in range(3)]
    for payment in payments:
        assert multibanco.is_valid("99999", payment.reference, Decimal("40.00"))


def test_a_reference_that_is_free_again_has_to_wait_for_its_turn(ana: Patient) -> None:
    first = factories.multibanco(factories.appointment(ana))
    Payment.objects.update(reference_held=False)

    second = factories.multibanco(factories.appointment(ana))

    order = multibanco.order_of("999", first.reference)
    assert multibanco.order_of("999", second.reference) == (order + 1) % 10_000


def test_a_held_reference_is_skipped_when_the_pool_comes_round(
    held: Appointment, ana: Patient
) -> None:
    first = factories.multibanco(held)
    order = multibanco.order_of("999", first.reference)
    ReferencePool.objects.update(last_order=(order - 1) % 10_000)

    second = factories.multibanco(factories.appointment(ana))

    assert multibanco.order_of("999", second.reference) == (order + 1) % 10_000


def test_an_expired_reference_rests_ninety_days(held: Appointment, ana: Patient) -> None:
    payment = factories.multibanco(held)
    order = multibanco.order_of("999", payment.reference)

    def next_order() -> int:
        ReferencePool.objects.update(last_order=(order - 1) % 10_000)
        with transaction.atomic():
            reference = references.allocate("99999", "999", Decimal("40.00"))
        return multibanco.order_of("999", reference)

    expired = {"status": PaymentStatus.EXPIRED}
    Payment.objects.update(**expired, closed_at=clock.now() - timedelta(days=89))
    assert next_order() == (order + 1) % 10_000
    Payment.objects.update(**expired, closed_at=clock.now() - timedelta(days=91))
    assert next_order() == order


def test_the_database_refuses_a_second_holder_of_a_reference(
    held: Appointment, ana: Patient
) -> None:
    first = factories.multibanco(held)
    second = factories.multibanco(factories.appointment(ana))

    with pytest.raises(IntegrityError, match="one_holder_of_a_reference"), transaction.atomic():
        Payment.objects.filter(pk=second.pk).update(reference=first.reference)


def test_a_full_pool_is_told_and_leaves_nothing_behind(
    ana: Patient, held: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multibanco, "pool_size", lambda _subentity: 1)
    factories.multibanco(held)

    with pytest.raises(DomainError, match="payments_closed") as told:
        factories.multibanco(factories.appointment(ana))

    assert told.value.retry_after == 300
    assert Payment.objects.count() == 1
