"""Small files that are kept between two starts. A full disk leaves them as they were."""

from pathlib import Path

from clinic.storage import whole


def kept_text(file: Path) -> str:
    """What a small file holds, as far as it is text; nothing where there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def keep_text(file: Path, text: str) -> None:
    """Keep a text for its owner's eyes: whole, or as it was before."""
    with whole.written(file) as unfinished:
        unfinished.write(text.encode())
