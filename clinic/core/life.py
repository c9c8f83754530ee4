"""A sign of life for whatever watches this process: the loop that does the work touches the file
that SIGN_OF_LIFE names. A process that stops showing it is ended and started again (by
`docker/watch.py`, or by whoever started it)."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_SECONDS = 2.0


def show() -> None:
    """Show that the loop which calls this is running. It's fine if nobody watches."""
    if name := os.environ.get("SIGN_OF_LIFE"):
        Path(name).touch()


@contextmanager
def shown_meanwhile() -> Iterator[None]:
    """Shows life during a wait that may be long but ends by itself, as while the broker is down."""
    over = threading.Event()

    def keep_showing() -> None:
        while not over.wait(EVERY_SECONDS):
            show()

    thread = threading.Thread(target=keep_showing, name="sign-of-life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
