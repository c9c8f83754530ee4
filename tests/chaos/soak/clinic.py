"""The clinic of a soak: databases and a web process that can be killed, behind wires to cut."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from clinic.launcher.embedded import Postgres, Valkey, free_port
from clinic.launcher.processes import Program, wait_until
from tests.chaos.soak.wires import Wire
from tests.midday import zone_at_midday

REPOSITORY = Path(__file__).resolve().parents[3]
START_SECONDS = 60.0


class Clinic:
    """Three servers and three wires: displays to web, web to PostgreSQL, web to Redis.

    The writer of the queue is this process; it reaches the databases without a wire.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vez-soak-")))
            home.chmod(0o711)  # PostgreSQL's user passes through
            self.log = home / "web.log"
            # What it has acknowledged must be there after a kill.
            self.postgres = Postgres(home / "postgres", durable=True)
            self.redis = Valkey(home / "redis", durable=False)
            for server in (self.postgres, self.redis):
                server.start()
                stack.callback(server.remove)
            os.environ.update(
                CLINIC_ENV="test",
                CLINIC_TIME_ZONE=zone_at_midday(datetime.now(UTC)),
                LOG_LEVEL="ERROR",
                DJANGO_SETTINGS_MODULE="clinic.config.settings",
                DATABASE_URL=self.postgres.url,
                REDIS_URL=self.redis.url,
            )
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
                cwd=REPOSITORY,
                check=True,
            )
            port = free_port()
            self.to_postgres = self._wire(stack, self.postgres.port)
            self.to_redis = self._wire(stack, self.redis.port)
            self.to_web = self._wire(stack, port)
            self.origin = f"http://127.0.0.1:{self.to_web.port}"
            self.web = self._web(port)
            self._health = f"http://127.0.0.1:{port}/health/live"
            self.start_web()
            stack.callback(self.web.stop)
            self._stack = stack.pop_all()

    def __enter__(self) -> Clinic:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start_web(self) -> None:
        """Returns once it answers."""
        self.web.start()
        if not wait_until(
            self._answers, seconds=START_SECONDS, give_up=lambda: not self.web.is_running()
        ):
            raise RuntimeError(f"the web process didn't start:\n{self.web.last_lines()}")

    def _wire(self, stack: ExitStack, target: int) -> Wire:
        wire = Wire(target)
        asyncio.run_coroutine_threadsafe(wire.open(), self._loop).result()
        stack.callback(lambda: asyncio.run_coroutine_threadsafe(wire.close(), self._loop).result())
        return wire

    def _web(self, port: int) -> Program:
        """As `make run` starts it, but for its addresses."""
        through = {
            "DATABASE_URL": _by_port(self.postgres.url, self.to_postgres.port),
            "REDIS_URL": _by_port(self.redis.url, self.to_redis.port),
        }
        return Program(
            "web",
            [
                *(sys.executable, "-m", "uvicorn", "clinic.config.asgi:application"),
                *("--port", str(port), "--http", "realtime.protocol:HttpProtocol"),
                *("--ws", "realtime.protocol:WebSocketProtocol"),
                *("--ws-per-message-deflate", "false", "--ws-max-size", "65536"),
                *("--ws-ping-interval", "20", "--ws-ping-timeout", "20"),
                *("--backlog", "4096", "--timeout-graceful-shutdown", "3"),
                *("--no-access-log", "--no-server-header", "--no-proxy-headers"),
            ],
            log=self.log,
            cwd=REPOSITORY,
            env={
                **os.environ,
                **through,
                "LOG_LEVEL": "WARNING",
                "PORT": str(port),
                "PUBLIC_ORIGIN": self.origin,
            },
        )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self._health, timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _by_port(url: str, port: int) -> str:
    own = urlsplit(url).port
    return url.replace(f":{own}/", f":{port}/")
