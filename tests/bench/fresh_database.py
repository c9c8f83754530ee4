"""A database for programs that fill one: a copy of the suite's empty one, migrated already."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg import sql


@contextmanager
def environment(name: str) -> Iterator[dict[str, str]]:
    """The environment of a program that works in the copy, which goes afterwards."""
    database = connection.settings_dict
    template = str(database["NAME"])
    copy = f"{template}_{name}"
    connection.close()  # nobody may be connected to what is copied
    server = (
        f"postgresql://{database['USER']}:{database['PASSWORD']}"
        f"@{database['HOST']}:{database['PORT']}"
    )
    names = {"copy": sql.Identifier(copy), "template": sql.Identifier(template)}
    with psycopg.connect(f"{server}/postgres", autocommit=True) as maintenance:
        maintenance.execute(sql.SQL("CREATE DATABASE {copy} TEMPLATE {template}").format(**names))
        try:
            yield {**os.environ, "DATABASE_URL": f"{server}/{copy}"}
        finally:
            maintenance.execute(sql.SQL("DROP DATABASE {copy} WITH (FORCE)").format(**names))
