"""What the pages of the assignments show of ``assignment.toml``."""

from __future__ import annotations

from _code import tables
from autograder.config import load_assignment


def tasks(id: str) -> None:
    """Print the questions of an assignment: what to write, who grades it, for how many points."""
    assignment = load_assignment(id)
    rows: list[tuple[object, ...]] = []
    for number, question in enumerate(assignment.questions, start=1):
        defines = ", ".join(question.defines) or "a paragraph"
        by = "by a person" if question.manual else "by checks"
        rows.append((number, question.title, f"{question.points:g}", by, defines))
    total = sum(question.points for question in assignment.questions)
    rows.append(("total", "", f"{total:g}", "", ""))
    head = ("no.", "question", "points", "graded", "you write")
    tables.show(head, rows, assignment.title)
