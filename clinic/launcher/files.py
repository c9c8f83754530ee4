"""Small files that are kept between two starts. A full disk leaves them as they were."""

import os
import tempfile
from pathlib import Path


def kept_text(file: Path) -> str:
    """What a small file holds, as far as it is text; nothing where there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def keep_text(file: Path, text: str) -> None:
    """Keep a text for its owner's eyes: whole, or as it was before."""
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
