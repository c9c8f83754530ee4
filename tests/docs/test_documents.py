"""What the documents name is there: files, links, commands and settings."""

import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.bench.__main__ import BY_NAME_ONLY, MEASUREMENTS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "docker" / "README.md"],
)
PACKAGES = "clinic|booking|billing|recognition|realtime"
TOP = rf"(?:{PACKAGES}|frontend|docker|docs|tests|requirements|\.ci|\.devcontainer|\.github)"
# Made by running the product, or by whoever runs it.
NOT_KEPT = re.compile(r"docker/(\.env|certs|dist)|frontend/(dist|node_modules)")
name = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(d.relative_to(ROOT)) for d in DOCUMENTS]
)


@name
def test_every_path_is_there(document: Path) -> None:
    named = re.findall(rf"(?<![\w/.-]){TOP}/[\w./-]*\w", document.read_text())

    kept = {path.removesuffix(".") for path in named if not NOT_KEPT.match(path)}
    assert sorted(path for path in kept if not (ROOT / path).exists()) == []


@name
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)\s]*)\)", document.read_text())

    broken = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@name
def test_every_command_can_be_given(document: Path) -> None:
    text = document.read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))

    made = set(re.findall(r"(?:`|^|[;&] )(?:[A-Z_]+=\S+ )*make ([a-z-]+)", text, re.M))
    managed = set(re.findall(r"manage\.py ([a-z_]+)", text))
    measured = set(re.findall(r"tests\.bench ([a-z_]+)", text))

    assert made - targets == set()
    assert managed - set(get_commands()) == set()
    assert measured - {*MEASUREMENTS, *BY_NAME_ONLY} == set()


def test_every_setting_is_described_and_no_other() -> None:
    code = "".join(path.read_text() for path in sorted((ROOT / "clinic/config").glob("**/*.py")))
    start = (ROOT / "docker/start").read_text()
    tables = (ROOT / "docs/operations/settings.md").read_text()

    read = set(re.findall(r"(?:env\.\w+|secret)\(\s*\"([A-Z0-9_]+)\"", code))
    read |= set(re.findall(r"\$\{([A-Z_]+):-", start))
    of_the_launcher = {"CLINIC_BIND", "CLINIC_DEMO_EMPTY", "FACE_LIVENESS_SCREEN"}
    described = set()
    for row in re.findall(r"^\| (`[A-Z].*?) \|", tables, re.M):
        described |= set(re.findall(r"`([A-Z0-9_]+)`", row))

    assert described == read | of_the_launcher


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.findall(r"^## \[(\d.*?)\]", (ROOT / "CHANGELOG.md").read_text(), re.M)[0]

    assert newest == version


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 120


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
