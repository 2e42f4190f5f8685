"""Reference answers as text: an assignment's stubs, their slots filled from ``solutions``.

A slot is a comment line ``# slot: solutions.resnet:BasicBlock.__init__`` where a body goes. It is
filled with the body of that function, cut out of the source by its syntax tree: without docstring
and without ``super().__init__()``, which stay in the stub. Nothing is imported or run, and the
standard library is enough.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from autograder.build.text import TextCell, TextError, read_text
from autograder.config import Assignment
from autograder.records import CellRole

SLOT = re.compile(
    r"^(?P<indent>[ ]*)# slot: (?P<module>solutions(?:\.\w+)+):(?P<name>[\w.]+)[ ]*$", re.MULTILINE
)
ALMOST = re.compile(r"^[ \t]*#+[ \t]*slots?\b.*$", re.MULTILINE | re.IGNORECASE)
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"


class SlotError(TextError):
    """A slot that cannot be filled; names the line of the text and what was looked for."""


@dataclass(frozen=True)
class Answers:
    """The reference answers of one assignment.

    ``setup`` is the source of all provided cells, ``cells`` the filled solution cell of each
    question in notebook order.
    """

    setup: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Slot:
    """One slot of a solution cell with the body that belongs there, at no indentation."""

    question: str
    reference: str
    indent: str
    body: str

    @property
    def indented(self) -> str:
        """The body as it stands in the cell."""
        return textwrap.indent(self.body, self.indent)


def load_answers(assignment: Assignment, root: Path | None = None) -> Answers:
    """Read the text of ``assignment`` and fill its slots from ``root/solutions``.

    ``root`` is the checkout that the assignment lies in, unless another is given.

    Raises:
        TextError: as :func:`~autograder.build.text.read_text`.
        SlotError: a slot that cannot be filled, a slot outside a solution cell, or a solution cell
            without one.
    """
    cells = read_text(assignment)
    provided = [cell.source for cell in cells if cell.role is CellRole.PROVIDED]
    filled = {
        cell.question: fill(cell, assignment, root)
        for cell in cells
        if cell.role is CellRole.SOLUTION
    }
    for cell in cells:
        if cell.role is not CellRole.SOLUTION and ALMOST.search(cell.source):
            raise SlotError(
                f"{assignment.text.name}, line {cell.line}: a slot in a {cell.role.value} cell; "
                "only solution cells have slots"
            )
    return Answers("\n\n".join(provided), filled)


def load_slots(assignment: Assignment, root: Path | None = None) -> tuple[Slot, ...]:
    """Every slot of an assignment with its body: what students must write, and nothing else.

    Raises:
        TextError, SlotError: as :func:`load_answers`.
    """
    cells = [cell for cell in read_text(assignment) if cell.role is CellRole.SOLUTION]
    return tuple(slot for cell in cells for slot in _slots(cell, assignment, root))


def fill(cell: TextCell, assignment: Assignment, root: Path | None = None) -> str:
    """A solution cell with its slots filled and no markers.

    Raises:
        SlotError: a slot that cannot be filled, or a cell without slots.
    """
    slots = iter(_slots(cell, assignment, root))
    return SLOT.sub(lambda match: next(slots).indented, cell.source)


def with_markers(cell: TextCell, assignment: Assignment, root: Path | None = None) -> str:
    """A solution cell as the instructor's notebook has it: bodies between nbgrader's markers.

    Raises:
        SlotError: as :func:`fill`.
    """
    slots = iter(_slots(cell, assignment, root))

    def marked(match: re.Match[str]) -> str:
        indent = match["indent"]
        return f"{indent}{BEGIN}\n{next(slots).indented}\n{indent}{END}"

    return SLOT.sub(marked, cell.source)


def stub(cell: TextCell) -> str:
    """A solution cell as students get it, the way nbgrader clears solutions."""
    return SLOT.sub(lambda match: textwrap.indent(STUB, match["indent"]), cell.source)


def _slots(cell: TextCell, assignment: Assignment, root: Path | None) -> list[Slot]:
    """The slots of a solution cell, in order."""
    root = root or assignment.folder.parent.parent

    def place(start: int) -> str:
        line = cell.line + cell.source.count("\n", 0, start)
        return f"{assignment.text.name}, line {line}"

    for almost in ALMOST.finditer(cell.source):
        if not SLOT.fullmatch(almost[0]):
            raise SlotError(
                f"{place(almost.start())}: not understood: {almost[0].strip()!r}; a slot is "
                "`# slot: solutions.module:Class.method`"
            )
    found = []
    for match in SLOT.finditer(cell.source):
        reference = f"{match['module']}:{match['name']}"
        body = _body(match["module"], match["name"], root, f"{place(match.start())}: {reference}")
        found.append(Slot(cell.question, reference, match["indent"], body))
    if not found:
        raise SlotError(
            f"{place(0)}: the solution cell of {cell.question!r} has no slot, so students would "
            "get it as it is"
        )
    return found


@lru_cache(maxsize=64)
def _parsed(path: Path, changed: int) -> tuple[str, ast.Module]:
    """A source file and its tree; ``changed`` (its time) keeps the cache honest."""
    source = path.read_text(encoding="utf-8")
    return source, ast.parse(source)


def _body(module: str, name: str, root: Path, where: str) -> str:
    """The body of one function, at no indentation."""
    path = root.joinpath(*module.split(".")).with_suffix(".py")
    if not path.is_file():
        raise SlotError(f"{where}: there is no {path.relative_to(root).as_posix()}")
    try:
        source, tree = _parsed(path, path.stat().st_mtime_ns)
    except SyntaxError as error:
        told = f"{path.relative_to(root).as_posix()}, line {error.lineno}: {error.msg}"
        raise SlotError(f"{where}: {told}") from error
    function = _find(tree, name.split("."))
    if not isinstance(function, ast.FunctionDef):
        raise SlotError(
            f"{where}: {path.name} has no function {name!r}; it has: "
            f"{', '.join(_functions(tree)) or 'none'}"
        )
    statements = [node for node in function.body if not _belongs_to_stub(node)]
    if not statements:
        raise SlotError(f"{where}: its body is empty")
    first = _first_line(statements[0].lineno, function.lineno, source.splitlines())
    lines = source.splitlines()[first - 1 : function.end_lineno]
    body = textwrap.dedent("\n".join(lines))
    if not _same(body, statements):
        raise SlotError(
            f"{where}: its body cannot be cut out unchanged ({path.name}, line {function.lineno}); "
            "it must begin on a line of its own after the docstring and super().__init__(), and "
            "hold no string over several lines"
        )
    return body


def _same(body: str, statements: list[ast.stmt]) -> bool:
    """Whether the text is those statements, also once it is indented again."""
    wanted = [ast.dump(node) for node in statements]
    try:
        bare = ast.parse(body).body
        inside = ast.parse("def f():\n" + textwrap.indent(body, "    ")).body[0]
    except SyntaxError:
        return False
    assert isinstance(inside, ast.FunctionDef)
    return [ast.dump(n) for n in bare] == wanted == [ast.dump(n) for n in inside.body]


def _first_line(first: int, definition: int, lines: list[str]) -> int:
    """Where a body begins: comments right above its first statement belong to it."""
    while first - 2 > definition and lines[first - 2].strip().startswith("#"):
        first -= 1
    return first


def _find(tree: ast.AST, names: list[str]) -> ast.AST | None:
    """What a dotted name stands for; of several of one name the last, as in Python."""
    for name in names:
        body = getattr(tree, "body", [])
        found = [node for node in body if getattr(node, "name", None) == name]
        if not found:
            return None
        tree = found[-1]
    return tree


def _functions(tree: ast.AST, prefix: str = "") -> list[str]:
    """The dotted names of the functions in a tree."""
    names = []
    for node in getattr(tree, "body", []):
        if isinstance(node, ast.FunctionDef):
            names.append(f"{prefix}{node.name}")
        elif isinstance(node, ast.ClassDef):
            names += _functions(node, f"{prefix}{node.name}.")
    return names


def _belongs_to_stub(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr):
        return False
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return True
    return ast.unparse(node) == "super().__init__()"
