"""A bank of our own on a real socket, which answers, refuses or hangs as a test tells it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connection


@dataclass
class Bank:
    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    seconds: float = 0.0
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None
    keeper: Callable[[str, str, dict[str, Any]], tuple[int, Any]] | None = None
    """Answers each call by what it asks for, instead of the answers that were told."""

    def pause(self) -> None:
        """What happens elsewhere while the next call is on its way."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            try:
                meanwhile()
            finally:
                connection.close()

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if self.keeper is not None:
            return self.keeper(method, path, body)
        return self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)

    def will(self, status: int, body: Any = None) -> None:
        """Answer the next call like this; the last answer is repeated."""
        self.answers.append((status, body))


@contextmanager
def open_bank() -> Iterator[Bank]:
    bank = Bank()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length) or b"{}")
            bank.calls.append((self.command, self.path, body))
            bank.keys.append(self.headers.get("X-Sandbox-Key"))
            time.sleep(bank.seconds)
            bank.pause()
            status, answer = bank.answer(self.command, self.path, body)
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_args: Any) -> None:
            """Tests are quiet."""

    for method in ("GET", "POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    bank.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield bank
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
