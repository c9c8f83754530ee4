"""A sign of life for whoever watches this process: the file that SIGN_OF_LIFE names, touched by the
very loop that does the work. Who shows none any more is ended and started again (`docker/watch.py`,
or whoever started it)."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY_SECONDS = 2.0


def show() -> None:
    """Show that the loop which calls this goes round. Nobody may be watching."""
    if name := os.environ.get("SIGN_OF_LIFE"):
        Path(name).touch()


@contextmanager
def shown_meanwhile() -> Iterator[None]:
    """For a wait that may be long and ends by itself, as for a broker that is down."""
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
