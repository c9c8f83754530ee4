from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from clinic.core import audit
from clinic.core.audit import Actor
from clinic.core.models import AuditEntry


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        lambda: AuditEntry.objects.update(action="nothing happened"),
        lambda: AuditEntry.objects.all().delete(),
    ],
    ids=["update", "delete"],
)
def test_the_audit_log_can_only_grow(change: Callable[[], object]) -> None:
    audit.record("appointment.booked", actor=Actor.system("tests"))

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change()

    assert AuditEntry.objects.get().action == "appointment.booked"
