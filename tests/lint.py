"""Every check that needs no running clinic, each reported by name; all run, also after a failure.

python -m tests.lint                 everything
python -m tests.lint NAME...         only these
python -m tests.lint schema --write  write the OpenAPI document and its TypeScript types anew
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from clinic.launcher.frontend import FRONTEND, Node, find_node, install
from clinic.launcher.surroundings import settle_tests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parent.parent
OPENAPI = FRONTEND / "src" / "lib" / "api" / "openapi.json"
TYPES = FRONTEND / "src" / "lib" / "api" / "schema.d.ts"
SPECTRAL = ROOT / "tests" / "contract" / "spectral"
MANAGE = [sys.executable, "manage.py"]
# Settings are read, nothing is connected to.
OFFLINE = {
    "CLINIC_ENV": "test",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
PRODUCTION = {
    "CLINIC_ENV": "production",
    "CLINIC_SANDBOX": "0",
    "DATABASE_URL": "postgresql://clinic@database.internal/vez?sslmode=require",
    "REDIS_URL": "rediss://cache.internal/0",
    "PUBLIC_ORIGIN": "https://clinic.example",
    "SECRET_KEY": "kQ8w-Lm4Zt7_Ry1Xb3" * 3,
    "JWT_KEY": "r7Zp_Wn2Kd9-Vc5Hj8" * 3,
    "PAYMENT_WEBHOOK_SECRET": "x2Nd-Gs6Qf0_Tb4Mz1" * 3,
    "FACE_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
}


def ruff() -> bool:
    return run([sys.executable, "-m", "ruff", "check", "."])


def ruff_format() -> bool:
    return run([sys.executable, "-m", "ruff", "format", "--check", "."])


def mypy() -> bool:
    return run([sys.executable, "-m", "mypy"], OFFLINE)


def imports() -> bool:
    return run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    )


def migrations() -> bool:
    """The models and their migrations say the same."""
    return run([*MANAGE, "makemigrations", "--check", "--dry-run"], OFFLINE)


def production_settings() -> bool:
    return run([*MANAGE, "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION)


def schema() -> bool:
    """The committed OpenAPI document and TypeScript types are those of the code."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / OPENAPI.name
        if not write_openapi(fresh):
            return False
        if not _same(OPENAPI, fresh):
            return False
        types = Path(folder) / TYPES.name
        return write_types(OPENAPI, types) and _same(TYPES, types)


def write_schema() -> bool:
    """Write both of them into the front end."""
    return write_openapi(OPENAPI) and write_types(OPENAPI, TYPES)


def write_openapi(target: Path) -> bool:
    command = ["spectacular", "--format", "openapi-json", "--validate", "--fail-on-warn"]
    return run([*MANAGE, *command, "--file", str(target)], OFFLINE)


def write_types(document: Path, target: Path) -> bool:
    arguments = ["exec", "--", "openapi-typescript", str(document), "-o", str(target)]
    # What has a default may be left out of a request.
    arguments.append("--default-non-nullable=false")
    return npm(*arguments)


def openapi() -> bool:
    """The document says all that readers expect of one: spectral:oas has nothing to add."""
    in_its_folder = ("--prefix", str(SPECTRAL))
    lock, installed = SPECTRAL / "package-lock.json", SPECTRAL / "node_modules/.package-lock.json"
    is_installed = installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime
    if not is_installed and not npm("ci", *in_its_folder, "--ignore-scripts", "--loglevel=error"):
        return False
    rules = ("--ruleset", str(SPECTRAL / "ruleset.yaml"), "--fail-severity=hint", "--quiet")
    return npm("exec", *in_its_folder, "--", "spectral", "lint", *rules, str(OPENAPI))


def eslint() -> bool:
    return npm("run", "--silent", "lint")


def prettier() -> bool:
    return npm("run", "--silent", "format:check")


def typescript() -> bool:
    return npm("run", "--silent", "typecheck")


def deployment() -> bool:
    """Dockerfile, compose file, nginx and the Elastic Beanstalk bundle, read by parsers."""
    return run([sys.executable, "-m", "tests.docker.check"])


CHECKS: dict[str, Callable[[], bool]] = {
    "ruff": ruff,
    "format": ruff_format,
    "mypy": mypy,
    "imports": imports,
    "migrations": migrations,
    "production": production_settings,
    "schema": schema,
    "openapi": openapi,
    "typescript": typescript,
    "eslint": eslint,
    "prettier": prettier,
    "deployment": deployment,
}


def main(arguments: list[str]) -> int:
    settle_tests()
    if arguments == ["schema", "--write"]:
        return 0 if write_schema() else 1
    if unknown := set(arguments) - set(CHECKS):
        print(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}.")
        return 2
    failed = []
    for name in arguments or CHECKS:
        print(f"\n== {name} ".ljust(80, "="), flush=True)
        began = time.monotonic()
        passed = CHECKS[name]()
        if not passed:
            failed.append(name)
        verdict = "passed" if passed else "FAILED"
        print(f"{name}: {verdict} ({time.monotonic() - began:.0f} s)", flush=True)
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nEvery check passed.")
    return 1 if failed else 0


def run(command: list[str], settings: Mapping[str, str] | None = None) -> bool:
    environment = {**os.environ, **(settings or {})}
    return (
        subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False
        ).returncode
        == 0
    )


def npm(*arguments: str) -> bool:
    return _node().run_npm(*arguments) == 0


def _node() -> Node:
    node = find_node(ROOT / "var" / "node")
    install(node)
    return node


def _same(committed: Path, fresh: Path) -> bool:
    if committed.exists() and committed.read_bytes() == fresh.read_bytes():
        return True
    print(f"{committed.relative_to(ROOT)} is out of step with the code; run: make schema")
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
