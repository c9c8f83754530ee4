"""The changes that mutants are made by, and those that are known to change nothing."""

import ast
from textwrap import dedent

import pytest

from tests.mutants import equivalents, rules
from tests.mutants.changes import changes


def made(text: str) -> list[str]:
    """The first changed line of each mutant of that text."""
    source = dedent(text)
    lines = source.splitlines()
    mutants = []
    for change in changes("rules.py", source):
        mutant = change.made(source)
        ast.parse(mutant)
        assert mutant.count("\n") == source.count("\n")
        mutants.append(mutant.splitlines()[change.line - 1].strip())
        assert lines[change.line - 1].strip() == change.source
    return mutants


@pytest.mark.parametrize(
    ("statement", "mutants"),
    [
        ("a = b < c <= d", ["a = b <= c <= d", "a = b < c < d"]),
        ("a = b != c", ["a = b == c"]),
        ("a = b not  in c", ["a = b in c"]),
        ("a = b is not c", ["a = b is c"]),
        ("a = b and not c", ["a = b or not c", "a = b and c"]),
        ("a = b + 2", ["a = b - 2", "a = b + 3"]),
        ("a -= 0.5", ["pass", "a += 0.5", "a -= 1.5"]),
        ("a = True", ["a = False"]),
        ("a = 'b' + c", []),
        ("a = min(b)", ["a = max(b)"]),
        ("a = [b for b in c if b.d]", ["a = [b for b in c if not (b.d)]"]),
        ("a.b = c", ["pass"]),
        ("a: int = b", []),
        ("return a", ["return None"]),
        ("return None", []),
        ("return False", ["return True"]),
        ("raise A", ["pass"]),
        ("await a.b(c)", ["pass"]),
        ("log.info(1)", []),
        ("'é'; a = é == b", ["'é'; a = é != b"]),
    ],
)
def test_a_statement_is_changed_in_each_way_once(statement: str, mutants: list[str]) -> None:
    assert sorted(made(f"async def f():\n    {statement}\n")) == sorted(mutants)


def test_a_condition_is_turned_round_once() -> None:
    assert made(
        """
        for a in b:
            if a:
                continue
            if TYPE_CHECKING:
                c = 1
        """
    ) == ["if not (a):", "break"]


def test_what_says_what_a_thing_is_stays() -> None:
    text = '''
        """Of 1."""
        __all__ = ["a"]

        @cache(1)
        def a(b: Literal[1] = 2) -> Literal[1]:
            """Of 1."""
    '''

    assert made(text) == ["def a(b: Literal[1] = 3) -> Literal[1]:"]


def test_a_change_knows_the_lines_of_its_statement_and_what_it_is_in() -> None:
    text = dedent(
        """
        LIMIT = 1

        class A:
            def b(self, c):
                if (
                    c
                    > LIMIT
                ):
                    return d(
                        1
                    )
        """
    )

    found = {change.told: change for change in changes("rules.py", text)}

    assert (found["1 → 2"].function, found["> → >="].function) == ("A.b", "A.b")
    assert (found["> → >="].first, found["> → >="].line, found["> → >="].last) == (6, 8, 9)
    assert (found["1 → 2"].first, found["1 → 2"].last) == (10, 12)
    assert [change.function for change in changes("rules.py", text) if change.line == 2] == [""]


def test_what_runs_once_is_told() -> None:
    text = "A = 1\n@cache\ndef b():\n    return 2\ndef c():\n    return 3\n"

    assert {change.before: change.once for change in changes("rules.py", text)} == {
        "1": True,
        "2": True,
        "return 2": True,
        "3": False,
        "return 3": False,
    }


def test_every_rule_is_there() -> None:
    for patterns in rules.RULES.values():
        for pattern in patterns:
            assert [*rules.ROOT.glob(pattern)], pattern


def test_what_is_known_to_change_nothing_is_a_change_of_the_code() -> None:
    every = {
        (change.file, change.function, change.source, change.told)
        for _, file in rules.files()
        for change in changes(file, (rules.ROOT / file).read_text())
    }

    assert equivalents.known().keys() - every == set()
