"""Production's programs, as `docker/compose.yaml` names and the image starts them, on this
machine: two hosts of the API, the sockets, every worker, relay, beat, the databases and a mail
server. What ends is started again, as Docker does."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import psutil
import redis
import yaml

from clinic.launcher.embedded import Postgres, Valkey, free_port
from clinic.launcher.processes import Program, wait_until
from tests.bench.servers import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 90.0
KEEPER_SECONDS = 0.5
LONGEST_FILE = 4096
# Once for the whole clinic, and the one that is started beside the first.
HOSTS = ("web-http", "web-http-2")


class Clinic:
    """The programs, up and ready inside the block. `ended` names what ended by itself."""

    def __init__(self, home: Path, web_processes: int) -> None:
        self.home = home
        self._web_processes = web_processes
        self.mails = home / "mails"
        self.postgres = Postgres(home / "postgres", durable=True)
        self.valkey = Valkey(home / "valkey", durable=True)
        self.programs: dict[str, Program] = {}
        self.origins: list[str] = []
        self.sockets = ""
        self.ended: list[str] = []
        self._held = threading.Lock()
        self._is_over = threading.Event()

    def start_databases(self) -> None:
        for server in (self.postgres, self.valkey):
            server.start()
        os.environ |= {"DATABASE_URL": self.postgres.url, "REDIS_URL": self.valkey.url}

    def __enter__(self) -> Clinic:
        with ExitStack() as stack:
            stack.callback(self._stop)
            mail_port, ports = free_port(), {name: free_port() for name in (*HOSTS, "web-ws")}
            mailbox = [sys.executable, "-m", "tests.chaos.outages.mailbox", mail_port, self.mails]
            self.programs["mail"] = self._program("mail", [str(part) for part in mailbox], {})
            settings = {
                "PUBLIC_ORIGIN": f"http://127.0.0.1:{ports[HOSTS[0]]}",
                "INTERNAL_ORIGIN": f"http://127.0.0.1:{ports[HOSTS[0]]}",
                "EMAIL_TRANSPORT": "clinic.notifications.channels.email.smtp.SmtpTransport",
                "EMAIL_PORT": str(mail_port),
                "SMS_PER_NUMBER_A_DAY": "30000",
                "WEB_CONCURRENCY": str(self._web_processes),
            }
            for name in _roles():
                own = settings | {"PORT": str(ports.get(name, 0) or free_port())}
                self.programs[name] = self._program(name, ["docker/watch.py", name], own)
            twin = settings | {"PORT": str(ports[HOSTS[1]])}
            self.programs[HOSTS[1]] = self._program(HOSTS[1], ["docker/watch.py", HOSTS[0]], twin)
            self.origins = [f"http://127.0.0.1:{ports[name]}" for name in HOSTS]
            self.sockets = f"ws://127.0.0.1:{ports['web-ws']}"
            for program in self.programs.values():
                program.start()
            if not wait_until(self.is_ready, seconds=START_SECONDS, every=0.5):
                raise RuntimeError(f"the clinic didn't get ready: {self.readiness()}")
            threading.Thread(target=self._keep, name="keeper", daemon=True).start()
            stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def remove_databases(self) -> None:
        for server in (self.valkey, self.postgres):
            server.remove()

    def is_ready(self) -> bool:
        return all(parts == "ok" for parts in self.readiness())

    def readiness(self) -> Iterator[str]:
        """For each host of the API "ok", or what it lacks."""
        for origin in self.origins:
            try:
                with urllib.request.urlopen(f"{origin}/health/ready", timeout=5) as answer:
                    yield str(json.loads(answer.read())["status"])
            except urllib.error.HTTPError as refusal:
                yield refusal.read(500).decode(errors="replace")
            except OSError as error:
                yield str(error)

    def processes(self, *names: str) -> list[psutil.Process]:
        """What runs of these programs, and all that they have started; a watchdog that looks after
        one isn't it."""
        found = []
        for name in names:
            with self._held:
                pid = self.programs[name].pid
            if pid is not None and psutil.pid_exists(pid):
                root = psutil.Process(pid)
                found += [root, *root.children(recursive=True)]
        return [each for each in found if not _is_watchdog(each)]

    def freeze(self, *names: str) -> list[psutil.Process]:
        """Stop them as a machine that hangs does: they hold what they hold and say nothing."""
        return _signal(self.processes(*names), signal.SIGSTOP)

    def freeze_server(self, server: Postgres | Valkey) -> list[psutil.Process]:
        root = psutil.Process(server.pid)
        return _signal([root, *root.children(recursive=True)], signal.SIGSTOP)

    @staticmethod
    def thaw(frozen: list[psutil.Process]) -> None:
        _signal(frozen, signal.SIGCONT)

    def restart(self, name: str, **settings: str) -> None:
        """Stop a program and start it with further settings; without any, as it was at first."""
        with self._held:
            program = self.programs[name]
            program.stop()
            first = {key: text for key, text in (program.env or {}).items() if key not in SHIFTED}
            self.programs[name] = self._program(name, list(program.argv), first | settings)
            self.programs[name].start()

    def limit_files(self, limit: int | None) -> None:
        """No file may grow beyond so many bytes, as on a disk that is full; None: as they like."""
        most = psutil.RLIM_INFINITY if limit is None else limit
        for process in self.processes(*(name for name in self.programs if name != "mail")):
            _, hard = process.rlimit(psutil.RLIMIT_FSIZE)
            process.rlimit(psutil.RLIMIT_FSIZE, (most, hard))

    def valkey_client(self) -> redis.Redis:
        return redis.Redis.from_url(self.valkey.url, socket_timeout=5, decode_responses=True)

    def _keep(self) -> None:
        while not self._is_over.wait(KEEPER_SECONDS):
            with self._held:
                for name, program in self.programs.items():
                    if not self._is_over.is_set() and not program.is_running():
                        self.ended.append(name)
                        program.start()

    def _stop(self) -> None:
        self._is_over.set()
        with self._held:
            for program in self.programs.values():
                program.request_stop()
            for program in self.programs.values():
                program.stop()

    def _program(self, name: str, argv: list[Any], settings: dict[str, str]) -> Program:
        beside = os.path.dirname(sys.executable)  # noqa: PTH120 - a link that must stay one
        path = f"{beside}{os.pathsep}{os.environ['PATH']}"
        return Program(
            name,
            argv,
            log=self.home / "log" / f"{name}.log",
            cwd=REPOSITORY,
            env={
                **os.environ,
                "PATH": path,
                "SIGN_OF_LIFE": str(self.home / f"{name}.alive"),
                **settings,
            },
            grace_seconds=10,
        )


SHIFTED = ("PYTHONPATH", "CLOCK_AHEAD_SECONDS")


def wrong_clock(seconds: float) -> dict[str, str]:
    """Settings of a program whose wall clock is ahead by so many seconds."""
    folder = REPOSITORY / "tests" / "chaos" / "outages" / "shifted"
    return {"PYTHONPATH": str(folder), "CLOCK_AHEAD_SECONDS": str(seconds)}


def _roles() -> list[str]:
    """The product's own long-running programs."""
    services = yaml.safe_load((REPOSITORY / "docker" / "compose.yaml").read_text())["services"]
    return [
        name
        for name, service in services.items()
        if service.get("command") == [name] and name != "migrate"
    ]


def _is_watchdog(process: psutil.Process) -> bool:
    try:
        return any(part.endswith("docker/watch.py") for part in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _signal(processes: list[psutil.Process], signum: signal.Signals) -> list[psutil.Process]:
    reached = []
    for process in processes:
        try:
            process.send_signal(signum)
            reached.append(process)
        except psutil.NoSuchProcess:
            continue  # it ended meanwhile: nothing is left to stop
    return reached
