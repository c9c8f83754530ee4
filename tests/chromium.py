"""A real Chromium without a window, driven over its own protocol; the least that tests need."""

from __future__ import annotations

import json
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from clinic.launcher.processes import Program, wait_until
from tests.browser import NoBrowserError, installed_chromium

# As in frontend/e2e/support/flags.ts.
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--remote-debugging-port=0", "--window-size=1920,1080"),
)
ANSWER_SECONDS = 30.0


class Page:
    """One page in a browser of its own; use it in one thread only."""

    def __init__(self, *flags: str) -> None:
        binary = installed_chromium()
        self._stack = ExitStack()
        self._number = 0
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vez-chromium-")))
            browser = Program(
                "chromium",
                [binary, *FLAGS, *flags, f"--user-data-dir={home}", "about:blank"],
                log=home / "log",
            )
            browser.start()
            stack.callback(browser.stop)
            door = home / "DevToolsActivePort"
            if not wait_until(lambda: door.exists() and "\n" in door.read_text(), seconds=30):
                raise NoBrowserError("Chromium did not start.")
            port = door.read_text().split("\n")[0]
            self._socket: ClientConnection = stack.enter_context(
                connect(f"ws://127.0.0.1:{port}/devtools/page/{_page_of(int(port))}", max_size=None)
            )
            self._stack = stack.pop_all()

    def __enter__(self) -> Page:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """The answer to one command of the protocol."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        deadline = time.monotonic() + ANSWER_SECONDS
        while True:
            answer = json.loads(self._socket.recv(timeout=max(0.0, deadline - time.monotonic())))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def evaluate(self, expression: str) -> Any:
        """What a JavaScript expression is in the page, its promise awaited."""
        result = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    def open(self, address: str, cookies: dict[str, str]) -> None:
        """Go to a page with these cookies."""
        for name, value in cookies.items():
            self.send("Network.setCookie", url=address, name=name, value=value)
        self.send("Page.navigate", url=address)


def _page_of(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
        pages = [target for target in json.load(answer) if target["type"] == "page"]
    return str(pages[0]["id"])
