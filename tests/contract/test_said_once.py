"""What a socket shows is written in two places, a body and its serializer: there is no third.
Documents and the front end's types are made of the serializer; in the front end
`said-once.test.ts` watches over that."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rest_framework.serializers import BaseSerializer, ListSerializer, Serializer

from clinic.config.frames import FRAMES
from realtime.serializers import Heartbeat, SettingsFrame

ROOT = Path(__file__).resolve().parents[2]
# So many names of one shape together are no coincidence.
ALIKE = 5
PASSES_ON = ("realtime", "clinic/config")
OF_THE_SOCKETS = (Heartbeat, SettingsFrame)


def parts_of(serializer: BaseSerializer[Any]) -> Iterator[set[str]]:
    """The field names of a shape, and of each that it is made of."""
    shape = serializer.child if isinstance(serializer, ListSerializer) else serializer
    assert isinstance(shape, Serializer)
    fields = shape.get_fields()
    yield set(fields)
    for field in fields.values():
        if isinstance(field, BaseSerializer):
            yield from parts_of(field)


SHOWN = [
    part for frame in FRAMES.values() if frame not in OF_THE_SOCKETS for part in parts_of(frame())
]
# Words in one piece may mean something else; those of a heartbeat are said here.
LONG_WORDS = {name for part in SHOWN for name in part if "_" in name} - set(Heartbeat().fields)


def copies(tree: ast.Module) -> Iterator[int]:
    """Lines on which fields of a frame are named: in a dictionary, or as a class's attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict():
                names = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                adds = None in node.keys
            case ast.ClassDef():
                assigned = [each for each in node.body if isinstance(each, ast.Assign)]
                declared = [each for each in node.body if isinstance(each, ast.AnnAssign)]
                targets = [target for each in assigned for target in each.targets]
                targets += [each.target for each in declared]
                names = {target.id for target in targets if isinstance(target, ast.Name)}
                adds = False
            case _:
                continue
        most = max(len(names & part) for part in SHOWN)
        if names & LONG_WORDS or most >= ALIKE or (adds and most):
            yield node.lineno


def test_whoever_passes_a_frame_on_names_none_of_its_fields() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in PASSES_ON
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in copies(ast.parse(path.read_text()))
    ]

    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        'ENTRY = {"call_number": COUNT}',
        'ENTRY = {"id": ID, "ticket": TEXT, "label": TEXT, "room": TEXT, "state": TEXT}',
        'frame = {**body, "ticket": "A001"}',
        "class Wait: low_minutes: int",
    ],
)
def test_such_a_copy_is_found(line: str) -> None:
    assert list(copies(ast.parse(line))) == [1]
