"""The demo's processes: started in order, restarted when one dies, and all stopped at the end."""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import os
import secrets
import shutil
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

from clinic.launcher.embedded import (
    Postgres,
    ServerFailedError,
    Standing,
    Valkey,
    listen_error,
)
from clinic.launcher.files import keep_text, kept_text
from clinic.launcher.processes import GRACE_SECONDS, Program, stop_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic.launcher.stopping import StopSwitch

ROOT: Final = Path(__file__).resolve().parent.parent.parent
NEEDED_BYTES: Final = 500_000_000
READY_SECONDS: Final = 180.0
PREPARE_SECONDS: Final = 300.0
DEATHS_BEFORE_READY: Final = 3
LONGEST_PAUSE_SECONDS: Final = 30.0
# As in docker/watch.py.
SILENCE_SECONDS: Final = float(os.environ.get("SILENCE_SECONDS", "60"))
START_SECONDS: Final = 180.0
LOOK_SECONDS: Final = SILENCE_SECONDS / 12
SAY_AGAIN_SECONDS: Final = 10.0
_BEHIND_THE_PAGE: Final = (
    *("provider-worker", "message-worker", "clock-worker", "face-worker", "beat"),
)
# Never through a proxy.
_to_ourselves = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class DemoFailedError(RuntimeError):
    """The demo can't start; the message tells the person why."""


class Say(Protocol):
    """Shows a line, with the time since `began` if that is given."""

    def __call__(self, line: str, began: float | None = None) -> None: ...


@dataclass
class Watched:
    """One watched process, with how often it died and when to try again."""

    process: Postgres | Valkey | Program
    deaths: int = 0
    started_at: float = field(default_factory=time.monotonic)
    retry_at: float | None = None
    looked_at: float = field(default_factory=time.monotonic)
    sign: object = None
    silent: float = 0.0

    def begin(self) -> None:
        """Note that it has just been started."""
        self.started_at = self.looked_at = time.monotonic()
        self.retry_at = self.sign = None
        self.silent = 0.0

    def note(self, sign: object, *, now: float) -> None:
        """Look for a new sign of life. The time between two looks is capped, so a machine that
        slept doesn't look like a hang."""
        self.silent += min(now - self.looked_at, 2 * LOOK_SECONDS)
        self.looked_at = now
        if sign is not None and sign != self.sign:
            self.sign, self.silent = sign, 0.0

    @property
    def hangs(self) -> bool:
        return self.silent > (START_SECONDS if self.sign is None else SILENCE_SECONDS)


class Stack:
    """Everything that `make run` starts. Its files are in `var`; one stack per folder at a time."""

    def __init__(self, var: Path, *, port: int, switch: StopSwitch, say: Say) -> None:
        self.var = var
        self.port = port
        self.bind = os.environ.get("CLINIC_BIND", "127.0.0.1")
        self.origin = os.environ.get("PUBLIC_ORIGIN", f"http://localhost:{port}").rstrip("/")
        self._switch = switch
        self._say = say
        self._lock: IO[str] | None = None
        self._servers: dict[str, Postgres | Valkey] = {}
        self._watched: list[Watched] = []
        self._settings: dict[str, str] = {}
        self.environment: dict[str, str] = {}

    def check(self) -> None:
        """Raise DemoFailedError now for anything that would only fail later. Takes this folder's
        lock."""
        try:
            self.var.mkdir(parents=True, exist_ok=True)
            self._lock = (self.var / "demo.lock").open("a+")
        except PermissionError:
            raise DemoFailedError(
                f"{self.var} belongs to another user (was the demo run as root?); "
                "remove it as that user: make reset."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            running = _read_json(self.var / "demo.json")
            where = f" at {running.get('url')} (process {running.get('pid')})" if running else ""
            raise DemoFailedError(
                f"The demo of this checkout already runs{where}; stop that one first."
            ) from None
        (self.var / "demo.json").unlink(missing_ok=True)
        if error := listen_error(self.port, self.bind):
            if error.errno == errno.EADDRINUSE:
                raise DemoFailedError(
                    f"Port {self.port} is taken by another program; "
                    f"choose another one: PORT={self.port + 1} make run."
                )
            raise DemoFailedError(
                f"The demo can't listen on {self.bind}, port {self.port}: {error.strerror}; "
                "CLINIC_BIND and PORT choose others."
            )
        free = shutil.disk_usage(self.var).free
        if free < NEEDED_BYTES:
            raise DemoFailedError(
                f"The disk of {self.var} has {free / 1e6:.0f} MB free; "
                f"the demo needs {NEEDED_BYTES / 1e6:.0f} MB."
            )

    def start(self) -> None:
        """Start everything and wait until the product says that it is ready."""
        if not os.environ.get("DATABASE_URL"):
            postgres = Postgres(self.var / "postgres", log=self._log("postgres"))
            self.start_server("DATABASE_URL", postgres)
        if not os.environ.get("REDIS_URL"):
            self.start_server("REDIS_URL", Valkey(self.var / "valkey", log=self._log("valkey")))
        self.choose_settings()
        self._keep_settings()
        self._prepare()
        programs = {program.name: program for program in self.programs()}
        # The other programs are needed only seconds later, so they load while people look at the
        # page.
        later = [programs.pop(name) for name in _BEHIND_THE_PAGE]
        self.watch_over(*programs.values())
        self._await_readiness()
        self.watch_over(*later)
        self.write_state()

    def watch(self) -> None:
        """Restart what dies, until somebody asks to stop."""
        while not self._switch.pressed:
            if self.revive():
                self._publish()
            time.sleep(0.3)

    def stop(self) -> None:
        """Stop all processes: first the product's, then the servers they need."""
        servers = [server.program for server in self._servers.values()]
        for programs in (self._programs(), [server for server in servers if server is not None]):
            stop_all(programs, at_once=self._impatience())
        self._watched.clear()
        self._servers.clear()
        (self.var / "demo.json").unlink(missing_ok=True)

    def write_state(self) -> None:
        """Publish var/demo.json: what the contract promises, and the processes that run now."""
        known = _read_json(self.var / "demo-accounts.json") or {}
        state = {
            "url": self.origin,
            "pid": os.getpid(),
            "accounts": known.get("accounts", {}),
            "devices": known.get("devices", {}),
            "sandbox": {"messages": "/api/sandbox/messages", "bank": "/api/sandbox/bank"},
            "processes": {item.process.name: item.process.pid for item in self._watched},
        }
        keep_text(self.var / "demo.json", json.dumps(state, indent=2, ensure_ascii=False) + "\n")

    def _publish(self) -> None:
        """Write what others read. A full disk is reported and stops nothing that runs."""
        try:
            if self._settings:
                self._keep_settings()
            self.write_state()
        except OSError as failure:
            self._say(f"{self.var / 'demo.json'} is not up to date: {failure.strerror}")

    def accounts(self) -> dict[str, dict[str, str]]:
        known = _read_json(self.var / "demo-accounts.json") or {}
        return dict(known.get("accounts", {}))

    def _impatience(self) -> Callable[[], bool]:
        """Whether there was a second request to stop; says that a second one helps, if it does."""
        began = time.monotonic()
        told = False

        def at_once() -> bool:
            nonlocal told
            if not told and time.monotonic() - began > GRACE_SECONDS:
                told = True
                self._say("PostgreSQL still puts its data in order; Ctrl-C once more ends it")
            return self._switch.pressed_twice

        return at_once

    def _programs(self) -> list[Program]:
        return [item.process for item in self._watched if isinstance(item.process, Program)]

    def start_server(self, variable: str, server: Postgres | Valkey) -> None:
        """Start a server; the programs find its address in `variable`."""
        self._switch.check()
        began = time.monotonic()
        self._servers[variable] = server
        self._watched.append(Watched(server))
        try:
            server.start(meanwhile=self._waiting_for(server))
        except ServerFailedError as failure:
            raise DemoFailedError(str(failure)) from None
        self._say(f"{server.title} listens on 127.0.0.1:{server.port}", began)

    def _waiting_for(self, server: Postgres | Valkey) -> Callable[[Standing], None]:
        """Says now and then what a server is busy with, and stops waiting if somebody asks to
        stop."""
        began = reported = time.monotonic()

        def wait(standing: Standing) -> None:
            nonlocal reported
            self._switch.check()
            now = time.monotonic()
            if now - reported > SAY_AGAIN_SECONDS:
                reported = now
                self._say(f"{server.title} {standing.value}", began)

        return wait

    def watch_over(self, *programs: Program) -> None:
        """Start programs and keep them running."""
        for program in programs:
            program.start()
            self._watched.append(Watched(program))

    def _log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def choose_settings(self) -> None:
        """The secrets (the last ones, or new ones) and addresses, for the programs."""
        lines = kept_text(self.var / "demo.env").splitlines()
        kept = dict(line.split("=", 1) for line in lines if "=" in line)
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "JWT_KEY": secrets.token_urlsafe(48),
            "PAYMENT_WEBHOOK_SECRET": secrets.token_urlsafe(48),
            "FACE_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        addresses = {name: os.environ.get(name, "") for name in ("DATABASE_URL", "REDIS_URL")}
        self._settings = {
            "CLINIC_ENV": "demo",
            "CLINIC_SANDBOX": "1",
            **{name: os.environ.get(name) or kept.get(name) or new for name, new in made.items()},
            **addresses,
            **self._addresses(),
            "PORT": str(self.port),
            "PUBLIC_ORIGIN": self.origin,
        }
        inherited = dict(os.environ)
        # Otherwise five processes would compile the same modules at each start.
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        self.environment |= {
            **inherited,
            **self._settings,
            "CLINIC_VAR": str(self.var),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "WORKER_SUFFIX": f"-{self.port}",
            "DJANGO_SETTINGS_MODULE": "clinic.config.settings",
            "PYTHONUNBUFFERED": "1",
        }

    def _addresses(self) -> dict[str, str]:
        return {name: server.url for name, server in self._servers.items()}

    def _keep_settings(self) -> None:
        """Write secrets and addresses to var/demo.env, where manage.py finds them too."""
        lines = [f"{name}={value}\n" for name, value in self._settings.items()]
        keep_text(self.var / "demo.env", "".join(lines))

    def _prepare(self) -> None:
        began = time.monotonic()
        log = self._log("prepare")
        log.unlink(missing_ok=True)
        preparation = Program(
            "prepare",
            [sys.executable, "-m", "clinic.demo.prepare"],
            log=log,
            env=self.environment,
            cwd=ROOT,
        )
        preparation.start()
        self._watched.append(Watched(preparation))
        while preparation.is_running():
            self._switch.pause(0.1)
            if time.monotonic() - began > PREPARE_SECONDS:
                break
        self._watched.pop()
        code = preparation.exit_code()
        preparation.kill()
        if code != 0:
            raise DemoFailedError(
                f"The database could not be prepared: {preparation.last_lines(1)} (see {log})"
            )
        self._say("The database is up to date and the demo clinic is filled", began)

    def programs(self) -> list[Program]:
        """The product's own processes, not started."""
        python = sys.executable
        commands: dict[str, list[str | Path]] = {
            "web": [
                *[python, "-m", "uvicorn", "clinic.config.asgi:application"],
                *["--host", self.bind, "--port", str(self.port)],
                *["--http", "realtime.protocol:HttpProtocol"],
                *["--ws", "realtime.protocol:WebSocketProtocol"],
                *["--ws-per-message-deflate", "false"],
                *["--ws-max-size", "65536"],
                *["--ws-ping-interval", "20", "--ws-ping-timeout", "20"],
                *["--backlog", "4096", "--timeout-graceful-shutdown", "3"],
                *["--no-access-log", "--no-server-header", "--no-proxy-headers"],
            ],
            # As in production.
            **{
                name: ["env", f"SIGN_OF_LIFE={self._sign(name)}", ROOT / "docker" / "start", name]
                for name in ("worker", *_BEHIND_THE_PAGE, "relay")
            },
        }
        return [
            Program(name, argv, log=self._log(name), env=self.environment, cwd=ROOT)
            for name, argv in commands.items()
        ]

    def _await_readiness(self) -> None:
        began = time.monotonic()
        reported = began
        parts = "no answer yet"
        while True:
            self._switch.pause(0.1)
            self.revive()
            for item in self._watched:
                if item.deaths >= DEATHS_BEFORE_READY:
                    raise DemoFailedError(
                        f"{item.process.name} keeps stopping: {item.process.last_lines(1)} "
                        f"(see {self.var / 'log'})"
                    )
            ready, parts = self._readiness()
            if ready:
                self._say("Web, worker and relay are running", began)
                return
            now = time.monotonic()
            if now - began > READY_SECONDS:
                raise DemoFailedError(
                    f"The product did not become ready in {READY_SECONDS:.0f} s ({parts}); "
                    f"see {self.var / 'log'}."
                )
            if now - reported > SAY_AGAIN_SECONDS:
                reported = now
                self._say(f"still waiting: {parts}", began)

    def _health(self, which: str) -> str:
        host = "127.0.0.1" if self.bind in {"0.0.0.0", "::"} else self.bind  # noqa: S104 - binds nothing
        return f"http://{host}:{self.port}/health/{which}"

    def _is_live(self) -> bool:
        try:
            with _to_ourselves.open(self._health("live"), timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, HTTPException):
            return False

    def _readiness(self) -> tuple[bool, str]:
        try:
            with _to_ourselves.open(self._health("ready"), timeout=5) as answer:
                return answer.status == 200, "ready"
        except urllib.error.HTTPError as error:
            told = error.read(2000).decode(errors="replace")
        except (OSError, HTTPException) as error:
            return False, str(error)
        try:
            found = json.loads(told)
            # Of the workers only this one has been started.
            parts = {**found["parts"], "worker": found["workers"]["worker"]}
        except (ValueError, KeyError, TypeError, AttributeError):
            return False, told
        return all(state == "ok" for state in parts.values()), told

    def revive(self) -> bool:
        """Restart what died; the more often a process dies, the longer it waits."""
        changed = False
        for item in self._watched:
            now = time.monotonic()
            process = item.process
            if process.is_running() and not self._hangs(item):
                if now - item.started_at > 60:
                    item.deaths = 0
                continue
            if item.retry_at is None:
                item.deaths += 1
                pause = 0.0 if item.deaths == 1 else min(2.0**item.deaths, LONGEST_PAUSE_SECONDS)
                item.retry_at = now + pause
                self._say(f"{process.name} stopped; starting it again (see {self.var / 'log'})")
            if now >= item.retry_at:
                process.kill()
                try:
                    self._start_again(process)
                except (OSError, ServerFailedError) as failure:
                    self._say(f"{process.name} did not start: {failure}")
                item.begin()
                changed = True
        return changed

    def _hangs(self, item: Watched) -> bool:
        """Whether a program runs but no longer does anything; if so it is ended."""
        now = time.monotonic()
        if not isinstance(item.process, Program) or now - item.looked_at < LOOK_SECONDS:
            return False
        item.note(self._sign_of(item.process), now=now)
        if item.hangs:
            self._say(f"{item.process.name} has shown no sign of life for {item.silent:.0f} s")
            item.process.kill()
        return item.hangs

    def _sign_of(self, program: Program) -> object:
        """A value that differs with each sign of life; None if there is none."""
        if program.name == "web":
            return object() if self._is_live() else None
        try:
            return self._sign(program.name).stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def _sign(self, name: str) -> Path:
        return self.var / "log" / f"{name}.alive"

    def _start_again(self, process: Postgres | Valkey | Program) -> None:
        if isinstance(process, Program):
            process.start()
            return
        process.start(meanwhile=self._waiting_for(process))
        if self._settings and not self._addresses().items() <= self._settings.items():
            self._settings |= self._addresses()
            self.environment |= self._addresses()
            self._say(f"{process.name} has another port now: what works with it starts anew")
            self._start_programs_anew()

    def _start_programs_anew(self) -> None:
        """They share this stack's environment, so they see what has changed in it."""
        programs = self._programs()
        stop_all(programs, at_once=lambda: self._switch.pressed)
        for program in programs:
            program.start()


def reset(var: Path) -> None:
    """Remove the demo's data, secrets and logs. Raises DemoFailedError while it runs."""
    if not var.exists():
        return
    try:
        with (var / "demo.lock").open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            Postgres(var / "postgres").remove()
            Valkey(var / "valkey").remove()
            for name in ("storage", "static", "log"):
                shutil.rmtree(var / name, ignore_errors=True)
            for pattern in (
                "demo.env*",
                "demo.json*",
                "demo-accounts.json",
                "celerybeat-schedule*",
            ):
                for file in var.glob(pattern):
                    file.unlink()
    except BlockingIOError:
        raise DemoFailedError("The demo runs; stop it before you reset it.") from None
    except PermissionError as refusal:
        raise DemoFailedError(
            f"{refusal.filename} belongs to another user; reset the demo as that user."
        ) from None


def _read_json(file: Path) -> dict[str, Any] | None:
    """The object in a file that another process replaces now and then; None if there is none."""
    try:
        found = json.loads(kept_text(file))
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
