"""What is told of a run of mutants."""

from collections import Counter
from typing import Any

from tests.mutants import rules
from tests.mutants.changes import Change

CAUGHT = ("caught", "caught late")


def about(change: Change) -> dict[str, Any]:
    return {
        "file": change.file,
        "line": change.line,
        "function": change.function,
        "change": change.told,
        "source": change.source,
    }


def name(result: dict[str, Any]) -> tuple[str, str, str, str]:
    """Names a mutant also when lines have moved."""
    return result["file"], result["function"], result["source"], result["change"]


def survivors(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in results if each["outcome"] not in CAUGHT]


def line(result: dict[str, Any], number: int, count: int) -> str:
    return (
        f"{number}/{count} {result['outcome']:<11} {result['file']}:{result['line']}"
        f" {result['change']} ({result['tests']} tests, {result['seconds']} s) {result['by']}"
    )


def table(results: list[dict[str, Any]]) -> str:
    """A row for each group of rules, and every survivor."""
    group_of = {file: group for group, file in rules.files()}
    made = Counter(group_of[each["file"]] for each in results)
    alive = Counter(group_of[each["file"]] for each in survivors(results))
    rows = [f"{'rules':<12} {'mutants':>8} {'caught':>8} {'survived':>9} {'share':>8}"]
    for group in [*filter(made.get, rules.RULES), "all"]:
        count = made[group] if group in made else len(results)
        left = alive[group] if group in made else alive.total()
        share = f"{(count - left) / count:.1%}" if count else "-"
        rows.append(f"{group:<12} {count:>8} {count - left:>8} {left:>9} {share:>8}")
    for each in sorted(survivors(results), key=lambda each: (each["file"], each["line"])):
        note = "  (no test runs it)" if each["outcome"] == "unreached" else ""
        note = f"  ({each['left_out']} tests left out)" if each["left_out"] else note
        rows.append(f"{each['file']}:{each['line']}  {each['change']}{note}")
        rows.append(f"    {each['source']}")
    return "\n".join(rows)
