"""Reference answers as text: an assignment's stubs, their slots filled from ``solutions``.

A slot is a comment line ``# slot: solutions.resnet:BasicBlock.__init__`` where a body goes. It is
filled with the body of that function, cut out of the source by its syntax tree: without docstring
and without ``super().__init__()``, which stay in the stub. Nothing is imported or run.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from autograder.build.text import TextCell, TextError, read_text
from autograder.config import REPOSITORY, Assignment
from autograder.records import CellRole

SLOT = re.compile(
    r"^(?P<indent>[ ]*)# slot: (?P<module>[\w.]+):(?P<name>[\w.]+)[ ]*$", re.MULTILINE
)
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


class SlotError(TextError):
    """A slot names something that is not there."""


@dataclass(frozen=True)
class Answers:
    """The reference answers of one assignment.

    ``setup`` is the source of all provided cells, ``cells`` the filled solution cell of each
    question in notebook order.
    """

    setup: str
    cells: dict[str, str]


def load_answers(assignment: Assignment, root: Path = REPOSITORY) -> Answers:
    """Read the text of ``assignment`` and fill its slots from ``root/solutions``.

    Raises:
        TextError: as :func:`~autograder.build.text.read_text`.
        SlotError: a slot that cannot be filled.
    """
    cells = read_text(assignment)
    provided = [cell.source for cell in cells if cell.role is CellRole.PROVIDED]
    filled = {
        cell.question: fill(cell, assignment, root)
        for cell in cells
        if cell.role is CellRole.SOLUTION
    }
    return Answers("\n\n".join(provided), filled)


def fill(cell: TextCell, assignment: Assignment, root: Path = REPOSITORY) -> str:
    """A solution cell with its slots filled and no markers."""
    return SLOT.sub(lambda match: _body(match, assignment, root), cell.source)


def with_markers(cell: TextCell, assignment: Assignment, root: Path = REPOSITORY) -> str:
    """A solution cell as the instructor's notebook has it: bodies between nbgrader's markers."""

    def marked(match: re.Match[str]) -> str:
        indent = match["indent"]
        return f"{indent}{BEGIN}\n{_body(match, assignment, root)}\n{indent}{END}"

    return SLOT.sub(marked, cell.source)


def stub(cell: TextCell) -> str:
    """A solution cell as students get it, the way nbgrader clears solutions."""
    return SLOT.sub(lambda match: textwrap.indent(STUB, match["indent"]), cell.source)


def _body(match: re.Match[str], assignment: Assignment, root: Path) -> str:
    """The slot's body, at the slot's indentation."""
    path = root.joinpath(*match["module"].split(".")).with_suffix(".py")
    where = f"{assignment.text.name}: slot {match['module']}:{match['name']}"
    if not path.is_file():
        raise SlotError(f"{where}: there is no {path}")
    source = path.read_text(encoding="utf-8")
    function = _find(ast.parse(source), match["name"].split("."))
    if not isinstance(function, ast.FunctionDef):
        raise SlotError(f"{where}: {path.name} has no function of that name")
    statements = [node for node in function.body if not _belongs_to_stub(node)]
    if not statements:
        raise SlotError(f"{where}: its body is empty")
    lines = source.splitlines()[
        _first_line(statements[0], function, source) - 1 : function.end_lineno
    ]
    return textwrap.indent(textwrap.dedent("\n".join(lines)), match["indent"])


def _first_line(node: ast.stmt, function: ast.FunctionDef, source: str) -> int:
    """Where a body begins: comments right above its first statement belong to it."""
    first = node.lineno
    lines = source.splitlines()
    while first - 2 > function.lineno and lines[first - 2].strip().startswith("#"):
        first -= 1
    return first


def _find(tree: ast.AST, names: list[str]) -> ast.AST | None:
    for name in names:
        body = getattr(tree, "body", [])
        found = [node for node in body if getattr(node, "name", None) == name]
        if not found:
            return None
        tree = found[0]
    return tree


def _belongs_to_stub(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return True
    return ast.unparse(node) == "super().__init__()"
