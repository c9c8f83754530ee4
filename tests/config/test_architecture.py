"""What the code as a whole keeps to, and import-linter can't see."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("clinic", "booking", "billing", "recognition", "realtime")
WIRING = "clinic/config/wiring.py"
APPS = {*PACKAGES[1:], *(path.parent.name for path in ROOT.glob("clinic/*/__init__.py"))} - {
    "core",
    "config",
}


def modules(*folders: str) -> dict[str, ast.Module]:
    """The product's own modules by their path."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in paths}


@pytest.fixture(scope="module")
def product() -> dict[str, ast.Module]:
    return modules(*PACKAGES)


def calls(tree: ast.AST, function: str) -> Iterator[ast.Call]:
    """The calls of a function, whether it is imported itself or with its module."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if getattr(node.func, "id", getattr(node.func, "attr", "")) == function:
            yield node


def test_every_event_is_announced_and_heard(product: dict[str, ast.Module]) -> None:
    declared = {
        node.name
        for path, tree in product.items()
        if path.endswith("/events.py")
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    announced = {
        event.func.id
        for tree in product.values()
        for call in calls(tree, "announce")
        for event in call.args
        if isinstance(event, ast.Call) and isinstance(event.func, ast.Name)
    }
    heard = {
        (path, call.args[0].id)
        for path, tree in product.items()
        for call in calls(tree, "subscribe")
        if isinstance(call.args[0], ast.Name)
    }

    assert announced == declared
    assert heard == {(WIRING, event) for event in declared}


def test_core_knows_no_app_and_no_queue() -> None:
    # The table of locks is one on purpose: it is their order.
    core = [path for path in (ROOT / "clinic/core").rglob("*.py") if path.name != "locks.py"]
    apps = re.compile(rf"\b({'|'.join(sorted(APPS))})\b")
    queues = {queue for taken in settings.WORKERS.values() for queue in taken} - {
        settings.CELERY_TASK_DEFAULT_QUEUE
    }

    assert len(APPS) == 11
    assert {path.name: apps.findall(path.read_text()) for path in core} == {
        path.name: [] for path in core
    }
    assert {
        node.value
        for tree in modules("clinic/core").values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in queues
    } == set()


def test_an_api_opens_no_transaction(product: dict[str, ast.Module]) -> None:
    """Each of its operations calls a service, which is one."""
    apis = {path: tree for path, tree in product.items() if path.endswith("/api.py")}

    assert len(apis) > 8
    assert {
        path
        for path, tree in apis.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.db"
    } == set()


def test_every_silenced_check_says_why() -> None:
    """On its line, or in a comment just before it."""
    silenced = re.compile(
        r"# noqa(: [A-Z]+\d+(, [A-Z]+\d+)*)?|# type: ignore(\[[\w,-]+\])?"
        r"|eslint-disable[\w-]*( [\w@/-]+(, [\w@/-]+)*)?"
    )
    folders = (
        *PACKAGES,
        "tests",
        "docker",
        "requirements",
        "frontend/src",
        "frontend/e2e",
        "frontend/liveness",
    )
    sources = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".ts", ".tsx"}
        and "node_modules" not in path.parts
        and path != Path(__file__)
    ]

    unexplained = []
    for path in sources:
        before = ""
        for line in path.read_text().splitlines():
            found = silenced.search(line)
            is_explained = before.startswith(("#", "//")) or (
                found is not None and re.search(r"\w\w", line[found.end() :])
            )
            if found and not is_explained:
                unexplained.append(f"{path.relative_to(ROOT)}: {line.strip()}")
            before = line.strip()
    assert len(sources) > 500
    assert unexplained == []
