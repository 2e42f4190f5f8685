"""Misconceptions and alternatives: whole answers to a question, as text.

A misconception is a small wrong change to the reference answer, with the sentence a student should
read; an alternative is another correct answer. Both serve as tests of the checks; misconceptions
also as diagnoses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.authored import load_file

FURTHER = re.compile(r"^# %% (\w+)[ ]*\n", re.MULTILINE)


class VariantError(ValueError):
    """A misconception or an alternative is not as it should be; the assignment's fault."""


@dataclass(frozen=True)
class Variant:
    """One answer to one question: ``code`` is the whole text of the solution cell.

    ``also`` holds answers to further questions that go with it: whoever names a block's parts
    otherwise writes a function that looks for them under those names.
    """

    question: str
    name: str
    says: str
    code: str
    also: Mapping[str, str] = field(default_factory=dict)

    def answers(self, reference: Mapping[str, str]) -> dict[str, str]:
        """The reference answers with this one, and what goes with it, in their places."""
        return {**reference, self.question: self.code, **self.also}


@dataclass(frozen=True)
class Edit:
    """A misconception as edits of the reference answer."""

    question: str
    name: str
    says: str
    replace: Mapping[str, str]


@dataclass(frozen=True)
class Rewrite:
    """A misconception as an answer of its own."""

    question: str
    name: str
    says: str
    code: str


def edit(question: str, name: str, says: str, replace: Mapping[str, str]) -> Edit:
    """The reference answer with each old text, which must occur exactly once, replaced."""
    return Edit(question, name, says, dict(replace))


def edits_of(question: str) -> Callable[..., Edit]:
    """Makes edits of one question's answer: name, sentence, one old and new text or several."""

    def add(name: str, says: str, old: str | Mapping[str, str], new: str = "") -> Edit:
        return edit(question, name, says, {old: new} if isinstance(old, str) else old)

    return add


def rewrite(question: str, name: str, says: str, code: str) -> Rewrite:
    """An answer written out."""
    return Rewrite(question, name, says, code)


def resolve(entries: Iterable[Edit | Rewrite], cells: Mapping[str, str]) -> tuple[Variant, ...]:
    """Misconceptions as whole answers; ``cells`` are the reference answers by question.

    Raises:
        VariantError: an unknown question, a name used twice, or an old text that does not occur
            exactly once.
    """
    variants: list[Variant] = []
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        where = f"misconception {entry.name!r} of {entry.question!r}"
        if entry.question not in cells:
            raise VariantError(f"{where}: no such question; known: {', '.join(cells)}")
        if (entry.question, entry.name) in seen:
            raise VariantError(f"{where}: defined twice")
        seen.add((entry.question, entry.name))
        code = entry.code if isinstance(entry, Rewrite) else cells[entry.question]
        if isinstance(entry, Edit):
            for old, new in entry.replace.items():
                if code.count(old) != 1:
                    raise VariantError(
                        f"{where}: its old text occurs {code.count(old)} times in the reference "
                        f"answer, not once: {old!r}"
                    )
                code = code.replace(old, new)
        variants.append(Variant(entry.question, entry.name, entry.says, code))
    return tuple(variants)


def load_misconceptions(folder: Path, cells: Mapping[str, str]) -> tuple[Variant, ...]:
    """The ``MISCONCEPTIONS`` of ``folder/misconceptions.py``, as whole answers.

    Raises:
        VariantError: there is no such file, it fails, it has no such tuple, or as :func:`resolve`.
    """
    path = folder / "misconceptions.py"
    entries = getattr(load_file(path, VariantError), "MISCONCEPTIONS", None)
    if entries is None:
        raise VariantError(f"{path} defines no MISCONCEPTIONS")
    return resolve(entries, cells)


def load_alternatives(folder: Path) -> tuple[Variant, ...]:
    """The files ``folder/alternatives/<question>__<name>.py``; line one says what is different.

    What follows a line ``# %% <question>`` in a file is the answer to that question.

    Raises:
        VariantError: a file whose name or first line is not of that form.
    """
    variants = []
    for path in sorted((folder / "alternatives").glob("*.py")):
        question, separator, name = path.stem.partition("__")
        code = path.read_text(encoding="utf-8")
        first = code.splitlines()[0] if code else ""
        if not separator or not first.startswith("# "):
            raise VariantError(
                f"{path}: an alternative is <question>__<name>.py and begins with a comment line "
                "that says what is different"
            )
        code, *rest = FURTHER.split(code)
        also = dict(zip(rest[0::2], rest[1::2], strict=True))
        variants.append(Variant(question, name, first.removeprefix("# "), code, also))
    return tuple(variants)
