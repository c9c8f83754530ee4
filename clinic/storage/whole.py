"""Files that are there whole or not at all, whatever happens while they are written: the disk is
full, the process is killed, the power fails."""

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
    """The file to write and read in; it takes the target's place once the block has ended well.

    Only its owner may read it. Raises what writing raises and leaves what was there before; not
    `replacing`, also FileExistsError where something is.
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
    """Remove what killed writers have left anywhere below the folder; how many files there were."""
    before = time.time() - FORGOTTEN_SECONDS
    removed = 0
    for path in folder.rglob(f".*{UNFINISHED}"):
        # Its writer may end meanwhile.
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
