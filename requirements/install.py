"""Make .venv hold exactly what requirements/dev.lock says; needs only Python 3.11 or newer.

The lock's hashes are checked either way: uv installs (seconds), and where uv can't be had or can't
reach the package index, pip does (minutes). A stamp in .venv makes the next call a no-op.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP_INSTALL: list[str | Path] = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
VAR = ROOT / "var"
LOCK = ROOT / "requirements" / "dev.lock"
BOOTSTRAP_LOCK = ROOT / "requirements" / "bootstrap.lock"
LOG = VAR / "log" / "install.log"
NEEDED_BYTES = 2_500_000_000
# Which of pip's settings uv has to be told about, under its own names.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "trusted-host": "UV_INSECURE_HOST",
}


def main() -> int:
    """Install what is missing; the exit code is 1, after one clear sentence, where that fails."""
    try:
        if sys.version_info < (3, 11):  # noqa: UP036 - older ones can start this script too
            found = ".".join(map(str, sys.version_info[:3]))
            raise Refusal(f"Vez needs Python 3.11 or newer; this is {found}.")
        if not os.access(ROOT, os.W_OK):
            raise Refusal(f"This user may not write to {ROOT}; run as the checkout's owner.")
        with only_one():
            if stamp_file().exists() and stamp_file().read_text() == stamp():
                return 0
            install()
    except Refusal as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    return 0


class Refusal(Exception):  # noqa: N818 - it is shown to a person, not handled as an error
    """Why the installation can't go on, as one sentence."""


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the checkout's installation lock, so that two calls never share a half-made .venv."""
    try:
        VAR.mkdir(exist_ok=True)
        lock = (VAR / "install.lock").open("w")
    except PermissionError:
        raise Refusal(
            f"{VAR} belongs to another user; run as that user, or remove it as that user."
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def stamp_file() -> Path:
    return VENV / "installed"


def stamp() -> str:
    """What the environment was made from; a moved checkout needs a new one."""
    digest = hashlib.sha256()
    for part in (LOCK.read_bytes(), sys.version.encode(), str(VENV).encode()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def install() -> None:
    free = shutil.disk_usage(ROOT).free
    if free < NEEDED_BYTES:
        raise Refusal(
            f"The disk of {ROOT} has {free / 1e9:.1f} GB free; "
            f"the installation needs {NEEDED_BYTES / 1e9:.1f} GB."
        )
    began = time.monotonic()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.unlink(missing_ok=True)
    create_environment()
    count = sum(1 for line in LOCK.read_text().splitlines() if "==" in line)
    print(f"Installing {count} Python packages into .venv (once; each is checked by its hash) ...")
    if not install_with_uv():
        print("  uv could not install them; pip tries (slower, some minutes) ...", flush=True)
        install_with_pip()
    stamp_file().write_text(stamp())
    print(f"  Python packages are in place ({time.monotonic() - began:.0f} s)", flush=True)


def create_environment() -> None:
    """A new environment where there is none, or one of another Python or another place."""
    made_for = VENV / "made-for"
    wanted = f"{sys.version}\n{VENV}\n"
    if made_for.exists() and made_for.read_text() == wanted and PYTHON.exists():
        return
    print("Creating the virtual environment .venv ...", flush=True)
    result = run([sys.executable, "-m", "venv", "--clear", VENV])
    if result != 0:
        raise Refusal(
            "Python's venv module is missing or incomplete "
            "(Debian, Ubuntu: apt install python3-venv); details in var/log/install.log."
        )
    made_for.write_text(wanted)


def install_with_uv() -> bool:
    if run([*PIP_INSTALL, "--quiet", "--require-hashes", "-r", BOOTSTRAP_LOCK]) != 0:
        return False
    command: list[str | Path] = [VENV / "bin" / "uv", "pip", "sync", "--python", PYTHON]
    hashed = ["--require-hashes", "--build-constraints", LOCK, LOCK]
    return run([*command, *hashed], env=uv_environment()) == 0


def install_with_pip() -> None:
    if run([*PIP_INSTALL, "--progress-bar", "off", "--require-hashes", "-r", LOCK]) == 0:
        return
    log = LOG.read_text(errors="replace")
    reasons = {
        "No space left on device": "The disk is full.",
        "command 'gcc' failed": "A package has to be compiled and there is no C compiler "
        "(Debian, Ubuntu: apt install build-essential python3-dev).",
        "No matching distribution found": "The package index can't be reached, or has no file "
        "for this Python and processor.",
        "Connection": "The package index can't be reached.",
    }
    why = next((reason for sign, reason in reasons.items() if sign in log), "pip failed.")
    raise Refusal(f"{why} Details are in var/log/install.log.")


def uv_environment() -> dict[str, str]:
    """Ours, with pip's settings translated where uv has none of its own."""
    environment = dict(os.environ)
    listing = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        name = UV_NAMES.get(key.rpartition(".")[2])
        if name is not None:
            environment.setdefault(name, value.strip("'\""))
    if "UV_CACHE_DIR" not in environment and not os.access(Path.home(), os.W_OK):
        environment["UV_CACHE_DIR"] = str(VAR / "cache" / "uv")
    environment.pop("VIRTUAL_ENV", None)
    return environment


def run(command: list[str | Path], env: dict[str, str] | None = None) -> int:
    """Run a program quietly into the log, with a sign of life every ten seconds."""
    with LOG.open("a") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n")
        log.flush()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=env,
        )
    finished = threading.Event()
    ticker = threading.Thread(target=report_progress, args=(finished,), daemon=True)
    ticker.start()
    try:
        return process.wait()
    except BaseException:
        process.kill()
        raise
    finally:
        finished.set()
        ticker.join()


def report_progress(finished: threading.Event) -> None:
    began = time.monotonic()
    while not finished.wait(10):
        lines = LOG.read_text(errors="replace").strip().splitlines() or [""]
        print(f"  ... {time.monotonic() - began:3.0f} s  {lines[-1][:70]}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
