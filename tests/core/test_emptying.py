"""What stands between the tests: after one that committed the database is as it was made."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection

from clinic.core import audit
from clinic.core.models import AuditEntry
from clinic.directory.models import Patient, Room
from tests import emptying
from tests.conftest import SETUP, Clinic

KEPT = {ContentType, Permission}


@pytest.mark.django_db(transaction=True)
def test_after_a_test_no_row_is_left_but_those_of_the_schema(clinic: Clinic, ana: Patient) -> None:
    # Given rows that refer to each other, and of the log that nobody may delete from
    assert AuditEntry.objects.exists()
    assert Room.objects.exists()
    schema = {model: model._default_manager.count() for model in KEPT}
    assert all(schema.values())

    emptying.empty(connection.alias)

    tables = [model for model in apps.get_models() if model not in KEPT]
    left = {model.__name__: model._base_manager.count() for model in tables}
    assert {name: count for name, count in left.items() if count} == {}
    assert {model: model._default_manager.count() for model in KEPT} == schema


@pytest.mark.django_db(transaction=True)
def test_triggers_have_their_say_again_afterwards() -> None:
    emptying.empty(connection.alias)
    audit.record("appointment.booked", actor=SETUP)

    with pytest.raises(DatabaseError, match="append-only"):
        AuditEntry.objects.all().delete()

    assert AuditEntry.objects.get().action == "appointment.booked"
