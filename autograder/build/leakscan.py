"""Does what students get contain an answer or a hidden check? Looked for, not assumed.

Secrets are taken apart into windows of consecutive tokens, names and layout as written but without
comments and docstrings; a window that is not also found in what students may know (the stubs, the
prose, the public checks, the modules of the kit) must not occur in any file of the kit.
"""

from __future__ import annotations

import io
import json
import re
import tokenize
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.build.answers import BEGIN, END, load_answers
from autograder.build.notebook import master_cells
from autograder.build.text import read_text
from autograder.config import REPOSITORY, Assignment
from autograder.records import CellRole

WINDOW = 14
FORBIDDEN_NAMES = re.compile(
    r"(^|/)(hidden\.py|misconceptions\.py|alternatives|solutions|freeze\.py)(/|$)"
)
FORBIDDEN_TEXT = (BEGIN, END, "BEGIN HIDDEN TESTS", "autograder.stock")


@dataclass(frozen=True)
class Leak:
    """Something that students must not get, and the file that has it."""

    file: str
    what: str


def scan(place: Path, assignment: Assignment) -> list[Leak]:
    """Leaks in a folder or a zip that students get; none is what there should be."""
    files = dict(_files(place))
    secrets = secret_windows(assignment)
    leaks = []
    for name, data in sorted(files.items()):
        if FORBIDDEN_NAMES.search(name) or name.endswith(".pyc"):
            leaks.append(Leak(name, "a file that students must not have"))
        text = _text(name, data)
        leaks += [Leak(name, f"the text {mark!r}") for mark in FORBIDDEN_TEXT if mark in text]
        found = secrets.keys() & _windows(text)
        leaks += [
            Leak(name, f"a part of {origin}") for origin in sorted({secrets[w] for w in found})
        ]
    return leaks


def secret_windows(assignment: Assignment) -> Mapping[tuple[str, ...], str]:
    """Every window that must not get out, with where it is from."""
    known: set[tuple[str, ...]] = set()
    for cell in master_cells(assignment):
        known |= _windows(cell.source)
    known |= _windows((assignment.checks / "public.py").read_text(encoding="utf-8"))
    for path in (REPOSITORY / "autograder").glob("*/*.py"):
        known |= _windows(path.read_text(encoding="utf-8"))
    windows: dict[tuple[str, ...], str] = {}
    for origin, text in _secrets(assignment):
        for window in _windows(text) - known:
            windows.setdefault(window, origin)
    return windows


def _secrets(assignment: Assignment) -> Iterable[tuple[str, str]]:
    for question, text in load_answers(assignment).cells.items():
        yield f"the answer to {question}", text
    for cell in read_text(assignment):
        if cell.role is CellRole.WRITTEN:
            yield f"the model answer to {cell.question}", cell.source
    paths = [assignment.checks / name for name in ("hidden.py", "misconceptions.py", "freeze.py")]
    paths += sorted((assignment.checks / "alternatives").glob("*.py"))
    for path in paths:
        if path.is_file():
            yield path.name, path.read_text(encoding="utf-8")


def _windows(text: str) -> set[tuple[str, ...]]:
    """Windows of code tokens; text that does not tokenise is split at words."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    tokens: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            docstring = token.type == tokenize.STRING and token.line.strip() == token.string.strip()
            if token.type not in skipped and not docstring:
                tokens.append(token.string)
    except (tokenize.TokenError, SyntaxError, IndentationError):
        tokens = re.findall(r"\w+|[^\w\s]", text)
    return {tuple(tokens[n : n + WINDOW]) for n in range(len(tokens) - WINDOW + 1)}


def _files(place: Path) -> Iterable[tuple[str, bytes]]:
    if place.is_dir():
        for path in place.rglob("*"):
            if path.is_file():
                yield path.relative_to(place).as_posix(), path.read_bytes()
        return
    with zipfile.ZipFile(place) as archive:
        for name in archive.namelist():
            if not name.endswith("/"):
                yield name, archive.read(name)


def _text(name: str, data: bytes) -> str:
    """All text in a file; a notebook's cells, outputs and metadata, one after the other."""
    text = data.decode("utf-8", "replace")
    if not name.endswith(".ipynb"):
        return text
    parts: list[str] = []

    def collect(value: object) -> None:
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, list):
            if all(isinstance(item, str) for item in value):
                parts.append("".join(value))
            else:
                for item in value:
                    collect(item)
        elif isinstance(value, dict):
            for item in value.values():
                collect(item)

    collect(json.loads(text))
    return "\n".join(parts)
