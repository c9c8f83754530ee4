"""Files that are there whole or not at all, whatever happens while they are written: a full disk, a
killed process, a power cut."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

UNFINISHED = ".unfinished"
FORGOTTEN_SECONDS = 3600


@contextmanager
def written(target: Path, *, replacing: bool = True) -> Iterator[IO[bytes]]:
    """A file to write and read; it takes the target's place if the block ends without an error.

    Only its owner may read it. Raises what writing raises, and then leaves what was there before.
    Without `replacing` it also raises FileExistsError if there is a file already.
    """
    descriptor, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.name[:100]}.", suffix=UNFINISHED
    )
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replacing:
            unfinished.replace(target)
        else:
            os.link(unfinished, target)
        _sync(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def sweep(folder: Path) -> int:
    """Remove what killed writers left anywhere below the folder. Returns how many files."""
    before = time.time() - FORGOTTEN_SECONDS
    removed = 0
    for path in folder.rglob(f".*{UNFINISHED}"):
        # Its writer may finish meanwhile.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                removed += 1
    return removed


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
