"""A provider's strict stand-in on a real socket: what it doesn't know is refused and remembered as
a complaint, and the next answers of a path can be planned."""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import urlsplit

Answer = tuple[int, Any]


@dataclass
class Double(ABC):
    url: str = ""
    calls: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    rules: dict[str, list[Answer | str]] = field(default_factory=dict)

    def will(self, path: str, *what: Answer | str) -> None:
        """The next calls of this path: an answer, or `hang`, `break`, or `lose` (do the work and
        break off before the answer)."""
        self.rules[path.strip("/")] = list(what)

    def created(self, path: str) -> int:
        return self.calls.count(path)

    @abstractmethod
    def answer(self, method: str, target: str, headers: Any, raw: bytes) -> Answer:
        """What the provider says to one call."""


SomeDouble = TypeVar("SomeDouble", bound=Double)


@contextmanager
def open_double(double: SomeDouble) -> Iterator[SomeDouble]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = urlsplit(self.path).path.strip("/")
            double.calls.append(path)
            planned = double.rules.get(path)
            rule = planned.pop(0) if planned else None
            if rule == "hang":
                time.sleep(0.6)
            if rule in ("hang", "break"):
                self.close_connection = True
                return
            status, body = (
                rule
                if isinstance(rule, tuple)
                else double.answer(self.command, self.path, self.headers, raw)
            )
            if rule == "lose":
                self.close_connection = True
                return
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            """Tests are quiet."""

    for method in ("GET", "POST", "DELETE", "PUT"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
