"""The small changes that are made to a rule, one at a time, to see whether a test notices.

A change stays on the lines where it is, so that a mutant's lines are those of the file.
"""

import ast
import re
from dataclasses import dataclass
from typing import Final

COMPARISONS: Final[dict[type[ast.cmpop], tuple[str, str]]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
OPERATORS: Final[dict[type[ast.operator], tuple[str, str]]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.BitOr: ("|", "&"),
    ast.BitAnd: ("&", "|"),
}
OPPOSITES: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
LOGS: Final = {"log", "logger"}
"""What is written to the log is no rule."""


@dataclass(frozen=True)
class Change:
    """One place of a file, and what stands there instead."""

    file: str
    line: int
    first: int
    last: int
    """The statement's lines: a test that runs one of them may notice."""
    function: str
    """Where it is; empty outside of all."""
    once: bool
    """It runs when the file is loaded, or is cached: for the first test, and for all."""
    start: int
    end: int
    before: str
    after: str
    source: str
    """The line as it stands, which names the place also when lines have moved."""

    @property
    def told(self) -> str:
        return f"{_short(self.before)} → {_short(self.after)}"

    def made(self, text: str) -> str:
        """The file with this change. As many lines as before."""
        lost = self.before.count("\n") - self.after.count("\n")
        return text[: self.start] + self.after + "\n" * lost + text[self.end :]


def changes(file: str, text: str) -> list[Change]:
    """All changes of a file, in the order of its lines."""
    finder = _Finder(file, text)
    finder.visit(ast.parse(text))
    return sorted(finder.found, key=lambda change: (change.start, change.end, change.after))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}…"


class _Finder(ast.NodeVisitor):
    def __init__(self, file: str, text: str) -> None:
        self.found: list[Change] = []
        self._file = file
        self._text = text
        self._lines = text.splitlines(keepends=True)
        self._begins = [0]
        for line in self._lines:
            self._begins.append(self._begins[-1] + len(line))
        self._names: list[str] = []
        self._in_function = 0
        self._in_cached = 0
        self._statement: ast.stmt | None = None

    # Where we are ---------------------------------------------------------------------------------

    def visit(self, node: ast.AST) -> None:
        if not isinstance(node, ast.stmt):
            super().visit(node)
            return
        around, self._statement = self._statement, node
        super().visit(node)
        self._statement = around

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        # Decorators and annotations say what a function is, not what it decides.
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            self.visit(default)
        self._names.append(node.name)
        self._in_function += 1
        self._in_cached += _is_cached(node)
        for statement in node.body:
            self.visit(statement)
        self._in_cached -= _is_cached(node)
        self._in_function -= 1
        self._names.pop()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._names.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self._names.pop()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    # What is changed ------------------------------------------------------------------------------

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            before, after = COMPARISONS[type(operator)]
            self._swap_between(left, right, before, after)
            left = right
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        before, after = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._swap_between(left, right, before, after)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in OPERATORS and not (_is_text(node.left) or _is_text(node.right)):
            self._swap_between(node.left, node.right, *OPERATORS[type(node.op)])
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if type(node.op) in OPERATORS and not _is_text(node.value):
            before, after = OPERATORS[type(node.op)]
            self._swap_between(node.target, node.value, f"{before}=", f"{after}=")
        if self._in_function:
            self._drop(node)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._replace(node, self._of(node.operand))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._replace(node, str(not node.value))
        elif isinstance(node.value, int | float):
            self._replace(node, repr(node.value + 1))

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in OPPOSITES:
            self._replace(node.func, OPPOSITES[node.func.id])
        self.generic_visit(node)

    def visit_If(self, node: ast.If | ast.While | ast.IfExp) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        self._negate(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self.visit_If(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit_If(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._negate(test)
        self.generic_visit(node)

    def visit_Break(self, node: ast.Break) -> None:
        self._replace(node, "continue")

    def visit_Continue(self, node: ast.Continue) -> None:
        self._replace(node, "break")

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not _is_nothing(node.value):
            self._replace(node, "return None")
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._drop(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if self._in_function and not any(isinstance(each, ast.Name) for each in node.targets):
            self._drop(node)
        if not any(isinstance(each, ast.Name) and each.id == "__all__" for each in node.targets):
            self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call):
            root = value.func
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in LOGS:
                return
            self._drop(node)
        if not isinstance(value, ast.Constant):  # a docstring
            self.generic_visit(node)

    # Writing it down ------------------------------------------------------------------------------

    def _swap_between(self, left: ast.expr, right: ast.expr, before: str, after: str) -> None:
        start, end = self._span(left)[1], self._span(right)[0]
        pattern = r"\s+".join(map(re.escape, before.split()))
        if before.isascii() and before[0].isalpha():
            pattern = rf"\b{pattern}\b"
        if found := re.search(pattern, self._text[start:end]):
            self._note(start + found.start(), start + found.end(), after)

    def _negate(self, test: ast.expr) -> None:
        if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
            self._replace(test, f"not ({self._of(test)})")

    def _drop(self, node: ast.stmt) -> None:
        self._replace(node, "pass")

    def _replace(self, node: ast.expr | ast.stmt, after: str) -> None:
        self._note(*self._span(node), after)

    def _note(self, start: int, end: int, after: str) -> None:
        line = self._text.count("\n", 0, start) + 1
        statement = self._statement
        first, last = line, line
        if statement is not None:
            first, last = statement.lineno, self._end_of_head(statement)
        self.found.append(
            Change(
                file=self._file,
                line=line,
                first=first,
                last=last,
                function=".".join(self._names) if self._in_function else "",
                once=not self._in_function or self._in_cached > 0,
                start=start,
                end=end,
                before=self._text[start:end],
                after=after,
                source=self._lines[line - 1].strip(),
            )
        )

    def _end_of_head(self, statement: ast.stmt) -> int:
        """The last line of a simple statement, or of what comes before a block."""
        body = getattr(statement, "body", None)
        last = statement.end_lineno or statement.lineno
        return max(statement.lineno, body[0].lineno - 1) if body else last

    def _of(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self._text[start:end]

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno, node.end_col_offset),
        )

    def _offset(self, line: int, column: int) -> int:
        """Python counts columns in bytes."""
        before = self._lines[line - 1].encode()[:column].decode()
        return self._begins[line - 1] + len(before)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _is_nothing(node: ast.expr) -> bool:
    """None, and what a caller takes for the same."""
    return isinstance(node, ast.Constant) and not node.value


def _is_cached(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    names = (ast.unparse(decorator).partition("(")[0] for decorator in node.decorator_list)
    return any(name in {"cache", "lru_cache", "cached_property"} for name in names)
