"""Zip what Elastic Beanstalk's Docker platform needs to build and run the product.

The zip is the same for the same sources: entries are sorted and carry no time of day.
"""

from __future__ import annotations

import stat
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
BUNDLE = ROOT / "docker" / "dist" / "vez-beanstalk.zip"
FOLDERS = ("clinic", "booking", "billing", "recognition", "realtime", "frontend", "docker/nginx")
FILES = (
    ".dockerignore",
    "LICENSE",
    "manage.py",
    "requirements/base.lock",
    "requirements/bootstrap.lock",
    "docker/Dockerfile",
    "docker/start",
    "docker/watch.py",
)
LEFT_OUT = {"__pycache__", "node_modules", "dist", "e2e", "test-results", "playwright-report"}
OF_THE_DEMO = {ROOT / "clinic" / name for name in ("sandbox", "demo", "launcher")}
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def main() -> int:
    BUNDLE.parent.mkdir(parents=True, exist_ok=True)
    names = write_bundle(BUNDLE)
    size = BUNDLE.stat().st_size / 1e6
    print(f"{BUNDLE.relative_to(ROOT)}: {len(names)} files, {size:.1f} MB")
    return 0


def write_bundle(target: Path) -> list[str]:
    """Write the bundle to `target`; returns the names in it."""
    contents = bundle_contents()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, source in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            executable = source.stat().st_mode & stat.S_IXUSR
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(entry, source.read_bytes())
    return sorted(contents)


def bundle_contents() -> dict[str, Path]:
    """The bundle's files by their name in it. The compose file has to lie at the root."""
    contents = {name: ROOT / name for name in FILES}
    contents["docker-compose.yml"] = HERE / "docker-compose.yml"
    for extension in (HERE / "ebextensions").glob("*.config"):
        contents[f".ebextensions/{extension.name}"] = extension
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and not _is_left_out(path):
                contents[str(path.relative_to(ROOT))] = path
    return contents


def _is_left_out(path: Path) -> bool:
    left_out = LEFT_OUT.intersection(path.relative_to(ROOT).parts)
    return bool(left_out) or not OF_THE_DEMO.isdisjoint(path.parents)


if __name__ == "__main__":
    sys.exit(main())
