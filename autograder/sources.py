"""What each question's verdict depends on in the files of checks, told from their text.

A check depends on itself and on what it uses of the top of its file, or of its sibling's: helpers,
tables, imports. So the edit of one check draws other inputs, and asks for another verdict, in its
own question alone. Comments and layout count for nothing. What no check is seen to use counts for
every check: better one verdict too many.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.config import Assignment

Name = tuple[str, str]
"""A name at the top of a file, with the file's stem."""
ANY = ""
"""The question of a check whose question is not written down in its decorator."""
ALL = "(all)"
"""All names of a file; or all checks, where those that one needs are not written down."""


@dataclass(frozen=True)
class Source:
    """One check as it stands in its file."""

    name: Name
    question: str
    needs: frozenset[str]
    """The checks that must have passed before, as ``question/name``."""
    takes: frozenset[str]
    """What it asks the judge for: the names of its arguments."""

    @property
    def id(self) -> str:
        """``question/name``, as the judge calls it."""
        short = self.name[1].removeprefix("test_").removeprefix(f"{self.question}_")
        return f"{self.question}/{short}"


class Sources:
    """The top of each file, statement by statement; without ``words``, what only people read.

    Raises:
        SyntaxError, OSError: a file cannot be read.
    """

    def __init__(self, files: Sequence[Path], *, words: bool = True) -> None:
        self._texts: dict[Name, list[str]] = {}
        self._uses: dict[Name, set[Name]] = {}
        self._acting: set[Name] = set()
        self.checks: list[Source] = []
        stems = {path.stem for path in files}
        for path in files:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for number, node in enumerate((tree if words else _Wordless().visit(tree)).body):
                self._take(path.stem, number, node, stems)
        for stem in stems:
            whole = {name for name in self._texts if name[0] == stem}
            self._texts[stem, ALL] = []
            self._uses[stem, ALL] = whole

    def _take(self, stem: str, number: int, node: ast.stmt, stems: set[str]) -> None:
        """One statement: what it defines, what it uses, whether it is a check."""
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        used = {(stem, part.id) for part in ast.walk(node) if isinstance(part, ast.Name)}
        for sibling, name in _imported(node):
            if name != ALL and sibling in stems:
                used.add((sibling, name))
            elif sibling in stems:  # a module as a whole: anything in it may be meant
                used |= {(sibling, ALL)}
        texts = dict(_defined(node)) or {f"statement {number}": ast.dump(node)}
        for name, text in texts.items():
            full = (stem, name)
            self._texts.setdefault(full, []).append(text)
            if _acts(node):
                self._acting.add(full)
            self._uses.setdefault(full, set()).update(used - {full})
        if isinstance(node, ast.FunctionDef) and (marked := _marked(node)) is not None:
            takes = frozenset(argument.arg for argument in node.args.args)
            self.checks.append(Source((stem, node.name), *marked, takes))

    def digest(self, stem: str, function: str) -> str:
        """Of all that the check ``function`` of the file ``stem`` depends on."""
        found = self._closure({(stem, function)} | self._unseen)
        return _sha(f"{name} {text}" for name in sorted(found) for text in self._texts[name])

    def _closure(self, start: set[Name]) -> set[Name]:
        found, waiting = set[Name](), [*start]
        while waiting:
            name = waiting.pop()
            if name in self._texts and name not in found:
                found.add(name)
                waiting += self._uses[name]
        return found

    @cached_property
    def _unseen(self) -> set[Name]:
        """What acts and no check is seen to use: it may change a table, or make a check by hand."""
        return self._acting - self._closure({check.name for check in self.checks})

    def of_questions(self, assignment: Assignment) -> Mapping[str, str]:
        """For each question the digest of its checks, of those they need, and of its points."""
        own = {check.name: self.digest(*check.name) for check in self.checks}
        found = {}
        for question in assignment.questions:
            checks = () if question.manual else self._needed(question.id)
            parts = sorted(own[check.name] for check in checks)
            found[question.id] = _sha([repr(question), *parts])
        return found

    def _needed(self, question: str) -> set[Source]:
        """The checks of a question and those that they need, directly or not."""
        waiting = {check for check in self.checks if check.question in (question, ANY)}
        found = set[Source]()
        while waiting:
            found |= waiting
            needs = frozenset[str]().union(*(check.needs for check in waiting))
            waiting = {c for c in self.checks if c.id in needs or ALL in needs} - found
        return found


class _Wordless(ast.NodeTransformer):
    """Text of more than one word says something to somebody; a single word may be a name."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Leave the words out."""
        told = isinstance(node.value, str) and " " in node.value
        return ast.Constant("") if told else node


def _defined(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """The names that a statement gives at the top of its file, each with the text that says what.

    None for one that only acts.
    """
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name, ast.dump(node)
    elif isinstance(node, ast.Import | ast.ImportFrom):
        module = node.module if isinstance(node, ast.ImportFrom) else None
        for alias in node.names:  # each by itself: another name beside it is nobody's affair
            yield (alias.asname or alias.name).split(".")[0], f"{module} {alias.name}"
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for part in itertools.chain(*map(ast.walk, targets)):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id, ast.dump(node)


def _acts(node: ast.stmt) -> bool:
    """Whether a statement may do more than to give its names a meaning."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return False
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return bool(node.decorator_list)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        named = all(isinstance(target, ast.Name | ast.Tuple) for target in targets)
        return not named or any(isinstance(part, ast.Call) for part in ast.walk(node))
    return True


def _imported(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Modules, by the last part of their names, and what is taken of them, wherever it stands."""
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            for alias in part.names:
                yield alias.name.split(".")[-1], ALL
        elif isinstance(part, ast.ImportFrom):
            module = (part.module or "").split(".")[-1]
            for alias in part.names:
                yield module, ALL if alias.name == "*" else alias.name
                yield alias.name, ALL  # it may be a module itself


def _marked(node: ast.FunctionDef) -> tuple[str, frozenset[str]] | None:
    """Question and needed checks of a function that is marked as a check."""
    for call in node.decorator_list:
        function = call.func if isinstance(call, ast.Call) else None
        if isinstance(function, ast.Name) and function.id == "check":
            assert isinstance(call, ast.Call)
            try:
                question = ast.literal_eval(call.args[0])
                needs = [ast.literal_eval(k.value) for k in call.keywords if k.arg == "needs"]
            except (ValueError, IndexError):
                return ANY, frozenset({ALL})
            names = [name for need in needs for name in ([need] if isinstance(need, str) else need)]
            return question, frozenset(n if "/" in n else f"{question}/{n}" for n in names)
    return None


def _sha(parts: Iterable[str]) -> str:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(hashlib.sha256(part.encode()).digest())
    return hashed.hexdigest()[:16]
