"""Small files that are kept between two starts. A full disk leaves them as they were."""

import os
import tempfile
from pathlib import Path


def kept_text(file: Path) -> str:
    """The text of a small file, as far as it is text; empty if there is no file."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def keep_text(file: Path, text: str) -> None:
    """Write a text that only its owner can read: completely, or the file stays as it was."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(descriptor)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
