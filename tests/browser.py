"""Find a Chromium for the browser tests, or get one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic.launcher.frontend import Node

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


class NoBrowserError(RuntimeError):
    """There is no Chromium and none could be had; the message says what to do."""


def find_chromium(node: Node) -> Path | None:
    """A Chromium that starts; None stands for the one that Playwright downloaded itself, where
    there is no other. Raises NoBrowserError when all of that leaves us without.
    """
    try:
        return installed_chromium()
    except NoBrowserError:
        if os.environ.get("CHROMIUM"):
            raise
        print("No Chromium on this machine; Playwright tries its own download ...", flush=True)
        if node.run_npm("exec", "--", "playwright", "install", "chromium") == 0:
            return None
        raise


def installed_chromium() -> Path:
    """A Chromium that starts: named in CHROMIUM, on the PATH, or from the system's package manager
    where it may be asked. Raises NoBrowserError where there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        if _starts(Path(named)):
            return Path(named)
        raise NoBrowserError(f"CHROMIUM names {named}, which does not start.")
    found = _on_path() or (_on_path() if _install_with_apt() else None)
    if found is None:
        raise NoBrowserError(
            "There is no Chromium: install it (Debian: apt install chromium) "
            "or name one in CHROMIUM."
        )
    return found


def _on_path() -> Path | None:
    for name in NAMES:
        found = shutil.which(name)
        if found is not None and _starts(Path(found)):
            return Path(found)
    return None


def _starts(binary: Path) -> bool:
    """Some distributions put a placeholder in Chromium's place."""
    try:
        shown = subprocess.run(
            [binary, "--version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return shown.returncode == 0 and "Chrom" in shown.stdout


def _install_with_apt() -> bool:
    if shutil.which("apt-get") is None:
        return False
    command = ["apt-get"]
    if os.geteuid() != 0:
        if shutil.which("sudo") is None or _quiet(["sudo", "-n", "true"]) != 0:
            return False
        command = ["sudo", "-n", "apt-get"]
    print("No Chromium on this machine; installing Debian's ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return (
        _quiet([*command, "update"], environment) == 0
        and _quiet([*command, "install", "-y", "--no-install-recommends", "chromium"], environment)
        == 0
    )


def _quiet(command: list[str], environment: dict[str, str] | None = None) -> int:
    return subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    ).returncode
