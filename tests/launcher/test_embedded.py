"""The embedded servers: they keep their data, find their port again, and leave nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from clinic.launcher import embedded
from clinic.launcher.embedded import Postgres, ServerFailedError, Standing, Valkey
from clinic.launcher.processes import Account, Program, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
# PostgreSQL refuses to run as root, so root's is another user's process, which a private folder
# shuts out: its data have a shelter elsewhere. Everybody else runs it as themselves, in place.
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "servers"


@pytest.fixture
def postgres(home: Path) -> Iterator[Postgres]:
    server = Postgres(home / "postgres", durable=False)
    yield server
    server.remove()


@pytest.fixture
def valkey(home: Path) -> Iterator[Valkey]:
    server = Valkey(home / "valkey")
    yield server
    server.remove()


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a server that was stopped, with a row in it."""
    home = tmp_path_factory.mktemp("settled") / "postgres"
    server = Postgres(home, durable=False)
    server.start()
    write_a_row(server)
    server.stop()
    yield home
    server.remove()


@pytest.fixture
def former(settled: Path) -> Iterator[Postgres]:
    """A server for that home, not started yet."""
    server = Postgres(settled, durable=False)
    yield server
    server.stop()


def write_a_row(server: Postgres) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('still here')")


def read_the_row(server: Postgres) -> str:
    with psycopg.connect(server.url) as connection:
        (word,) = connection.execute("SELECT word FROM kept").fetchone() or ("",)
    return str(word)


def test_postgres_keeps_its_data_and_port_over_a_restart(postgres: Postgres) -> None:
    postgres.start()
    port = postgres.port
    write_a_row(postgres)
    postgres.stop()

    postgres.start()

    assert read_the_row(postgres) == "still here"
    assert postgres.port == port


def test_postgres_comes_back_after_being_killed(home: Path) -> None:
    postgres = Postgres(home / "postgres")
    try:
        postgres.start()
        write_a_row(postgres)
        port = postgres.port
        postgres.kill()

        postgres.start()

        assert read_the_row(postgres) == "still here"
        assert postgres.port == port
    finally:
        postgres.remove()


def test_starting_a_running_server_changes_nothing(postgres: Postgres) -> None:
    postgres.start()
    pid = postgres.pid

    postgres.start()

    assert postgres.pid == pid


def test_postgres_asks_for_its_password(postgres: Postgres) -> None:
    postgres.start()

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url.replace(postgres.password, "guessed"))


def test_valkey_asks_for_its_password(valkey: Valkey) -> None:
    valkey.start()

    with (
        redis.Redis(host="127.0.0.1", port=valkey.port) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_the_passwords_are_readable_by_their_owner_only(postgres: Postgres, valkey: Valkey) -> None:
    postgres.start()
    valkey.start()

    for file in (
        postgres.home / "password",
        valkey.home / "password",
        valkey.home / "valkey.conf",
    ):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_valkey_keeps_what_it_was_given_over_a_restart(valkey: Valkey) -> None:
    valkey.start()
    with redis.Redis.from_url(valkey.url) as client:
        client.set("word", "still here")
    valkey.stop()

    valkey.start()

    with redis.Redis.from_url(valkey.url) as client:
        assert client.get("word") == b"still here"


def test_a_taken_port_is_left_alone_and_another_one_found(valkey: Valkey) -> None:
    valkey.start()
    former = valkey.port
    valkey.stop()
    with socket.socket() as somebody_else:
        somebody_else.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody_else.bind(("127.0.0.1", former))
        somebody_else.listen()

        valkey.start()

        assert valkey.port != former
        assert valkey.is_running()


def test_the_servers_listen_on_the_loopback_interface_only(
    postgres: Postgres, valkey: Valkey
) -> None:
    postgres.start()
    valkey.start()

    listening = listening_addresses({postgres.port, valkey.port})

    assert listening == {
        ("127.0.0.1", postgres.port),
        ("127.0.0.1", valkey.port),
    }


def listening_addresses(ports: set[int]) -> set[tuple[str, int]]:
    """Who listens on these ports, from the kernel's tables of IPv4 and IPv6 sockets."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            host, port = address.split(":")
            if state == "0A" and int(port, 16) in ports:
                numbers = bytes.fromhex(host)[::-1]
                found.add((".".join(map(str, numbers)), int(port, 16)))
    return found


def test_removing_leaves_no_process_and_no_folder(home: Path) -> None:
    servers = [Postgres(home / "postgres", durable=False), Valkey(home / "valkey")]
    for server in servers:
        server.start()
    pids = [server.pid for server in servers]

    for server in servers:
        server.remove()

    assert [pid for pid in pids if pid and Path(f"/proc/{pid}").exists()] == []
    assert list(home.iterdir()) == []


def test_a_killed_parent_takes_its_servers_along(home: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path\n"
        "from clinic.launcher.embedded import Postgres, Valkey\n"
        "home = Path(sys.argv[1])\n"
        "servers = [Postgres(home / 'postgres', durable=False), Valkey(home / 'valkey')]\n"
        "for server in servers: server.start()\n"
        "print(*[server.pid for server in servers], flush=True)\n"
        "time.sleep(300)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, home], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert parent.stdout is not None
        pids = parent.stdout.readline().split()
        assert len(pids) == 2

        parent.send_signal(signal.SIGKILL)

        assert wait_until(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), seconds=20
        )
    finally:
        parent.kill()
        parent.communicate()
        Postgres(home / "postgres").remove()


def test_anybody_can_keep_their_checkout_to_themselves(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    server = Postgres(private / "postgres", durable=False)
    try:
        server.start()
        write_a_row(server)
        server.stop()
        server.start()

        assert read_the_row(server) == "still here"
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert (private / "postgres" / "data").exists() is not AS_ROOT
    finally:
        server.remove()
    assert shelters_of(private / "postgres") == []


def test_a_new_checkout_at_the_same_place_starts_empty(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    former = Postgres(private / "postgres", durable=False)
    former.start()
    write_a_row(former)
    former.stop()
    shutil.rmtree(former.home)
    server = Postgres(private / "postgres", durable=False)
    try:
        server.start()

        with psycopg.connect(server.url) as connection:
            (table,) = connection.execute("SELECT to_regclass('kept')").fetchone() or ("?",)
        assert table is None
    finally:
        server.remove()


def shelters_of(home: Path) -> list[Path]:
    shelters = [embedded._shelter(base, home) for base in embedded._shelter_bases()]
    return [shelter for shelter in shelters if shelter.exists()]


RECOVERS_SLOWLY = "restore_command = 'sleep 0.4; false'\n"


def test_postgres_gets_all_the_time_that_it_needs_to_restore_its_data(former: Postgres) -> None:
    """Given a recovery that takes much longer than a sign of life may take."""
    former.start()
    former.stop()
    (former.data / "recovery.signal").touch(mode=0o600)
    if AS_ROOT:
        shutil.chown(former.data / "recovery.signal", former.data.stat().st_uid)
    with (former.data / "postgresql.auto.conf").open("a") as settings:
        settings.write(RECOVERS_SLOWLY)
    former.patience = 0.3
    told: list[Standing] = []
    pids: set[int | None] = set()

    def watch(standing: Standing) -> None:
        told.append(standing)
        pids.add(former.pid)

    former.start(meanwhile=watch)

    assert told.count(Standing.BUSY) * 0.05 > former.patience
    assert pids == {former.pid}
    assert read_the_row(former) == "still here"


def test_a_lost_password_is_one_sentence_and_changes_nothing(former: Postgres) -> None:
    former.start()
    former.stop()
    password = (former.home / "password").read_text()
    (former.home / "password").write_text("")

    with pytest.raises(ServerFailedError, match=r"^PostgreSQL doesn't take the password in .*\.$"):
        former.start()

    assert not former.is_running()
    (former.home / "password").write_text(password)
    former.start()
    assert read_the_row(former) == "still here"


@pytest.mark.parametrize("kept", [b"", b"no number", b"0", b"99999999", b"\xff\xfe", "²".encode()])
def test_a_port_that_is_none_is_chosen_anew(valkey: Valkey, kept: bytes) -> None:
    valkey.home.mkdir(parents=True)
    (valkey.home / "port").write_bytes(kept)

    valkey.start()

    assert valkey.is_running()
    assert (valkey.home / "port").read_text() == str(valkey.port)


def test_a_lock_that_nobody_holds_keeps_postgres_from_nothing(former: Postgres) -> None:
    """Given a lock that a full disk left empty, one of garbage, and one whose number belongs to
    another program by now."""
    former.start()
    former.stop()
    somebody = Program("other", ["sleep", "60"], log=former.home / "other.log")
    if AS_ROOT:
        owner = former.data.stat()
        somebody.account = Account(owner.st_uid, owner.st_gid)
    somebody.start()
    lock = former.data / "postmaster.pid"
    whole = f"{somebody.pid}\n{former.data}\n1\n{former.port}\n\n127.0.0.1\n  1  2\nready\n"
    try:
        for left in ("", "garbage\n", whole):
            lock.write_text(left)

            former.start()

            assert read_the_row(former) == "still here"
            former.stop()
        assert somebody.is_running()
    finally:
        somebody.stop()


def test_a_server_that_still_uses_the_data_is_left_alone(former: Postgres) -> None:
    former.start()
    second = Postgres(former.home, durable=False)
    second.patience = 0.3

    with pytest.raises(ServerFailedError, match=f"still uses .*process {former.pid}"):
        second.start()

    assert read_the_row(former) == "still here"


def test_a_path_with_every_odd_sign_is_a_home(tmp_path: Path) -> None:
    valkey = Valkey(tmp_path / "a b'c\"d\\e" / "valkey")
    try:
        valkey.start()

        assert valkey.is_running()
    finally:
        valkey.remove()


def test_a_failed_start_says_so_in_one_sentence(home: Path) -> None:
    server = Postgres(home / "postgres", durable=False)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("9\n")
    try:
        with pytest.raises(ServerFailedError, match=r"^PostgreSQL did not start: .*FATAL.*$"):
            server.start()
        assert not server.is_running()
    finally:
        server.remove()
