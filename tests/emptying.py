"""Emptying the database after a test that committed.

Django truncates every table and makes the permissions anew: PostgreSQL writes each table and index
to a new file for that, which takes longer than most of these tests. Here the rows are deleted, and
what belongs to the schema rather than to a test stays: the names of models and their permissions.
"""

from typing import Any, Literal

from django.db import connections, transaction
from django.test import TransactionTestCase
from psycopg import sql

OF_THE_SCHEMA = {"django_content_type", "auth_permission"}
# The stubs of Django know nothing of what is its own.
_case: Any = TransactionTestCase
_flush = _case._fixture_teardown


def install() -> None:
    """From now on tests that commit end so; with Django's flush where the database's user isn't its
    superuser, but owns its tables."""
    _case._fixture_teardown = _teardown


def empty(alias: str) -> None:
    """Leave no row of a test. As a truncation would, it waits until nobody else is writing."""
    connection = connections[alias]
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    names = [sql.Identifier(name) for name in sorted({*tables} - OF_THE_SCHEMA)]
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(names))
        )
        cursor.execute(sql.SQL(";").join(sql.SQL("DELETE FROM {}").format(name) for name in names))


def _teardown(case: Any) -> None:
    aliases = case._databases_names(include_mirrors=False)
    if not all(_is_superuser(alias) for alias in aliases):
        for alias in aliases:
            _triggers(alias, "DISABLE")
        _flush(case)
        for alias in aliases:
            _triggers(alias, "ENABLE")
        return
    for alias in aliases:
        empty(alias)


def _triggers(alias: str, do: Literal["DISABLE", "ENABLE"]) -> None:
    """Those of the tables that nobody may empty."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname LIKE '%is_never_emptied'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} {do} TRIGGER USER")


def _is_superuser(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        return bool(cursor.fetchone() == ("on",))
