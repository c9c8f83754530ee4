"""Mail servers that keep a sender waiting."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager


@contextmanager
def silent_mail_server() -> Iterator[tuple[int, list[socket.socket]]]:
    """Accepts and never answers; its port and who has called."""
    callers: list[socket.socket] = []
    with _listening(callers.append) as port:
        yield port, callers
    for caller in callers:
        caller.close()


@contextmanager
def dripping_mail_server(every: float) -> Iterator[int]:
    """Answers with one letter after the other of a greeting that never ends; its port."""

    def drip(caller: socket.socket) -> None:
        with closing(caller):
            try:
                while True:
                    caller.sendall(b"2")
                    time.sleep(every)
            except OSError:
                return  # The sender has given up.

    def begin(caller: socket.socket) -> None:
        threading.Thread(target=drip, args=[caller], daemon=True).start()

    with _listening(begin) as port:
        yield port


@contextmanager
def _listening(on_call: Callable[[socket.socket], object]) -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def accept() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return  # The block has ended.
                on_call(caller)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
