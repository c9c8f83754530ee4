"""A status is named by its choice; its word is spelled nowhere else."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from booking.choices import AppointmentStatus, BoardStage, Source

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("clinic", "booking", "billing", "recognition", "realtime")
COLUMNS = {"status", "source"}
LOOKUPS = COLUMNS | {f"{column}__in" for column in COLUMNS}
OF_A_VISIT = [set(choices.values) for choices in (AppointmentStatus, BoardStage, Source)]


def of_columns() -> set[str]:
    """The words of every model's columns that are called so and have choices."""
    return {
        str(value)
        for model in apps.get_models()
        for field in model._meta.fields
        if field.name in COLUMNS
        for value, _ in field.flatchoices
    }


def spelled(tree: ast.Module) -> Iterator[int]:
    """Lines that compare a status with a word, look for one, or list or name a visit's anew."""
    columns = of_columns()
    named = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    for value in named:
        if isinstance(value, ast.Constant) and value.value in OF_A_VISIT[0]:
            yield value.lineno
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=ast.Attribute(attr=name), comparators=[other]):
                is_one = name in COLUMNS and any(word in columns for word in words(other))
            case ast.keyword(arg=name, value=value):
                is_one = name in LOOKUPS and any(word in columns for word in words(value))
            case ast.List() | ast.Tuple():
                found = words(node)
                is_one = len(found) > 1 and any(each.issuperset(found) for each in OF_A_VISIT)
            case _:
                is_one = False
        if is_one and isinstance(node, ast.expr | ast.keyword):
            yield node.lineno


def words(node: ast.expr) -> list[object]:
    nodes = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else [node]
    return [each.value if isinstance(each, ast.Constant) else None for each in nodes]


def test_no_status_is_spelled_as_a_bare_word() -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
        for line in spelled(ast.parse(path.read_text()))
    ]

    assert offences == []


@pytest.mark.parametrize(
    "line",
    [
        'visit.status == "booked"',
        'visit.status not in {"booked", "arrived"}',
        'Visit.objects.filter(status="booked")',
        'Visit.objects.filter(source__in=["desk"])',
        'ENDS = Literal["expired", "cancelled"]',
        'BOOKED = "booked"',
    ],
)
def test_such_a_word_is_found(line: str) -> None:
    assert list(spelled(ast.parse(line))) == [1]
