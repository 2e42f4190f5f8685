"""Every message that we raise is read by a test: nobody else reads it before a user does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHORTEST = 12
"""A piece of a message that is found in a test by chance is shorter than this."""


def raised(tree: ast.Module) -> Iterator[ast.Raise]:
    """The statements that raise something new with words in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield node


def pieces(node: ast.AST) -> list[str]:
    """The literal pieces of a message, without what is filled in."""
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def words(text: str) -> str:
    """Text without what patterns, quoting and line breaks add to it."""
    text = re.sub(r'"\s*\n\s*f?r?"', "", text)  # a string that goes on in the next line
    return re.sub(r"\s+", " ", text.replace("\\", ""))


def windows(message: str) -> Iterator[str]:
    """Runs of whole words, long enough to be meant."""
    parts = words(message).split(" ")
    for first in range(len(parts)):
        for last in range(first + 2, len(parts) + 1):
            run = " ".join(parts[first:last]).strip(" .,:;()'\"`")
            if len(run) >= SHORTEST:
                yield run
                break


def test_every_message_is_read_by_a_test() -> None:
    """Some words of each raised message stand in a test.

    What checks raise is for students; the known mistakes read it (`autograder preflight`).
    """
    tests = "\n".join(
        words(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "tests").rglob("*.py"))
    )
    unread = []
    for path in sorted([*ROOT.glob("autograder/**/*.py"), *ROOT.glob("solutions/**/*.py")]):
        if path.is_relative_to(ROOT / "autograder" / "checks"):
            continue
        for node in raised(ast.parse(path.read_text(encoding="utf-8"))):
            runs = [run for piece in pieces(node) for run in windows(piece)]
            if runs and not any(run in tests for run in runs):
                unread.append(f"{path.relative_to(ROOT)}:{node.lineno}: {runs[0]}")
    assert unread == []
