"""Small files that are kept between two starts. A full disk leaves them as they were."""

from pathlib import Path


def kept_text(file: Path) -> str:
    """What a small file holds, as far as it is text; nothing where there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return ""


def keep_text(file: Path, text: str) -> None:
    """Keep a text for its owner's eyes: whole, or as it was before."""
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(file)
