"""What is done to the clinic, how long it lasts, and what must hold meanwhile and afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.chaos.outages.clinic import LONGEST_FILE, Clinic, wrong_clock

Done = Callable[[], None]


@dataclass(frozen=True)
class Fault:
    """`away` in seconds. `press` and `read`: the longest answer that is allowed meanwhile, in
    seconds; None where the part that answers is itself what stands still. `back`: how soon after
    the end all must work as before. `owed`: how soon all that was owed must be done."""

    take: Callable[[Clinic], Done]
    away: float
    press: float | None
    read: float | None
    back: float = 10.0
    owed: float = 60.0


def _nothing() -> None:
    """What was dropped comes back by itself."""


def _drop_database(clinic: Clinic) -> Done:
    with _as_owner(clinic) as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
    return _nothing


def _drop_valkey(*kinds: str) -> Callable[[Clinic], Done]:
    def take(clinic: Clinic) -> Done:
        with clinic.valkey_client() as valkey:
            for kind in kinds:
                valkey.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")
        return _nothing

    return take


def _freeze(*names: str) -> Callable[[Clinic], Done]:
    def take(clinic: Clinic) -> Done:
        frozen = clinic.freeze(*(name for name in clinic.programs if name.startswith(names)))
        return lambda: clinic.thaw(frozen)

    return take


def _freeze_valkey(clinic: Clinic) -> Done:
    frozen = clinic.freeze_server(clinic.valkey)
    return lambda: clinic.thaw(frozen)


def _freeze_postgres(clinic: Clinic) -> Done:
    frozen = clinic.freeze_server(clinic.postgres)
    return lambda: clinic.thaw(frozen)


def _kill_valkey(clinic: Clinic) -> Done:
    clinic.valkey.kill()
    return clinic.valkey.start


def _kill_postgres(clinic: Clinic) -> Done:
    clinic.postgres.kill()
    return clinic.postgres.start


def _read_only(clinic: Clinic) -> Done:
    """As after a failover to a server that isn't the first one yet."""

    def switch(*, on: bool) -> None:
        with _as_owner(clinic) as database:
            change = "SET default_transaction_read_only = on" if on else "RESET ALL"
            name = sql.Identifier(database.info.dbname)
            database.execute(sql.SQL("ALTER DATABASE {} " + change).format(name))
        _drop_database(clinic)

    switch(on=True)
    return lambda: switch(on=False)


def _alter_column(clinic: Clinic) -> Done:
    """A migration that changes types of columns under running code, and back again."""

    def alter(length: int) -> None:
        with _as_owner(clinic) as database:
            for table, column in (("booking_appointment", "note"), ("billing_payment", "phone")):
                found = database.execute(
                    "SELECT character_maximum_length FROM information_schema.columns"
                    " WHERE table_name = %s AND column_name = %s",
                    [table, column],
                ).fetchone()
                if found is None or found[0] is None:
                    raise RuntimeError(f"{table}.{column} is no varchar any more")
                database.execute(
                    sql.SQL("ALTER TABLE {} ALTER COLUMN {} TYPE varchar({})").format(
                        sql.Identifier(table),
                        sql.Identifier(column),
                        sql.Literal(found[0] + length),
                    )
                )

    alter(1)
    return lambda: alter(-1)


def _wrong_clocks(**ahead: float) -> Callable[[Clinic], Done]:
    def take(clinic: Clinic) -> Done:
        for name, seconds in ahead.items():
            clinic.restart(name.replace("_", "-"), **wrong_clock(seconds))

        def put_right() -> None:
            for name in ahead:
                clinic.restart(name.replace("_", "-"))

        return put_right

    return take


def _fill_disk(clinic: Clinic) -> Done:
    clinic.limit_files(LONGEST_FILE)
    return lambda: clinic.limit_files(None)


@contextmanager
def _as_owner(clinic: Clinic) -> Iterator[psycopg.Connection]:
    with psycopg.connect(clinic.postgres.url, autocommit=True) as database:
        database.execute("SET default_transaction_read_only = off")
        yield database


LONG = 120.0
SHORT = 3.0
"""What is dropped is back at once: the people go on for so long."""

FAULTS = {
    "database_connections": Fault(_drop_database, SHORT, press=2, read=2),
    "valkey_normal": Fault(_drop_valkey("normal"), SHORT, press=1, read=1),
    "valkey_pubsub": Fault(_drop_valkey("pubsub"), SHORT, press=1, read=1),
    "valkey_all": Fault(_drop_valkey("normal", "pubsub"), SHORT, press=1, read=1),
    "valkey_killed": Fault(_kill_valkey, 10, press=1, read=1),
    "postgres_killed": Fault(_kill_postgres, 5, press=None, read=None),
    "valkey_frozen": Fault(_freeze_valkey, LONG, press=1, read=1),
    # Nothing but a time limit ends a question to a server that holds the line and is silent.
    "postgres_frozen": Fault(_freeze_postgres, LONG, press=None, read=None),
    "mail_frozen": Fault(_freeze("mail"), LONG, press=1, read=1, owed=180),
    "relay_frozen": Fault(_freeze("relay"), LONG, press=1, read=1),
    "worker_frozen": Fault(_freeze("worker"), LONG, press=1, read=1),
    "other_workers_frozen": Fault(
        _freeze("provider-worker", "message-worker", "clock-worker", "face-worker", "beat"),
        LONG,
        press=1,
        read=1,
    ),
    "read_only": Fault(_read_only, 20, press=2, read=2),
    "column_altered": Fault(_alter_column, 5, press=2, read=2),
    # It starts anew for that, and the half of the people who ask it wait for it.
    "web_clocks": Fault(_wrong_clocks(web_http_2=20.0), 30, press=None, read=None, back=15),
    "worker_clock": Fault(
        _wrong_clocks(worker=3600.0, clock_worker=3600.0), 45, press=2, read=2, back=20
    ),
    "relay_clock": Fault(_wrong_clocks(relay=-3600.0, beat=3600.0), 30, press=2, read=2, back=20),
    "disk_full": Fault(_fill_disk, 20, press=1, read=1),
}
