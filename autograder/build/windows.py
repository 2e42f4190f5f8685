"""What must not get out, as windows of consecutive tokens to look for in files.

A copy may be laid out otherwise, quoted, commented out, escaped inside JSON, or have its names
changed. So text is cut into names, numbers and signs, without quotes, comment signs and layout, and
is compared twice: as it is written, and with every name erased but those of the language and of
torch.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.build.answers import load_slots
from autograder.build.text import read_text
from autograder.config import Assignment
from autograder.records import CellRole

Window = tuple[str, ...]

ANSWER = 12
"""Tokens of a window of an answer. At 10, `F.cross_entropy(model(x), y)` in prose is an alarm."""

GRADERS = 24
"""Tokens of a window of hidden checks and misconceptions, which share idioms with public ones."""

ERASED = 20
"""Tokens of a window with erased names; at least ``TELLING`` different words of it are kept."""

TELLING = 4
SHORTEST = 8
"""A body of fewer tokens is no secret: everybody would write it so."""

TOKEN = re.compile(r"[A-Za-z_]\w*|\d+|[^\w\s\"'`#\\]")
ESCAPED = re.compile(r"\\[nrt]")
COMMENT = re.compile(r"#[^\n]*")
KEPT = {*keyword.kwlist, "self", "super", "nn", "F", "torch", "_"}


def tokens(text: str) -> list[str]:
    """Names, numbers and signs; what stands in strings and comments is text as any other."""
    return TOKEN.findall(ESCAPED.sub(" ", text))


def erased(found: Sequence[str]) -> list[str]:
    """The tokens with every name replaced by ``_``, but keywords and what torch calls its own."""
    return [
        token if _is_kept(token) or (number >= 2 and _is_torch(found, number)) else "_"
        for number, token in enumerate(found)
    ]


def _is_kept(token: str) -> bool:
    return token in KEPT or not (token[0].isalpha() or token[0] == "_")


def _is_torch(found: Sequence[str], number: int) -> bool:
    return found[number - 1] == "." and found[number - 2] in ("nn", "F", "torch")


def windows(found: Sequence[str], length: int) -> Iterator[Window]:
    """Every run of ``length`` tokens."""
    return (tuple(found[n : n + length]) for n in range(len(found) - length + 1))


@dataclass(frozen=True)
class Secrets:
    """What must not get out: windows as written and with erased names, with their origins."""

    written: dict[Window, str]
    erased: dict[Window, str]

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({len(window) for window in self.written})

    def found_in(self, text: str) -> dict[str, str]:
        """The origins of what ``text`` gives away, each with the first tokens that tell."""
        found: dict[str, str] = {}
        for reading in dict.fromkeys((text, COMMENT.sub("", text))):
            plain = tokens(reading)
            for length in self._lengths:
                for window in windows(plain, length):
                    if window in self.written:
                        found.setdefault(self.written[window], " ".join(window))
            for number, window in enumerate(windows(erased(plain), ERASED)):
                if window in self.erased:
                    told = " ".join(plain[number : number + ERASED])
                    found.setdefault(self.erased[window], told)
        return found


def load_secrets(assignment: Assignment) -> Secrets:
    """The answers (slots, alternatives, their modules), the model answers, the grader's checks.

    What the stubs and the given cells hold is known to students and left out.

    Raises:
        TextError: as :func:`~autograder.build.answers.load_slots`.
    """
    given = [
        tokens(cell.source)
        for cell in read_text(assignment)
        if cell.role in (CellRole.SOLUTION, CellRole.PROVIDED)
    ]
    known_erased = {window for cell in given for window in windows(erased(cell), ERASED)}
    secrets = Secrets({}, {})
    for origin, text, length in _pieces(assignment):
        piece = tokens(text)
        shorter = min(length, len(piece))
        if shorter < SHORTEST:
            continue
        known = {window for cell in given for window in windows(cell, shorter)}
        for window in windows(piece, shorter):
            if window not in known:
                secrets.written.setdefault(window, origin)
        if length == ANSWER:
            for window in windows(erased(piece), ERASED):
                if window not in known_erased and _telling(window):
                    secrets.erased.setdefault(window, origin)
    return secrets


def _telling(window: Window) -> bool:
    """Whether enough is left of a window without its names to tell it from other code."""
    return len({token for token in window if token != "_" and token[0].isalpha()}) >= TELLING


def _pieces(assignment: Assignment) -> Iterator[tuple[str, str, int]]:
    """Origin, text and window length of every secret."""
    slots = load_slots(assignment)
    for slot in slots:
        yield f"the answer to {slot.question} ({slot.reference})", slot.body, ANSWER
    root = assignment.folder.parent.parent
    for module in sorted({slot.reference.partition(":")[0] for slot in slots}):
        path = root.joinpath(*module.split(".")).with_suffix(".py")
        for body in _bodies(path):
            yield f"the reference ({module})", body, ANSWER
    for path in sorted((assignment.checks / "alternatives").glob("*.py")):
        for body in _bodies(path):
            yield f"the alternative {path.stem}", body, ANSWER
    for cell in read_text(assignment):
        if cell.role is CellRole.WRITTEN:
            yield f"the model answer to {cell.question}", cell.source, ANSWER
    mistakes = sorted((assignment.checks / "mistakes").glob("*.py"))
    for path in (*assignment.hidden_checks, assignment.checks / "misconceptions.py", *mistakes):
        if path.is_file():
            yield path.relative_to(assignment.checks).as_posix(), _code(path), GRADERS


def _bodies(path: Path) -> Iterator[str]:
    """The code of each function in a file, without docstring and ``super().__init__()``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            kept = [ast.unparse(one) for one in _without_docstring(node.body)]
            yield "\n".join(line for line in kept if line != "super().__init__()")


def _code(path: Path) -> str:
    """A file without imports, docstrings and comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.body = _without_docstring(node.body) or [ast.Pass()]
    kept = _without_docstring(tree.body)
    kept = [node for node in kept if not isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(node) for node in kept)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    return body[1:] if is_text else body
